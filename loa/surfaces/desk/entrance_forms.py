"""Forms of the door: name and password, codes, keys, new passwords."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from loa.registry.people.models import Person


class PasswordField(forms.CharField):
    """A password as typed, spaces too; `purpose` tells the browser's own keeper of passwords."""

    def __init__(self, purpose: str, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"required": _("Hãy nhập mật khẩu.")})
        widget = forms.PasswordInput(attrs={"autocomplete": purpose})
        super().__init__(max_length=200, strip=False, widget=widget, **kwargs)


class CodeField(forms.CharField):
    """A code of an app, or a recovery code; blanks between the digits do not matter."""

    def __init__(self, label: Any, help_text: Any = "") -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            max_length=40,
            error_messages={"required": _("Hãy nhập mã.")},
            widget=forms.TextInput(
                attrs={
                    "autocomplete": "one-time-code",
                    "inputmode": "numeric",
                    "autocapitalize": "none",
                    "spellcheck": "false",
                }
            ),
        )

    def clean(self, value: Any) -> Any:
        return super().clean("".join(str(value or "").split()))


class SignInForm(forms.Form):
    """A name and a password; says no more than that they do not match."""

    username = forms.CharField(
        label=_("Tên đăng nhập"),
        max_length=40,
        error_messages={"required": _("Hãy nhập tên đăng nhập.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username webauthn",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )
    password = PasswordField("current-password", label=_("Mật khẩu"))

    def person(self, request: HttpRequest) -> Person | None:
        """Return who this is, or None with the reason among the form's errors."""
        name, password = self.cleaned_data["username"], self.cleaned_data["password"]
        keeper = get_adapter(request)
        try:
            person = keeper.authenticate(request, username=name, password=password)
        except ValidationError as error:
            self.add_error(None, error)
            return None
        if isinstance(person, Person):
            return person
        self.add_error(None, keeper.validation_error("username_password_mismatch"))
        return None


CODE_LABEL = _("Mã xác nhận")
CODE_HELP = _("Sáu số đang hiện trong ứng dụng tạo mã, hoặc một mã dự phòng tám số.")


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""

    code = CodeField(CODE_LABEL, CODE_HELP)


class CodeAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The same code, before something important is changed."""

    code = CodeField(CODE_LABEL, CODE_HELP)


class PasswordAgainForm(forms.Form):
    """The password once more, of somebody who has nothing stronger yet."""

    password = PasswordField("current-password", label=_("Mật khẩu hiện nay"))

    def __init__(self, person: Person, data: Any = None) -> None:
        super().__init__(data)
        self.person = person

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        keeper = get_adapter()
        if not keeper.reauthenticate(self.person, password):
            raise keeper.validation_error("incorrect_password")
        return password


class AppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new app proves that it holds the secret."""

    code = CodeField(_("Mã ứng dụng đang hiện"), _("Sáu số, đổi sau mỗi 30 giây."))


class NewPasswordForm(forms.Form):
    """A new password, twice; the rules are the deed's."""

    password = PasswordField(
        "new-password",
        label=_("Mật khẩu mới"),
        help_text=_("Ít nhất 10 ký tự. Vài từ dễ nhớ ghép lại thì tốt hơn ký hiệu lạ."),
    )
    again = PasswordField(
        "new-password",
        label=_("Nhập lại mật khẩu mới"),
        error_messages={"required": _("Hãy nhập lại mật khẩu mới.")},
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, second = given.get("password"), given.get("again")
        if first and second and first != second:
            self.add_error("again", _("Hai lần nhập chưa giống nhau. Hãy nhập lại."))
        return given
