"""The city as circles of each commune's area, and what stands in it as shapes; no tiles."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Close to what a phone shows, so that words and shapes keep their size.
WIDTH = 400.0
HEIGHT_MAX = 440.0
MARGIN = 24.0
KM_PER_DEGREE = 111.32
# Places out at sea (Hoàng Sa) would shrink the mainland to a dot: they get a box of their own.
SEA_LON = 110.0
INSET_WIDTH, INSET_HEIGHT = 96.0, 64.0
MARKER_GAP = 24.0
# A name takes about this much, and belongs to the shapes this near to its place.
WORD_HEIGHT, LETTER_WIDTH = 16.0, 8.0
NEAR = 2 * MARKER_GAP
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


@dataclass(frozen=True)
class Spot:
    """One place with its centroid and area."""

    code: str
    name: str
    lat: float
    lon: float
    area_km2: float


@dataclass(frozen=True)
class Marker:
    """A device on the map. Tones: playing (triangle), ok (disc), warn (half), danger (ring)."""

    key: str
    lat: float
    lon: float
    tone: str
    words: str
    url: str = ""


@dataclass(frozen=True)
class Circle:
    name: str
    x: float
    y: float
    r: float
    is_here: bool


@dataclass(frozen=True)
class Word:
    """The name of a place that is pointed out, clear of the shapes around it."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Shape:
    marker: Marker
    x: float
    y: float


@dataclass(frozen=True)
class Inset:
    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class CityMap:
    width: float
    height: float
    circles: tuple[Circle, ...]
    shapes: tuple[Shape, ...]
    words: tuple[Word, ...]
    insets: tuple[Inset, ...]


@dataclass(frozen=True)
class _Scale:
    west: float
    north: float
    km_per_lon: float
    px_per_km: float
    left: float
    height: float

    def point(self, lat: float, lon: float) -> tuple[float, float]:
        x = self.left + (lon - self.west) * self.km_per_lon * self.px_per_km
        y = MARGIN + (self.north - lat) * KM_PER_DEGREE * self.px_per_km
        return round(x, 1), round(y, 1)


def draw_map(
    spots: Sequence[Spot], markers: Iterable[Marker], *, here: Iterable[str] = ()
) -> CityMap:
    """Project places and markers onto one picture; `here` names the codes to point out."""
    given = list(markers)
    land = [spot for spot in spots if spot.lon < SEA_LON]
    scale = _fit(land, [marker for marker in given if marker.lon < SEA_LON])
    chosen, shapes = set(here), tuple(_spread(given, scale))
    circles = tuple(_circle(spot, scale, chosen) for spot in land)
    return CityMap(
        width=WIDTH,
        height=scale.height,
        circles=circles,
        shapes=shapes,
        words=tuple(_words((circle for circle in circles if circle.is_here), shapes)),
        insets=tuple(_insets((s for s in spots if s.lon >= SEA_LON), scale.height)),
    )


def _radius_km(spot: Spot) -> float:
    return math.sqrt(max(spot.area_km2, 0.1) / math.pi)


def _fit(land: Sequence[Spot], markers: Sequence[Marker]) -> _Scale:
    """Let every circle and marker fit: the whole city, or one commune close up."""
    if not land:
        return _Scale(0, 0, 1, 1, MARGIN, MARGIN * 2)
    km_per_lon = KM_PER_DEGREE * math.cos(math.radians(land[0].lat))
    wide = [(s.lon, _radius_km(s) / km_per_lon) for s in land] + [(m.lon, 0.0) for m in markers]
    high = [(s.lat, _radius_km(s) / KM_PER_DEGREE) for s in land] + [(m.lat, 0.0) for m in markers]
    west, east = min(at - r for at, r in wide), max(at + r for at, r in wide)
    south, north = min(at - r for at, r in high), max(at + r for at, r in high)
    width_km, height_km = (east - west) * km_per_lon, (north - south) * KM_PER_DEGREE
    px_per_km = min((WIDTH - 2 * MARGIN) / width_km, (HEIGHT_MAX - 2 * MARGIN) / height_km)
    return _Scale(
        west,
        north,
        km_per_lon,
        px_per_km,
        left=(WIDTH - width_km * px_per_km) / 2,
        height=round(height_km * px_per_km + 2 * MARGIN, 1),
    )


def _circle(spot: Spot, scale: _Scale, chosen: set[str]) -> Circle:
    x, y = scale.point(spot.lat, spot.lon)
    r = round(max(_radius_km(spot) * scale.px_per_km, 3.0), 1)
    return Circle(spot.name, x, y, r, spot.code in chosen)


def _words(circles: Iterable[Circle], shapes: Sequence[Shape]) -> Iterable[Word]:
    """Name each place above what stands there, or below where the names would meet."""
    drawn: list[Word] = []
    for circle in sorted(circles, key=lambda one: one.y):
        near = [s.y for s in shapes if math.hypot(s.x - circle.x, s.y - circle.y) < NEAR]
        half = len(circle.name) * LETTER_WIDTH / 2
        x = min(WIDTH - half, max(half, circle.x))
        above = Word(circle.name, x, max(WORD_HEIGHT, min([circle.y, *near]) - WORD_HEIGHT))
        below = Word(circle.name, x, max([circle.y, *near]) + 1.6 * WORD_HEIGHT)
        drawn.append(below if any(_meet(above, other) for other in drawn) else above)
    return drawn


def _meet(one: Word, other: Word) -> bool:
    apart = (len(one.text) + len(other.text)) * LETTER_WIDTH / 2
    return abs(one.x - other.x) < apart and abs(one.y - other.y) < WORD_HEIGHT


def _spread(markers: Iterable[Marker], scale: _Scale) -> Iterable[Shape]:
    """Markers of one spot stand around its first in a spiral, so none hides another."""
    crowds: dict[tuple[int, int], list[Marker]] = defaultdict(list)
    for marker in markers:
        x, y = scale.point(marker.lat, marker.lon)
        crowds[(round(x / MARKER_GAP), round(y / MARKER_GAP))].append(marker)
    for crowd in crowds.values():
        x, y = scale.point(crowd[0].lat, crowd[0].lon)
        reach = 14 + MARKER_GAP * 0.8 * math.sqrt(len(crowd) - 1)
        # The whole crowd moves inwards: pushing single markers back would pile them up.
        x = min(WIDTH - reach, max(reach, x))
        y = min(scale.height - reach, max(reach, y))
        for n, marker in enumerate(crowd):
            radius, angle = MARKER_GAP * 0.8 * math.sqrt(n), n * GOLDEN_ANGLE
            yield Shape(
                marker,
                round(x + radius * math.cos(angle), 1),
                round(y + radius * math.sin(angle), 1),
            )


def _insets(spots: Iterable[Spot], height: float) -> Iterable[Inset]:
    for row, spot in enumerate(spots):
        yield Inset(
            spot.name,
            WIDTH - INSET_WIDTH - 8,
            height - (row + 1) * (INSET_HEIGHT + 8),
            INSET_WIDTH,
            INSET_HEIGHT,
        )
