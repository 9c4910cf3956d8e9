"""A day drawn as a band of 24 hours, in percent of its width."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from loa.lib import clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from loa.wire.messages import QuietHours

DAY_SECONDS = 86_400
LANES = 3
# A letter of the label's type takes about this share of a desktop ribbon.
LETTER_PERCENT = 0.85
LABEL_LETTERS_MAX = 28
BAR_PERCENT_MIN = 0.5


@dataclass(frozen=True)
class Bar:
    """Something planned or done on that day.

    Tones: waiting, planned, playing, done, partly, missed, stopped.
    """

    start: datetime
    end: datetime
    label: str
    tone: str = "planned"
    url: str = ""


@dataclass(frozen=True)
class DrawnBar:
    bar: Bar
    left: float
    width: float
    label: str
    lane: int | None  # counted upwards from the band; none where the words find no room


@dataclass(frozen=True)
class Span:
    left: float
    width: float


@dataclass(frozen=True)
class NamedSpan:
    """A stretch of the day that lies behind the bars, with the words a pointer shows."""

    left: float
    width: float
    words: str


@dataclass(frozen=True)
class Ribbon:
    key: str
    bars: tuple[DrawnBar, ...]
    quiet: tuple[Span, ...]
    now: float | None
    lanes: int
    dayparts: tuple[NamedSpan, ...] = ()
    ground: tuple[NamedSpan, ...] = ()

    @property
    def hours(self) -> tuple[tuple[int, float], ...]:
        return tuple((hour, round(hour / 24 * 100, 3)) for hour in range(0, 24, 3))

    @property
    def labels(self) -> tuple[tuple[DrawnBar, int], ...]:
        """Return the bars whose words are drawn, with the height of their line."""
        return tuple(
            (bar, 14 + 20 * (self.lanes - 1 - bar.lane))
            for bar in self.bars
            if bar.lane is not None
        )

    @property
    def band_y(self) -> int:
        return 20 * self.lanes + 4

    @property
    def band_end_y(self) -> int:
        return self.band_y + 32

    @property
    def height(self) -> int:
        return self.band_y + 54


def quiet_times(window: QuietHours) -> tuple[time, time]:
    """Return the wall times of quiet hours as the wire writes them: "21:00" to "05:30"."""
    return time.fromisoformat(window.start), time.fromisoformat(window.end)


def draw_ribbon(
    key: str,
    day: date,
    bars: Iterable[Bar],
    *,
    quiet: Iterable[tuple[time, time]] = (),
    dayparts: Iterable[tuple[time, time, str]] = (),
    ground: Iterable[Bar] = (),
) -> Ribbon:
    """Lay one day out on a band: bars, quiet hours, named hours, and what stands behind all."""
    midnight = datetime.combine(day, time(), tzinfo=clock.CITY_ZONE)
    drawn = _lay_out(sorted(bars, key=lambda bar: bar.start), midnight)
    now = clock.local(clock.now())
    lanes = max((bar.lane + 1 for bar in drawn if bar.lane is not None), default=0)
    return Ribbon(
        key=key,
        bars=drawn,
        quiet=tuple(span for pair in quiet for span in _quiet_spans(*pair)),
        now=_percent(now, midnight) if now.date() == day else None,
        lanes=lanes,
        dayparts=tuple(
            NamedSpan(_share(start), round(_share(end) - _share(start), 3), name)
            for start, end, name in dayparts
        ),
        ground=tuple(_named(bar, midnight) for bar in ground),
    )


def _named(bar: Bar, midnight: datetime) -> NamedSpan:
    left, right = _percent(bar.start, midnight), _percent(bar.end, midnight)
    words = f"{clock.local(bar.start):%H:%M}–{clock.local(bar.end):%H:%M} {bar.label}"
    return NamedSpan(left, round(max(right - left, BAR_PERCENT_MIN), 3), words)


def _lay_out(bars: Iterable[Bar], midnight: datetime) -> tuple[DrawnBar, ...]:
    """From the right to the left, so that no stem goes through the words of a later bar."""
    lane_starts = [float("inf")] * LANES
    shown = [bar for bar in bars if bar.end > midnight and bar.start < midnight + timedelta(days=1)]
    drawn = [_draw_bar(bar, midnight, lane_starts) for bar in reversed(shown)]
    return tuple(reversed(drawn))


def _draw_bar(bar: Bar, midnight: datetime, lane_starts: list[float]) -> DrawnBar:
    left, right = _percent(bar.start, midnight), _percent(bar.end, midnight)
    label = bar.label
    if len(label) > LABEL_LETTERS_MAX:
        label = label[: LABEL_LETTERS_MAX - 1].rstrip() + "…"
    lane = _free_lane(left, len(label) * LETTER_PERCENT, lane_starts)
    width = round(max(right - left, BAR_PERCENT_MIN), 3)
    return DrawnBar(bar, min(left, 100 - width), width, label, lane)


def _free_lane(left: float, width: float, lane_starts: list[float]) -> int | None:
    if left + width > 100:  # the words would leave the picture; the table still has them
        return None
    for lane in range(LANES):
        if left + width < lane_starts[lane]:
            # Its stem passes the lanes below: nothing earlier may reach across it there.
            lane_starts[: lane + 1] = [left] * (lane + 1)
            return lane
    return None


def _quiet_spans(start: time, end: time) -> list[Span]:
    first, last = _share(start), _share(end)
    if first <= last:
        return [Span(first, round(last - first, 3))]
    return [Span(0, last), Span(first, round(100 - first, 3))]


def _share(wall: time) -> float:
    return round((wall.hour * 3600 + wall.minute * 60 + wall.second) / DAY_SECONDS * 100, 3)


def _percent(instant: datetime, midnight: datetime) -> float:
    share = (instant - midnight).total_seconds() / DAY_SECONDS * 100
    return round(min(100.0, max(0.0, share)), 3)
