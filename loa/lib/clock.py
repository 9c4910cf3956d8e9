"""The only place that asks what time it is.

Everything else takes an instant or asks here, so every test can set the clock.
Instants are aware datetimes in UTC; `local` turns one into wall time of Vietnam.
"""

from __future__ import annotations

import time as _time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def _system_now() -> datetime:
    return datetime.now(UTC)


class Drift:
    """How wrong one clock is; shared by everything that goes by it, and may be put right."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset


_now: Callable[[], datetime] = _system_now
_drift: ContextVar[Drift | None] = ContextVar("clock_drift", default=None)


def now() -> datetime:
    """Return the present instant, in UTC."""
    drift = _drift.get()
    return _now() if drift is None else _now() + drift.offset


def monotonic() -> float:
    """Return seconds of a clock that never steps back; only differences mean something."""
    return _time.monotonic()


def local(instant: datetime) -> datetime:
    """Return the instant as wall time of the city."""
    return instant.astimezone(CITY_ZONE)


def iso(instant: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds: `2026-11-24T03:10:00.000Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Hold the clock of this process at one instant (tests)."""
    with by(lambda: instant):
        yield


@contextmanager
def shifted(offset: timedelta) -> Iterator[None]:
    """Run this process's clock ahead of or behind the system's (tests)."""
    with by(lambda: _system_now() + offset):
        yield


def go_by(drift: Drift) -> None:
    """Let this task, and all it starts, go by a wrong clock: one of many simulated devices."""
    _drift.set(drift)


@contextmanager
def by(source: Callable[[], datetime]) -> Iterator[None]:
    """Ask `source` for the time while the block runs."""
    global _now  # noqa: PLW0603 - one clock for the process is the purpose of this module
    before, _now = _now, source
    try:
        yield
    finally:
        _now = before
