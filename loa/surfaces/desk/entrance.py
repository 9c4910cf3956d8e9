"""Signing in and out: a name with its password, or a key; then the second step of who has one."""

from __future__ import annotations

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core.internal import ratelimit
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from loa.registry.people.factors import has_key
from loa.registry.people.models import Person
from loa.surfaces.desk.doorkeeper import TOO_MANY
from loa.surfaces.desk.entrance_forms import CodeForm, SignInForm
from loa.surfaces.desk.keys import passkey_site

second_step = login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    if request.htmx:  # type: ignore[attr-defined]
        # A part of a page asked after its session ended: the whole page comes here, not the part.
        return HttpResponse(headers={"HX-Refresh": "true"})
    form = SignInForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        person = form.person(request)
        if person is not None:
            return _with_password(request, person)
    return _door(request, form)


def _with_password(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Go on with who showed the password: to the second step, or inside."""
    login = Login(user=person, redirect_url=wanted_address(request))
    answer: HttpResponseBase = perform_password_login(request, {"username": person.username}, login)
    return answer


def _door(request: HttpRequest, form: SignInForm, *, refusal: str = "") -> HttpResponse:
    context = {
        "form": form,
        "next": wanted_address(request) or "",
        "refusal": refusal,
        "is_training": settings.LOA_MFA == "training",
        **passkey_site(request),
    }
    status = 422 if form.errors or refusal else 200
    return render(request, "desk/sign_in.html", context, status=status)


@never_cache
@require_POST
def begin_with_key(request: HttpRequest) -> JsonResponse:
    """Tell the browser what a key is to sign; whose key it is shows when it answers."""
    if not ratelimit.consume(request, app="allauth.mfa", action="webauthn_login"):
        return JsonResponse({"problem": str(TOO_MANY)}, status=429)
    return JsonResponse(begin_authentication(None))


@never_cache
@require_POST
def enter_with_key(request: HttpRequest) -> HttpResponseBase:
    """Let in whose key answered: it is the first and the second step at once."""
    form = LoginWebAuthnForm(data=request.POST)
    if not form.is_valid():
        refusal = _(
            "Khóa này không mở được cửa. Có thể đó là khóa phê duyệt, hoặc khóa đã bị bỏ. "
            "Hãy chọn khóa khác, hoặc dùng mật khẩu."
        )
        return _door(request, SignInForm(), refusal=refusal)
    factor = form.cleaned_data["credential"]
    login = Login(user=factor.user, redirect_url=wanted_address(request))
    answer: HttpResponseBase = perform_passwordless_login(request, factor, login)
    return answer


@second_step  # type: ignore[untyped-decorator]
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def show_second(request: HttpRequest) -> HttpResponseBase:
    """The second step of signing in: a code, or a key."""
    stage = request._login_stage  # type: ignore[attr-defined]  # noqa: SLF001 - allauth's own place
    person: Person = stage.login.user
    form = _second_form(request, person)
    if form.is_bound and form.is_valid():
        form.save()
        answer: HttpResponseBase = stage.exit()
        return answer
    is_key = isinstance(form, AuthenticateWebAuthnForm)
    context = {
        "form": CodeForm(user=person) if is_key else form,
        "refusal": _("Khóa chưa trả lời đúng. Hãy thử lại, hoặc nhập mã.") if is_key else "",
        "person": person,
        "has_key": has_key(person),
        **passkey_site(request),
    }
    status = 422 if form.errors else 200
    return render(request, "desk/second_step.html", context, status=status)


def _second_form(request: HttpRequest, person: Person) -> CodeForm | AuthenticateWebAuthnForm:
    if request.method != "POST":
        return CodeForm(user=person)
    if request.POST.get("credential"):
        return AuthenticateWebAuthnForm(user=person, data=request.POST)
    return CodeForm(user=person, data=request.POST)


@second_step  # type: ignore[untyped-decorator]
@require_POST
def begin_second(request: HttpRequest) -> JsonResponse:
    """Tell the browser which of the person's keys may sign, and what."""
    stage = request._login_stage  # type: ignore[attr-defined]  # noqa: SLF001 - allauth's own place
    return JsonResponse(begin_authentication(stage.login.user))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, _("Bạn đã thoát."))
    return redirect("desk:sign_in")


def wanted_address(request: HttpRequest) -> str | None:
    """Return where the person wanted to go, if it is a page of this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    here = {request.get_host()}
    if url_has_allowed_host_and_scheme(wanted, here, require_https=request.is_secure()):
        return wanted
    return None
