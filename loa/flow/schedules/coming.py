"""What a rule brings next, and what was decided of each time; reading only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from uuid import UUID

from django.db.models import Q, QuerySet

from loa.flow.approvals.models import Edition
from loa.flow.schedules.foreseen import foreseen_clashes, overrides_of, recurring_in
from loa.flow.schedules.models import Occurrence, Omission, Override, Placement, Rule
from loa.flow.schedules.patterns import Pattern, recurrences_of
from loa.flow.schedules.queries import clashes_in, day_bounds
from loa.lib import clock
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within

LOOKED_AHEAD = timedelta(days=366)


class Fate(StrEnum):
    """What is to become of one time of a rule."""

    FORESEEN = "foreseen"  # further than two weeks away
    PLACED = "placed"
    WAITING = "waiting"
    MOVED = "moved"
    DROPPED = "dropped"
    OMITTED = "omitted"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Coming:
    """One time of a rule; `start_at` is when it really sounds, None if it does not."""

    rule: Rule
    recurs_at: datetime
    start_at: datetime | None
    fate: Fate
    placement: Placement | None = None
    override: Override | None = None
    omission: Omission | None = None


def rules_readable_by(person: Person) -> QuerySet[Rule]:
    """Return the rules of places this person may read, or that sound there, newest first."""
    mine = person.places_with(Deed.READ)
    rows = Rule._base_manager.filter(Q(place__in=mine) | Q(places__in=mine))  # noqa: SLF001
    return (
        rows.distinct()
        .select_related("edition__bulletin", "place", "daypart", "saved_by", "ended_by")
        .prefetch_related("places")
        .order_by("-saved_at")
    )


def next_times(rule: Rule, count: int) -> list[datetime]:
    """Return when a rule, saved or not, recurs next; at most a year ahead."""
    now = clock.now()
    return list(islice(recurring_in(rule, now, now + LOOKED_AHEAD), count))


def coming_of(rule: Rule, count: int) -> list[Coming]:
    """Return the next times of a rule that has not ended, each with what is to become of it."""
    if rule.ended_at is not None:
        return []
    return _told([rule], {rule.pk: next_times(rule, count)})


def coming_on(place: Place, day: date) -> list[Coming]:
    """Return what rules of this place alone bring on a local day, in order."""
    inside = codes_within([place.code])
    rows = Rule._base_manager.filter(ended_at=None, places__in=inside).distinct()  # noqa: SLF001
    rules = [
        rule
        for rule in rows.select_related("edition__bulletin").prefetch_related("places")
        if {one.code for one in rule.places.all()} <= inside
    ]
    begin, end = day_bounds(day)
    times = {rule.pk: recurring_in(rule, max(begin, clock.now()), end) for rule in rules}
    return sorted(_told(rules, times), key=lambda one: one.recurs_at)


def _told(rules: list[Rule], times: Mapping[UUID, list[datetime]]) -> list[Coming]:
    overrides = overrides_of(rules)
    placed = Placement._base_manager.filter(rule__in=rules).order_by("placed_at")  # noqa: SLF001
    placements = {
        (row.rule_id, row.recurs_at): row for row in placed.select_related("confirmation")
    }
    omissions = {
        (row.rule_id, row.recurs_at): row for row in Omission.objects.filter(rule__in=rules)
    }
    return [
        _one(
            rule,
            t,
            overrides.get((rule.pk, t)),
            placements.get((rule.pk, t)),
            omissions.get((rule.pk, t)),
        )
        for rule in rules
        for t in times[rule.pk]
    ]


def _one(
    rule: Rule,
    t: datetime,
    override: Override | None,
    placement: Placement | None,
    omission: Omission | None,
) -> Coming:
    start_at: datetime | None = t
    if override is not None:
        fate = Fate.MOVED if override.moved_to else Fate.DROPPED
        start_at = override.moved_to
    elif omission is not None:
        fate, start_at = Fate.OMITTED, None
    elif placement is None:
        fate = Fate.FORESEEN
    else:
        fate = Fate.WAITING if placement.is_waiting else Fate.PLACED
    if placement is not None and placement.called_off_at is not None and fate is not Fate.DROPPED:
        fate, start_at = Fate.STOPPED, None
    return Coming(rule, t, start_at, fate, placement, override, omission)


def drafts_of(edition: Edition, pattern: Pattern) -> list[Rule]:
    """Return the rules of a pattern, not saved, to look at when they would recur."""
    return [
        Rule(
            edition=edition,
            recurrence=recurrence,
            valid_from=pattern.valid_from,
            valid_until=pattern.valid_until,
            repeat_times=pattern.times,
            pause_seconds=pattern.pause_seconds,
        )
        for recurrence in recurrences_of(pattern)
    ]


def clashes_soon(places: Iterable[Place], drafts: Iterable[Rule], count: int) -> list[Occurrence]:
    """Return what the next times of rules that are not saved would meet."""
    given, found = list(places), []
    for draft in drafts:
        windows = [window for t in next_times(draft, count) for window in draft.windows_at(t)]
        found += clashes_in(given, windows) + foreseen_clashes(given, windows)
    return sorted(found, key=lambda one: one.start_at)
