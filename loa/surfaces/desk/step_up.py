"""Before something important changes, the person shows again the strongest that he has."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django import forms
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from loa.registry.people.factors import has_key, has_second_factor
from loa.surfaces.desk.entrance import wanted_address
from loa.surfaces.desk.entrance_forms import CodeAgainForm, PasswordAgainForm
from loa.surfaces.desk.keys import passkey_site
from loa.surfaces.desk.page import StaffRequest, account_page, render_page
from loa.surfaces.desk.sign_in_way import has_proved_again

P = ParamSpec("P")
View = Callable[Concatenate[StaffRequest, P], HttpResponseBase]


def proved_again(view: View[P]) -> View[P]:
    """Let in only who has just shown the strongest he has; others are asked, and come back."""

    @wraps(view)
    def guarded(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if has_proved_again(request, request.user):
            return view(request, *args, **kwargs)
        return ask(request.path)

    return guarded


def ask(back_to: str) -> HttpResponse:
    """Lead to the question, and from there back to an address that may be opened."""
    return redirect(f"{reverse('desk:step_up')}?{urlencode({'next': back_to})}")


@account_page
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: StaffRequest) -> HttpResponseBase:
    """Ask for a code, a key or the password, and take the answer."""
    form = _form(request)
    if form.is_bound and form.is_valid():
        _note(request, form)
        return redirect(wanted_address(request) or reverse("desk:account"))
    is_key = isinstance(form, ReauthenticateWebAuthnForm)
    return render_page(
        request,
        "step_up.html",
        room="",
        status=422 if form.errors else 200,
        form=CodeAgainForm(user=request.user) if is_key else form,
        refusal=_("Khóa chưa trả lời đúng. Hãy thử lại, hoặc nhập mã.") if is_key else "",
        has_key=has_key(request.user),
        next=wanted_address(request) or "",
        **passkey_site(request),
    )


def _form(request: StaffRequest) -> forms.Form:
    given = request.POST if request.method == "POST" else None
    person = request.user
    if not has_second_factor(person):
        return PasswordAgainForm(person, given)
    if given and given.get("credential"):
        form: forms.Form = ReauthenticateWebAuthnForm(user=person, data=given)
        return form
    return CodeAgainForm(user=person, data=given)


def _note(request: StaffRequest, form: forms.Form) -> None:
    """Remember in the session what was shown; a code or key does so by itself."""
    if isinstance(form, PasswordAgainForm):
        reauthenticate_by_password(request)
    else:
        form.save()  # type: ignore[attr-defined]


@account_page
@require_POST
def begin(request: StaffRequest) -> HttpResponseBase:
    """Tell the browser which of the person's keys may sign, and what."""
    return JsonResponse(begin_authentication(request.user))
