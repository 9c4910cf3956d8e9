"""When a second person must answer: the edges of the night and of the day's minutes."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from loa.flow.schedules.models import DailyLimit, QuietHours
from loa.flow.schedules.queries import (
    clashes_in,
    daily_limit_at,
    places_sounding,
    quiet_hours_at,
    times_heard_on,
)
from loa.flow.schedules.rules import QUIET_DEFAULT, grounds_for_second_person, quiet_window
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HAI_VAN, HOA_VANG
from loa.project.tests.way import MORNING
from loa.registry.places.queries import place_by_code

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MOMENT = timedelta(milliseconds=1)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-24T{text}").replace(tzinfo=clock.CITY_ZONE)


def grounds(start: str, duration: timedelta, *, window=QUIET_DEFAULT, used=0, limit=60):
    return grounds_for_second_person(
        windows=[(wall(start), wall(start) + duration)],
        quiet_hours=[quiet_window(*window)],
        used=used * MINUTE,
        limit=limit * MINUTE,
    )


@pytest.mark.parametrize(
    ("start", "duration", "is_quiet"),
    [
        ("05:29:59", MINUTE, True),
        ("05:30:00", MINUTE, False),
        ("20:55:00", 5 * MINUTE, False),  # ends as the quiet begins
        ("20:55:00", 5 * MINUTE + 2 * MOMENT, True),
        ("20:59:59.999", MOMENT, False),
        ("21:00:00", MOMENT, True),
        ("23:59:00", 2 * MINUTE, True),
        ("00:00:00", MINUTE, True),
        ("12:00:00", MINUTE, False),
        ("20:30:00", 10 * HOUR, True),  # the whole night and both its edges
    ],
)
def test_quiet_hours_over_midnight_hold_to_the_edge(start, duration, is_quiet) -> None:
    assert grounds(start, duration, limit=10_000) == (["quiet_hours"] if is_quiet else [])


@pytest.mark.parametrize(
    ("start", "is_quiet"),
    [("11:29:59", False), ("11:30:00", True), ("13:29:59", True), ("13:30:00", False)],
)
def test_quiet_hours_within_a_day_hold_to_the_edge(start, is_quiet) -> None:
    noon = (time(11, 30), time(13, 30))
    assert grounds(start, MOMENT, window=noon) == (["quiet_hours"] if is_quiet else [])


def test_a_short_quiet_time_inside_a_long_sound_is_met() -> None:
    assert grounds("11:00", 2 * HOUR, window=(time(11, 30), time(11, 31)), limit=500) == [
        "quiet_hours"
    ]


def test_the_last_minute_of_the_day_may_be_used_up_and_no_more() -> None:
    assert grounds("08:00", 10 * MINUTE, used=50) == []
    assert grounds("08:00", 10 * MINUTE + MOMENT, used=50) == ["daily_limit"]
    assert grounds("22:00", 10 * MINUTE, used=55) == ["quiet_hours", "daily_limit"]


def test_a_place_has_the_quiet_hours_of_the_nearest_above(cast) -> None:
    def window(code: str) -> str:
        found = quiet_hours_at(place_by_code(code))
        return f"{found.start}-{found.end}"

    assert window(f"{HAI_CHAU}-01") == "21:00-05:30"
    QuietHours.objects.create(place=place_by_code(CITY), start=time(22), end=time(5))
    QuietHours.objects.create(place=place_by_code(HAI_CHAU), start=time(20), end=time(6))
    assert window(f"{HAI_CHAU}-01") == window(HAI_CHAU) == "20:00-06:00"
    assert window(HOA_VANG) == window(CITY) == "22:00-05:00"


def test_a_village_has_the_limit_of_its_commune(cast) -> None:
    def minutes(code: str) -> float:
        return daily_limit_at(place_by_code(code)) / MINUTE

    assert (minutes(HAI_CHAU), minutes(f"{HAI_CHAU}-01")) == (60, 60)
    assert (minutes(HOA_VANG), minutes(f"{HOA_VANG}-01")) == (120, 120)
    DailyLimit.objects.create(place=place_by_code(HAI_CHAU), minutes=30)
    DailyLimit.objects.create(place=place_by_code(f"{HAI_CHAU}-02"), minutes=10)
    assert minutes(f"{HAI_CHAU}-01") == 30
    assert minutes(f"{HAI_CHAU}-02") == 10


def test_a_city_means_its_communes_and_a_commune_its_villages(cast) -> None:
    def sounding(*codes: str) -> list[str]:
        return sorted(place.code for place in places_sounding(map(place_by_code, codes)))

    assert len(sounding(CITY)) == 94
    assert sounding(CITY, HAI_CHAU, f"{HAI_CHAU}-01") == sounding(CITY)
    assert sounding(HAI_CHAU, f"{HAI_CHAU}-01") == [HAI_CHAU]
    assert sounding(f"{HAI_CHAU}-01", HOA_VANG) == sorted([f"{HAI_CHAU}-01", HOA_VANG])


def test_what_is_heard_at_one_horn_clashes_and_counts_together(way, morning) -> None:
    village, other = place_by_code(f"{HAI_CHAU}-01"), place_by_code(f"{HAI_CHAU}-02")
    at_village = way.edition(targets=[village])
    begin = MORNING + HOUR
    way.place(at_village, at=begin)
    end = begin + at_village.duration
    for place, is_met in (
        (CITY, True),
        (HAI_CHAU, True),
        (village.code, True),
        (other.code, False),
        (HAI_VAN, False),
    ):
        assert bool(clashes_in([place_by_code(place)], [(begin, end)])) is is_met, place
    assert not clashes_in([village], [(end, end + HOUR)])
    assert not clashes_in([village], [(begin - HOUR, begin)])
    day = clock.local(MORNING).date()
    everywhere = way.edition()
    way.place(everywhere, at=begin + HOUR)
    both = at_village.duration + everywhere.duration
    codes = [village.code, HAI_CHAU, other.code, HAI_VAN]
    assert times_heard_on(map(place_by_code, codes), day) == {
        village.code: both,
        HAI_CHAU: both,
        other.code: everywhere.duration,
        HAI_VAN: timedelta(0),
    }
    assert times_heard_on([village], day + timedelta(days=1)) == {village.code: timedelta(0)}
