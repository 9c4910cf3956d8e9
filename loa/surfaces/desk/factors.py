"""Adding and removing a second factor: a key of one's machine, an app that makes codes."""

from __future__ import annotations

import segno
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from loa.registry.people.errors import LastFactorKept
from loa.registry.people.factors import (
    add_app,
    add_sign_in_key,
    has_app,
    has_second_factor,
    own_factor,
    recovery_codes_of,
    remove_factor,
    renew_recovery_codes,
)
from loa.surfaces.desk.account_words import factor_shown
from loa.surfaces.desk.entrance_forms import AppForm
from loa.surfaces.desk.keys import passkey_site
from loa.surfaces.desk.page import StaffRequest, account_page, render_page
from loa.surfaces.desk.sign_in_way import has_proved_again
from loa.surfaces.desk.step_up import ask, proved_again


@account_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proved_again
def add_key(request: StaffRequest) -> HttpResponseBase:
    """Show how a machine becomes a key, and take in what its browser made."""
    if request.method != "POST":
        return _key_page(request)
    form = AddWebAuthnForm(user=request.user, data={**request.POST.dict(), "passwordless": "on"})
    if not form.is_valid():
        return _key_page(request, refusal=_("Chưa nhận được khóa này. Hãy thử lại."))
    name, credential = request.POST.get("name", ""), form.cleaned_data["credential"]
    factor = add_sign_in_key(request.user, credential, name=name)
    return _added(request, factor, _("Đã thêm khóa đăng nhập."))


def _key_page(request: StaffRequest, *, refusal: str = "") -> HttpResponse:
    return render_page(
        request,
        "sign_in_key.html",
        room="",
        status=422 if refusal else 200,
        refusal=refusal,
        name=request.POST.get("name", ""),
        **passkey_site(request),
    )


@account_page
@require_POST
def begin_key(request: StaffRequest) -> HttpResponseBase:
    """Tell the browser what to make; allauth remembers in the session what it must answer to."""
    if not has_proved_again(request, request.user):
        words = _("Đã quá năm phút. Hãy mở lại trang này rồi xác nhận lần nữa.")
        return JsonResponse({"problem": words}, status=403)
    return JsonResponse(begin_registration(request.user, passwordless=True))


@account_page
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@proved_again
def add_code_app(request: StaffRequest) -> HttpResponseBase:
    """Show the secret as a picture and in letters; the first code proves that an app has it."""
    form = AppForm(user=request.user, data=request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        factor = add_app(request.user, form.secret)
        clear_totp_secret(request)
        return _added(request, factor, _("Đã thêm ứng dụng tạo mã."))
    return render_page(
        request,
        "code_app.html",
        room="",
        status=422 if form.errors else 200,
        form=form,
        picture=_picture(get_adapter().build_totp_url(request.user, form.secret)),
        secret=_in_groups(form.secret),
        replaces=has_app(request.user),
    )


def _picture(address: str) -> str:
    """Return a QR code as the address of a picture inside the page."""
    return segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff")


def _in_groups(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def _added(request: StaffRequest, factor: Authenticator, words: str) -> HttpResponseBase:
    """Go on with a session that has shown the new factor; sessions that have not are ended."""
    record_authentication(
        request, request.user, "mfa", id=factor.pk, type=factor.type, reauthenticated=True
    )
    end_other_sessions(request, request.user)
    messages.success(request, words)
    return redirect("desk:recovery_codes")


@account_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: StaffRequest, factor: int) -> HttpResponseBase:
    """Ask whether one of one's own factors shall go, and let it go."""
    row = get_object_or_404(own_factor(request.user, factor))
    if not has_proved_again(request, request.user):
        return ask(request.path)
    refusal = ""
    if request.method == "POST":
        try:
            remove_factor(request.user, row)
        except LastFactorKept as refused:
            refusal = str(refused)
        else:
            messages.success(request, _("Đã bỏ “%(name)s”.") % {"name": factor_shown(row).name})
            return redirect("desk:account")
    return render_page(
        request,
        "factor_removal.html",
        room="",
        status=422 if refusal else 200,
        factor=factor_shown(row),
        refusal=refusal,
    )


@account_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proved_again
def show_recovery_codes(request: StaffRequest) -> HttpResponseBase:
    """Show the recovery codes that are left, or make new ones."""
    if not has_second_factor(request.user):
        messages.info(request, _("Hãy thêm một cách xác nhận trước; mã dự phòng đi kèm theo nó."))
        return redirect("desk:account")
    if request.method == "POST":
        renew_recovery_codes(request.user)
        messages.success(request, _("Đã tạo mã mới. Các mã cũ không dùng được nữa."))
        return redirect("desk:recovery_codes")
    codes = [f"{code[:4]} {code[4:]}" for code in recovery_codes_of(request.user)]
    return render_page(request, "recovery_codes.html", room="", codes=codes)
