"""How people came in: the one-time links that let them, and each time they did."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccessLink(models.Model):
    """A one-time link with which a person sets a password; only its hash is kept."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="access_links")
    issued_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+", null=True)
    issued_at = models.DateTimeField(_("cấp lúc"))
    expires_at = models.DateTimeField(_("hết hạn"))
    # The person lost the phone or the keys that prove who it is: they go when the link is used.
    forgets_factors = models.BooleanField(default=False)
    used_at = models.DateTimeField(_("dùng lúc"), null=True, blank=True)
    # A newer link, or the administrator, took its place before anybody used it.
    ended_at = models.DateTimeField(_("thôi dùng lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("đường dẫn vào")

    def __str__(self) -> str:
        return f"{self.person} {self.issued_at:%d-%m-%Y %H:%M}"


class SignIn(models.Model):
    """One time somebody came in: when, how, from where, with what browser."""

    class Way(models.TextChoices):
        PASSWORD = "password", _("mật khẩu")
        TOTP = "totp", _("mật khẩu và mã của ứng dụng")
        KEY = "key", _("mật khẩu và khóa đăng nhập")
        RECOVERY_CODE = "recovery_codes", _("mật khẩu và mã dự phòng")
        PASSKEY = "passkey", _("khóa đăng nhập")

    person = models.ForeignKey("people.Person", models.CASCADE, related_name="sign_ins")
    at = models.DateTimeField(_("lúc"))
    way = models.CharField(_("cách vào"), max_length=16, choices=Way)
    # Which factor of the person, by its number; none when the password was enough.
    factor = models.BigIntegerField(null=True, blank=True)
    address = models.GenericIPAddressField(_("địa chỉ"), null=True, blank=True)
    browser = models.CharField(_("trình duyệt"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("lần đăng nhập")
        ordering = ["-at"]
        indexes = [models.Index(fields=["person", "-at"], name="sign_in_by_person")]

    def __str__(self) -> str:
        return f"{self.person} {self.at:%d-%m-%Y %H:%M}"
