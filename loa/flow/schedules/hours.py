"""Deeds on the hours of a place: when it is quiet, and for how long a day it may sound."""

from __future__ import annotations

from datetime import time

from django.db import transaction

from loa.flow.schedules.errors import HoursEmpty, LimitOutside
from loa.flow.schedules.models import DailyLimit, QuietHours
from loa.flow.schedules.queries import daily_limit_at, quiet_hours_at
from loa.flow.schedules.rules import quiet_window
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place

HOURS_SET = "hours_set"
MINUTES_MAX = 720


@transaction.atomic
def set_hours(
    place: Place, *, by: Person, quiet_from: time, quiet_until: time, minutes: int
) -> bool:
    """Decide the quiet hours of a place and below, and its minutes a day; returns whether it is news.

    An end before the start is the next morning. What was already ordered obeys them too: the
    devices hear of it at once, and what would now sound in quiet hours waits or ends unsounded.
    """
    if not by.may(Deed.SET_HOURS, place):
        raise MandateMissing
    if quiet_from == quiet_until:
        raise HoursEmpty
    if not 1 <= minutes <= MINUTES_MAX:
        raise LimitOutside
    window = quiet_window(quiet_from, quiet_until)
    if quiet_hours_at(place) == window and daily_limit_at(place).total_seconds() == minutes * 60:
        return False
    QuietHours.objects.update_or_create(
        place=place, defaults={"start": quiet_from, "end": quiet_until}
    )
    DailyLimit.objects.update_or_create(place=place, defaults={"minutes": minutes})
    record_fact(
        HOURS_SET,
        actor=by.username,
        subject=place.code,
        place=place.code,
        body={"quiet_from": window.start, "quiet_until": window.end, "minutes": minutes},
    )
    return True
