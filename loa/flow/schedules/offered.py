"""What the city offers to the communes, and what each of them said: small rows beside one edition."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.models import Bulletin
from loa.lib import clock
from loa.registry.people.models import Person
from loa.registry.places.models import Place

MIDNIGHT = time(0)


class Agreement(models.Model):
    """A commune takes every ordinary item of the city within these hours, until it ends this.

    The same hour twice means around the clock; an end at midnight means the end of the day.
    """

    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    start = models.TimeField(_("từ"))
    end = models.TimeField(_("đến"))
    decision_number = models.CharField(_("số văn bản"), max_length=64, blank=True)
    agreed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(_("thỏa thuận lúc"))
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(_("kết thúc lúc"), null=True, blank=True)

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("thỏa thuận nhận tin thành phố")
        ordering = ["-agreed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["place"], condition=Q(ended_at=None), name="one_agreement_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"{self.place_id} {self.start:%H:%M}–{self.end:%H:%M}"

    def covers(self, begin: datetime, duration: timedelta) -> bool:
        """Say whether a sound from this instant on lies within the hours of one day."""
        if self.start == self.end:
            return True
        first, last = clock.local(begin), clock.local(begin + duration)
        if self.end == MIDNIGHT:
            return first.date() == last.date() and first.time() >= self.start
        same_day = first.date() == last.date()
        return same_day and self.start <= first.time() and last.time() <= self.end


class Offer(models.Model):
    """One edition of the city in the inbox of one commune.

    An ordinary item waits for an answer; a priority item is there to be known.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="offers")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(_("gửi lúc"))
    answer_until = models.DateTimeField(_("trả lời trước"))

    objects = ScopedManager(place="place")

    class Meta:
        verbose_name = _("tin gửi tới xã, phường")
        ordering = ["-offered_at", "place"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "place"], name="offered_once_to_a_place")
        ]
        indexes = [models.Index(fields=["place", "-offered_at"], name="offers_of_a_place")]

    def __str__(self) -> str:
        return f"{self.edition_id} → {self.place_id}"

    @property
    def is_adopted(self) -> bool:
        return hasattr(self, "adoption")

    @property
    def is_declined(self) -> bool:
        return hasattr(self, "decline") and not self.is_adopted

    @property
    def is_silent(self) -> bool:
        return not self.is_adopted and not self.is_declined


class Adoption(models.Model):
    """A commune takes an item of the city: by whom, with which words of its own around it.

    Taken under an agreement, the row names it. The words around are bulletins of the commune.
    """

    offer = models.OneToOneField(Offer, models.PROTECT, related_name="adoption")
    adopted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    adopted_at = models.DateTimeField(_("nhận lúc"))
    agreement = models.ForeignKey(Agreement, models.PROTECT, null=True, related_name="adoptions")
    lets_city_place = models.BooleanField(_("để thành phố xếp giờ"), default=False)
    opening = models.ForeignKey(Bulletin, models.PROTECT, null=True, related_name="+")
    closing = models.ForeignKey(Bulletin, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("lần nhận tin")

    def __str__(self) -> str:
        return f"{self.offer} {self.adopted_by}"


class Decline(models.Model):
    """A commune does not take an item of the city, and says why."""

    offer = models.OneToOneField(Offer, models.PROTECT, related_name="decline")
    declined_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    declined_at = models.DateTimeField(_("từ chối lúc"))
    reason = models.CharField(_("lý do"), max_length=500)

    class Meta:
        verbose_name = _("lần từ chối tin")

    def __str__(self) -> str:
        return self.reason
