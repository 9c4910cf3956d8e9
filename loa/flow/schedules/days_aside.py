"""The deed that sets a whole day of a place aside: a holiday, a day of mourning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from loa.flow.approvals.models import Edition
from loa.flow.schedules.actions import place_edition
from loa.flow.schedules.coming import Coming, Fate, coming_on
from loa.flow.schedules.errors import ReasonMissing
from loa.flow.schedules.models import Placement
from loa.flow.schedules.programmes import override_occurrence
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place

DAY_SET_ASIDE = "day_set_aside"
SOUNDING = {Fate.FORESEEN, Fate.PLACED, Fate.WAITING, Fate.MOVED}


@dataclass(frozen=True)
class DayAside:
    """What the day lost, and what sounds instead."""

    dropped: list[Coming]
    instead: Placement | None


def programme_of(place: Place, day: date) -> list[Coming]:
    """Return what rules of the place alone still bring on the day."""
    return [one for one in coming_on(place, day) if one.fate in SOUNDING]


@transaction.atomic
def set_day_aside(
    place: Place,
    day: date,
    *,
    by: Person,
    reason: str,
    instead: tuple[Edition, datetime] | None = None,
) -> DayAside:
    """Drop all that rules of this place alone bring on one day, and sound something else if asked.

    What the city placed there, single items and what stands every week stay; asking again changes
    nothing. Raises what override_occurrence and place_edition raise.
    """
    if not by.may(Deed.PLACE, place):
        raise MandateMissing
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise ReasonMissing
    lost = programme_of(place, day)
    for one in lost:
        override_occurrence(one.rule, one.recurs_at, by=by, reason=reason)
    placement = place_edition(instead[0], by=by, start_at=instead[1]) if instead else None
    if lost or placement is not None:
        record_fact(
            DAY_SET_ASIDE,
            actor=by.username,
            subject=place.code,
            place=place.code,
            body={
                "day": day.isoformat(),
                "reason": reason,
                "dropped": [clock.iso(one.recurs_at) for one in lost],
                "instead": str(placement.pk) if placement else None,
            },
        )
    return DayAside(lost, placement)
