from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from loa.lib import clock
from loa.surfaces.look import words

MORNING = datetime(2026, 11, 23, 23, 42, 7, 450_000, tzinfo=UTC)  # 06:42 on the 24th in the city


def test_hours_are_of_the_city():
    assert words.hour(MORNING) == "06:42"


def test_a_day_is_written_in_words():
    with override("vi"):
        assert words.day(MORNING) == "thứ Ba, 24-11-2026"


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "06:42"), (-1, "hôm qua 06:42"), (1, "ngày mai 06:42"), (3, "thứ Sáu, 27-11-2026, 06:42")],
)
def test_a_moment_names_its_day_only_when_it_is_not_today(days, said):
    with override("vi"), clock.at(MORNING):
        assert words.moment(MORNING + timedelta(days=days)) == said


@pytest.mark.parametrize(
    ("ms", "said"), [(430, "+0,4 giây"), (-1200, "−1,2 giây"), (0, "+0,0 giây"), (None, "–")]
)
def test_a_difference_says_early_or_late(ms, said):
    with override("vi"):
        assert words.late(ms) == said


def test_numbers_take_the_separators_of_the_language():
    with override("vi"):
        assert words.number(1234.5, 1) == "1.234,5"
        assert words.hour_exact(MORNING) == "06:42:07,4"
    with override("en"):
        assert words.number(1234.5, 1) == "1,234.5"


@pytest.mark.parametrize(("ms", "said"), [(134_000, "2:14"), (400, "0:00"), (3_599_600, "60:00")])
def test_lengths_are_minutes_and_seconds(ms, said):
    assert words.minutes(ms) == said


def test_what_is_over_has_nothing_remaining():
    with clock.at(MORNING):
        assert words.remaining(MORNING - timedelta(minutes=1)) == "0:00"


def test_loudness_is_said_as_a_listener_would():
    with override("vi"):
        assert [words.loudness(level) for level in (-24, -16, -9)] == ["nhỏ", "vừa", "quá lớn"]


def test_a_short_hash_keeps_both_ends():
    assert words.short_hash("sha256:" + "a" * 60 + "bcde") == "aaaaaaaa…bcde"
