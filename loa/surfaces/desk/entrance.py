"""Signing in and out."""

from __future__ import annotations

from django import forms
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from loa.lib.attempts import Attempts
from loa.registry.people.models import Person

# For one name from one address, and for one address whatever the names.
attempts_by_name = Attempts(attempts_max=10, window_seconds=60)
attempts_by_address = Attempts(attempts_max=60, window_seconds=60)


class SignInForm(forms.Form):
    """A name and a password; says no more than that they do not match."""

    username = forms.CharField(
        label=_("Tên đăng nhập"),
        max_length=40,
        error_messages={"required": _("Hãy nhập tên đăng nhập.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label=_("Mật khẩu"),
        max_length=200,
        strip=False,
        error_messages={"required": _("Hãy nhập mật khẩu.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def person(self, request: HttpRequest) -> Person | None:
        """Return who this is, or None with the reason among the form's errors."""
        address = request.META.get("REMOTE_ADDR", "")
        name = self.cleaned_data["username"]
        allowed = attempts_by_address.may_try(address)
        if not allowed or not attempts_by_name.may_try(f"{address} {name}"):
            self.add_error(None, _("Thử quá nhiều lần. Hãy chờ một phút rồi thử lại."))
            return None
        person = authenticate(request, username=name, password=self.cleaned_data["password"])
        if isinstance(person, Person):
            return person
        self.add_error(
            None,
            _("Tên đăng nhập hoặc mật khẩu không đúng. Hãy thử lại, hoặc nhờ quản trị cấp lại."),
        )
        return None


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        # A part of a page asked after its session ended: the whole page comes here, not the part.
        return HttpResponse(headers={"HX-Refresh": "true"})
    form = SignInForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        person = form.person(request)
        if person is not None:
            login(request, person)
            return _onward(request)
    status = 200 if not form.errors else 422
    context = {"form": form, "next": _wanted(request)}
    return render(request, "desk/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("desk:sign_in")


def _wanted(request: HttpRequest) -> str:
    return request.POST.get("next") or request.GET.get("next") or ""


def _onward(request: HttpRequest) -> HttpResponseRedirect:
    wanted = _wanted(request)
    here = {request.get_host()}
    if url_has_allowed_host_and_scheme(wanted, here, require_https=request.is_secure()):
        return HttpResponseRedirect(wanted)
    return redirect("desk:home")
