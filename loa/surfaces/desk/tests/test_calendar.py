"""The head of a day and the week: holidays, the lunar date, named hours, what stands behind."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from django.urls import reverse
from django_scopes import scopes_disabled

from loa.flow.schedules.programmes import name_daypart
from loa.flow.schedules.recurrence import HOLIDAYS
from loa.flow.schedules.standings import Wish, approve_standing, propose_standing
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import MORNING
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code
from loa.surfaces.desk.calendar_words import HOLIDAY_WORDS, notes_of
from loa.surfaces.desk.tests.fleet import minutes

pytestmark = pytest.mark.django_db
LATER = MORNING + minutes(90)
WEDNESDAY_5_AM = 2 * 1440 + 5 * 60


def page(client, name: str = "desk:week", **asked: str) -> str:
    answer = client.get(reverse(name), asked)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_every_holiday_has_a_name() -> None:
    assert set(HOLIDAY_WORDS) == set(HOLIDAYS)


def test_a_day_says_its_lunar_date_and_what_feast_it_is() -> None:
    assert notes_of(date(2026, 2, 17)).lunar == "1-1 âm lịch"
    assert notes_of(date(2026, 2, 17)).holidays == ("Tết Nguyên đán",)
    assert notes_of(date(2026, 9, 2)).is_day_off
    assert not notes_of(date(2026, 9, 25)).is_day_off  # mid-autumn: a feast, not a day off
    assert notes_of(date(2026, 11, 24)).holidays == ()


def test_a_week_is_seven_days_from_monday_with_what_sounds_on_each(
    desk, morning, approved, place, django_assert_max_num_queries
) -> None:
    edition = approved("Lịch cắt điện", valid_until=MORNING + timedelta(days=9))
    place(edition, start_at=LATER)
    place(edition, start_at=LATER + timedelta(days=3))
    client = desk("mai")
    with django_assert_max_num_queries(64):
        text = page(client)
    assert text.count('class="week-day"') == 7
    days = text.split('class="week-day"')[1:]
    assert ["Lịch cắt điện" in one for one in days] == [
        False,
        True,
        False,
        False,
        True,
        False,
        False,
    ]
    assert "thứ Hai, 23-11-2026" in days[0]
    assert "thứ Ba, 24-11-2026</a> · Hôm nay" in days[1]
    assert "16-10 âm lịch" in days[1]


def test_a_week_of_another_commune_is_not_found(desk, morning) -> None:
    assert desk("tam").get(reverse("desk:week"), {"noi": HAI_CHAU}).status_code == 404


def test_a_relay_stands_behind_the_items_of_its_days_and_is_said_in_words(desk, morning) -> None:
    with scopes_disabled():
        here = place_by_code(HAI_CHAU)
        wish = Wish(
            kind="relay",
            title="Thời sự VOV1",
            windows=[(WEDNESDAY_5_AM + 30, 30)],
            valid_from=MORNING,
            valid_until=MORNING + timedelta(days=90),
            sources=["https://voice.invalid/vov1"],
        )
        standing = propose_standing(wish, place=here, places=[here], by=person_by_username("mai"))
        assert "Thời sự VOV1" not in page(desk("mai"))
        approve_standing(standing, approver=person_by_username("hung"))
    days = page(desk("mai")).split('class="week-day"')[1:]
    assert ["Thời sự VOV1" in one for one in days] == [n == 2 for n in range(7)]
    assert "05:30–06:00 Thời sự VOV1" in days[2]
    assert "tiếp âm · đến 06:00" in days[2]
    text = page(desk("mai"), "desk:schedule", ngay="2026-11-25")
    assert "Tiếp âm và phát nền" in text


def test_the_named_hours_of_a_place_are_shaded_and_named(desk, morning) -> None:
    with scopes_disabled():
        chair = person_by_username("hung")
        name_daypart(
            place_by_code(HAI_CHAU),
            by=chair,
            name="Buổi chiều",
            start=time(16, 45),
            end=time(17, 45),
        )
    text = page(desk("mai"), "desk:schedule")
    assert 'class="ribbon-daypart"' in text.split("<table")[0]
    assert "Buổi chiều 16:45–17:45" in text
