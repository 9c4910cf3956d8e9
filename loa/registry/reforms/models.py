from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from loa.registry.people.models import Person
from loa.registry.places.models import Place


class PlaceReform(models.Model):
    """One decision about the tree: these places become part of that one, or it takes a new name.

    The target may be a commune that does not exist before the day.
    """

    decision_number = models.CharField(_("số quyết định"), max_length=64)
    effective_on = models.DateField(_("có hiệu lực từ ngày"))
    target_code = models.CharField(_("mã"), max_length=16)
    target_kind = models.CharField(_("loại"), max_length=16, choices=Place.Kind)
    target_name = models.CharField(_("tên"), max_length=100)
    sources = models.ManyToManyField(Place, through="ReformLine", related_name="+")
    prepared_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(_("chuẩn bị lúc"))
    withdrawn_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("rút lại lúc"), null=True)
    carried_out_at = models.DateTimeField(_("thực hiện lúc"), null=True)

    class Meta:
        verbose_name = _("đợt sắp xếp địa bàn")
        ordering = ["-effective_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.decision_number} {self.target_name}"

    @property
    def is_open(self) -> bool:
        return self.carried_out_at is None and self.withdrawn_at is None

    @property
    def target_full_name(self) -> str:
        kind = str(self.get_target_kind_display())
        return f"{kind[:1].upper()}{kind[1:]} {self.target_name}"


class ReformLine(models.Model):
    """One place that becomes part of the target, and what went with it."""

    reform = models.ForeignKey(PlaceReform, models.PROTECT, related_name="lines")
    source = models.ForeignKey(Place, models.PROTECT, related_name="+")
    devices = models.PositiveIntegerField(_("thiết bị"), default=0)
    mandates = models.PositiveIntegerField(_("ủy nhiệm"), default=0)

    class Meta:
        verbose_name = _("địa bàn chuyển")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["reform", "source"], name="source_once_a_reform")
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.reform.target_code}"
