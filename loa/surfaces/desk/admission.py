"""Coming in by a one-time link: set a password, then go on as with any password."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from loa.registry.people.access import person_let_in_by, use_access_link
from loa.registry.people.errors import AccessLinkRefused, PasswordRefused
from loa.registry.people.models import Person
from loa.surfaces.desk.doorkeeper import TOO_MANY
from loa.surfaces.desk.entrance_forms import NewPasswordForm


def access_address(token: str) -> str:
    """Return the address to hand over, as text or as a picture."""
    return settings.LOA_ORIGIN + reverse("desk:access", args=[token])


@never_cache
@sensitive_variables("token")
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show whom a link is for, and take the new password."""
    if not ratelimit.consume(request, app="allauth.account", action="access_link", limit_get=True):
        return _refused(request, str(TOO_MANY), status=429)
    try:
        person = person_let_in_by(token)
    except AccessLinkRefused as refused:
        return _refused(request, str(refused), status=404)
    if request.user.is_authenticated and request.user != person:
        words = _(
            "Bạn đang đăng nhập bằng tài khoản của người khác. Hãy thoát rồi mở lại đường dẫn."
        )
        return _refused(request, words, status=403)
    return _taken(request, person, token)


def _taken(request: HttpRequest, person: Person, token: str) -> HttpResponseBase:
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            person = use_access_link(token, password=form.cleaned_data["password"])
        except PasswordRefused as refused:
            form.add_error("password", str(refused))
        except AccessLinkRefused as refused:
            return _refused(request, str(refused), status=404)
        else:
            return _onward(request, person)
    context = {"form": form, "person": person}
    return render(request, "desk/access.html", context, status=422 if form.errors else 200)


def _onward(request: HttpRequest, person: Person) -> HttpResponseBase:
    messages.success(request, _("Đã đặt mật khẩu. Từ nay bạn đăng nhập bằng mật khẩu này."))
    answer: HttpResponseBase = perform_password_login(
        request, {"username": person.username}, Login(user=person)
    )
    return answer


def _refused(request: HttpRequest, words: str, *, status: int) -> HttpResponse:
    return render(request, "desk/access_refused.html", {"words": words}, status=status)
