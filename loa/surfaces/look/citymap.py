"""The city as circles of each commune's area, and what stands in it as shapes; no tiles."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH = 640.0
MARGIN = 24.0
KM_PER_DEGREE = 111.32
# Places out at sea (Hoàng Sa) would shrink the mainland to a dot: they get a box of their own.
SEA_LON = 110.0
INSET_WIDTH, INSET_HEIGHT = 150.0, 84.0
MARKER_GAP = 26.0
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
    insets: tuple[Inset, ...]


@dataclass(frozen=True)
class _Scale:
    west: float
    north: float
    km_per_lon: float
    px_per_km: float

    def point(self, lat: float, lon: float) -> tuple[float, float]:
        x = MARGIN + (lon - self.west) * self.km_per_lon * self.px_per_km
        y = MARGIN + (self.north - lat) * KM_PER_DEGREE * self.px_per_km
        return round(x, 1), round(y, 1)


def draw_map(
    spots: Sequence[Spot], markers: Iterable[Marker], *, here: Iterable[str] = ()
) -> CityMap:
    """Project places and markers onto one picture; `here` names the codes to point out."""
    land = [spot for spot in spots if spot.lon < SEA_LON]
    scale = _fit(land)
    chosen = set(here)
    bottom = max((scale.point(s.lat, s.lon)[1] for s in land), default=MARGIN)
    return CityMap(
        width=WIDTH,
        height=round(bottom + MARGIN * 1.5, 1),
        circles=tuple(_circle(spot, scale, chosen) for spot in land),
        shapes=tuple(_spread(markers, scale)),
        insets=tuple(_insets(spot for spot in spots if spot.lon >= SEA_LON)),
    )


def _fit(land: Sequence[Spot]) -> _Scale:
    if not land:
        return _Scale(0, 0, 1, 1)
    west, east = min(s.lon for s in land), max(s.lon for s in land)
    south, north = min(s.lat for s in land), max(s.lat for s in land)
    km_per_lon = KM_PER_DEGREE * math.cos(math.radians((south + north) / 2))
    px_per_km = (WIDTH - 2 * MARGIN) / max((east - west) * km_per_lon, 1.0)
    return _Scale(west, north, km_per_lon, px_per_km)


def _circle(spot: Spot, scale: _Scale, chosen: set[str]) -> Circle:
    x, y = scale.point(spot.lat, spot.lon)
    radius = math.sqrt(max(spot.area_km2, 0.1) / math.pi) * scale.px_per_km
    return Circle(spot.name, x, y, round(max(radius, 3.0), 1), spot.code in chosen)


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
        x, y = min(WIDTH - reach, max(reach, x)), max(reach, y)
        for n, marker in enumerate(crowd):
            radius, angle = MARKER_GAP * 0.8 * math.sqrt(n), n * GOLDEN_ANGLE
            yield Shape(
                marker,
                round(x + radius * math.cos(angle), 1),
                round(y + radius * math.sin(angle), 1),
            )


def _insets(spots: Iterable[Spot]) -> Iterable[Inset]:
    for row, spot in enumerate(spots):
        yield Inset(
            spot.name,
            WIDTH - INSET_WIDTH - 8,
            8 + row * (INSET_HEIGHT + 8),
            INSET_WIDTH,
            INSET_HEIGHT,
        )
