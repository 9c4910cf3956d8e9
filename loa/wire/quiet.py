"""Quiet hours as stretches of the day, so that edges can be asked for without walking minutes.

All instants are whole milliseconds since 1970-01-01 UTC; the wall clock is UTC+7 all year.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from loa.wire.messages import QuietHours

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
WALL_MS = 7 * 60 * MINUTE_MS  # the city's wall clock runs ahead of UTC by this


class Quiet:
    """The quiet hours of one device."""

    def __init__(self, windows: Sequence[QuietHours]) -> None:
        self._stretches = _joined(part for window in windows for part in _parts(window))
        self._starts = [start for start, _ in self._stretches]
        self._edges = sorted({edge % DAY_MS for stretch in self._stretches for edge in stretch})

    def __bool__(self) -> bool:
        return bool(self._stretches)

    def holds_at(self, instant: int) -> bool:
        wall = (instant + WALL_MS) % DAY_MS
        found = bisect_right(self._starts, wall) - 1
        return found >= 0 and wall < self._stretches[found][1]

    def next_edge(self, instant: int) -> int | None:
        """Return the first instant after this one when quiet may begin or end."""
        return self._next(self._edges, instant)

    def next_quiet(self, instant: int) -> int | None:
        """Return the first instant, from this one on, that is quiet."""
        return instant if self.holds_at(instant) else self._next(self._starts, instant)

    @staticmethod
    def _next(times: list[int], instant: int) -> int | None:
        if not times:
            return None
        wall = (instant + WALL_MS) % DAY_MS
        found = bisect_right(times, wall)
        ahead = times[found] if found < len(times) else times[0] + DAY_MS
        return instant + ahead - wall


def _parts(window: QuietHours) -> Iterator[tuple[int, int]]:
    start, end = _wall_ms(window.start), _wall_ms(window.end)
    if window.start <= window.end:
        yield start, end
    else:
        yield start, DAY_MS
        yield 0, end


def _wall_ms(text: str) -> int:
    return min((int(text[:2]) * 60 + int(text[3:])) * MINUTE_MS, DAY_MS)


def _joined(parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(part for part in parts if part[0] < part[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
