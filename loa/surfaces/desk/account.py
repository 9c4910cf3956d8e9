"""My account: how I sign in, my password, where I am signed in, when I came in last."""

from __future__ import annotations

from allauth.usersessions.internal.flows.sessions import end_other_sessions, end_sessions
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loa.registry.people.access import change_password
from loa.registry.people.errors import PasswordRefused
from loa.registry.people.factors import (
    has_app,
    lacks_second_factor,
    needs_second_factor,
    recovery_codes_of,
    second_factors_of,
)
from loa.registry.people.queries import may_approve
from loa.registry.people.sign_ins import remember_session, sessions_of, sign_ins_of
from loa.surfaces.desk.account_words import factor_shown, session_shown, sign_in_shown
from loa.surfaces.desk.entrance_forms import NewPasswordForm
from loa.surfaces.desk.page import StaffRequest, account_page, render_page
from loa.surfaces.desk.step_up import proved_again

SIGN_INS_SHOWN_MAX = 8


@account_page
@never_cache
@require_safe
def show(request: StaffRequest) -> HttpResponseBase:
    person = request.user
    factors = second_factors_of(person)
    return render_page(
        request,
        "account.html",
        room="",
        person=person,
        factors=[factor_shown(one) for one in factors],
        has_app=any(one.type == "totp" for one in factors),
        codes_left=len(recovery_codes_of(person)),
        needs_factor=needs_second_factor(person),
        may_approve=may_approve(person),
        sessions=[session_shown(one, request) for one in sessions_of(person)],
        sign_ins=[sign_in_shown(one) for one in sign_ins_of(person, SIGN_INS_SHOWN_MAX)],
    )


@account_page
@never_cache
@require_safe
def show_demand(request: StaffRequest) -> HttpResponseBase:
    """Lead who may approve to a second factor: nothing else is open before."""
    if not lacks_second_factor(request.user):
        return redirect("desk:home")
    return render_page(request, "factor_demand.html", room="", has_app=has_app(request.user))


@account_page
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@proved_again
def change(request: StaffRequest) -> HttpResponseBase:
    """Take a new password; whoever else was signed in under this name is out."""
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            change_password(request.user, form.cleaned_data["password"])
        except PasswordRefused as refused:
            form.add_error("password", str(refused))
        else:
            return _stayed(request)
    return render_page(
        request, "password.html", room="", status=422 if form.errors else 200, form=form
    )


def _stayed(request: StaffRequest) -> HttpResponseBase:
    update_session_auth_hash(request, request.user)
    remember_session(request)
    end_other_sessions(request, request.user)
    messages.success(request, _("Đã đổi mật khẩu. Mọi máy khác đã bị thoát."))
    return redirect("desk:account")


@account_page
@require_POST
def end_session(request: StaffRequest) -> HttpResponseBase:
    """Sign out one other machine, or all others."""
    others = [one for one in sessions_of(request.user) if not one.is_current()]
    wanted = request.POST.get("session", "")
    ended = [one for one in others if wanted in {"others", str(one.pk)}]
    end_sessions(request, ended)
    words = _("Đã thoát các máy khác.") if ended else _("Không có máy nào khác đang đăng nhập.")
    messages.success(request, words)
    return redirect("desk:account")
