from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from loa.flow.schedules.models import Occurrence, Placement
from loa.registry.devices.models import Device
from loa.registry.people.models import Person
from loa.registry.places.models import Place

# An answer may be on its way when the command has just expired.
ANSWERS_WITHIN = timedelta(seconds=5)


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


class DeviceCommand(models.Model):
    """What a person told one device to do at once, and what the device answered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey(Device, models.PROTECT, related_name="commands", db_index=False)
    seq = models.BigIntegerField(_("số"))
    verb = models.CharField(_("việc"), max_length=16)
    args = models.JSONField(default=dict)
    told_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    told_at = models.DateTimeField(_("ra lệnh lúc"))
    expires_at = models.DateTimeField(_("hết hiệu lực lúc"))
    envelope = models.BinaryField()
    sent_at = models.DateTimeField(_("gửi lúc"), null=True)
    outcome = models.CharField(_("kết quả"), max_length=16, blank=True)
    reason = models.CharField(_("lý do"), max_length=32, blank=True)
    answered_at = models.DateTimeField(_("trả lời lúc"), null=True)
    receipt = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("lệnh tới thiết bị")
        ordering = ["-told_at", "-seq"]
        constraints = [models.UniqueConstraint(fields=["device", "seq"], name="command_seq_once")]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(answered_at=None),
                name="command_unanswered",
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.verb}"

    def state_at(self, now: datetime) -> str:
        """Return waiting, sent, done, refused or silent: no answer came in its time."""
        if self.outcome:
            return self.outcome
        if now > self.expires_at + ANSWERS_WITHIN:
            return "silent"
        return "sent" if self.sent_at else "waiting"


class BookIssue(models.Model):
    """The newest book of a place, as its devices fetch it."""

    place = models.OneToOneField(Place, models.CASCADE, primary_key=True, related_name="+")
    sha256 = models.CharField(max_length=64, unique=True)
    body = models.BinaryField()
    issued_at = models.DateTimeField(_("ký lúc"))

    class Meta:
        verbose_name = _("sổ phát của địa bàn")

    def __str__(self) -> str:
        return f"{self.place_id} {self.sha256[:12]}"


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


class EmergencyMessage(models.Model):
    """A signed word of the emergency lane about a placement: raised, also over another, or over.

    `documents_at` is when the desired documents of its devices had followed.
    """

    class Kind(models.TextChoices):
        ALERT = "alert", _("phát khẩn cấp")
        UPDATE = "update", _("cập nhật khẩn cấp")
        CANCEL = "cancel", _("ngừng khẩn cấp")

    number = models.BigIntegerField(_("số"), primary_key=True)
    placement = models.ForeignKey(Placement, models.PROTECT, related_name="emergency_messages")
    kind = models.CharField(_("loại"), max_length=16, choices=Kind)
    envelope = models.BinaryField()
    signed_at = models.DateTimeField(_("ký lúc"))
    expires_at = models.DateTimeField(_("hết hiệu lực lúc"))
    documents_at = models.DateTimeField(_("văn bản đã theo lúc"), null=True)

    class Meta:
        verbose_name = _("bản tin luồng khẩn cấp")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["placement", "kind"], name="emergency_said_once")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"
