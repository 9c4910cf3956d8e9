"""When there is room: the way out of a clash that changes only the time. Reading only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta

from loa.flow.approvals.models import Edition
from loa.flow.schedules.coming import clashes_soon, drafts_of
from loa.flow.schedules.foreseen import foreseen_clashes
from loa.flow.schedules.models import Occurrence
from loa.flow.schedules.patterns import Pattern
from loa.flow.schedules.queries import ONCE, clashes_in
from loa.flow.schedules.repeats import windows_of
from loa.lib import clock
from loa.registry.places.models import Place
from loa.wire.emergency import RepeatPlan

STEP = timedelta(minutes=5)
TRIES_MAX = 24
TIMES_LOOKED_AT = 30


def clashes_at(
    edition: Edition, places: Iterable[Place], begin: datetime, repeat: RepeatPlan = ONCE
) -> list[Occurrence]:
    """Return what an ordinary edition would meet if it began then; an emergency meets nothing."""
    if edition.is_emergency:
        return []
    given, windows = list(places), windows_of(begin, edition.duration, repeat)
    there = clashes_in(given, windows) + foreseen_clashes(given, windows)
    return sorted(there, key=lambda one: one.start_at)


def free_start(
    edition: Edition, places: Iterable[Place], begin: datetime, repeat: RepeatPlan = ONCE
) -> datetime | None:
    """Return the first free time after what is in the way, on a multiple of five minutes."""
    given, here = list(places), begin
    for _ in range(TRIES_MAX):
        there = clashes_at(edition, given, here, repeat)
        if not there:
            return here if here < edition.valid_until else None
        here = _next_step(max(one.end_at for one in there))
    return None


def free_hour(edition: Edition, pattern: Pattern, places: Iterable[Place]) -> time | None:
    """Return an hour at which the next times of a pattern of one hour meet nothing."""
    given, wanted = list(places), pattern
    for _ in range(TRIES_MAX):
        there = clashes_soon(given, drafts_of(edition, wanted), TIMES_LOOKED_AT)
        if not there:
            return wanted.hours[0] if wanted != pattern else None
        latest = max(clock.local(_next_step(one.end_at)).time() for one in there)
        if latest <= wanted.hours[0]:
            return None
        wanted = replace(wanted, hours=(latest,))
    return None


def _next_step(instant: datetime) -> datetime:
    wall = clock.local(instant)
    floor = wall.replace(minute=wall.minute // 5 * 5, second=0, microsecond=0)
    return instant if floor == wall else instant + (floor + STEP - wall)
