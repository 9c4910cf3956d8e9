"""When something may be placed: pure decisions over plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from loa.wire.messages import QuietHours
from loa.wire.rules import is_quiet_during

QUIET_DEFAULT = (time(21, 0), time(5, 30))
MINUTES_A_DAY_WARD = 60
MINUTES_A_DAY_RURAL = 120
# How late a device may still begin: a slot missed by more is better left silent.
START_WINDOW = timedelta(minutes=10)
# What must not be late at all: a device looks at its clock once a second.
SKIP_WINDOW = timedelta(seconds=5)

GROUND_QUIET_HOURS = "quiet_hours"
GROUND_DAILY_LIMIT = "daily_limit"
# The place asks a second person for every hour; the same person may answer for the words, too.
GROUND_POLICY = "policy"


def quiet_window(start: time, end: time) -> QuietHours:
    return QuietHours(start=f"{start:%H:%M}", end=f"{end:%H:%M}")


def grounds_for_second_person(
    *,
    windows: Sequence[tuple[datetime, datetime]],
    quiet_hours: Sequence[QuietHours],
    used: timedelta,
    limit: timedelta,
) -> list[str]:
    """Say why a second person must answer for sounding at these times; empty if none need."""
    grounds = []
    if any(is_quiet_during(begin, end - begin, quiet_hours) for begin, end in windows):
        grounds.append(GROUND_QUIET_HOURS)
    if sum((end - begin for begin, end in windows), used) > limit:
        grounds.append(GROUND_DAILY_LIMIT)
    return grounds
