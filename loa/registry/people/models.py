from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from loa.lib import clock
from loa.registry.people.rules import DEEDS_OF, Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within
from loa.wire.keys import ED25519


class PersonRegister(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(username=username)


class Person(AbstractBaseUser):
    """Somebody with a name who can be asked why."""

    username = models.CharField(_("tên đăng nhập"), max_length=40, unique=True)
    full_name = models.CharField(_("họ và tên"), max_length=100)
    title = models.CharField(_("chức danh"), max_length=100, blank=True)
    is_active = models.BooleanField(_("đang làm việc"), default=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]
    objects = PersonRegister()

    class Meta:
        verbose_name = _("người")

    def __str__(self) -> str:
        return self.full_name

    def live_mandates(self, instant: datetime | None = None) -> list[Mandate]:
        """Return the mandates in force at the instant (now)."""
        return [m for m in self._mandates if m.is_live_at(instant or clock.now())]

    @cached_property
    def _mandates(self) -> list[Mandate]:
        return list(self.mandates.select_related("place"))

    def may(self, deed: Deed, place: Place, *, at: datetime | None = None) -> bool:
        """Say whether a live mandate covers this deed at this place."""
        if not self.is_active:
            return False
        return any(
            deed in DEEDS_OF[m.role] and place.code in codes_within([m.place_id])
            for m in self.live_mandates(at)
        )

    def may_anywhere(self, deed: Deed) -> bool:
        return self.is_active and any(deed in DEEDS_OF[m.role] for m in self.live_mandates())

    def places_with(self, deed: Deed) -> set[str]:
        """Return the codes of every place where the person may do this."""
        if not self.is_active:
            return set()
        return codes_within(m.place_id for m in self.live_mandates() if deed in DEEDS_OF[m.role])

    def places_in_scope(self) -> set[str]:
        """Return the codes of every place the person works for, whatever the deed."""
        return codes_within(m.place_id for m in self.live_mandates()) if self.is_active else set()


class Mandate(models.Model):
    """Person, role, place, from, to, by which decision: the one table rights come from."""

    class Role(models.TextChoices):
        CITY_EDITOR = "city_editor", _("biên tập viên thành phố")
        CITY_LEADER = "city_leader", _("lãnh đạo thành phố")
        COMMUNE_EDITOR = "commune_editor", _("biên tập viên xã, phường")
        COMMUNE_CHAIR = "commune_chair", _("chủ tịch xã, phường")
        VILLAGE_HEAD = "village_head", _("trưởng thôn, tổ trưởng")
        MAINTAINER = "maintainer", _("đơn vị bảo trì")
        INSPECTOR = "inspector", _("thanh tra")
        ADMINISTRATOR = "administrator", _("quản trị hệ thống")

    person = models.ForeignKey(Person, models.PROTECT, related_name="mandates")
    role = models.CharField(_("vai trò"), max_length=24, choices=Role)
    place = models.ForeignKey(Place, models.PROTECT, related_name="mandates")
    valid_from = models.DateTimeField(_("từ"))
    valid_until = models.DateTimeField(_("đến"), null=True, blank=True)
    decision_number = models.CharField(_("số quyết định"), max_length=64)

    class Meta:
        verbose_name = _("ủy nhiệm")
        constraints = [
            models.CheckConstraint(
                name="mandate_ends_after_it_begins",
                condition=Q(valid_until=None) | Q(valid_until__gt=models.F("valid_from")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}, {self.place}"

    def is_live_at(self, instant: datetime) -> bool:
        return self.valid_from <= instant and (
            self.valid_until is None or instant < self.valid_until
        )


class ApprovalKey(models.Model):
    """A key a person answers with; `custody` says where the private half is.

    Of `server` it lies in the server's own folder. A `passkey` never leaves its holder's device: it
    signs for one `rp_id`, asked by a page of one of `origins`.
    """

    key_id = models.CharField(_("mã khóa"), max_length=16, primary_key=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="approval_keys")
    public_hex = models.CharField(_("khóa công khai"), max_length=130)
    kind = models.CharField(_("loại khóa"), max_length=24, default=ED25519)
    custody = models.CharField(_("nơi giữ"), max_length=16, default="server")
    name = models.CharField(_("tên gọi"), max_length=60, blank=True)
    credential_id = models.TextField(blank=True)
    rp_id = models.CharField(max_length=253, blank=True)
    origins = models.JSONField(default=list)
    valid_from = models.DateTimeField(_("từ"))
    valid_until = models.DateTimeField(_("đến"), null=True, blank=True)
    # Left out of every later roster: what it signed, also before, is worth nothing any more.
    revoked_at = models.DateTimeField(_("thu hồi lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("khóa duyệt")

    def __str__(self) -> str:
        return f"{self.person} {self.key_id}"


class RootIssue(models.Model):
    """A root as its officers signed it: who signs rosters from now on, and who the next root."""

    version = models.PositiveIntegerField(_("số"), primary_key=True)
    sha256 = models.CharField(
        max_length=64
    )  # of the payload: what a device may be told to begin with
    issued_at = models.DateTimeField(_("lúc"))
    expires_at = models.DateTimeField(_("hết hạn"))
    envelope = models.BinaryField()

    class Meta:
        verbose_name = _("gốc tin cậy")
        ordering = ["version"]

    def __str__(self) -> str:
        return str(self.version)


class RosterDraft(models.Model):
    """The next roster as the register wants it, waiting for the signatures of those who keep the root."""

    version = models.PositiveIntegerField(_("số"))
    drafted_at = models.DateTimeField(_("soạn lúc"))
    asked_by = models.CharField(_("người yêu cầu"), max_length=40, blank=True)
    content_hash = models.CharField(max_length=64)
    payload = models.BinaryField()

    class Meta:
        verbose_name = _("danh bạ chờ ký")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.version)


class KeyDemand(models.Model):
    """A place whose horns, and those below it, believe no key that a server keeps."""

    class Demand(models.TextChoices):
        EMERGENCY = "emergency", _("cho tin khẩn cấp")
        ALL = "all", _("cho mọi tin")

    place = models.OneToOneField(Place, models.PROTECT, primary_key=True, related_name="key_demand")
    demand = models.CharField(_("đòi hỏi"), max_length=16, choices=Demand)
    decision_number = models.CharField(_("số quyết định"), max_length=64)
    since = models.DateTimeField(_("từ"))

    class Meta:
        verbose_name = _("nơi chỉ tin khóa riêng")

    def __str__(self) -> str:
        return f"{self.place}: {self.get_demand_display()}"


class RosterIssue(models.Model):
    """A roster as it was signed; devices trust the newest they have seen."""

    version = models.PositiveIntegerField(_("số"), primary_key=True)
    issued_at = models.DateTimeField(_("lúc"))
    expires_at = models.DateTimeField(_("hết hạn"), null=True)
    content_hash = models.CharField(max_length=64)
    envelope = models.BinaryField()

    class Meta:
        verbose_name = _("danh bạ khóa")
        ordering = ["version"]

    def __str__(self) -> str:
        return str(self.version)
