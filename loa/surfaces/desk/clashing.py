"""A clash as the page shows it: both items, and the two ways out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from loa.flow.schedules.models import Occurrence
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed


@dataclass(frozen=True)
class Met:
    """One item that is there already."""

    title: str
    place: str
    begin: datetime
    length_ms: int
    who: str
    url: str
    deed_is_stop: bool


@dataclass(frozen=True)
class Way:
    """A way out that is a button of the form: its words, and what it posts."""

    words: str
    name: str
    value: str


@dataclass(frozen=True)
class ClashShown:
    """All that is in the way, and the buttons that get out of it."""

    met: list[Met]
    ways: list[Way]


def clash_shown(there: Iterable[Occurrence], ways: Iterable[Way], person: Person) -> ClashShown:
    mine, readable = person.places_with(Deed.RECALL), person.places_with(Deed.READ)
    rows = sorted(there, key=lambda one: one.start_at)
    return ClashShown([_met(one, mine, readable) for one in rows], list(ways))


def _met(one: Occurrence, mine: set[str], readable: set[str]) -> Met:
    # What a rule will bring is not placed yet: it is changed where the rule is.
    placement = one.placement if one.placement_id else None
    may_open = one.edition.place_id in readable
    may_stop = (
        placement is not None
        and may_open
        and {place.code for place in placement.places.all()} <= mine
    )
    url = ""
    if placement is not None and may_stop:
        url = reverse("desk:recall", args=[placement.pk])
    elif may_open:
        url = reverse("desk:bulletin", args=[one.edition.bulletin.code])
    return Met(
        title=one.edition.title,
        place=one.place.full_name,
        begin=one.start_at,
        length_ms=one.edition.duration_ms,
        who=placement.placed_by.full_name if placement is not None else "",
        url=url,
        deed_is_stop=may_stop,
    )
