from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.models import Bulletin
from loa.registry.people.models import Person
from loa.registry.places.models import Place


class Work(models.TextChoices):
    """What somebody is paid for."""

    WRITING = "writing", _("Viết tin, bài")
    READING = "reading", _("Đọc")


class Tariff(models.Model):
    """What one work is paid at a place and below, in whole đồng, by which decision, from when to when."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="tariffs")
    work = models.CharField(_("việc"), max_length=16, choices=Work)
    amount_dong = models.PositiveBigIntegerField(_("mức (đồng)"))
    valid_from = models.DateField(_("từ ngày"))
    valid_until = models.DateField(_("đến hết ngày"), null=True, blank=True)
    decision_number = models.CharField(_("số quyết định"), max_length=64)
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(_("ghi lúc"))

    class Meta:
        verbose_name = _("mức nhuận bút")
        ordering = ["place", "work", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["place", "work", "valid_from"], name="tariff_once"),
            models.CheckConstraint(
                name="tariff_ends_after_it_begins",
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place_id} {self.work} {self.amount_dong}"


class RoyaltyPayment(models.Model):
    """Money given to one person for one month: by which document, on which day."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    month = models.DateField(_("tháng"))  # its first day
    amount_dong = models.PositiveBigIntegerField(_("số tiền (đồng)"))
    document = models.CharField(_("chứng từ"), max_length=120)
    paid_on = models.DateField(_("ngày chi"))
    paid_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("ghi lúc"))

    class Meta:
        verbose_name = _("lần chi nhuận bút")

    def __str__(self) -> str:
        return f"{self.person} {self.amount_dong}"


class Royalty(models.Model):
    """What one person is owed for one work on one bulletin that sounded; once, however often it did."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="royalties")
    month = models.DateField(_("tháng"))  # its first day
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="royalties")
    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="royalties")
    person = models.ForeignKey(Person, models.PROTECT, related_name="royalties")
    work = models.CharField(_("việc"), max_length=16, choices=Work)
    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="royalties")
    amount_dong = models.PositiveBigIntegerField(_("số tiền (đồng)"))
    heard_at = models.DateTimeField(_("phát lần đầu lúc"))
    settled_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(_("tính lúc"))
    payment = models.ForeignKey(
        RoyaltyPayment, models.PROTECT, null=True, blank=True, related_name="royalties"
    )

    class Meta:
        verbose_name = _("dòng nhuận bút")
        ordering = ["heard_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["bulletin", "work"], name="royalty_once")]
        indexes = [models.Index(fields=["place", "month"], name="royalties_of_month")]

    def __str__(self) -> str:
        return f"{self.person} {self.work} {self.amount_dong}"
