"""What is planned for the days of a place: its hours, its limit, and all that is to sound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from loa.flow.schedules.models import Daypart, Occurrence, Standing
from loa.flow.schedules.queries import (
    codes_heard,
    daily_limits_at,
    day_bounds,
    nearest_quiet_hours,
    occurrences_in,
    own_quiet_hours,
    times_heard,
)
from loa.flow.schedules.standings import standings_approved
from loa.lib import clock
from loa.registry.places.models import Place
from loa.registry.places.queries import parents_of_all
from loa.wire.messages import WEEK_MINUTES
from loa.wire.messages import QuietHours as QuietWindow
from loa.wire.rules import is_within, lineage

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class StandingSpan:
    """What stands every week, where it covers a part of one day."""

    standing: Standing
    begin: datetime
    end: datetime


@dataclass(frozen=True)
class DayPlan:
    """A place's day as the ribbon shows it."""

    place: Place
    day: date
    quiet_hours: QuietWindow
    occurrences: list[Occurrence]
    used: timedelta
    limit: timedelta
    dayparts: list[Daypart]
    standings: list[StandingSpan]

    @property
    def used_minutes(self) -> float:
        return self.used.total_seconds() / 60

    @property
    def limit_minutes(self) -> float:
        return self.limit.total_seconds() / 60


def day_plan(place: Place, day: date) -> DayPlan:
    return day_plans([place], [day])[0]


def day_plans(places: Iterable[Place], days: Sequence[date]) -> list[DayPlan]:
    """Return each of these days in a row of each place, in as many questions as for one."""
    given = list(places)
    codes = [place.code for place in given]
    parents, quiet, limits = parents_of_all(), own_quiet_hours(), daily_limits_at(given)
    dayparts, standings = _dayparts_of(codes, parents), standings_approved(days[0])
    planned: dict[date, list[Occurrence]] = defaultdict(list)
    for one in occurrences_in(codes_heard(codes, parents), days[0], len(days)):
        planned[clock.local(one.start_at).date()].append(one)
    plans = []
    for day in days:
        used = times_heard(codes, parents, planned[day])
        plans += [
            DayPlan(
                place=place,
                day=day,
                quiet_hours=nearest_quiet_hours(place.code, parents, quiet),
                occurrences=[one for one in planned[day] if one.place_id == place.code],
                used=used[place.code],
                limit=limits[place.code],
                dayparts=dayparts[place.code],
                standings=_spans_at(place.code, parents, standings, day),
            )
            for place in given
        ]
    return plans


def dayparts_at(place: Place) -> list[Daypart]:
    """Return the named windows of a place's day: its own, and those above under other names."""
    return _dayparts_of([place.code], parents_of_all())[place.code]


def _dayparts_of(codes: Sequence[str], parents: Mapping[str, str]) -> dict[str, list[Daypart]]:
    upwards = {code: list(lineage(code, dict(parents))) for code in codes}
    rows = list(Daypart.objects.filter(place__in=set().union(*upwards.values())))
    found = {}
    for code, above in upwards.items():
        named: dict[str, Daypart] = {}
        for row in sorted(
            rows, key=lambda row: above.index(row.place_id) if row.place_id in above else -1
        ):
            if row.place_id in above:
                named.setdefault(row.name, row)
        found[code] = sorted(named.values(), key=lambda row: row.start)
    return found


def _spans_at(
    code: str, parents: dict[str, str], standings: Iterable[Standing], day: date
) -> list[StandingSpan]:
    here = [
        one for one in standings if is_within(code, [p.code for p in one.places.all()], parents)
    ]
    return sorted(
        (span for one in here for span in spans_on(one, day)), key=lambda span: span.begin
    )


def spans_on(standing: Standing, day: date) -> list[StandingSpan]:
    """Return where a standing covers a local day, inside its validity and before its end."""
    midnight, next_midnight = day_bounds(day)
    week = midnight - timedelta(days=day.weekday())
    first = max(midnight, standing.valid_from)
    last = min(next_midnight, standing.valid_until, standing.ended_at or next_midnight)
    found = []
    for begins, minutes in standing.windows:
        for start in (week + begins * MINUTE, week + (begins - WEEK_MINUTES) * MINUTE):
            begin, end = max(start, first), min(start + minutes * MINUTE, last)
            if begin < end:
                found.append(StandingSpan(standing, begin, end))
    return found
