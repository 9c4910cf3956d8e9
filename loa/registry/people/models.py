from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from loa.lib import clock
from loa.registry.people.entrance_models import AccessLink, SignIn
from loa.registry.people.rules import Deed, Interval, earlier, is_within
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within, parents_of_all
from loa.wire.keys import ED25519

__all__ = [
    "AccessLink",
    "Agency",
    "ApprovalKey",
    "KeyDemand",
    "Mandate",
    "Person",
    "Role",
    "RootIssue",
    "RosterDraft",
    "RosterIssue",
    "SignIn",
    "Suspension",
]


class PersonRegister(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(username=username)


class Person(AbstractBaseUser):
    """Somebody with a name who can be asked why."""

    username = models.CharField(_("tên đăng nhập"), max_length=40, unique=True)
    full_name = models.CharField(_("họ và tên"), max_length=100)
    title = models.CharField(_("chức danh"), max_length=100, blank=True)
    phone = models.CharField(_("điện thoại"), max_length=20, blank=True)
    email = models.EmailField(_("thư điện tử"), blank=True)
    is_active = models.BooleanField(_("đang làm việc"), default=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]
    objects = PersonRegister()

    class Meta:
        verbose_name = _("người")

    def __str__(self) -> str:
        return self.full_name

    def live_mandates(self, instant: datetime | None = None) -> list[Mandate]:
        """Return the mandates in force at the instant (now): none of who is suspended then."""
        when = instant or clock.now()
        live = [m for m in self._mandates if m.is_live_at(when)]
        if not live or not self.is_active or self.suspension_at(when) is not None:
            return []
        return live

    def suspension_at(self, instant: datetime) -> Suspension | None:
        """Return what keeps this person from every deed at the instant, if something does."""
        return next((s for s in self._suspensions if s.is_live_at(instant)), None)

    @cached_property
    def _mandates(self) -> list[Mandate]:
        return list(self.mandates.select_related("place", "role"))

    @cached_property
    def _suspensions(self) -> list[Suspension]:
        return list(self.suspensions.all())

    @cached_property
    def _parents(self) -> dict[str, str]:
        return parents_of_all()

    def places_below(self, codes: Iterable[str]) -> set[str]:
        """Return these places and all below; the tree is read once for a person in hand."""
        above = list(codes)
        return codes_within(above, self._parents) if above else set()

    def forget_rights(self) -> None:
        """Ask the register anew: a person in hand remembers the rights read first."""
        for name in ("_mandates", "_suspensions", "_parents"):
            self.__dict__.pop(name, None)

    def may_enter(self) -> bool:
        """Say whether the person may come in: not suspended, nor after leaving or every mandate."""
        now = clock.now()
        if not self.is_active or self.suspension_at(now) is not None:
            return False
        return not self._mandates or not all(m.is_over_at(now) for m in self._mandates)

    def may(self, deed: Deed, place: Place, *, at: datetime | None = None) -> bool:
        """Say whether a live mandate covers this deed at this place."""
        return any(
            m.role.allows(deed) and place.code in self.places_below([m.place_id])
            for m in self.live_mandates(at)
        )

    def may_anywhere(self, deed: Deed) -> bool:
        return any(m.role.allows(deed) for m in self.live_mandates())

    def places_with(self, deed: Deed) -> set[str]:
        """Return the codes of every place where the person may do this."""
        return self.places_below(m.place_id for m in self.live_mandates() if m.role.allows(deed))

    def places_in_scope(self) -> set[str]:
        """Return the codes of every place the person works for, whatever the deed."""
        return self.places_below(m.place_id for m in self.live_mandates())


class Role(models.Model):
    """What somebody is to a place: a set of deeds, and the roles its holder may give to others.

    It is read with the mandates that name it, so what an administrator changes holds in every
    process from the next request on.
    """

    class Level(models.TextChoices):
        CENTRAL = "central", _("trung ương")
        CITY = "city", _("thành phố")
        COMMUNE = "commune", _("xã, phường")
        VILLAGE = "village", _("thôn, tổ dân phố")
        OUTSIDE = "outside", _("bên ngoài")

    code = models.CharField(_("mã"), max_length=24, primary_key=True)
    name = models.CharField(_("tên"), max_length=100)
    level = models.CharField(_("cấp"), max_length=16, choices=Level)
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=100)
    deeds = models.JSONField(_("được làm"), default=list)
    grants = models.JSONField(_("được giao cho người khác"), default=list)

    class Meta:
        verbose_name = _("vai trò")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        # The roles Loa comes with are known to the translators; a city's own stay as typed.
        return gettext(self.name)

    def allows(self, deed: Deed) -> bool:
        return deed in self.deeds


class Agency(models.Model):
    """An office, school, station or firm that people work for; its place is where it counts."""

    class Kind(models.TextChoices):
        DEPARTMENT = "department", _("sở, ngành")
        COMMITTEE = "committee", _("ủy ban nhân dân")
        SERVICE = "service", _("đơn vị sự nghiệp")
        PRESS = "press", _("báo chí, truyền thông")
        FIRM = "firm", _("doanh nghiệp")
        OTHER = "other", _("khác")

    code = models.SlugField(_("mã"), max_length=32, primary_key=True)
    name = models.CharField(_("tên"), max_length=150)
    kind = models.CharField(_("loại"), max_length=16, choices=Kind)
    place = models.ForeignKey(Place, models.PROTECT, related_name="agencies")

    class Meta:
        verbose_name = _("cơ quan")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Mandate(models.Model):
    """Person, role, place, from, to, by which decision: the one table rights come from.

    With an agency the person acts for it, at the agency's place.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="mandates")
    role = models.ForeignKey(Role, models.PROTECT, related_name="mandates")
    place = models.ForeignKey(Place, models.PROTECT, related_name="mandates")
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="mandates"
    )
    valid_from = models.DateTimeField(_("từ"))
    valid_until = models.DateTimeField(_("đến"), null=True, blank=True)
    decision_number = models.CharField(_("số quyết định"), max_length=64)
    granted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField(_("giao lúc"), null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(_("kết thúc lúc"), null=True)
    end_reason = models.CharField(_("vì sao kết thúc"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("ủy nhiệm")
        constraints = [
            models.CheckConstraint(
                name="mandate_ends_after_it_begins",
                condition=Q(valid_until=None) | Q(valid_until__gt=models.F("valid_from")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.role}, {self.place}"

    @property
    def interval(self) -> Interval:
        """When it is in force: one that was ended before it began never was."""
        if self.ended_at is not None and self.ended_at <= self.valid_from:
            return self.valid_from, self.valid_from
        return self.valid_from, self.valid_until

    def is_live_at(self, instant: datetime) -> bool:
        return is_within(instant, self.interval)

    def is_over_at(self, instant: datetime) -> bool:
        """Say whether it will never be in force from this instant on."""
        end = self.valid_until
        return self.ended_at is not None or (end is not None and end <= instant)


class Suspension(models.Model):
    """A person, or the right of a place to play, put on hold: who, when, until, why, lifted by whom."""

    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="suspensions")
    place = models.ForeignKey(Place, models.PROTECT, null=True, related_name="suspensions")
    begun_at = models.DateTimeField(_("từ"))
    until = models.DateTimeField(_("đến"), null=True, blank=True)
    reason = models.CharField(_("vì sao"), max_length=500)
    decision_number = models.CharField(_("số quyết định"), max_length=64, blank=True)
    suspended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(_("gỡ lúc"), null=True)
    lifted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    lift_reason = models.CharField(_("vì sao gỡ"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("đình chỉ")
        ordering = ["-begun_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="suspension_of_one_person_or_one_place",
                condition=Q(person=None, place__isnull=False) | Q(person__isnull=False, place=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person or self.place}: {self.reason}"

    @property
    def interval(self) -> Interval:
        return self.begun_at, earlier(self.until, self.lifted_at)

    def is_live_at(self, instant: datetime) -> bool:
        return is_within(instant, self.interval)


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
