"""The slots of one output as spans of time, found by instant without reading them all.

All instants are whole milliseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from operator import attrgetter

from loa.wire.policies import StartKind
from loa.wire.quiet import DAY_MS, MINUTE_MS, WALL_MS
from loa.wire.timeline import (
    BREADTHS,
    EMERGENCIES,
    HEIGHT,
    Rung,
    Slot,
    Timeline,
    WeekSlot,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)
_MS = timedelta(milliseconds=1)
WEEK_MS = 7 * DAY_MS
_MONDAY_MS = -3 * DAY_MS - WALL_MS  # 1970-01-01 was a Thursday
NEVER = 2**62

Key = tuple[int, int, int, int, str, str]


def to_ms(instant: datetime) -> int:
    return (instant - _EPOCH) // _MS


def from_ms(instant: int) -> datetime:
    return _EPOCH + instant * _MS


LAST = to_ms(datetime.max.replace(tzinfo=UTC))  # the calendar ends here


class Span:
    """One slot at one time; [start, end) in milliseconds, `total` 0 when it streams."""

    __slots__ = (
        "edges", "end", "id", "is_endless", "is_impolite", "is_timeless", "key", "slot", "start", "total", "urgent",
    )  # fmt: skip

    def __init__(
        self, slot: Slot, name: str, start: int, end: int, *, is_timeless: bool = False
    ) -> None:
        self.slot = slot
        self.id = name
        self.start = start
        self.end = end
        self.is_timeless = is_timeless
        self.edges = tuple(accumulate(item.duration_ms for item in slot.items))
        self.total = self.edges[-1] if self.edges else 0
        self.is_endless = slot.loops or not slot.items
        self.urgent = slot.rung in EMERGENCIES
        # It lets nothing come to the end of its item.
        self.is_impolite = slot.start.kind is StartKind.HARD and not self.urgent
        self.key: Key = (
            -HEIGHT[slot.rung],
            slot.rank,
            BREADTHS[slot.breadth],
            to_ms(slot.decided_at),
            slot.rule,
            name,
        )

    def boundary_after(self, position: int) -> int | None:
        """Return how long from this position to the next edge of an item; None: it streams."""
        if not self.edges:
            return None
        inside = position % self.total
        if inside == 0:
            return 0
        return next(edge for edge in self.edges if edge >= inside) - inside


_key_of = attrgetter("key")


class Shelf:
    """All that may sound on one output."""

    def __init__(self, timeline: Timeline, output: str) -> None:
        here = [one for one in timeline.occurrences if not one.outputs or output in one.outputs]
        self._spans = sorted(
            (Span(one, one.id, to_ms(one.start_at), to_ms(one.end_at)) for one in here),
            key=lambda span: (span.start, span.id),
        )
        self._starts = [span.start for span in self._spans]
        self._ends_so_far = list(accumulate((span.end for span in self._spans), max))
        self._by_id = {span.id: span for span in self._spans}
        self._week = [one for one in timeline.week if not one.outputs or output in one.outputs]
        self._weekly = {one.id: one for one in self._week}
        self._week_spans: dict[str, Span] = {}
        self._ends = to_ms(timeline.ends_at)
        self._always = [
            self._span_of(one, 0)
            for one in self._week
            if one.begins_minute is None and one.rung is not Rung.RELAY
        ]
        always = {span.id for span in self._always}
        self._at_times = [one for one in self._week if one.id not in always]

    def active(self, instant: int) -> list[Span]:
        """Return what covers the instant, highest first."""
        found = list(self._always)
        for slot in self._at_times:
            found.extend(self._of_week(slot, instant))
        index = bisect_right(self._starts, instant) - 1
        while index >= 0 and self._ends_so_far[index] > instant:
            if self._spans[index].end > instant:
                found.append(self._spans[index])
            index -= 1
        found.sort(key=_key_of)
        return found

    def named(self, name: str) -> Span | None:
        """Return the span of this name; one of the week is made anew from its date."""
        if name in self._by_id:
            return self._by_id[name]
        slot = self._weekly.get(name.partition("@")[0])
        if slot is None or (slot.begins_minute is None) != ("@" not in name):
            return None
        if slot.begins_minute is None:
            return self._span_of(slot, 0)
        try:
            day = date.fromisoformat(name.partition("@")[2])
        except ValueError:
            return None
        midnight = (day - _EPOCH_DAY).days * DAY_MS - WALL_MS
        span = self._span_of(slot, midnight + slot.begins_minute * MINUTE_MS % DAY_MS)
        return span if span.id == name and day.weekday() == slot.begins_minute // 1440 else None

    def next_start(self, instant: int) -> int:
        """Return when the next span begins after this instant, or NEVER."""
        index = bisect_right(self._starts, instant)
        ahead = self._starts[index] if index < len(self._starts) else NEVER
        for slot in self._at_times:
            if slot.begins_minute is not None:
                begun = self._begun(slot, instant)
                ahead = min(ahead, begun + WEEK_MS)
            if slot.rung is Rung.RELAY and self._ends > instant:
                ahead = min(ahead, self._ends)
        return ahead

    def _begun(self, slot: WeekSlot, instant: int) -> int:
        offset = _MONDAY_MS + (slot.begins_minute or 0) * MINUTE_MS
        return instant - (instant - offset) % WEEK_MS

    def _of_week(self, slot: WeekSlot, instant: int) -> Iterator[Span]:
        if slot.rung is Rung.RELAY and instant < self._ends:
            return
        start = 0 if slot.begins_minute is None else self._begun(slot, instant)
        if slot.begins_minute is None or instant < start + slot.minutes * MINUTE_MS:
            yield self._span_of(slot, start)

    def _span_of(self, slot: WeekSlot, start: int) -> Span:
        if slot.begins_minute is None:
            name, end = slot.id, NEVER
        else:
            name = f"{slot.id}@{_EPOCH_DAY + timedelta(days=(start + WALL_MS) // DAY_MS)}"
            end = start + slot.minutes * MINUTE_MS
        if name not in self._week_spans:
            # The relay of a week in which the occurrences end begins with their end.
            begin = max(start, self._ends) if slot.rung is Rung.RELAY else start
            self._week_spans[name] = Span(
                slot, name, begin, end, is_timeless=slot.begins_minute is None
            )
        return self._week_spans[name]
