from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from loa.flow.newsroom.channels import Channel, by_rule
from loa.flow.newsroom.models import Bulletin, Priority, Rendition, Submission
from loa.registry.people.models import Person
from loa.registry.places.models import Place


class Edition(models.Model):
    """One revision, frozen: the statement that was signed, and what is read most of it.

    The database refuses every change and deletion.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.OneToOneField(Submission, models.PROTECT, related_name="edition")
    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="editions")
    place = models.ForeignKey(Place, models.PROTECT, related_name="editions")
    rendition = models.ForeignKey(Rendition, models.PROTECT, related_name="+")
    sha256 = models.CharField(_("mã bản duyệt"), max_length=64, unique=True)
    envelope = models.BinaryField(_("phong bì ký"))
    title = models.CharField(_("tiêu đề"), max_length=300)
    body = models.TextField(_("nội dung"))
    # Words by channel, and the name under which they were signed; none before channels had words.
    texts = models.JSONField(_("chữ từng kênh"), default=dict)
    texts_sha256 = models.CharField(max_length=64, blank=True)
    priority = models.CharField(_("mức ưu tiên"), max_length=16, choices=Priority)
    info_class = models.CharField(_("loại thông tin"), max_length=4)
    targets = models.JSONField(_("phát tới"))
    valid_from = models.DateTimeField(_("hiệu lực từ"))
    valid_until = models.DateTimeField(_("hiệu lực đến"))
    duration_ms = models.PositiveIntegerField(_("thời lượng (ms)"))
    frozen_at = models.DateTimeField(_("duyệt lúc"))

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("bản duyệt")
        ordering = ["-frozen_at"]
        indexes = [models.Index(fields=["place", "valid_until"], name="edition_valid_at_place")]

    def __str__(self) -> str:
        return f"{self.bulletin.code} {self.sha256[:12]}"

    @property
    def is_emergency(self) -> bool:
        return self.priority == Priority.EMERGENCY

    def text_for(self, channel: Channel) -> str:
        """Return the words of a channel as they were approved; older editions go by the rule."""
        frozen = self.texts.get(str(channel))
        if frozen is not None:
            return str(frozen)
        return by_rule(channel, self.title, self.body, place=self.place.full_name)

    @property
    def web_text(self) -> str:
        return self.text_for(Channel.WEB)

    @property
    def duration(self) -> timedelta:
        return timedelta(milliseconds=self.duration_ms)


class Approval(models.Model):
    """Who answers for an edition, since when, with which key."""

    edition = models.OneToOneField(Edition, models.PROTECT, related_name="approval")
    approver = models.ForeignKey(Person, models.PROTECT, related_name="approvals")
    approved_at = models.DateTimeField(_("duyệt lúc"))
    key_id = models.CharField(_("mã khóa"), max_length=16)

    class Meta:
        verbose_name = _("lần duyệt")

    def __str__(self) -> str:
        return f"{self.approver} {self.approved_at}"


class PreparedEdition(models.Model):
    """What somebody would sign, to the byte; nothing is approved by it.

    Where two must answer, the second signs the very bytes the first one signed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="prepared")
    prepared_for = models.ForeignKey(Person, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(_("soạn lúc"))
    payload = models.BinaryField()

    class Meta:
        verbose_name = _("bản chờ ký")

    def __str__(self) -> str:
        return f"{self.submission} {self.prepared_for}"


class EditionSignature(models.Model):
    """One person's signature under a prepared edition, as it stands in the envelope."""

    prepared = models.ForeignKey(PreparedEdition, models.PROTECT, related_name="signatures")
    person = models.ForeignKey(Person, models.PROTECT, related_name="edition_signatures")
    signed_at = models.DateTimeField(_("ký lúc"))
    key_id = models.CharField(_("mã khóa"), max_length=16)
    signature = models.JSONField()

    class Meta:
        verbose_name = _("chữ ký duyệt")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["prepared", "person"], name="person_signs_once")
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.key_id}"


class Return(models.Model):
    """A submission sent back, with the reason."""

    submission = models.OneToOneField(Submission, models.PROTECT, related_name="refusal")
    returned_by = models.ForeignKey(Person, models.PROTECT, related_name="returns")
    returned_at = models.DateTimeField(_("trả lại lúc"))
    reason = models.CharField(_("lý do"), max_length=500)

    class Meta:
        verbose_name = _("lần trả lại")

    def __str__(self) -> str:
        return self.reason
