"""A place's day as it was planned and as it went: what the ribbon and its table say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from vn_collate import collate_key

from loa.flow.evaluation.tallies import (
    NOBODY,
    Outcome,
    Tally,
    outcome_of,
    tallies_of_occurrences,
)
from loa.flow.schedules.day_plans import DayPlan, day_plans
from loa.flow.schedules.models import Occurrence, Placement
from loa.flow.schedules.queries import day_bounds
from loa.lib import clock
from loa.registry.devices.models import Device
from loa.registry.places.models import Place
from loa.registry.places.queries import parents_of_all, places_by_code


@dataclass(frozen=True)
class Sounding:
    """One occurrence with what became of it; `horns` is how many were or will be told."""

    occurrence: Occurrence
    outcome: Outcome
    tally: Tally
    horns: int


@dataclass(frozen=True)
class Day:
    """All that sounds at a place on a day, and what waits for a second person to sound there."""

    plan: DayPlan
    soundings: list[Sounding]
    waiting: list[Placement]
    horns: int


def places_with_a_day(codes: Iterable[str], day: date) -> tuple[list[Place], list[Place]]:
    """Return (places where something stands or sounds that day, the others), each in order.

    A commune speaks for its villages; a village stands for itself only without its commune.
    """
    rows = {place.code: place for place in places_by_code(codes)}
    shown = [
        place
        for place in rows.values()
        if place.is_commune or (not place.is_city and place.parent_id not in rows)
    ]
    shown.sort(key=lambda place: (collate_key(place.name), place.code))
    busy = _busy(shown, day)
    return [p for p in shown if p.code in busy], [p for p in shown if p.code not in busy]


def _busy(places: Sequence[Place], day: date) -> set[str]:
    begin, end = day_bounds(day)
    of_the_day = Occurrence._base_manager.filter(start_at__gte=begin, start_at__lt=end)  # noqa: SLF001
    there = set(of_the_day.values_list("place", flat=True))
    there.update(place.code for one in _waiting_between(begin, end) for place in one.places.all())
    horns = _horns()
    return {
        code
        for code, heard in _heard_at(places).items()
        if horns[code] or not heard.isdisjoint(there)
    }


def days_of(places: Sequence[Place], day: date) -> list[Day]:
    """Return the day of each place, in a handful of questions however many there are."""
    return days_in_a_row(places, [day])


def week_of(place: Place, day: date) -> list[Day]:
    """Return the seven days of a place's week, from Monday on, that holds the day."""
    monday = day - timedelta(days=day.weekday())
    return days_in_a_row([place], [monday + timedelta(days=n) for n in range(7)])


def days_in_a_row(places: Sequence[Place], days: Sequence[date]) -> list[Day]:
    """Return consecutive days of each place, in as many questions as one day."""
    heard_at = _heard_at(places)
    begin, end = day_bounds(days[0])[0], day_bounds(days[-1])[1]
    waiting, horns = _waiting_between(begin, end), _horns()
    soundings = _soundings(set().union(*heard_at.values()), begin, end, horns)
    return [
        Day(
            plan=plan,
            soundings=[
                s
                for s in soundings
                if s.occurrence.place_id in heard_at[plan.place.code]
                and clock.local(s.occurrence.start_at).date() == plan.day
            ],
            waiting=[
                w
                for w in waiting
                if _reaches(w, heard_at[plan.place.code])
                and clock.local(w.start_at).date() == plan.day
            ],
            horns=horns[plan.place.code],
        )
        for plan in day_plans(places, days)
    ]


def _heard_at(places: Iterable[Place]) -> dict[str, set[str]]:
    """Return place → the places whose soundings are heard there: itself, all above, all below."""
    parents = parents_of_all()
    heard = {place.code: set(_upwards(place.code, parents)) for place in places}
    for code in parents:
        for above in _upwards(code, parents):
            if above in heard:
                heard[above].add(code)
    return heard


def _upwards(code: str, parents: dict[str, str]) -> Iterable[str]:
    here: str | None = code
    while here is not None:
        yield here
        here = parents.get(here)


def _horns() -> Counter[str]:
    """Return place → how many loudspeaker clusters stand there, communes and villages alike."""
    rows = Device._base_manager.filter(kind=Device.Kind.LOUDSPEAKER, retired_at=None)  # noqa: SLF001
    return Counter(
        code for pair in rows.values_list("place", "village") for code in set(pair) if code
    )


def _waiting_between(begin: datetime, end: datetime) -> list[Placement]:
    rows = (
        Placement._base_manager.filter(  # noqa: SLF001 - read by those who hear it too
            start_at__gte=begin, start_at__lt=end, confirmation=None, recall=None
        )
        .exclude(grounds=[])
        .select_related("edition__bulletin", "place", "placed_by")
    )
    return list(rows.prefetch_related("places").order_by("start_at"))


def _reaches(placement: Placement, heard: set[str]) -> bool:
    return any(place.code in heard for place in placement.places.all())


def _soundings(
    codes: set[str], begin: datetime, end: datetime, horns: Counter[str]
) -> list[Sounding]:
    rows = list(
        Occurrence._base_manager.filter(  # noqa: SLF001 - the caller named the places
            place__in=codes, start_at__gte=begin, start_at__lt=end
        )
        .select_related(
            "edition__bulletin",
            "place",
            "placement__place",
            "placement__placed_by",
            "placement__recall__recalled_by",
            "refusal",
            "readiness",
        )
        .prefetch_related("placement__places")
        .order_by("start_at", "place")
    )
    tallies, now = tallies_of_occurrences(rows), clock.now()
    return [_sounding(row, tallies.get(row.pk, NOBODY), horns[row.place_id], now) for row in rows]


def _sounding(occurrence: Occurrence, tally: Tally, stand: int, now: datetime) -> Sounding:
    outcome = outcome_of(occurrence, tally, now)
    return Sounding(occurrence, outcome, tally, tally.ordered or stand)
