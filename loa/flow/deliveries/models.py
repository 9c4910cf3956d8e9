from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from loa.flow.schedules.models import Occurrence, Placement
from loa.registry.devices.models import Device
from loa.registry.people.models import Person


class PlayOrder(models.Model):
    """One device is to sound one occurrence; dispatched once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    occurrence = models.ForeignKey(Occurrence, models.PROTECT, related_name="orders")
    device = models.ForeignKey(Device, models.PROTECT, related_name="orders")
    dispatched_at = models.DateTimeField(_("giao lúc"))
    # When the city learned that it sounded or will not: it gives way to what may still begin.
    ended_at = models.DateTimeField(_("xong lúc"), null=True)

    class Meta:
        verbose_name = _("lệnh phát")
        constraints = [
            models.UniqueConstraint(fields=["occurrence", "device"], name="ordered_once")
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.occurrence_id}"


class DispatchRefusal(models.Model):
    """An occurrence that was checked again before it left, and did not leave."""

    occurrence = models.OneToOneField(Occurrence, models.PROTECT, related_name="refusal")
    reason = models.CharField(_("lý do"), max_length=32)
    refused_at = models.DateTimeField(_("lúc"))

    class Meta:
        verbose_name = _("lượt không giao")

    def __str__(self) -> str:
        return self.reason


class DesiredDocument(models.Model):
    """A signed document as one device may have held it; the newest one counts."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="documents", db_index=False)
    seq = models.BigIntegerField(_("số"))
    envelope = models.BinaryField()
    content_hash = models.CharField(max_length=64)  # of what is desired, without seq and times
    issued_at = models.DateTimeField(_("ký lúc"))
    pushed_at = models.DateTimeField(_("gửi lúc"), null=True)

    class Meta:
        verbose_name = _("văn bản lệnh")
        ordering = ["device_id", "seq"]
        constraints = [models.UniqueConstraint(fields=["device", "seq"], name="document_seq_once")]
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(pushed_at=None), name="document_unpushed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.seq}"


class Recall(models.Model):
    """A placement stopped: who, when, why."""

    placement = models.OneToOneField(Placement, models.PROTECT, related_name="recall")
    recalled_by = models.ForeignKey(Person, models.PROTECT, related_name="recalls")
    recalled_at = models.DateTimeField(_("dừng lúc"))
    reason = models.CharField(_("lý do"), max_length=500)

    class Meta:
        verbose_name = _("lệnh dừng")

    def __str__(self) -> str:
        return self.reason
