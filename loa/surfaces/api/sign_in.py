"""Who asks: a bearer token for scripts, or the session of somebody at the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.core import signing
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from django_scopes import scope
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from loa.lib import clock
from loa.registry.people.models import Person
from loa.registry.people.queries import person_by_username
from loa.surfaces.api.problems import Problem

TOKEN_LIFE = timedelta(hours=12)
_SALT = "loa.api.token"
# Signing carries no time of its own: the instant inside is read by the clock of the house.
_signer = signing.Signer(salt=_SALT)


class StaffRequest(HttpRequest):
    """A request whose person is known."""

    auth: Person


def person_with_password(request: HttpRequest, username: str, password: str) -> Person:
    person = authenticate(request, username=username, password=password)
    if not isinstance(person, Person):
        raise Problem(401, "sign_in_refused", _("Tên đăng nhập hoặc mật khẩu không đúng."))
    return person


def issue_token(person: Person) -> tuple[str, datetime]:
    """Return a token and until when it holds; a new password or leaving ends it earlier."""
    until = clock.now() + TOKEN_LIFE
    content = {
        "person": person.username,
        "until": clock.iso(until),
        "mark": person.get_session_auth_hash(),
    }
    return _signer.sign_object(content), until


def person_of_token(token: str) -> Person | None:
    try:
        content = _signer.unsign_object(token)
        person = person_by_username(content["person"])
    except (signing.BadSignature, ValueError, Person.DoesNotExist):
        return None
    is_same = constant_time_compare(content["mark"], person.get_session_auth_hash())
    is_live = clock.now() < datetime.fromisoformat(content["until"])
    return person if is_same and is_live and person.is_active else None


class BearerToken(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Person | None:
        del request
        return person_of_token(token)


class DeskSession(APIKeyCookie):
    """The session cookie of the desk; a change then needs the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Person | None:
        if not isinstance(request.user, Person):
            return None
        if check_csrf(request) is not None:
            raise Problem(403, "csrf_missing", _("Yêu cầu thiếu mã chống giả mạo (CSRF)."))
        return request.user

    def authenticate(self, request: HttpRequest, key: str | None) -> Person | None:
        raise NotImplementedError


def inside_scope(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Run an operation inside the places of the person who asks, as the desk does."""

    @wraps(operation)
    def scoped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        person = getattr(request, "auth", None)
        if not isinstance(person, Person):
            return operation(request, *args, **kwargs)
        with scope(place=sorted(person.places_in_scope())):
            return operation(request, *args, **kwargs)

    return scoped
