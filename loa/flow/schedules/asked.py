"""When a schedule itself needs a second person, and the hour an author wishes beside the words."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loa.flow.newsroom.models import Submission
from loa.registry.people.models import Person
from loa.registry.places.models import Place


class SchedulePolicy(models.Model):
    """Whether every hour given at a place, and below, waits for a second person."""

    class Asks(models.TextChoices):
        GROUNDS = "grounds", _("chỉ khi vào giờ yên tĩnh hoặc vượt số phút trong ngày")
        ALL = "all", _("mọi lượt phát và mọi lịch lặp")

    place = models.OneToOneField(Place, models.PROTECT, primary_key=True, related_name="+")
    asks = models.CharField(_("cần người thứ hai duyệt lịch"), max_length=16, choices=Asks)
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("quyết định lúc"))

    class Meta:
        verbose_name = _("cách duyệt lịch")

    def __str__(self) -> str:
        return f"{self.place_id} {self.asks}"


class HourWish(models.Model):
    """The hour an author asks for while the words wait, so that both are answered at once."""

    submission = models.OneToOneField(Submission, models.PROTECT, related_name="hour_wish")
    is_now = models.BooleanField(_("phát ngay khi duyệt"), default=False)
    start_at = models.DateTimeField(_("phát lúc"), null=True)
    wished_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    wished_at = models.DateTimeField(_("đề nghị lúc"))

    class Meta:
        verbose_name = _("giờ phát đề nghị")
        constraints = [
            models.CheckConstraint(
                name="wish_for_now_or_for_a_time",
                condition=Q(is_now=True) ^ Q(start_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.submission} {self.start_at or 'now'}"
