from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from loa.registry.places.remembering import forget_tree


class Place(models.Model):
    """A unit of the city with the dates it is valid; codes are the national ones, never reused."""

    class Kind(models.TextChoices):
        CITY = "city", _("thành phố")
        WARD = "ward", _("phường")
        COMMUNE = "commune", _("xã")
        SPECIAL_ZONE = "special_zone", _("đặc khu")
        VILLAGE = "village", _("thôn, tổ dân phố")

    code = models.CharField(_("mã"), max_length=16, primary_key=True)
    kind = models.CharField(_("loại"), max_length=16, choices=Kind)
    name = models.CharField(_("tên"), max_length=100)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    valid_from = models.DateField(_("có từ ngày"))
    valid_until = models.DateField(_("đến hết ngày"), null=True, blank=True)
    predecessors = models.JSONField(_("đơn vị trước đây"), default=list)
    latitude = models.FloatField(_("vĩ độ"), null=True)
    longitude = models.FloatField(_("kinh độ"), null=True)
    area_km2 = models.FloatField(_("diện tích (km²)"), null=True)

    class Meta:
        verbose_name = _("địa bàn")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        forget_tree()

    @property
    def full_name(self) -> str:
        """The name with its kind: Phường Hải Châu."""
        kind = str(self.get_kind_display())
        if self.kind == self.Kind.VILLAGE:
            return self.name
        return f"{kind[:1].upper()}{kind[1:]} {self.name}"

    @property
    def is_city(self) -> bool:
        return self.kind == self.Kind.CITY

    @property
    def is_commune(self) -> bool:
        return self.kind in {self.Kind.WARD, self.Kind.COMMUNE, self.Kind.SPECIAL_ZONE}

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class PlaceAlias(models.Model):
    """A former name that addresses, equipment and the press still use."""

    name = models.CharField(_("tên cũ"), max_length=100)
    kind = models.CharField(_("loại"), max_length=32)
    places = models.ManyToManyField(Place, related_name="aliases")

    class Meta:
        verbose_name = _("tên cũ")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name", "kind"], name="alias_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
