"""The Vietnamese lunar calendar, reckoned from the sky at UTC+7.

A lunar month begins on the day of the new moon. The month that holds the winter solstice is the
eleventh; when thirteen months lie between two such, the first without a principal solar term (the
sun crossing a multiple of 30°) is a leap month and bears the number of the one before it. Days are
those of UTC+7, so Tết can fall a day or a month apart from the calendar of UTC+8.

New moons are good to seconds and the sun's place to 0.01° (a quarter of an hour); both series are
the short ones of Meeus, "Astronomical Algorithms", chapters 25 and 49.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from math import cos, floor, radians, sin

YEAR_FIRST, YEAR_LAST = 1900, 2199

OFFSET_DAYS = 7 / 24
_JULIAN_DAY_OF_ORDINAL_0 = 1721424.5
_LUNATION_DAYS = 29.530588861
_WINTER_SOLSTICE = 9  # the sun's longitude in steps of 30°

# Seconds by which the even time of the ephemeris is ahead of the turning earth.
_AHEAD_SECONDS = (
    (1880, -5.0), (1900, -3.0), (1920, 21.0), (1940, 24.5), (1960, 33.0), (1980, 50.5),
    (2000, 64.0), (2020, 69.5), (2050, 90.0), (2100, 200.0), (2200, 440.0),
)  # fmt: skip

# New moon: (days, power of the earth's eccentricity, multiples of M, M′, F, Ω).
_NEW_MOON_TERMS = (
    (-0.40720, 0, 0, 1, 0, 0), (0.17241, 1, 1, 0, 0, 0), (0.01608, 0, 0, 2, 0, 0),
    (0.01039, 0, 0, 0, 2, 0), (0.00739, 1, -1, 1, 0, 0), (-0.00514, 1, 1, 1, 0, 0),
    (0.00208, 2, 2, 0, 0, 0), (-0.00111, 0, 0, 1, -2, 0), (-0.00057, 0, 0, 1, 2, 0),
    (0.00056, 1, 1, 2, 0, 0), (-0.00042, 0, 0, 3, 0, 0), (0.00042, 1, 1, 0, 2, 0),
    (0.00038, 1, 1, 0, -2, 0), (-0.00024, 1, -1, 2, 0, 0), (-0.00017, 0, 0, 0, 0, 1),
    (-0.00007, 0, 2, 1, 0, 0), (0.00004, 0, 0, 2, -2, 0), (0.00004, 0, 3, 0, 0, 0),
    (0.00003, 0, 1, 1, -2, 0), (0.00003, 0, 0, 2, 2, 0), (-0.00003, 0, 1, 1, 2, 0),
    (0.00003, 0, -1, 1, 2, 0), (-0.00002, 0, -1, 1, -2, 0), (-0.00002, 0, 1, 3, 0, 0),
    (0.00002, 0, 0, 4, 0, 0),
)  # fmt: skip
# The planets' part: (days, degrees at k = 0, degrees a lunation).
_PLANET_TERMS = (
    (0.000325, 299.77, 0.107408), (0.000165, 251.88, 0.016321), (0.000164, 251.83, 26.651886),
    (0.000126, 349.42, 36.412478), (0.000110, 84.66, 18.206239), (0.000062, 141.74, 53.303771),
    (0.000060, 207.14, 2.453732), (0.000056, 154.84, 7.306860), (0.000047, 34.52, 27.261239),
    (0.000042, 207.19, 0.121824), (0.000040, 291.34, 1.844379), (0.000037, 161.72, 24.198154),
    (0.000035, 239.56, 25.513099), (0.000023, 331.55, 3.592518),
)  # fmt: skip


class LunarDayMissing(ValueError):
    """The calendar has no such day: a 30th of a short month, a leap month of another year."""


@dataclass(frozen=True, order=True)
class LunarDay:
    """A day of the lunar calendar; a leap month follows the month whose number it bears."""

    year: int
    month: int
    is_leap: bool
    day: int


@dataclass(frozen=True)
class LunarMonth:
    """A month with its first day and its length (29 or 30 days)."""

    year: int
    month: int
    is_leap: bool
    first: date
    length: int


def lunar_of(day: date) -> LunarDay:
    """Return the lunar day of a solar one; raises ValueError outside 1900–2199."""
    month = month_of(day)
    return LunarDay(month.year, month.month, month.is_leap, (day - month.first).days + 1)


@lru_cache(maxsize=4096)
def month_of(day: date) -> LunarMonth:
    """Return the lunar month a solar day lies in; raises ValueError outside 1900–2199."""
    if not YEAR_FIRST <= day.year <= YEAR_LAST:
        raise ValueError(f"the lunar calendar is reckoned for {YEAR_FIRST}–{YEAR_LAST}: {day}")
    # The eleventh month may reach into January.
    for span_end in (day.year - 1, day.year, day.year + 1):
        months = _months_before_solstice(span_end)
        last = months[-1]
        if day < last.first + timedelta(days=last.length):
            starts = [month.first for month in months]
            return months[bisect_right(starts, day) - 1]
    raise AssertionError(day)  # two solstices never lie within one month


def solar_of(lunar: LunarDay) -> date:
    """Return the solar day of a lunar one; raises LunarDayMissing."""
    for month in months_in(lunar.year):
        if (month.month, month.is_leap) == (lunar.month, lunar.is_leap):
            if 1 <= lunar.day <= month.length:
                return month.first + timedelta(days=lunar.day - 1)
            break
    raise LunarDayMissing(lunar)


def tet(year: int) -> date:
    """Return the first day of the lunar year that begins in a solar year."""
    return solar_of(LunarDay(year, 1, False, 1))


def months_in(year: int) -> list[LunarMonth]:
    """Return the 12 or 13 months of a lunar year, in order; none outside 1900–2199."""
    if not YEAR_FIRST <= year <= YEAR_LAST:
        return []
    both = (*_months_before_solstice(year), *_months_before_solstice(year + 1))
    return [month for month in both if month.year == year]


@lru_cache(maxsize=512)
def _months_before_solstice(year: int) -> tuple[LunarMonth, ...]:
    """Return the months after the eleventh of the year before, up to this year's eleventh."""
    begin, end = _eleventh_month(year - 1) + 1, _eleventh_month(year)
    starts = [_new_moon_day(k) for k in range(begin, end + 2)]
    leap = _leap_index(starts) if end - begin + 1 == 13 else None
    months = []
    number = 11
    for index, first in enumerate(starts[:-1]):
        is_leap = index == leap
        if not is_leap:
            number = number % 12 + 1
        # Only the months just after the solstice, 11 (leap) and 12, still belong to last year.
        is_of_last_year = index < 2 and number >= 11
        length = (starts[index + 1] - first).days
        months.append(LunarMonth(year - is_of_last_year, number, is_leap, first, length))
    return tuple(months)


def _leap_index(starts: list[date]) -> int:
    sectors = [_sun_sector(day) for day in starts]
    return next(i for i in range(len(starts) - 1) if sectors[i] == sectors[i + 1])


def _eleventh_month(year: int) -> int:
    """Return the number of the lunation that holds the winter solstice of a year."""
    k = floor((date(year, 12, 31).toordinal() - date(2000, 1, 6).toordinal()) / _LUNATION_DAYS)
    k += 1
    while _new_moon_day(k) > date(year, 12, 31) or _sun_sector(_new_moon_day(k)) >= (
        _WINTER_SOLSTICE
    ):
        k -= 1
    return k


@lru_cache(maxsize=8192)
def _new_moon_day(k: int) -> date:
    """Return the local day of the k-th new moon since that of 6 January 2000."""
    return _local_day(_new_moon(k))


def _local_day(ephemeris_day: float) -> date:
    universal = ephemeris_day - _ahead_days(ephemeris_day)
    return date.fromordinal(floor(universal + OFFSET_DAYS - _JULIAN_DAY_OF_ORDINAL_0))


def _new_moon(k: int) -> float:
    """Return the Julian ephemeris day of the k-th new moon since that of 6 January 2000."""
    t = k / 1236.85
    eccentricity = 1 - 0.002516 * t - 0.0000074 * t * t
    sun = 2.5534 + 29.10535670 * k - 0.0000014 * t * t
    moon = 201.5643 + 385.81693528 * k + 0.0107582 * t * t + 0.00001238 * t**3
    latitude = 160.7108 + 390.67050284 * k - 0.0016118 * t * t - 0.00000227 * t**3
    node = 124.7746 - 1.56375588 * k + 0.0020672 * t * t + 0.00000215 * t**3
    day = 2451550.09766 + _LUNATION_DAYS * k + 0.00015437 * t * t - 0.00000015 * t**3
    for size, power, m, m1, f, o in _NEW_MOON_TERMS:
        angle = m * sun + m1 * moon + f * latitude + o * node
        day += size * eccentricity**power * sin(radians(angle))
    for size, at_zero, rate in _PLANET_TERMS:
        bend = -0.009173 * t * t if rate == _PLANET_TERMS[0][2] else 0.0
        day += size * sin(radians(at_zero + rate * k + bend))
    return day


def _sun_sector(day: date) -> int:
    """Return in which of the twelve steps of 30° the sun stands as a local day begins."""
    universal = day.toordinal() + _JULIAN_DAY_OF_ORDINAL_0 - OFFSET_DAYS
    return floor(_sun_longitude(universal + _ahead_days(universal)) / 30) % 12


def _sun_longitude(ephemeris_day: float) -> float:
    """Return the sun's apparent longitude in degrees, 0 ≤ x < 360."""
    t = (ephemeris_day - 2451545.0) / 36525
    mean = 280.46646 + 36000.76983 * t + 0.0003032 * t * t
    anomaly = radians(357.52911 + 35999.05029 * t - 0.0001537 * t * t)
    centre = (
        (1.914602 - 0.004817 * t - 0.000014 * t * t) * sin(anomaly)
        + (0.019993 - 0.000101 * t) * sin(2 * anomaly)
        + 0.000289 * sin(3 * anomaly)
    )
    node = radians(125.04 - 1934.136 * t)
    # Aberration, nutation, and the largest pull of Venus, Jupiter and the moon.
    pull = 0.00134 * cos(radians(153.23 + 22518.7541 * t)) + 0.00154 * cos(
        radians(216.57 + 45037.5082 * t)
    )
    pull += 0.00200 * cos(radians(312.69 + 32964.3577 * t))
    pull += 0.00179 * sin(radians(350.74 + 445267.1142 * t))
    return (mean + centre + pull - 0.00569 - 0.00478 * sin(node)) % 360


def _ahead_days(julian_day: float) -> float:
    year = 2000 + (julian_day - 2451545.0) / 365.25
    for (y0, s0), (y1, s1) in pairwise(_AHEAD_SECONDS):
        if year <= y1:
            return (s0 + (s1 - s0) * (year - y0) / (y1 - y0)) / 86400
    return _AHEAD_SECONDS[-1][1] / 86400
