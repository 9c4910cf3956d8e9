"""Who may use a bulletin again and until when, and what became of one that was used again."""

from __future__ import annotations

import uuid
from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loa.registry.people.models import Person
from loa.registry.places.models import Place

LICENCE_CHARACTERS_MAX = 300


class UsageRights(models.Model):
    """What the owner of a bulletin lets others do with it, and what a third party lets the owner do.

    A bulletin without such a row is its own place's alone, for ever.
    """

    class Reach(models.TextChoices):
        OWN = "own", _("Chỉ nơi này")
        CITY = "city", _("Nơi này và thành phố")
        ALL = "all", _("Mọi xã, phường")

    bulletin = models.OneToOneField(
        "newsroom.Bulletin", models.PROTECT, primary_key=True, related_name="rights"
    )
    reach = models.CharField(_("ai được dùng lại"), max_length=8, choices=Reach, default=Reach.OWN)
    licensor = models.CharField(_("bên giữ quyền"), max_length=120, blank=True)
    licence = models.CharField(
        _("giấy phép, hợp đồng"), max_length=LICENCE_CHARACTERS_MAX, blank=True
    )
    # The last day on which it may sound.
    valid_until = models.DateField(_("được dùng đến hết ngày"), null=True, blank=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("ghi lúc"))

    class Meta:
        verbose_name = _("quyền sử dụng")

    def __str__(self) -> str:
        return f"{self.bulletin_id} {self.reach}"

    def are_over_on(self, day: date) -> bool:
        return self.valid_until is not None and day > self.valid_until


class Reuse(models.Model):
    """A bulletin used again by a place: as it was approved, or as a new bulletin to be edited."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    origin = models.ForeignKey("newsroom.Bulletin", models.PROTECT, related_name="reuses")
    edition_sha256 = models.CharField(_("bản duyệt được dùng lại"), max_length=64)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    bulletin = models.OneToOneField(
        "newsroom.Bulletin", models.PROTECT, null=True, related_name="reuse"
    )
    reused_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reused_at = models.DateTimeField(_("dùng lại lúc"))

    class Meta:
        verbose_name = _("lần dùng lại")
        ordering = ["-reused_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition_sha256", "place"],
                condition=Q(bulletin=None),
                name="reused_once_as_it_is",
            )
        ]

    def __str__(self) -> str:
        return f"{self.origin_id} → {self.place_id}"
