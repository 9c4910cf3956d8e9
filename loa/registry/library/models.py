from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

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
    # What it was before, so that one step can be taken back; empty when it was new.
    spoken_before = models.CharField(
        _("trước đó đọc là"), max_length=SPOKEN_CHARACTERS_MAX, blank=True
    )
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


class Recording(models.Model):
    """A sound that a person brought: spoken into a browser, or a file.

    The original never changes. Until a job has read it, nobody knows how long it is.
    """

    class Origin(models.TextChoices):
        SPOKEN = "spoken", _("thu trên trình duyệt")
        FILE = "file", _("tệp tải lên")

    class Fault(models.TextChoices):
        """Why a recording cannot be used."""

        UNDECODABLE = "undecodable", _("không phải tệp âm thanh, hoặc tệp bị hỏng hay bị cắt")
        TOO_LONG = "too_long", _("dài quá mức nhận")
        SILENT = "silent", _("không nghe thấy gì trong tệp")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    place = models.ForeignKey(Place, models.PROTECT, related_name="recordings")
    origin = models.CharField(_("nguồn"), max_length=8, choices=Origin)
    filename = models.CharField(_("tên tệp"), max_length=200, blank=True)
    original = models.ForeignKey(Medium, models.PROTECT, related_name="+")
    brought_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    brought_at = models.DateTimeField(_("lúc"))
    # What the job found; `listening` is what any browser plays while the ends are being cut.
    listening = models.ForeignKey(Medium, models.PROTECT, null=True, related_name="+")
    duration_ms = models.PositiveIntegerField(_("thời lượng (ms)"), default=0)
    waveform = models.JSONField(_("dạng sóng"), default=list)
    fault = models.CharField(_("lỗi"), max_length=16, choices=Fault, blank=True)
    read_at = models.DateTimeField(null=True)

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("bản thu của người")
        ordering = ["-brought_at"]

    def __str__(self) -> str:
        return f"{self.get_origin_display()} {self.brought_at:%Y-%m-%d %H:%M}"

    @property
    def is_usable(self) -> bool:
        return self.read_at is not None and not self.fault


class Jingle(models.Model):
    """The signal a place opens or closes with; the newest of a place holds, also below it."""

    class Role(models.TextChoices):
        OPENING = "opening", _("mở đầu")
        CLOSING = "closing", _("kết thúc")

    place = models.ForeignKey(Place, models.PROTECT, related_name="jingles")
    role = models.CharField(_("vai trò"), max_length=8, choices=Role)
    # One of the two: a tune of our own by its name, or what somebody brought.
    tune = models.CharField(_("mẫu"), max_length=16, blank=True)
    recording = models.ForeignKey(Recording, models.PROTECT, null=True, related_name="+")
    chosen_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField(_("lúc"))

    class Meta:
        verbose_name = _("nhạc hiệu")
        ordering = ["-chosen_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.place_id} {self.role} {self.tune or self.recording_id}"


class SignalHabit(models.Model):
    """Whether a place and those below it put signals around their bulletins; the newest holds."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="signal_habits")
    uses_signals = models.BooleanField(_("dùng nhạc hiệu"))
    gap_ms = models.PositiveIntegerField(_("quãng nghỉ (ms)"), default=800)
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(_("lúc"))

    class Meta:
        verbose_name = _("nếp dùng nhạc hiệu")
        ordering = ["-set_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.place_id} {self.uses_signals}"


class Upload(models.Model):
    """A file that arrives in parts; the name is given by who sends, so that sending again is safe."""

    id = models.UUIDField(primary_key=True, editable=False)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    sender = models.ForeignKey(Person, models.PROTECT, related_name="+")
    filename = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveIntegerField()
    begun_at = models.DateTimeField()
    recording = models.ForeignKey(Recording, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("lượt tải lên")

    def __str__(self) -> str:
        return f"{self.filename} {self.bytes}"


class InstalledVoice(models.Model):
    """A voice the operator brought: a model of a folder, or a server that speaks."""

    class Kind(models.TextChoices):
        NEURAL = "neural", _("giọng máy tự nhiên")
        SERVER = "server", _("máy chủ đọc")

    id = models.CharField(_("mã"), max_length=64, primary_key=True)
    kind = models.CharField(_("loại"), max_length=8, choices=Kind)
    title = models.CharField(_("tên giọng"), max_length=100)
    language = models.CharField(_("ngôn ngữ"), max_length=16)
    region = models.CharField(_("vùng"), max_length=50, blank=True)
    gender = models.CharField(_("giới"), max_length=20, blank=True)
    licence = models.TextField(_("quyền sử dụng"))
    # Of the model and its description; of a server its address.
    sha256 = models.CharField(_("mã nội dung"), max_length=64)
    address = models.CharField(_("địa chỉ"), max_length=300, blank=True)
    phonemiser = models.CharField(_("bộ phiên âm"), max_length=40, blank=True)
    symbols_missing = models.CharField(_("ký hiệu thiếu"), max_length=200, blank=True)
    installed_by = models.CharField(_("người cài"), max_length=100)
    installed_at = models.DateTimeField(_("cài lúc"))
    retired_at = models.DateTimeField(_("ngừng dùng lúc"), null=True)

    class Meta:
        verbose_name = _("giọng đọc")
        ordering = ["kind", "title"]

    def __str__(self) -> str:
        return self.title

    @property
    def speaks_vietnamese(self) -> bool:
        return self.language.lower().startswith("vi")
