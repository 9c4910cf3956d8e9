from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from loa.flow.approvals.models import Edition
from loa.registry.people.models import Person
from loa.registry.places.models import Place


class QuietHours(models.Model):
    """When nothing but an emergency may sound at a place and below, by the wall clock."""

    place = models.OneToOneField(Place, models.CASCADE, primary_key=True, related_name="+")
    start = models.TimeField(_("từ"))
    end = models.TimeField(_("đến"))

    class Meta:
        verbose_name = _("giờ yên tĩnh")

    def __str__(self) -> str:
        return f"{self.start:%H:%M}–{self.end:%H:%M}"


class DailyLimit(models.Model):
    """How many minutes a day may sound at a place."""

    place = models.OneToOneField(Place, models.CASCADE, primary_key=True, related_name="+")
    minutes = models.PositiveSmallIntegerField(_("phút mỗi ngày"))

    class Meta:
        verbose_name = _("hạn mức ngày")

    def __str__(self) -> str:
        return str(self.minutes)


class Placement(models.Model):
    """An edition given its time, once; it waits while it needs a second person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="placements")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    places = models.ManyToManyField(Place, related_name="+", verbose_name=_("phát tới"))
    is_now = models.BooleanField(_("phát ngay"), default=False)
    start_at = models.DateTimeField(_("phát lúc"))
    grounds = models.JSONField(_("vì sao cần người thứ hai"), default=list)
    placed_by = models.ForeignKey(Person, models.PROTECT, related_name="placements")
    placed_at = models.DateTimeField(_("xếp lúc"))
    called_off_at = models.DateTimeField(_("ngừng lúc"), null=True, blank=True)

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("lượt xếp lịch")
        ordering = ["-placed_at"]

    def __str__(self) -> str:
        return f"{self.edition} {self.start_at}"

    @property
    def is_waiting(self) -> bool:
        return (
            bool(self.grounds) and self.called_off_at is None and not hasattr(self, "confirmation")
        )


class Confirmation(models.Model):
    """A second person answers for sounding in quiet hours or above the limit."""

    placement = models.OneToOneField(Placement, models.PROTECT, related_name="confirmation")
    confirmer = models.ForeignKey(Person, models.PROTECT, related_name="confirmations")
    confirmed_at = models.DateTimeField(_("xác nhận lúc"))
    envelope = models.BinaryField()

    class Meta:
        verbose_name = _("xác nhận")

    def __str__(self) -> str:
        return f"{self.confirmer} {self.confirmed_at}"


class Occurrence(models.Model):
    """One sounding of an edition at one place."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    placement = models.ForeignKey(Placement, models.PROTECT, related_name="occurrences")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="occurrences")
    place = models.ForeignKey(Place, models.PROTECT, related_name="occurrences")
    start_at = models.DateTimeField(_("bắt đầu"))
    latest_start_at = models.DateTimeField(_("muộn nhất"))
    end_at = models.DateTimeField(_("kết thúc"))
    called_off_at = models.DateTimeField(_("ngừng lúc"), null=True, blank=True)

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("lượt phát")
        ordering = ["start_at", "place"]
        constraints = [
            models.UniqueConstraint(fields=["placement", "place"], name="once_per_place"),
            models.CheckConstraint(
                name="occurrence_ends_after_it_starts", condition=Q(end_at__gt=models.F("start_at"))
            ),
        ]
        indexes = [models.Index(fields=["place", "start_at"], name="occurrence_by_day")]

    def __str__(self) -> str:
        return f"{self.place_id} {self.start_at}"
