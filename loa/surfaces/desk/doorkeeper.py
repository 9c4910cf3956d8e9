"""What allauth asks this city: its words, its limits, how it keeps secrets, where people go next."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from loa.registry.people.models import Person
from loa.registry.people.passkeys import rp_id
from loa.registry.people.sealing import sealed, unsealed
from loa.registry.people.sign_ins import note_sign_in
from loa.surfaces.desk.sign_in_way import way_of

TOO_MANY = _("Thử quá nhiều lần. Hãy chờ năm phút rồi thử lại.")
CODE_WRONG = _("Mã không đúng hoặc đã dùng rồi. Hãy chờ mã mới trên điện thoại rồi nhập lại.")
LEFT = _("Tài khoản này không còn được giao việc. Hãy hỏi người quản trị nơi bạn làm việc.")


class Doorkeeper(DefaultAccountAdapter):  # type: ignore[misc]
    """Lets in who may enter; nobody signs himself up and nothing is sent by e-mail."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
        "incorrect_password": _("Mật khẩu không đúng."),
        "incorrect_code": CODE_WRONG,
        "username_password_mismatch": _(
            "Tên đăng nhập hoặc mật khẩu không đúng. Hãy thử lại, hoặc nhờ quản trị cấp lại."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        del request
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the pages say in their own words what was done."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing: the account page shows it, and the ledger keeps it."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        del request
        return reverse("desk:home")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Person | None:
        """Return who this is; somebody who left is nobody. Raises ValidationError at the limits."""
        person = super().authenticate(request, **credentials)
        if not isinstance(person, Person) or not person.may_enter():
            return None
        self._tries.rollback()
        return person

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        super().pre_authenticate(request, **credentials)
        # Guessing one name from many addresses: slowed down too, but far later, so that nobody
        # is shut out by a stranger who knows the name.
        self._tries = ratelimit.consume(
            request,
            app="allauth.account",
            action="login_failed_anywhere",
            key=_name_in(credentials),
        )
        if not self._tries:
            raise self.validation_error("too_many_login_attempts")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return f"{self.get_client_ip(request)} {_name_in(credentials)}"

    def pre_login(self, request: HttpRequest, user: Person, **_kwargs: Any) -> HttpResponse | None:
        if user.may_enter():
            return None
        clear_login(request)
        messages.error(request, LEFT)
        return redirect("desk:sign_in")

    def post_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        way, factor = way_of(request, user)
        note_sign_in(
            user,
            way,
            factor=factor,
            address=self.get_client_ip(request),
            browser=self.get_http_user_agent(request),
        )
        return answer


def _name_in(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username", "")).strip().lower()


class FactorKeeper(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps secrets sealed in the database and names this city to apps and keys."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": CODE_WRONG}

    def encrypt(self, text: str) -> str:
        return sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unsealed(encrypted_text)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing; see `Doorkeeper`."""

    def generate_authenticator_name(self, user: Person, type: str) -> str:  # noqa: A002
        del user, type
        return ""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": rp_id(), "name": "Loa"}

    def get_public_key_credential_user_entity(self, user: Person) -> dict[str, Any]:
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        # A machine may hold a key for approving too; its list of keys must tell them apart.
        return entity | {"name": str(_("%(name)s (đăng nhập)")) % {"name": user.username}}
