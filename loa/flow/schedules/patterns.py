"""A recurrence in the plain choices people make, and the text form of each of its hours. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from loa.flow.schedules.recurrence import (
    Days,
    Frequency,
    LunarRule,
    Recurrence,
    Repeat,
    WeekdayRule,
)
from loa.flow.schedules.recurrence_text import write
from loa.lib import clock

# The days nobody works by law: what "except holidays" leaves out.
DAYS_OFF = ("new-year", "tet-eve", "tet", "hung-kings", "reunification", "labour", "national")


class Cycle(StrEnum):
    """On which days."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    LUNAR = "lunar"


@dataclass(frozen=True)
class Pattern:
    """What a person chose: which days, at which hours, from when to when, without which days.

    `weekdays` count from Monday as 0, `days` are of the month, solar or lunar, -1 is its last.
    """

    cycle: Cycle
    hours: tuple[time, ...]
    valid_from: date
    valid_until: date
    weekdays: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    times: int = 1
    pause_seconds: int = 300
    skips_days_off: bool = False
    skipped: tuple[date, ...] = ()


def recurrences_of(pattern: Pattern) -> list[str]:
    """Return the text form for each hour of the pattern."""
    return [write(_recurrence(pattern, hour)) for hour in sorted(set(pattern.hours))]


def _recurrence(pattern: Pattern, hour: time) -> Recurrence:
    is_lunar = pattern.cycle is Cycle.LUNAR
    lunar = tuple(LunarRule(0, day) for day in sorted(set(pattern.days))) if is_lunar else ()
    return Recurrence(
        start=datetime.combine(pattern.valid_from, hour),
        zone=clock.CITY_ZONE.key,
        repeat=None if is_lunar else _repeat(pattern),
        more=Days(lunar=lunar),
        fewer=Days(
            dates=frozenset(pattern.skipped),
            holidays=DAYS_OFF if pattern.skips_days_off else (),
        ),
    )


def _repeat(pattern: Pattern) -> Repeat:
    if pattern.cycle is Cycle.WEEKLY:
        weekdays = tuple(WeekdayRule(0, day) for day in sorted(set(pattern.weekdays)))
        return Repeat(Frequency.WEEKLY, weekdays=weekdays)
    if pattern.cycle is Cycle.MONTHLY:
        return Repeat(Frequency.MONTHLY, month_days=tuple(sorted(set(pattern.days))))
    return Repeat(Frequency.DAILY)
