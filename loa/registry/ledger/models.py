from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Fact(models.Model):
    """One thing that happened. Its hash covers the row and the hash of the row before."""

    seq = models.BigIntegerField(_("số thứ tự"), primary_key=True)
    at = models.CharField(_("lúc"), max_length=32)  # as hashed: RFC 3339 with milliseconds
    kind = models.CharField(_("việc"), max_length=48)
    actor = models.CharField(_("người làm"), max_length=64, blank=True)
    subject = models.CharField(_("về"), max_length=128, blank=True)
    place = models.CharField(_("địa bàn"), max_length=16, blank=True)
    body = models.JSONField(_("nội dung"), default=dict)
    previous = models.CharField(_("mã trước"), max_length=64)
    hash = models.CharField(_("mã"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("sự việc")
        ordering = ["seq"]
        indexes = [
            models.Index(fields=["subject"], name="fact_by_subject"),
            models.Index(fields=["kind", "seq"], name="fact_by_kind"),
            models.Index(fields=["actor", "seq"], name="fact_by_actor"),
            models.Index(fields=["place", "seq"], name="fact_by_place"),
            models.Index(fields=["at"], name="fact_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.subject}"


class WholeReading(models.Model):
    """The chain read from its first row to this one: when, and what was found wrong."""

    upto = models.BigIntegerField(_("đến dòng"))
    hash = models.CharField(_("mã của dòng ấy"), max_length=64)
    read_at = models.DateTimeField(_("đọc lúc"))
    faults = models.JSONField(_("lỗi"), default=list)  # [[seq, kind], …]

    class Meta:
        verbose_name = _("lần đọc lại cả sổ")
        ordering = ["-read_at"]

    def __str__(self) -> str:
        return f"{self.upto} {self.read_at}"
