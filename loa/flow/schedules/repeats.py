"""One sound several times in a row, with a pause between: pure decisions over plain values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil

from loa.flow.schedules.errors import RepeatWrong
from loa.wire.emergency import RepeatPlan

TIMES_MAX = 10
PAUSE_SECONDS_MAX = 7200

Window = tuple[datetime, datetime]


def repeat_of(duration: timedelta, *, times: int, pause_seconds: int) -> RepeatPlan:
    """Return the plan of so many times with so long a pause in between; raises RepeatWrong."""
    if times == 1:
        return RepeatPlan()
    if not (1 <= times <= TIMES_MAX and 1 <= pause_seconds <= PAUSE_SECONDS_MAX):
        raise RepeatWrong
    return RepeatPlan(times=times, every_s=ceil(duration.total_seconds()) + pause_seconds)


def refuse_wrong_repeat(plan: RepeatPlan, duration: timedelta) -> None:
    """Refuse a plan that `repeat_of` would not make of a sound so long."""
    if plan.times != 1:
        pause = plan.every_s - ceil(duration.total_seconds())
        repeat_of(duration, times=plan.times, pause_seconds=pause)


def windows_of(start_at: datetime, duration: timedelta, plan: RepeatPlan) -> list[Window]:
    """Return when it sounds: one window each time."""
    starts = (start_at + number * timedelta(seconds=plan.every_s) for number in range(plan.times))
    return [(start, start + duration) for start in starts]


class Stretches:
    """Windows that do not overlap one another, made ready to be asked often."""

    def __init__(self, windows: Iterable[Window]) -> None:
        self._windows = sorted(windows)
        self._begins = [begin for begin, _ in self._windows]

    def meet(self, begin: datetime, end: datetime) -> bool:
        before = bisect_left(self._begins, end) - 1
        return before >= 0 and self._windows[before][1] > begin

    def meet_any(self, windows: Sequence[Window]) -> bool:
        return any(self.meet(begin, end) for begin, end in windows)
