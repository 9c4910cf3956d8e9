"""The lunar calendar of Vietnam, where printed calendars are well known and where it is hard."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa.lib import lunar
from loa.lib.lunar import LunarDay, LunarDayMissing, lunar_of, months_in, solar_of, tet

TET = """
1990-01-27 1991-02-15 1992-02-04 1993-01-23 1994-02-10 1995-01-31 1996-02-19 1997-02-07 1998-01-28
1999-02-16 2000-02-05 2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09 2006-01-29 2007-02-17
2008-02-07 2009-01-26 2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08
2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29
2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-02 2031-01-23 2032-02-11 2033-01-31 2034-02-19
2035-02-08
""".split()
LEAP = {
    1985: 2, 1987: 7, 1990: 5, 1993: 3, 1995: 8, 1998: 5, 2001: 4, 2004: 2, 2006: 7, 2009: 5,
    2012: 4, 2014: 9, 2017: 6, 2020: 4, 2023: 2, 2025: 6, 2028: 5, 2031: 3, 2033: 11,
}  # fmt: skip

any_day = st.dates(date(1900, 2, 1), date(2199, 12, 31))


@pytest.mark.parametrize("day", [date.fromisoformat(text) for text in TET], ids=str)
def test_tet_falls_as_printed(day) -> None:
    assert tet(day.year) == day
    assert lunar_of(day) == LunarDay(day.year, 1, False, 1)
    eve = lunar_of(day - timedelta(days=1))
    assert (eve.year, eve.month, eve.day >= 29) == (day.year - 1, 12, True)


@pytest.mark.parametrize(
    ("year", "here", "in_china"),
    [
        (1968, date(1968, 1, 29), date(1968, 1, 30)),
        (1985, date(1985, 1, 21), date(1985, 2, 20)),
        (2007, date(2007, 2, 17), date(2007, 2, 18)),
        (2030, date(2030, 2, 2), date(2030, 2, 3)),
    ],
)
def test_an_hour_of_longitude_moves_tet_by_a_day_or_a_month(
    monkeypatch, year, here, in_china
) -> None:
    assert tet(year) == here
    caches = (lunar.month_of, lunar._months_before_solstice, lunar._new_moon_day)
    monkeypatch.setattr(lunar, "OFFSET_DAYS", 8 / 24)
    try:
        for cache in caches:
            cache.cache_clear()
        assert tet(year) == in_china
    finally:
        for cache in caches:
            cache.cache_clear()


def test_leap_months_are_those_of_the_printed_calendar() -> None:
    found = {
        year: [month.month for month in months_in(year) if month.is_leap]
        for year in range(1985, 2034)
    }
    for year, leap in found.items():
        assert leap == ([LEAP[year]] if year in LEAP else []), year
        assert len(months_in(year)) == 12 + len(leap)


@pytest.mark.parametrize(
    ("year", "month", "day", "solar"),
    [
        (2023, 8, 15, "2023-09-29"),  # Trung thu
        (2024, 3, 10, "2024-04-18"),  # giỗ Tổ
        (2024, 7, 15, "2024-08-18"),  # Vu lan
        (2025, 1, 15, "2025-02-12"),  # rằm tháng giêng
        (2025, 3, 10, "2025-04-07"),
        (2025, 4, 15, "2025-05-12"),  # Phật đản
        (2025, 8, 15, "2025-10-06"),
        (2026, 1, 15, "2026-03-03"),
        (2026, 3, 10, "2026-04-26"),
        (2026, 8, 15, "2026-09-25"),
    ],
)
def test_full_moons_and_feasts_fall_as_printed(year, month, day, solar) -> None:
    assert solar_of(LunarDay(year, month, False, day)) == date.fromisoformat(solar)


def test_a_leap_month_follows_the_one_whose_number_it_bears() -> None:
    assert lunar_of(date(2025, 7, 24)) == LunarDay(2025, 6, False, 30)
    assert lunar_of(date(2025, 7, 25)) == LunarDay(2025, 6, True, 1)
    assert solar_of(LunarDay(2025, 6, True, 1)) == date(2025, 7, 25)


def test_the_eleventh_month_may_reach_into_january() -> None:
    assert lunar_of(date(2026, 1, 1)) == LunarDay(2025, 11, False, 13)


@pytest.mark.parametrize(
    "missing",
    [
        LunarDay(2025, 7, True, 1),
        LunarDay(2024, 6, True, 1),
        LunarDay(2025, 1, False, 31),
        LunarDay(2025, 13, False, 1),
        LunarDay(1899, 1, False, 1),
        LunarDay(2200, 1, False, 1),
    ],
)
def test_a_day_the_calendar_lacks_is_refused(missing) -> None:
    with pytest.raises(LunarDayMissing):
        solar_of(missing)


def test_outside_the_reckoned_years_nothing_is_guessed() -> None:
    for day in (date(1899, 12, 31), date(2200, 1, 1)):
        with pytest.raises(ValueError, match="1900–2199"):
            lunar_of(day)


@given(any_day)
def test_there_and_back_is_the_same_day(day) -> None:
    assert solar_of(lunar_of(day)) == day


@given(any_day)
def test_days_follow_one_another(day) -> None:
    today, before = lunar_of(day), lunar_of(day - timedelta(days=1))
    assert 1 <= today.day <= 30
    if today.day == 1:
        assert before.day in {29, 30}
    else:
        assert before == LunarDay(today.year, today.month, today.is_leap, today.day - 1)
    assert before < today


@given(st.integers(1901, 2199))
def test_a_year_has_its_months_in_order_without_a_gap(year) -> None:
    months = months_in(year)
    assert [month.month for month in months if not month.is_leap] == [*range(1, 13)]
    assert all(month.length in {29, 30} for month in months)
    for month, following in pairwise(months):
        assert month.first + timedelta(days=month.length) == following.first
    assert date(year, 1, 20) <= months[0].first <= date(year, 2, 21)
