from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from loa.flow.deliveries.models import PlayOrder
from loa.flow.schedules.models import Occurrence
from loa.registry.devices.models import Device


class ReceiptBatch(models.Model):
    """A device's log rows as it signed them."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="batches")
    sha256 = models.CharField(max_length=64, unique=True)
    envelope = models.BinaryField()
    received_at = models.DateTimeField(_("nhận lúc"))

    class Meta:
        verbose_name = _("lô biên nhận")

    def __str__(self) -> str:
        return f"{self.device_id} {self.sha256[:12]}"


class Receipt(models.Model):
    """One row of a device's log; (device, log, seq) is what makes it the same row."""

    # The unique constraint below begins with it: an index of its own would only cost.
    # Device and batch are checked once with the batch, in the same transaction: to look both up
    # for each row once more costs more than to store it.
    device = models.ForeignKey(
        Device, models.PROTECT, related_name="receipts", db_index=False, db_constraint=False
    )
    log = models.CharField(max_length=40)
    seq = models.BigIntegerField()
    batch = models.ForeignKey(
        ReceiptBatch, models.PROTECT, related_name="receipts", db_constraint=False
    )
    event = models.CharField(_("việc"), max_length=16)
    order = models.CharField(_("lệnh"), max_length=40, blank=True)
    reason = models.CharField(_("lý do"), max_length=32, blank=True)
    at = models.DateTimeField(_("lúc"))
    clock = models.CharField(_("đồng hồ"), max_length=8)
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("biên nhận")
        constraints = [
            models.UniqueConstraint(fields=["device", "log", "seq"], name="receipt_once")
        ]
        indexes = [models.Index(fields=["order"], name="receipt_by_order")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.seq} {self.event}"


class LogPosition(models.Model):
    """Up to where a device's log is here without a gap."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="log_positions", db_index=False)
    log = models.CharField(max_length=40)
    upto = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("vị trí nhật ký")
        constraints = [models.UniqueConstraint(fields=["device", "log"], name="position_once")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.upto}"


class ReadinessAlarm(models.Model):
    """Within ten minutes of its start not every device was ready for an occurrence."""

    occurrence = models.OneToOneField(
        Occurrence, models.PROTECT, primary_key=True, related_name="readiness"
    )
    raised_at = models.DateTimeField(_("báo động lúc"))
    targeted = models.PositiveIntegerField(_("số thiết bị"))
    ready = models.PositiveIntegerField(_("đã sẵn sàng"))
    missing = models.JSONField(default=list)  # [{device, why}], as it was last looked at
    cleared_at = models.DateTimeField(_("đủ lúc"), null=True)

    class Meta:
        verbose_name = _("chưa sẵn sàng trước giờ phát")

    def __str__(self) -> str:
        return f"{self.occurrence_id} {self.ready}/{self.targeted}"


class RefusedMessage(models.Model):
    """How many messages in one device's name the city refused in one minute, and why."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(_("lý do"), max_length=32)
    minute = models.DateTimeField(_("phút"))
    count = models.PositiveIntegerField(_("số lần"))

    class Meta:
        verbose_name = _("tin bị từ chối")
        constraints = [
            models.UniqueConstraint(
                fields=["device", "minute", "reason"], name="refusals_counted_by_minute"
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.minute} {self.reason} {self.count}"


class PlayLog(models.Model):
    """What became of one order on one device, put together from its receipts."""

    order = models.OneToOneField(
        PlayOrder, models.PROTECT, primary_key=True, related_name="play_log"
    )
    started_at = models.DateTimeField(_("bắt đầu"), null=True)
    ended_at = models.DateTimeField(_("kết thúc"), null=True)
    result = models.CharField(_("kết quả"), max_length=16, blank=True)  # finished, skipped
    reason = models.CharField(_("lý do"), max_length=32, blank=True)
    duration_ms = models.PositiveIntegerField(_("thời lượng (ms)"), default=0)
    rate_percent = models.PositiveIntegerField(_("nhịp phát (%)"), default=100)

    class Meta:
        verbose_name = _("nhật ký phát")
        indexes = [
            models.Index(
                fields=["started_at"],
                condition=models.Q(result="", started_at__isnull=False),
                name="play_log_sounding",
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.result or 'sounding'}"
