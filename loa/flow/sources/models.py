from __future__ import annotations

import uuid
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from loa.registry.people.models import Person
from loa.registry.places.models import Place


class SourceItem(models.Model):
    """A text as it came in: its bytes are kept as they were, whatever is made of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    origin = models.CharField(_("từ đâu"), max_length=16, default="form")  # form, file, command
    filename = models.CharField(_("tên tệp"), max_length=200, blank=True)
    raw = models.BinaryField(_("nguyên bản"))
    sha256 = models.CharField(_("mã nội dung"), max_length=64)
    encoding = models.CharField(_("bảng mã"), max_length=24)
    text = models.TextField(_("nội dung đọc được"))
    taken_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(_("nhận lúc"))

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("tin nguồn")
        ordering = ["-taken_at"]

    def __str__(self) -> str:
        return self.filename or str(self.id)


class RelaySource(models.Model):
    """A station that may be relayed: its streams, by what right, and how it sounded when last heard."""

    class Kind(models.TextChoices):
        VOV = "vov", _("Đài Tiếng nói Việt Nam")
        CITY = "city", _("đài của thành phố")
        COMMUNE = "commune", _("đài của xã, phường")
        OTHER = "other", _("luồng khác")

    class Health(models.TextChoices):
        UNKNOWN = "unknown", _("chưa nghe thử")
        SOUNDING = "sounding", _("nghe được")
        SILENT = "silent", _("có luồng nhưng im lặng")
        UNREACHABLE = "unreachable", _("không kết nối được")

    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    kind = models.CharField(_("loại"), max_length=16, choices=Kind)
    name = models.CharField(_("tên đài"), max_length=200)
    primary = models.CharField(_("luồng chính"), max_length=500)
    secondary = models.CharField(_("luồng dự phòng"), max_length=500, blank=True)
    rights = models.CharField(_("quyền tiếp âm"), max_length=500)
    rights_until = models.DateField(_("được phép đến hết ngày"), null=True, blank=True)
    primary_health = models.CharField(max_length=16, choices=Health, default=Health.UNKNOWN)
    secondary_health = models.CharField(max_length=16, choices=Health, default=Health.UNKNOWN)
    heard_at = models.DateTimeField(_("nghe thử lúc"), null=True, blank=True)
    entered_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(_("nhập lúc"))
    retired_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(_("ngừng dùng lúc"), null=True, blank=True)
    retire_reason = models.CharField(_("lý do ngừng dùng"), max_length=500, blank=True)

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("nguồn tiếp âm")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["place", "primary"],
                condition=models.Q(retired_at=None),
                name="relay_source_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def addresses(self) -> list[str]:
        return [one for one in (self.primary, self.secondary) if one]

    def may_be_relayed_until(self, day: date) -> bool:
        """Does the right to relay it reach to the end of this day?"""
        return self.rights_until is None or day <= self.rights_until
