"""Who asks: a bearer token for scripts, or the session of somebody at the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from django_scopes import scope
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from loa.lib import clock
from loa.registry.people.factors import (
    has_second_factor,
    lacks_second_factor,
    needs_second_factor,
)
from loa.registry.people.models import Person
from loa.registry.people.queries import person_by_username
from loa.surfaces.api.problems import Problem

TOKEN_LIFE = timedelta(hours=12)
_SALT = "loa.api.token"
# Signing carries no time of its own: the instant inside is read by the clock of the house.
_signer = signing.Signer(salt=_SALT)


class FactorMissing(Problem):
    """Somebody who may approve, and has only a password."""

    def __init__(self) -> None:
        words = _("Bạn có quyền duyệt: hãy thêm một cách xác nhận ở trang Tài khoản của tôi trước.")
        super().__init__(403, "second_factor_missing", words)


class StaffRequest(HttpRequest):
    """A request whose person is known."""

    auth: Person


def person_with_password(request: HttpRequest, username: str, password: str) -> Person:
    """Return who this is; the limits are those of the desk's door."""
    try:
        person = get_adapter(request).authenticate(request, username=username, password=password)
    except ValidationError as error:
        raise Problem(
            429, "too_many_attempts", _("Thử quá nhiều lần. Hãy chờ năm phút.")
        ) from error
    if not isinstance(person, Person):
        raise Problem(401, "sign_in_refused", _("Tên đăng nhập hoặc mật khẩu không đúng."))
    return person


def has_shown_factor(person: Person, code: str) -> bool:
    """Say whether the code proves the person; one who has no factor and needs none shows none."""
    if not has_second_factor(person):
        if needs_second_factor(person):
            raise FactorMissing
        return False
    if not code:
        words = _("Tài khoản này cần mã xác nhận: gửi thêm `code`.")
        raise Problem(401, "code_required", words)
    if not AuthenticateForm(user=person, data={"code": code}).is_valid():
        raise Problem(401, "code_refused", _("Mã không đúng, đã dùng rồi, hoặc thử quá nhiều lần."))
    return True


def issue_token(person: Person, *, has_factor: bool = False) -> tuple[str, datetime]:
    """Return a token and until when it holds; a new password or leaving ends it earlier.

    Without a factor shown it also ends once the person has one, or needs one.
    """
    until = clock.now() + TOKEN_LIFE
    content = {
        "person": person.username,
        "until": clock.iso(until),
        "mark": person.get_session_auth_hash(),
        "factor": has_factor,
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
    if not (is_same and is_live and person.may_enter()):
        return None
    return person if content.get("factor") or _needs_no_factor(person) else None


def _needs_no_factor(person: Person) -> bool:
    return not needs_second_factor(person) and not has_second_factor(person)


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
        if lacks_second_factor(request.user):
            raise FactorMissing
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
