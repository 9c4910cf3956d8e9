"""When a rule recurs: equal to dateutil on the shared subset, by the wall clock of its zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from unittest.mock import patch
from zoneinfo import ZoneInfo

import dateutil.rrule
import pytest
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loa.flow.schedules.recurrence import (
    HOLIDAYS,
    WEEKDAYS,
    Days,
    Frequency,
    LunarRule,
    Recurrence,
    Repeat,
    WeekdayRule,
    expand,
)
from loa.flow.schedules.recurrence_text import Fault, RecurrenceUnreadable, parse, write
from loa.lib.lunar import lunar_of

CITY_ZONE = "Asia/Ho_Chi_Minh"
# With and without summer time, half an hour of it, a jump at midnight, a day that never was.
ZONES = (
    CITY_ZONE, "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
    "America/Santiago", "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca",
)  # fmt: skip


def walls(text: str, begin: str, end: str) -> list[str]:
    """Expand between two local days and say each wall time."""
    recurrence = parse(text)
    zone = ZoneInfo(recurrence.zone)
    window = [datetime.fromisoformat(day).replace(tzinfo=zone) for day in (begin, end)]
    return [f"{t.astimezone(zone):%Y-%m-%d %H:%M}" for t in expand(recurrence, *window)]


def starting(start: str, *lines: str, zone: str = CITY_ZONE) -> str:
    return "\n".join([f"DTSTART;TZID={zone}:{start}", *lines])


# --- against dateutil -------------------------------------------------------------------------


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


starts = st.datetimes(wall("2000-01-01"), wall("2037-12-31")).map(
    lambda start: start.replace(microsecond=0, fold=0)
)


@st.composite
def rrules(draw) -> str:
    """A rule that both of us read alike; numbers in lists come unordered and doubled."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 5))}"]

    def some(name: str, item: st.SearchStrategy, size: int = 4) -> bool:
        items = draw(st.one_of(st.just([]), st.lists(item, min_size=1, max_size=size)))
        if items:
            parts.append(f"{name}={','.join(map(str, items))}")
        return bool(items)

    has_list = some("BYMONTH", st.integers(1, 12))
    if frequency != "WEEKLY":
        day = st.integers(1, 31) | st.integers(-31, -1)
        has_list |= some("BYMONTHDAY", day)
    weekday = st.sampled_from(WEEKDAYS)
    if frequency in {"MONTHLY", "YEARLY"}:
        # It stumbles over a thirtieth Monday of July.
        reach = 52 if frequency == "YEARLY" and "BYMONTH=" not in ";".join(parts) else 5
        ordinal = st.integers(1, reach) | st.integers(-reach, -1)
        # It joins plain and numbered weekdays by "and"; RFC 5545 and we by "or".
        if draw(st.booleans()):
            weekday = st.builds(lambda n, w: f"{n}{w}", ordinal, weekday)
    has_list |= some("BYDAY", weekday)
    # dateutil counts the positions of a first week from its start, not from Monday.
    if has_list and frequency != "WEEKLY":
        some("BYSETPOS", st.integers(1, 5) | st.integers(-5, -1), 2)
    return ";".join(parts)


def told_by_dateutil(rrule: str, start: datetime, zone: str, end: datetime) -> list[datetime]:
    """Their wall times, without those the zone skips, up to an instant."""
    found = []
    # A wall clock is within a day of UTC.
    last = end + timedelta(days=1)
    # It would seek an impossible day until the year 9999.
    until_then = SimpleNamespace(**{**vars(dateutil.rrule.datetime), "MAXYEAR": last.year})
    with patch.object(dateutil.rrule, "datetime", until_then):
        walls = list(rrulestr(f"{rrule};UNTIL={last:%Y%m%dT%H%M%S}", dtstart=start))
    for wall in walls:
        instant = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        if instant < end and instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall:
            found.append(instant)
    return found


@given(rrules(), starts, st.sampled_from(ZONES), st.integers(0, 900), st.integers(1, 120))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_shared_subset_recurs_as_dateutil_says(rrule, start, zone, days_after, length) -> None:
    begin = start.replace(tzinfo=UTC) + timedelta(days=days_after)
    end = begin + timedelta(days=length)
    ours = expand(
        parse(starting(f"{start:%Y%m%dT%H%M%S}", f"RRULE:{rrule}", zone=zone)), begin, end
    )
    theirs = told_by_dateutil(rrule, start, zone, end)
    # Where summer time ends an instant can come before the wall time before it.
    assert ours == sorted(t for t in theirs if t >= begin)


@given(rrules(), starts, st.sampled_from(ZONES), st.integers(1, 40), st.integers(0, 400))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_count_counts_from_the_start_what_can_be_heard(
    rrule, start, zone, count, skipped
) -> None:
    end = start.replace(tzinfo=UTC) + timedelta(days=800)
    text = starting(f"{start:%Y%m%dT%H%M%S}", f"RRULE:{rrule};COUNT={count}", zone=zone)
    theirs = told_by_dateutil(rrule, start, zone, end)[:count]
    begin = start.replace(tzinfo=UTC) + timedelta(days=skipped)
    assert expand(parse(text), begin, end) == sorted(t for t in theirs if t >= begin)


@given(rrules(), starts, st.sampled_from(ZONES), st.integers(0, 500))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_until_is_the_last_instant_included(rrule, start, zone, days) -> None:
    until = start.replace(tzinfo=UTC) + timedelta(days=days)
    recurring = starting(f"{start:%Y%m%dT%H%M%S}", f"RRULE:{rrule}", zone=zone)
    begin, end = until - timedelta(days=600), until + timedelta(days=100)
    bounded = parse(f"{recurring};UNTIL={until:%Y%m%dT%H%M%SZ}")
    assert expand(bounded, begin, end) == [
        t for t in expand(parse(recurring), begin, end) if t <= until
    ]


@given(rrules(), starts, st.sampled_from(ZONES), st.lists(st.integers(0, 60), max_size=4))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_windows_side_by_side_hold_each_instant_once(rrule, start, zone, cuts) -> None:
    recurrence = parse(starting(f"{start:%Y%m%dT%H%M%S}", f"RRULE:{rrule}", zone=zone))
    begin = start.replace(tzinfo=UTC)
    edges = [begin + timedelta(days=d) for d in sorted({0, 60, *cuts})]
    pieces = [t for a, b in pairwise(edges) for t in expand(recurrence, a, b)]
    assert pieces == expand(recurrence, edges[0], edges[-1])


# --- text -------------------------------------------------------------------------------------

lunar_rules = st.builds(LunarRule, st.integers(0, 12), st.integers(1, 30) | st.integers(-30, -1))


@st.composite
def recurrences(draw) -> Recurrence:
    start = draw(starts)
    zone = draw(st.sampled_from(ZONES))
    rrule = draw(st.none() | rrules())
    repeat = parse(starting(f"{start:%Y%m%dT%H%M%S}", f"RRULE:{rrule}")).repeat if rrule else None

    def days() -> Days:
        after = st.integers(1, 400).map(timedelta)
        return Days(
            dates=draw(st.frozensets(after.map(lambda d: (start + d).date()), max_size=3)),
            times=draw(st.frozensets(after.map(lambda d: start + d), max_size=3)),
            lunar=tuple(sorted(draw(st.sets(lunar_rules, max_size=3)))),
            holidays=tuple(sorted(draw(st.sets(st.sampled_from(sorted(HOLIDAYS)), max_size=3)))),
        )

    return Recurrence(start, zone, repeat, days(), days())


@given(recurrences())
@settings(max_examples=200)
def test_what_is_written_is_read_back_as_the_same(recurrence) -> None:
    text = write(recurrence)
    assert parse(text) == recurrence
    assert write(parse(text)) == text
    assert parse(text.replace("\n", "\r\n")) == recurrence


def test_the_canonical_text_orders_and_says_once() -> None:
    loose = (
        "EXDATE;VALUE=DATE:20261225,20261224\n"
        "RRULE:BYDAY=WE,MO,WE;FREQ=weekly;INTERVAL=1;UNTIL=20261231;WKST=MO\n"
        "X-LOA-LUNAR:15,01\n"
        "DTSTART;TZID=Asia/Ho_Chi_Minh:20261130\n T170000\n"
    )
    assert write(parse(loose)).split("\n") == [
        "DTSTART;TZID=Asia/Ho_Chi_Minh:20261130T170000",
        "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231T165959Z",
        "X-LOA-LUNAR:1,15",
        "EXDATE;VALUE=DATE:20261224,20261225",
    ]


START = f"DTSTART;TZID={CITY_ZONE}:20261130T170000"


@pytest.mark.parametrize(
    ("text", "fault", "part"),
    [
        ("", Fault.MISSING, "DTSTART"),
        ("DTSTART:20261130T170000", Fault.MISSING, "TZID"),
        ("DTSTART;TZID=Asia/Saigon_:20261130T170000", Fault.ZONE, "TZID"),
        ("DTSTART;TZID=../../etc/passwd:20261130T170000", Fault.ZONE, "TZID"),
        (f"DTSTART;TZID={CITY_ZONE}:20261131T170000", Fault.VALUE, "DTSTART"),
        (f"DTSTART;TZID={CITY_ZONE}:20261130T170000Z", Fault.VALUE, "DTSTART"),
        (f"DTSTART;TZID={CITY_ZONE}:99991130T170000", Fault.VALUE, "DTSTART"),
        (f"{START}\n{START}", Fault.TWICE, "DTSTART"),
        (f"{START}\nSUMMARY:x", Fault.UNKNOWN, "SUMMARY"),
        (f"{START}\nRRULE:INTERVAL=2", Fault.MISSING, "FREQ"),
        (f"{START}\nRRULE:FREQ=HOURLY", Fault.VALUE, "FREQ"),
        (f"{START}\nRRULE:FREQ=DAILY;BYHOUR=3", Fault.UNKNOWN, "BYHOUR"),
        (f"{START}\nRRULE:FREQ=DAILY;FREQ=DAILY", Fault.TWICE, "FREQ"),
        (f"{START}\nRRULE:FREQ=DAILY;INTERVAL=0", Fault.VALUE, "INTERVAL"),
        (f"{START}\nRRULE:FREQ=DAILY;INTERVAL=", Fault.VALUE, "INTERVAL"),
        (f"{START}\nRRULE:FREQ=DAILY;COUNT=99999", Fault.VALUE, "COUNT"),
        (f"{START}\nRRULE:FREQ=DAILY;COUNT=²", Fault.VALUE, "COUNT"),
        (f"{START}\nRRULE:FREQ=DAILY;UNTIL=20261230T000000", Fault.VALUE, "UNTIL"),
        (f"{START}\nRRULE:FREQ=DAILY;COUNT=3;UNTIL=20261230", Fault.NOT_TOGETHER, "COUNT, UNTIL"),
        (f"{START}\nRRULE:FREQ=WEEKLY;BYDAY=1MO", Fault.NOT_TOGETHER, "FREQ=WEEKLY, BYDAY"),
        (f"{START}\nRRULE:FREQ=WEEKLY;BYMONTHDAY=1", Fault.NOT_TOGETHER, "FREQ=WEEKLY, BYMONTHDAY"),
        (f"{START}\nRRULE:FREQ=MONTHLY;BYSETPOS=1", Fault.NOT_TOGETHER, "BYSETPOS"),
        (f"{START}\nRRULE:FREQ=MONTHLY;BYDAY=0MO", Fault.VALUE, "BYDAY"),
        (f"{START}\nRRULE:FREQ=MONTHLY;BYDAY=T2", Fault.VALUE, "BYDAY"),
        (f"{START}\nRRULE:FREQ=MONTHLY;BYMONTHDAY=0", Fault.VALUE, "BYMONTHDAY"),
        (f"{START}\nRRULE:FREQ=MONTHLY;BYMONTHDAY=32", Fault.VALUE, "BYMONTHDAY"),
        (f"{START}\nRRULE:FREQ=YEARLY;BYMONTH=-1", Fault.VALUE, "BYMONTH"),
        (f"{START}\nRRULE:FREQ=WEEKLY;WKST=SU", Fault.VALUE, "WKST"),
        (f"{START}\nRDATE:20261129T170000", Fault.BEFORE_START, "RDATE"),
        (f"{START}\nRDATE;VALUE=PERIOD:20261229T170000/PT1H", Fault.VALUE, "RDATE"),
        (f"{START}\nRDATE;TZID=UTC:20261229T170000", Fault.ZONE, "RDATE;TZID"),
        (f"{START}\nX-LOA-LUNAR:31", Fault.VALUE, "X-LOA-LUNAR"),
        (f"{START}\nX-LOA-LUNAR:1/13", Fault.VALUE, "X-LOA-LUNAR"),
        (f"{START}\nX-LOA-LUNAR:1/0", Fault.VALUE, "X-LOA-LUNAR"),
        (f"{START}\nX-LOA-HOLIDAY:xmas", Fault.VALUE, "X-LOA-HOLIDAY"),
        (f"{START}\nRRULE:FREQ=DAILY\n" + " " * 9_000, Fault.TOO_LONG, "text"),
    ],
)
def test_what_cannot_be_read_is_named(text, fault, part) -> None:
    with pytest.raises(RecurrenceUnreadable) as caught:
        parse(text)
    assert (caught.value.fault, caught.value.part) == (fault, part)


@given(st.text(max_size=60) | st.text("DTSRULE;=:,-+019TZWKFQMYA\n", max_size=200))
def test_any_text_is_read_or_refused_by_name(noise) -> None:
    for text in (noise, f"{START}\n{noise}", f"{START}\nRRULE:FREQ=DAILY;{noise}"):
        try:
            recurrence = parse(text)
        except RecurrenceUnreadable as refused:
            assert refused.part
        else:
            assert parse(write(recurrence)) == recurrence


# --- wall clocks ------------------------------------------------------------------------------


def test_a_weekly_programme_keeps_its_wall_time_over_summer_time() -> None:
    text = starting("20260301T020000", "RRULE:FREQ=WEEKLY;BYDAY=SU", zone="Europe/Berlin")
    # 29 March has no 02:00 there; the week after it is 02:00 again.
    assert walls(text, "2026-03-15", "2026-04-12") == [
        "2026-03-15 02:00",
        "2026-03-22 02:00",
        "2026-04-05 02:00",
    ]


def test_an_hour_that_comes_twice_is_meant_the_first_time() -> None:
    text = starting("20261024T023000", "RRULE:FREQ=DAILY;COUNT=3", zone="Europe/Berlin")
    begin = datetime(2026, 10, 24, tzinfo=UTC)
    assert expand(parse(text), begin, begin + timedelta(days=4)) == [
        datetime(2026, 10, 24, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
    ]


def test_what_the_zone_skips_is_not_counted() -> None:
    text = starting("20260328T023000", "RRULE:FREQ=DAILY;COUNT=2", zone="Europe/Berlin")
    assert walls(text, "2026-03-01", "2026-04-30") == ["2026-03-28 02:30", "2026-03-30 02:30"]


def test_a_window_holds_its_begin_and_not_its_end() -> None:
    recurrence = parse(starting("20261130T170000", "RRULE:FREQ=DAILY"))
    first = datetime(2026, 11, 30, 10, tzinfo=UTC)
    assert expand(recurrence, first, first + timedelta(days=1)) == [first]


# --- beside the RRULE -------------------------------------------------------------------------


def test_without_a_rule_the_start_is_the_occasion() -> None:
    text = starting("20261130T170000", "RDATE:20261202T060000", "RDATE;VALUE=DATE:20261203")
    assert walls(text, "2026-11-01", "2026-12-31") == [
        "2026-11-30 17:00",
        "2026-12-02 06:00",
        "2026-12-03 17:00",
    ]


def test_an_exception_leaves_out_a_time_or_a_whole_day() -> None:
    text = starting(
        "20261130T170000",
        "RRULE:FREQ=DAILY;COUNT=4",
        "RDATE:20261201T060000,20261202T060000",
        "EXDATE;VALUE=DATE:20261201",
        "EXDATE:20261202T170000,20261203T000000",
    )
    assert walls(text, "2026-11-01", "2026-12-31") == [
        "2026-11-30 17:00",
        "2026-12-02 06:00",
        "2026-12-03 17:00",
    ]


def test_the_first_and_the_fifteenth_of_every_lunar_month_leap_ones_too() -> None:
    text = starting("20250601T053000", "X-LOA-LUNAR:1,15")
    assert walls(text, "2025-06-20", "2025-09-01") == [
        "2025-06-25 05:30",
        "2025-07-09 05:30",
        "2025-07-25 05:30",  # the leap sixth month
        "2025-08-08 05:30",
        "2025-08-23 05:30",
    ]


def test_a_yearly_lunar_day_never_falls_in_a_leap_month() -> None:
    text = starting("20250101T080000", "X-LOA-LUNAR:10/6")
    assert walls(text, "2025-01-01", "2026-12-31") == ["2025-07-04 08:00", "2026-07-23 08:00"]


def test_the_eve_of_tet_is_the_last_day_however_long_the_month() -> None:
    text = starting("20240101T200000", "X-LOA-HOLIDAY:tet-eve")
    assert walls(text, "2024-01-01", "2027-12-31") == [
        "2024-02-09 20:00",
        "2025-01-28 20:00",
        "2026-02-16 20:00",
        "2027-02-05 20:00",
    ]
    assert walls(text.replace("HOLIDAY:tet-eve", "LUNAR:30/12"), "2024-01-01", "2027-12-31") == [
        "2024-02-09 20:00"
    ]


def test_a_daily_programme_rests_on_holidays() -> None:
    text = starting(
        "20260215T053000",
        "RRULE:FREQ=DAILY",
        "X-LOA-HOLIDAY-EXCEPT:tet",
        "X-LOA-LUNAR-EXCEPT:-1/12",
    )
    assert walls(text, "2026-02-14", "2026-02-22") == [
        "2026-02-15 05:30",
        "2026-02-20 05:30",
        "2026-02-21 05:30",
    ]


@given(lunar_rules, st.dates(date(2000, 1, 1), date(2090, 1, 1)))
@settings(max_examples=60)
def test_every_lunar_occasion_is_that_lunar_day(rule, start) -> None:
    recurrence = Recurrence(
        datetime.combine(start, datetime.min.time()), CITY_ZONE, None, Days(lunar=(rule,))
    )
    begin = datetime.combine(start, datetime.min.time(), tzinfo=UTC)
    found = expand(recurrence, begin, begin + timedelta(days=400))
    days = [lunar_of(t.astimezone(ZoneInfo(CITY_ZONE)).date()) for t in found]
    assert all(day.month == rule.month and not day.is_leap for day in days if rule.month)
    assert all(day.day == rule.day for day in days if rule.day > 0)
    if rule.month == 0 and abs(rule.day) < 30:
        assert len(days) in {13, 14}


def test_the_sun_and_the_moon_are_joined_and_nothing_comes_twice() -> None:
    text = starting("20260301T170000", "RRULE:FREQ=WEEKLY;BYDAY=TU", "X-LOA-LUNAR:15")
    # Tuesday 3 March 2026 is the fifteenth.
    assert walls(text, "2026-03-01", "2026-03-11") == ["2026-03-03 17:00", "2026-03-10 17:00"]


def test_positions_are_those_of_whole_weeks() -> None:
    text = starting("20261126T170000", "RRULE:FREQ=WEEKLY;BYDAY=MO,TH,SA;BYSETPOS=1,-1")
    # The start is a Thursday: of its week only the last, Saturday, lies after it.
    assert walls(text, "2026-11-20", "2026-12-04") == ["2026-11-28 17:00", "2026-11-30 17:00"]


def test_a_rule_that_never_comes_ends_its_search() -> None:
    repeat = Repeat(Frequency.YEARLY, months=(2,), month_days=(30,), count=3)
    recurrence = Recurrence(wall("2026-01-01 08:00"), CITY_ZONE, repeat)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    assert expand(recurrence, begin, begin + timedelta(days=3660)) == []
    never = (WeekdayRule(53, 0),)
    assert (
        expand(
            Recurrence(
                wall("2026-01-01 08:00"),
                CITY_ZONE,
                Repeat(Frequency.MONTHLY, weekdays=never),
            ),
            begin,
            begin + timedelta(days=3660),
        )
        == []
    )
