from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from loa.flow.approvals.models import Edition
from loa.flow.schedules.asked import HourWish, SchedulePolicy
from loa.flow.schedules.offered import Adoption, Agreement, Decline, Offer
from loa.flow.schedules.repeats import Window, repeat_of, windows_of
from loa.flow.schedules.rules import SKIP_WINDOW, START_WINDOW
from loa.registry.people.models import Person
from loa.registry.places.models import Place
from loa.wire.emergency import RepeatPlan

__all__ = [
    "Adoption",
    "Agreement",
    "Confirmation",
    "DailyLimit",
    "Daypart",
    "Decline",
    "HourWish",
    "Occurrence",
    "Offer",
    "Omission",
    "Override",
    "Placement",
    "QuietHours",
    "Rule",
    "RuleApproval",
    "SchedulePolicy",
    "Standing",
]


class QuietHours(models.Model):
    """When nothing but an emergency may sound at a place and below, by the wall clock."""

    place = models.OneToOneField(Place, models.CASCADE, primary_key=True, related_name="+")
    start = models.TimeField(_("từ"))
    end = models.TimeField(_("đến"))

    class Meta:
        verbose_name = _("giờ yên tĩnh")

    def __str__(self) -> str:
        return f"{self.start:%H:%M}–{self.end:%H:%M}"


class DailyLimit(models.Model):
    """How many minutes a day may sound at a place."""

    place = models.OneToOneField(Place, models.CASCADE, primary_key=True, related_name="+")
    minutes = models.PositiveSmallIntegerField(_("phút mỗi ngày"))

    class Meta:
        verbose_name = _("hạn mức ngày")

    def __str__(self) -> str:
        return str(self.minutes)


class Daypart(models.Model):
    """A named window of a place by the wall clock, within one day."""

    place = models.ForeignKey(Place, models.CASCADE, related_name="dayparts")
    name = models.CharField(_("tên"), max_length=100)
    start = models.TimeField(_("từ"))
    end = models.TimeField(_("đến"))

    class Meta:
        verbose_name = _("khung giờ")
        ordering = ["place", "start"]
        constraints = [models.UniqueConstraint(fields=["place", "name"], name="daypart_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.start:%H:%M}–{self.end:%H:%M}"


class Rule(models.Model):
    """An edition that recurs: when, where, and what becomes of it beside other sounds.

    `recurrence` is the canonical text of loa.flow.schedules.recurrence_text. It never changes:
    another wish is another rule. Occurrences are placed some days ahead, up to `expanded_until`.
    """

    class RankClass(models.TextChoices):
        PROGRAMME = "programme", _("chương trình")
        PRIORITY = "priority", _("bản tin ưu tiên")
        EMERGENCY = "emergency", _("khẩn cấp")

    class StartPolicy(models.TextChoices):
        HARD = "hard", _("đúng giờ, cắt bản đang phát")
        WAIT = "wait", _("chờ bản đang phát trong thời gian cho phép")
        NEXT = "next", _("ngay sau bản đang phát")

    class LatePolicy(models.TextChoices):
        JOIN = "join", _("phát tiếp từ chỗ lẽ ra đang phát")
        FROM_START = "from_start", _("phát từ đầu nếu chưa quá muộn")
        SKIP = "skip", _("bỏ qua")

    class ResumePolicy(models.TextChoices):
        PAUSE = "pause", _("tạm dừng rồi phát tiếp")
        UNDERNEATH = "underneath", _("vẫn chạy bên dưới")
        RESTART = "restart", _("phát lại từ đầu")
        DROP = "drop", _("bỏ phần còn lại")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="rules")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    places = models.ManyToManyField(Place, related_name="+", verbose_name=_("phát tới"))
    recurrence = models.TextField(_("lịch lặp"))
    valid_from = models.DateField(_("từ ngày"))
    valid_until = models.DateField(_("đến hết ngày"))
    daypart = models.ForeignKey(
        Daypart, models.PROTECT, null=True, blank=True, verbose_name=_("khung giờ")
    )
    rank_class = models.CharField(_("hạng"), max_length=16, choices=RankClass)
    start_policy = models.CharField(_("cách bắt đầu"), max_length=16, choices=StartPolicy)
    late_policy = models.CharField(_("khi muộn"), max_length=16, choices=LatePolicy)
    late_seconds_max = models.PositiveSmallIntegerField(_("muộn nhất (giây)"))
    resume_policy = models.CharField(_("khi bị chen"), max_length=16, choices=ResumePolicy)
    repeat_times = models.PositiveSmallIntegerField(_("số lần phát"), default=1)
    pause_seconds = models.PositiveSmallIntegerField(_("nghỉ giữa hai lần (giây)"), default=60)
    saved_by = models.ForeignKey(Person, models.PROTECT, related_name="rules")
    saved_at = models.DateTimeField(_("lưu lúc"))
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(_("kết thúc lúc"), null=True, blank=True)
    end_reason = models.CharField(_("lý do kết thúc"), max_length=500, blank=True)
    expanded_until = models.DateTimeField(_("đã xếp đến"))

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("lịch lặp")
        ordering = ["-saved_at"]
        indexes = [
            models.Index(
                fields=["expanded_until"], condition=Q(ended_at=None), name="rule_to_expand"
            )
        ]

    def __str__(self) -> str:
        return f"{self.edition} {self.recurrence}"

    @property
    def repeat(self) -> RepeatPlan:
        """How often an occurrence sounds in a row."""
        return repeat_of(
            self.edition.duration, times=self.repeat_times, pause_seconds=self.pause_seconds
        )

    def windows_at(self, start_at: datetime) -> list[Window]:
        """When an occurrence that begins then sounds."""
        return windows_of(start_at, self.edition.duration, self.repeat)

    @property
    def start_window(self) -> timedelta:
        """How late a device may still begin an occurrence."""
        if self.late_policy == self.LatePolicy.SKIP:
            return SKIP_WINDOW
        return timedelta(seconds=self.late_seconds_max)


class RuleApproval(models.Model):
    """A second person answers for a recurring schedule where its place asks for that."""

    rule = models.OneToOneField(Rule, models.PROTECT, related_name="approval")
    approved_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(_("duyệt lúc"))

    class Meta:
        verbose_name = _("lần duyệt lịch lặp")

    def __str__(self) -> str:
        return f"{self.rule} {self.approved_by}"


class Override(models.Model):
    """One occurrence of a rule moved (`moved_to`) or dropped, by whom and why; the latest counts."""

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="overrides")
    recurs_at = models.DateTimeField(_("lẽ ra phát lúc"))
    moved_to = models.DateTimeField(_("dời đến"), null=True, blank=True)
    reason = models.CharField(_("lý do"), max_length=500)
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("quyết định lúc"))

    class Meta:
        verbose_name = _("thay đổi một lượt phát")
        ordering = ["pk"]
        indexes = [models.Index(fields=["rule", "recurs_at"], name="override_of")]

    def __str__(self) -> str:
        return f"{self.recurs_at} → {self.moved_to}"


class Omission(models.Model):
    """An occurrence of a rule that could not be placed, and why."""

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="omissions")
    recurs_at = models.DateTimeField(_("lẽ ra phát lúc"))
    reason = models.CharField(_("lý do"), max_length=32)
    omitted_at = models.DateTimeField(_("bỏ lúc"))

    class Meta:
        verbose_name = _("lượt phát không xếp được")
        constraints = [models.UniqueConstraint(fields=["rule", "recurs_at"], name="omitted_once")]

    def __str__(self) -> str:
        return f"{self.recurs_at} {self.reason}"


class Standing(models.Model):
    """What sounds every week until further notice: a relay, or a loop of approved editions.

    It waits until a second person approves it; `envelope` is what that person signed.
    """

    class Kind(models.TextChoices):
        RELAY = "relay", _("tiếp âm")
        EVERGREEN = "evergreen", _("vòng phát nền")
        FALLBACK = "fallback", _("âm thanh dự phòng")

    code = models.CharField(_("mã"), max_length=64, primary_key=True)
    kind = models.CharField(_("loại"), max_length=16, choices=Kind)
    title = models.CharField(_("tên"), max_length=200)
    sources = models.JSONField(_("địa chỉ luồng"), default=list)
    editions = models.ManyToManyField(Edition, related_name="+", verbose_name=_("bản duyệt"))
    windows = models.JSONField(_("khung giờ trong tuần"))  # [[begins_minute, minutes], …]
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    places = models.ManyToManyField(Place, related_name="+", verbose_name=_("phát tới"))
    valid_from = models.DateTimeField(_("hiệu lực từ"))
    valid_until = models.DateTimeField(_("hiệu lực đến"))
    proposed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("đề nghị lúc"))
    approved_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(_("duyệt lúc"), null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    envelope = models.BinaryField(_("phong bì ký"), null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(_("kết thúc lúc"), null=True, blank=True)
    end_reason = models.CharField(_("lý do kết thúc"), max_length=500, blank=True)

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("nội dung thường trực")
        ordering = ["-proposed_at"]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def is_waiting(self) -> bool:
        return self.approved_at is None and self.ended_at is None


class Placement(models.Model):
    """An edition given its time, once; it waits while it needs a second person.

    One that a rule placed names the rule, and when it recurs: `start_at` differs if it was moved.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="placements")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    places = models.ManyToManyField(Place, related_name="+", verbose_name=_("phát tới"))
    is_now = models.BooleanField(_("phát ngay"), default=False)
    start_at = models.DateTimeField(_("phát lúc"))
    grounds = models.JSONField(_("vì sao cần người thứ hai"), default=list)
    rule = models.ForeignKey(Rule, models.PROTECT, null=True, blank=True, related_name="placements")
    recurs_at = models.DateTimeField(_("lượt của lịch lặp"), null=True, blank=True)
    # An emergency may take the place of one that still sounds.
    supersedes = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name=_("thay cho"),
    )
    placed_by = models.ForeignKey(Person, models.PROTECT, related_name="placements")
    placed_at = models.DateTimeField(_("xếp lúc"))
    called_off_at = models.DateTimeField(_("ngừng lúc"), null=True, blank=True)
    # It sounds so many times, so many seconds from one beginning to the next.
    repeat_times = models.PositiveSmallIntegerField(_("số lần phát"), default=1)
    repeat_seconds = models.PositiveSmallIntegerField(_("cách nhau (giây)"), default=60)

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("lượt xếp lịch")
        ordering = ["-placed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "recurs_at"],
                condition=Q(called_off_at=None),
                name="rule_placed_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["place"],
                condition=Q(called_off_at=None) & ~Q(grounds=[]),
                name="placement_for_second_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.edition} {self.start_at}"

    @property
    def latest_start_at(self) -> datetime:
        """The latest instant at which a device may still begin it."""
        return self.start_at + (self.rule.start_window if self.rule else START_WINDOW)

    @property
    def repeat(self) -> RepeatPlan:
        return RepeatPlan(every_s=self.repeat_seconds, times=self.repeat_times)

    @property
    def last_start_at(self) -> datetime:
        """The latest instant at which a device may still begin the last of its times."""
        return self.latest_start_at + (self.repeat_times - 1) * timedelta(
            seconds=self.repeat_seconds
        )

    @property
    def is_waiting(self) -> bool:
        return (
            bool(self.grounds) and self.called_off_at is None and not hasattr(self, "confirmation")
        )


class Confirmation(models.Model):
    """A second person answers for sounding in quiet hours or above the limit."""

    placement = models.OneToOneField(Placement, models.PROTECT, related_name="confirmation")
    confirmer = models.ForeignKey(Person, models.PROTECT, related_name="confirmations")
    confirmed_at = models.DateTimeField(_("xác nhận lúc"))
    envelope = models.BinaryField()

    class Meta:
        verbose_name = _("xác nhận")

    def __str__(self) -> str:
        return f"{self.confirmer} {self.confirmed_at}"


class Occurrence(models.Model):
    """One sounding of an edition at one place; a placement may have several, counted from 0."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    placement = models.ForeignKey(Placement, models.PROTECT, related_name="occurrences")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="occurrences")
    place = models.ForeignKey(Place, models.PROTECT, related_name="occurrences")
    start_at = models.DateTimeField(_("bắt đầu"))
    latest_start_at = models.DateTimeField(_("muộn nhất"))
    end_at = models.DateTimeField(_("kết thúc"))
    sounding = models.PositiveSmallIntegerField(_("lần thứ"), default=0)
    called_off_at = models.DateTimeField(_("ngừng lúc"), null=True, blank=True)

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("lượt phát")
        ordering = ["start_at", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["placement", "place", "sounding"], name="once_per_place"
            ),
            models.CheckConstraint(
                name="occurrence_ends_after_it_starts", condition=Q(end_at__gt=models.F("start_at"))
            ),
        ]
        indexes = [models.Index(fields=["place", "start_at"], name="occurrence_by_day")]

    def __str__(self) -> str:
        return f"{self.place_id} {self.start_at}"
