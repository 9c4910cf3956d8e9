from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from loa.registry.people.models import Person
from loa.registry.places.models import Place

WRITTEN_CHARACTERS_MAX = 64
SPOKEN_CHARACTERS_MAX = 200


class Medium(models.Model):
    """A file kept by its content; the name is the SHA-256 of its bytes."""

    sha256 = models.CharField(_("mã nội dung"), max_length=64, primary_key=True)
    codec = models.CharField(_("định dạng"), max_length=16)
    bytes = models.PositiveIntegerField(_("số byte"))
    duration_ms = models.PositiveIntegerField(_("thời lượng (ms)"), default=0)
    kept_at = models.DateTimeField(_("lưu lúc"))

    class Meta:
        verbose_name = _("tệp")

    def __str__(self) -> str:
        return f"{self.sha256[:12]} {self.codec}"


class Reading(models.Model):
    """How a written form is said: nation-wide without a place, or for one place and below."""

    written = models.CharField(_("viết là"), max_length=WRITTEN_CHARACTERS_MAX)
    spoken = models.CharField(_("đọc là"), max_length=SPOKEN_CHARACTERS_MAX)
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True)
    added_by = models.ForeignKey(Person, models.PROTECT, null=True)
    added_at = models.DateTimeField(_("lúc"))

    class Meta:
        verbose_name = _("cách đọc")
        constraints = [
            models.UniqueConstraint(
                fields=["written", "place"], nulls_distinct=False, name="reading_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.written} → {self.spoken}"
