"""When something recurs: a subset of RFC 5545 with lunar days and holidays beside it. Pure.

`parse` reads the text form, `write` says it back in one canonical way, `expand` names the
instants in a window. Times are wall clock times of the rule's own zone. The page
docs/build/schedules.md gives the subset and what each part means.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from loa.lib.lunar import YEAR_FIRST, YEAR_LAST, month_of

DAY = timedelta(days=1)
COUNT_MAX = 10_000
INTERVAL_MAX = 1_000
DATES_MAX = 366
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Frequency(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, order=True)
class WeekdayRule:
    """A weekday, each of them (`ordinal` 0) or the n-th of its month or year, from the end if < 0."""

    ordinal: int
    weekday: int


@dataclass(frozen=True)
class Repeat:
    """One RRULE; `until` is an instant in UTC and included."""

    frequency: Frequency
    interval: int = 1
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[WeekdayRule, ...] = ()
    positions: tuple[int, ...] = ()
    count: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, order=True)
class LunarRule:
    """A lunar day of each month (`month` 0), leap ones too, or of one month a year, never leap.

    A negative day counts from the end of the month: −1 of month 12 is the eve of Tết.
    """

    month: int
    day: int

    def matches(self, day: date) -> bool:
        month = month_of(day)
        if self.month and (month.month != self.month or month.is_leap):
            return False
        number = (day - month.first).days + 1
        return number == (self.day if self.day > 0 else month.length + 1 + self.day)


@dataclass(frozen=True)
class Holiday:
    """A named day or days: of the solar year as (month, day), of the lunar one by rule."""

    solar: tuple[tuple[int, int], ...] = ()
    lunar: tuple[LunarRule, ...] = ()

    def matches(self, day: date) -> bool:
        return (day.month, day.day) in self.solar or any(rule.matches(day) for rule in self.lunar)


# The days themselves; days off that the State moves to make a longer holiday are EXDATE or RDATE.
HOLIDAYS: dict[str, Holiday] = {
    "new-year": Holiday(solar=((1, 1),)),
    "tet-eve": Holiday(lunar=(LunarRule(12, -1),)),
    "tet": Holiday(lunar=(LunarRule(1, 1), LunarRule(1, 2), LunarRule(1, 3))),
    "hung-kings": Holiday(lunar=(LunarRule(3, 10),)),
    "reunification": Holiday(solar=((4, 30),)),
    "labour": Holiday(solar=((5, 1),)),
    "national": Holiday(solar=((9, 2),)),
    "first-full-moon": Holiday(lunar=(LunarRule(1, 15),)),
    "vesak": Holiday(lunar=(LunarRule(4, 15),)),
    "vu-lan": Holiday(lunar=(LunarRule(7, 15),)),
    "mid-autumn": Holiday(lunar=(LunarRule(8, 15),)),
    "kitchen-gods": Holiday(lunar=(LunarRule(12, 23),)),
}


@dataclass(frozen=True)
class Days:
    """Days beside the RRULE, to add or to leave out: whole days, wall times, lunar, holidays."""

    dates: frozenset[date] = frozenset()
    times: frozenset[datetime] = frozenset()
    lunar: tuple[LunarRule, ...] = ()
    holidays: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.dates or self.times or self.lunar or self.holidays)

    @property
    def is_endless(self) -> bool:
        return bool(self.lunar or self.holidays)

    def matches(self, day: date) -> bool:
        if day in self.dates:
            return True
        if not self.is_endless or not YEAR_FIRST <= day.year <= YEAR_LAST:
            return False
        return any(rule.matches(day) for rule in self.lunar) or any(
            HOLIDAYS[name].matches(day) for name in self.holidays
        )


@dataclass(frozen=True)
class Recurrence:
    """`start` is a naive wall time in `zone`; nothing recurs before it."""

    start: datetime
    zone: str
    repeat: Repeat | None = None
    more: Days = field(default_factory=Days)
    fewer: Days = field(default_factory=Days)

    @property
    def is_endless(self) -> bool:
        endless = self.repeat and self.repeat.count is None and self.repeat.until is None
        return bool(endless) or self.more.is_endless


def expand(recurrence: Recurrence, begin: datetime, end: datetime) -> list[datetime]:
    """Return the instants in UTC at which it recurs, begin ≤ t < end, in order.

    A wall time that the zone skips does not recur and is not counted; one that comes twice is
    meant the first time.
    """
    zone = ZoneInfo(recurrence.zone)
    # A wall clock is within a day of UTC.
    first = max((begin - DAY).date(), recurrence.start.date())
    last = (end + DAY).date()
    found = {
        instant
        for wall in _walls(recurrence, zone, first, last)
        if (instant := _instant(wall, zone)) is not None and begin <= instant < end
    }
    return sorted(found)


def _walls(recurrence: Recurrence, zone: ZoneInfo, first: date, last: date) -> set[datetime]:
    at = recurrence.start.time()
    found = {datetime.combine(day, at) for day in _repeated(recurrence, zone, first, last)}
    more, fewer = recurrence.more, recurrence.fewer
    if recurrence.repeat is None and not more.is_endless:
        found.add(recurrence.start)
    if more.dates or more.is_endless:
        found |= {datetime.combine(day, at) for day in _days(first, last) if more.matches(day)}
    found |= {wall for wall in more.times if first <= wall.date() <= last}
    if not fewer:
        return {wall for wall in found if wall >= recurrence.start}
    return {
        wall
        for wall in found
        if wall >= recurrence.start and wall not in fewer.times and not fewer.matches(wall.date())
    }


def _instant(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the instant of a wall time, None where the clock jumps over it."""
    offset, second = zone.utcoffset(wall), zone.utcoffset(wall.replace(fold=1))
    # PEP 495: in a gap the first reading goes by the lesser offset, the second by the greater.
    if offset is None or second is None or second > offset:
        return None
    return (wall - offset).replace(tzinfo=UTC)


def _days(first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _repeated(recurrence: Recurrence, zone: ZoneInfo, first: date, last: date) -> Iterator[date]:
    """Yield the days of the RRULE from `first` to `last`."""
    repeat = recurrence.repeat
    if repeat is None:
        return
    start = recurrence.start
    if repeat.until is not None:
        last = min(last, (repeat.until + DAY).date())
    if repeat.count is None:
        days = _matching(repeat, start.date(), first, last)
    else:
        days = _matching(repeat, start.date(), start.date(), last)
    if repeat.count is None and repeat.until is None:
        yield from days  # what the clock jumps over, `expand` leaves out
        return
    counted = _counted(days, repeat, start.time(), zone)
    yield from (day for day in counted if day >= first)


def _counted(days: Iterator[date], repeat: Repeat, at: time, zone: ZoneInfo) -> Iterator[date]:
    """Yield the days until the rule ends, by its count or by its last instant."""
    left = repeat.count
    for day in days:
        wall = datetime.combine(day, at)
        if day in _days_of_jumps(zone, day.year) and _instant(wall, zone) is None:
            continue
        if repeat.until is not None and _is_after(wall, zone, repeat.until):
            return
        yield day
        if left is not None:
            left -= 1
            if left == 0:
                return


@lru_cache(maxsize=1024)
def _days_of_jumps(zone: ZoneInfo, year: int) -> frozenset[date]:
    """Return the days of a year on which the clock may jump ahead, and those beside them."""
    midnights = [datetime(year, 1, 1) + number * DAY for number in range(-1, 368)]  # noqa: DTZ001
    offsets = [zone.utcoffset(midnight) or timedelta(0) for midnight in midnights]
    jumps = [n for n in range(len(offsets) - 1) if offsets[n + 1] > offsets[n]]
    return frozenset(midnights[n].date() + beside * DAY for n in jumps for beside in (-1, 0, 1))


def _is_after(wall: datetime, zone: ZoneInfo, until: datetime) -> bool:
    # A wall clock is within a day of UTC: only near the end its zone has to be asked.
    if wall.date() < (until - DAY).date():
        return False
    instant = _instant(wall, zone)
    return instant is not None and instant > until


def _matching(repeat: Repeat, start: date, first: date, last: date) -> Iterator[date]:
    """Yield the days the RRULE means from `first` (≥ start) to `last`, in order, uncounted."""
    rule = _filled(repeat, start)
    if not rule.positions:
        for day in _days_in_turn(rule, start, first, last):
            if _is_meant(rule, day):
                yield day
        return
    here = _period_of(rule.frequency, first)
    while here <= last:
        end = _period_after(rule.frequency, here)
        if _is_in_turn(rule, start, here):
            meant = [day for day in _days(here, end - DAY) if _is_meant(rule, day)]
            yield from (day for day in _at_positions(meant, rule.positions) if first <= day <= last)
        here = end


def _days_in_turn(rule: Repeat, start: date, first: date, last: date) -> Iterator[date]:
    """Yield the days of the periods that the interval does not jump over."""
    if rule.frequency is Frequency.DAILY:
        behind = (first - start).days % rule.interval
        ordinal = first.toordinal() + (rule.interval - behind) % rule.interval
        for number in range(ordinal, last.toordinal() + 1, rule.interval):
            yield date.fromordinal(number)
        return
    here = _period_of(rule.frequency, first)
    while here <= last:
        end = _period_after(rule.frequency, here)
        if _is_in_turn(rule, start, here):
            yield from _days(max(here, first), min(end - DAY, last))
        here = end


@lru_cache(maxsize=4096)
def _filled(repeat: Repeat, start: date) -> Repeat:
    """Say what the start leaves unsaid: the weekday, the day of the month, the month."""
    if repeat.weekdays or repeat.month_days or repeat.frequency is Frequency.DAILY:
        return repeat
    months, month_days, weekdays = repeat.months, repeat.month_days, repeat.weekdays
    if repeat.frequency is Frequency.WEEKLY:
        weekdays = (WeekdayRule(0, start.weekday()),)
    else:
        month_days = (start.day,)
    if repeat.frequency is Frequency.YEARLY and not months:
        months = (start.month,)
    return Repeat(repeat.frequency, repeat.interval, months, month_days, weekdays, repeat.positions)


def _period_of(frequency: Frequency, day: date) -> date:
    """Return the first day of the week, month or year a day lies in; weeks begin on Monday."""
    if frequency is Frequency.WEEKLY:
        return day - timedelta(days=day.weekday())
    if frequency is Frequency.MONTHLY:
        return day.replace(day=1)
    if frequency is Frequency.YEARLY:
        return day.replace(month=1, day=1)
    return day


def _period_after(frequency: Frequency, here: date) -> date:
    if frequency is Frequency.DAILY:
        return here + DAY
    if frequency is Frequency.WEEKLY:
        return here + 7 * DAY
    if frequency is Frequency.YEARLY:
        return here.replace(year=here.year + 1)
    year, month = divmod(here.year * 12 + here.month, 12)
    return here.replace(year=year, month=month + 1)


def _is_in_turn(rule: Repeat, start: date, here: date) -> bool:
    """Is the period that begins `here` one of every `interval` since that of the start?"""
    begin = _period_of(rule.frequency, start)
    if rule.frequency is Frequency.DAILY:
        passed = (here - begin).days
    elif rule.frequency is Frequency.WEEKLY:
        passed = (here - begin).days // 7
    elif rule.frequency is Frequency.MONTHLY:
        passed = (here.year - begin.year) * 12 + here.month - begin.month
    else:
        passed = here.year - begin.year
    return passed >= 0 and passed % rule.interval == 0


def _is_meant(rule: Repeat, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if rule.month_days:
        length = monthrange(day.year, day.month)[1]
        if day.day not in rule.month_days and day.day - length - 1 not in rule.month_days:
            return False
    if not rule.weekdays:
        return True
    weekday = day.weekday()
    return any(
        one.weekday == weekday and (not one.ordinal or _is_nth(rule, one.ordinal, day))
        for one in rule.weekdays
    )


def _is_nth(rule: Repeat, ordinal: int, day: date) -> bool:
    """Is the day the n-th of its weekday, in its month or (YEARLY without months) its year?"""
    if rule.frequency is Frequency.YEARLY and not rule.months:
        position = day.timetuple().tm_yday
        length = date(day.year, 12, 31).timetuple().tm_yday
    else:
        position, length = day.day, monthrange(day.year, day.month)[1]
    if ordinal > 0:
        return (position - 1) // 7 + 1 == ordinal
    return (length - position) // 7 + 1 == -ordinal


def _at_positions(days: list[date], positions: tuple[int, ...]) -> list[date]:
    size = len(days)
    picked = {p - 1 if p > 0 else size + p for p in positions}
    return [days[index] for index in sorted(picked) if 0 <= index < size]


def at_midnight(day: date, zone: str) -> datetime:
    """Return the instant in UTC at which a day begins in a zone."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
