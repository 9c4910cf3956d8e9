from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from loa.flow.newsroom import channels
from loa.flow.newsroom.notices import Notice
from loa.flow.newsroom.rights import Reuse, UsageRights
from loa.flow.newsroom.third_party import ThirdParty
from loa.flow.newsroom.words import enter_words
from loa.flow.sources.models import SourceItem
from loa.registry.library import store
from loa.registry.library.models import Medium, Recording
from loa.registry.people.models import Person
from loa.registry.places.models import Place

TITLE_CHARACTERS_MAX = 300
# What stands for a voice where no machine reads: a person by name, or the many of a programme.
PERSON = "person:"
PROGRAMME = "programme"


class Priority(models.TextChoices):
    """The three levels of Thông tư 39/2020/TT-BTTTT."""

    NORMAL = "normal", _("Thường")
    PRIORITY = "priority", _("Ưu tiên")
    EMERGENCY = "emergency", _("Khẩn cấp")


class InfoClass(models.TextChoices):
    """Essential information, Nghị định 49/2024/NĐ-CP article 6."""

    POLICY = "1", _("Chủ trương, chính sách, pháp luật, sự kiện quan trọng")
    PROGRAMMES = "2a", _("Dự án, chương trình kinh tế, văn hóa, an sinh")
    KNOWLEDGE = "2b", _("Kiến thức kinh tế, văn hóa, xã hội, khoa học")
    SECURITY = "2c", _("Quốc phòng, an ninh, trật tự")
    DISASTER = "2d", _("Thiên tai, cứu nạn, cháy nổ, dịch bệnh")
    GOOD_DEEDS = "2e", _("Người tốt, việc tốt")
    AGAINST_CRIME = "2f", _("Phòng, chống tội phạm và tiêu cực")
    SERVICES = "2g", _("Hàng hóa, dịch vụ phục vụ đời sống")


class Signals(models.TextChoices):
    """Whether the opening and closing signals of the place are put around a bulletin."""

    PLACE = "place", _("Theo nếp của địa bàn")
    WITH = "with", _("Có nhạc hiệu")
    WITHOUT = "without", _("Không nhạc hiệu")


class ThirdPartyKind(models.TextChoices):
    """Notices of others that may be carried."""

    ENROLMENT = ThirdParty.ENROLMENT, _("Tuyển sinh của trường học")
    RECRUITMENT = ThirdParty.RECRUITMENT, _("Tuyển lao động tại địa phương")
    CHARITY = ThirdParty.CHARITY, _("Từ thiện, nhân đạo")
    COMMUNITY = ThirdParty.COMMUNITY, _("Thông báo của cộng đồng dân cư")


class Rendition(models.Model):
    """One text in one voice as sound, mastered and measured; made once for everybody."""

    cache_key = models.CharField(max_length=64, primary_key=True)
    spoken_text = models.TextField(_("lời đọc"))
    voice = models.CharField(_("giọng"), max_length=64)
    speed_percent = models.PositiveSmallIntegerField(_("tốc độ (%)"))
    mp3 = models.ForeignKey(Medium, models.PROTECT, related_name="+")
    opus = models.ForeignKey(Medium, models.PROTECT, related_name="+")
    duration_ms = models.PositiveIntegerField(_("thời lượng (ms)"))
    loudness_lufs = models.FloatField(_("độ to (LUFS)"))
    peak_dbtp = models.FloatField(_("đỉnh (dBTP)"))
    speech_share = models.FloatField(_("tỷ lệ có tiếng nói"))
    waveform = models.JSONField(_("dạng sóng"), default=list)
    synthesis_ms = models.PositiveIntegerField(default=0)
    mastering_ms = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(_("làm lúc"))

    class Meta:
        verbose_name = _("bản thu")

    def __str__(self) -> str:
        return f"{self.voice} {self.duration_ms} ms"

    @property
    def is_by_machine(self) -> bool:
        return not self.voice.startswith(PERSON) and self.voice != PROGRAMME

    @property
    def is_whole(self) -> bool:
        """Say whether both files are on the disk and still what their names say."""
        return all(store.read(sha256) is not None for sha256 in (self.opus_id, self.mp3_id))


class Bulletin(models.Model):
    """What an editor writes. It changes until it is submitted; every change is a new revision."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(_("mã bản tin"), max_length=32, unique=True)
    place = models.ForeignKey(Place, models.PROTECT, related_name="bulletins")
    author = models.ForeignKey(Person, models.PROTECT, related_name="bulletins")
    source = models.ForeignKey(SourceItem, models.PROTECT, null=True, related_name="bulletins")
    title = models.CharField(_("tiêu đề"), max_length=TITLE_CHARACTERS_MAX)
    body = models.TextField(_("nội dung"), blank=True)
    priority = models.CharField(
        _("mức ưu tiên"), max_length=16, choices=Priority, default=Priority.NORMAL
    )
    info_class = models.CharField(
        _("loại thông tin"), max_length=4, choices=InfoClass, default=InfoClass.POLICY
    )
    # A notice for somebody else, and what it must say of him; empty for the authorities' own.
    third_party = models.CharField(
        _("thông báo hộ"), max_length=16, choices=ThirdPartyKind, blank=True
    )
    third_party_facts = models.JSONField(_("về bên thứ ba"), default=dict, blank=True)
    targets = models.ManyToManyField(Place, related_name="+", verbose_name=_("phát tới"))
    valid_from = models.DateTimeField(_("hiệu lực từ"))
    valid_until = models.DateTimeField(_("hiệu lực đến"))
    voice = models.CharField(_("giọng"), max_length=64)
    speed_percent = models.PositiveSmallIntegerField(_("tốc độ (%)"), default=100)
    # The person's recording that sounds instead of a machine; none: the machine reads.
    take = models.ForeignKey("Take", models.PROTECT, null=True, related_name="+")
    signals = models.CharField(_("nhạc hiệu"), max_length=8, choices=Signals, default=Signals.PLACE)
    is_programme = models.BooleanField(_("là chương trình"), default=False)
    revision = models.PositiveIntegerField(_("lần sửa"), default=1)
    # Key of the rendition of the present words; the rendition may still be in the making.
    cache_key = models.CharField(max_length=64, blank=True)
    voice_fault = models.CharField(max_length=200, blank=True)
    written_at = models.DateTimeField(_("viết lúc"))
    edited_at = models.DateTimeField(_("sửa lúc"))
    edited_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("bản tin")
        ordering = ["-edited_at"]
        indexes = [
            models.Index(fields=["edited_at"], name="bulletin_newest"),
            models.Index(fields=["place", "edited_at"], name="bulletin_newest_of_place"),
            models.Index(fields=["author", "edited_at"], name="bulletin_newest_of_author"),
        ]
        constraints = [
            models.CheckConstraint(
                name="bulletin_ends_after_it_begins",
                condition=Q(valid_until__gt=F("valid_from")),
            ),
            models.CheckConstraint(
                name="bulletin_speed_is_speech",
                condition=Q(speed_percent__gte=70, speed_percent__lte=150),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        """Save, and let search follow at once, whoever saves."""
        super().save(*args, update_fields=update_fields, **kwargs)
        if update_fields is None or {"title", "body"} & set(update_fields):
            enter_words([self])

    @property
    def is_emergency(self) -> bool:
        return self.priority == Priority.EMERGENCY

    @property
    def rendition(self) -> Rendition | None:
        """The sound of the present words, or None while it is being made."""
        return Rendition.objects.filter(pk=self.cache_key).first() if self.cache_key else None

    @property
    def open_submission(self) -> Submission | None:
        return self.submissions.filter(closed_at=None).first()


class ChannelText(models.Model):
    """What somebody wrote by hand for one channel; without a text only how it is sent."""

    class Channel(models.TextChoices):
        SPOKEN = channels.Channel.SPOKEN, _("Lời đọc trên loa")
        BOARD = channels.Channel.BOARD, _("Bảng điện tử")
        WEB = channels.Channel.WEB, _("Trang thông tin")
        SHORT = channels.Channel.SHORT, _("Tin nhắn ngắn (160 chữ)")
        LONGER = channels.Channel.LONGER, _("Tin nhắn dài (300 chữ)")
        SOCIAL = channels.Channel.SOCIAL, _("Mạng xã hội")

    bulletin = models.ForeignKey(Bulletin, models.CASCADE, related_name="channel_texts")
    channel = models.CharField(_("kênh"), max_length=16, choices=Channel)
    text = models.TextField(_("chữ"), blank=True)
    is_folded = models.BooleanField(_("bỏ dấu"), default=False)
    written_from = models.CharField(_("viết từ bản"), max_length=64)
    written_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(_("viết lúc"))

    class Meta:
        verbose_name = _("chữ của kênh")
        constraints = [
            models.UniqueConstraint(fields=["bulletin", "channel"], name="channel_written_once")
        ]

    def __str__(self) -> str:
        return f"{self.bulletin.code} {self.channel}"


class Take(models.Model):
    """A person's recording of a bulletin, from where to where it sounds, and who chose so."""

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="takes")
    recording = models.ForeignKey(Recording, models.PROTECT, related_name="takes")
    # The ends as somebody set them; none: the silence at both ends is taken off by itself.
    start_ms = models.PositiveIntegerField(_("từ (ms)"), default=0)
    end_ms = models.PositiveIntegerField(_("đến (ms)"), null=True)
    # The words that stood there when it was recorded: a later edit shows.
    script = models.TextField(_("lời lúc thu"), blank=True)
    taken_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(_("thu lúc"))

    class Meta:
        verbose_name = _("tiếng người đọc")
        ordering = ["-taken_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["bulletin", "recording", "start_ms", "end_ms"],
                nulls_distinct=False,
                name="take_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.bulletin.code} {self.taken_by} {self.taken_at:%H:%M}"

    @property
    def has_set_ends(self) -> bool:
        return self.start_ms > 0 or self.end_ms is not None


class ProgrammeItem(models.Model):
    """One thing of a programme, in its order."""

    class Kind(models.TextChoices):
        BULLETIN = "bulletin", _("Bản tin")
        RECORDING = "recording", _("Bản thu")
        OPENING = "opening", _("Nhạc hiệu mở đầu")
        CLOSING = "closing", _("Nhạc hiệu kết thúc")
        GAP = "gap", _("Quãng nghỉ")

    programme = models.ForeignKey(Bulletin, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    kind = models.CharField(_("loại"), max_length=12, choices=Kind)
    bulletin = models.ForeignKey(Bulletin, models.PROTECT, null=True, related_name="in_programmes")
    recording = models.ForeignKey(Recording, models.PROTECT, null=True, related_name="+")
    gap_ms = models.PositiveIntegerField(_("nghỉ (ms)"), default=0)

    class Meta:
        verbose_name = _("mục của chương trình")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "position"],
                name="one_item_at_a_position",
                deferrable=models.Deferrable.DEFERRED,
            )
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.kind}"


class Making(models.Model):
    """How far the making of a sound has come; gone when the sound is there."""

    cache_key = models.CharField(max_length=64, primary_key=True)
    percent = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField()

    class Meta:
        verbose_name = _("bản thu đang làm")

    def __str__(self) -> str:
        return f"{self.cache_key[:12]} {self.percent}%"


class NoticeTemplate(models.Model):
    """A notice with gaps that a place made for itself; ended ones stay, for what was made of them."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    name = models.CharField(_("tên mẫu"), max_length=100)
    title = models.CharField(_("tiêu đề"), max_length=TITLE_CHARACTERS_MAX)
    body = models.TextField(_("nội dung"), blank=True)
    info_class = models.CharField(_("loại thông tin"), max_length=4, choices=InfoClass)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("lập lúc"))
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(_("bỏ lúc"), null=True)

    class Meta:
        verbose_name = _("mẫu thông báo")
        constraints = [
            models.UniqueConstraint(
                fields=["place", "name"],
                condition=Q(ended_at=None),
                name="template_named_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def notice(self) -> Notice:
        key = f"rieng-{self.pk}"
        return Notice(key, self.name, self.title, self.body, info_class=self.info_class)


class CheckAnswer(models.Model):
    """Why an author left what a check found; the approver reads it."""

    bulletin = models.ForeignKey(Bulletin, models.CASCADE, related_name="check_answers")
    key = models.CharField(_("điều được hỏi"), max_length=200)
    reason = models.CharField(_("lý do"), max_length=300)
    answered_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(_("trả lời lúc"))

    class Meta:
        verbose_name = _("lý do giữ nguyên")
        constraints = [
            models.UniqueConstraint(fields=["bulletin", "key"], name="check_answered_once")
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.reason}"


class Submission(models.Model):
    """One revision handed in for approval; open until somebody answers."""

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="submissions")
    revision = models.PositiveIntegerField(_("lần sửa"))
    rendition = models.ForeignKey(Rendition, models.PROTECT, related_name="+")
    content_hash = models.CharField(_("mã nội dung"), max_length=64)
    # Words by channel as they stood at that moment; empty on what was handed in before channels.
    texts = models.JSONField(_("chữ từng kênh"), default=dict)
    submitted_by = models.ForeignKey(Person, models.PROTECT, related_name="submissions")
    submitted_at = models.DateTimeField(_("gửi lúc"))
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("lần gửi duyệt")
        ordering = ["-submitted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["bulletin", "revision"], name="revision_submitted_once"
            ),
            models.UniqueConstraint(
                fields=["bulletin"], condition=Q(closed_at=None), name="one_open_submission"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bulletin.code} r{self.revision}"


class TitleOf(Func):
    """The part of a vector that is the title's."""

    template = "ts_filter(%(expressions)s, '{a}')"
    output_field = SearchVectorField()


class BulletinWords(models.Model):
    """The words of a bulletin as they are searched: as spelled, and without marks.

    Kept apart from the bulletin: whoever reads bulletins does not want to carry them.
    """

    bulletin = models.OneToOneField(
        Bulletin, models.CASCADE, primary_key=True, related_name="words"
    )
    exact = SearchVectorField()
    folded = SearchVectorField()

    class Meta:
        verbose_name = _("chữ để tìm")
        indexes = [
            GinIndex(fields=["exact"], name="words_exact", fastupdate=False),
            GinIndex(fields=["folded"], name="words_folded", fastupdate=False),
            GinIndex(TitleOf("exact"), name="title_exact", fastupdate=False),
            GinIndex(TitleOf("folded"), name="title_folded", fastupdate=False),
        ]

    def __str__(self) -> str:
        return str(self.pk)


__all__ = [
    "PERSON",
    "PROGRAMME",
    "TITLE_CHARACTERS_MAX",
    "Bulletin",
    "BulletinWords",
    "ChannelText",
    "CheckAnswer",
    "InfoClass",
    "Making",
    "Priority",
    "ProgrammeItem",
    "Rendition",
    "Reuse",
    "Signals",
    "Submission",
    "Take",
    "ThirdPartyKind",
    "TitleOf",
    "UsageRights",
]
