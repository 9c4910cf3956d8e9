"""A day is a ribbon and a table that says the same; nothing foreign is told."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django_scopes import scopes_disabled

from loa.flow.deliveries.actions import recall_placement
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HAI_VAN, HOA_VANG
from loa.project.tests.way import MORNING, NIGHT
from loa.registry.devices.models import Device
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import communes, place_by_code
from loa.surfaces.desk.outcome_words import BARS, OUTCOMES
from loa.surfaces.desk.tests.fleet import minutes

pytestmark = pytest.mark.django_db
TODAY = "2026-11-24"
LATER = MORNING + minutes(90)


def page(client, **asked: str) -> str:
    answer = client.get(reverse("desk:schedule"), asked)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def rows_of(text: str) -> list[str]:
    return [part.split("</tr>")[0] for part in text.split("<tr>")[2:]]


def test_a_planned_item_stands_on_the_ribbon_and_in_the_table(
    desk, morning, approved, place
) -> None:
    place(approved("Lịch cắt điện"), start_at=LATER)
    text = page(desk("mai"))
    assert "thứ Ba, 24-11-2026" in text
    assert 'class="ribbon-bar ribbon-bar-planned"' in text.split("<table")[0]
    (row,) = rows_of(text)
    assert ">10:00<" in row
    assert "Lịch cắt điện" in row
    assert "Đã xếp lịch" in row
    assert "sẽ phát ở 2 cụm" in row
    assert "Lê Thị Mai" in row


def test_the_meter_counts_the_minutes_of_the_day(desk, morning, approved, place) -> None:
    edition = approved(body="Mời bà con đi họp. " * 30)
    place(edition, start_at=LATER)
    used = round(edition.duration_ms / 60_000)
    assert used > 0
    assert f"{used}/60 phút" in page(desk("mai"))


def test_the_outcome_comes_from_what_the_horns_told(desk, approved, place, fleet) -> None:
    with clock.at(MORNING):
        place(approved(), start_at=LATER)
        orders = fleet.dispatch()
    with clock.at(LATER + minutes(0.01)):
        assert "Tới giờ, chờ cụm loa báo" in page(desk("mai"))
        fleet.start(orders["DN-0001"], at=LATER)
        assert "Đang phát" in rows_of(page(desk("mai")))[0]
    fleet.sound(orders["DN-0001"], at=LATER)
    fleet.skip(orders["DN-0003"], "media_missing", at=LATER + minutes(10))
    with clock.at(LATER + minutes(11)):
        text = page(desk("mai"))
    assert "ribbon-bar-partly" in text.split("<table")[0]
    (row,) = rows_of(text)
    assert "Phát chưa đủ" in row
    assert "1/2" in row


def test_when_no_horn_ever_told_it_is_missed(desk, approved, place, fleet) -> None:
    with clock.at(MORNING):
        place(approved(), start_at=LATER)
        fleet.dispatch()
    with clock.at(LATER + minutes(40)):
        (row,) = rows_of(page(desk("mai")))
    assert "Không phát" in row
    assert "0/2" in row


def test_what_was_stopped_says_who_and_why(desk, morning, approved, place) -> None:
    placement = place(approved(), start_at=LATER)
    with scopes_disabled():
        recall_placement(placement, by=person_by_username("hung"), reason="Đổi ngày tiêm")
    text = page(desk("mai"))
    assert "ribbon-bar-stopped" in text
    assert "Phạm Quốc Hùng dừng: “Đổi ngày tiêm”" in rows_of(text)[0]


def test_what_waits_for_a_second_person_is_shown_as_such(desk, night, approved, place) -> None:
    placement = place(approved())
    assert placement.is_waiting
    text = page(desk("mai"))
    assert "ribbon-bar-waiting" in text.split("<table")[0]
    (row,) = rows_of(text)
    assert "Chờ người thứ hai xác nhận" in row
    assert "chưa được phát" in row


def test_quiet_hours_are_hatched_and_said(desk, morning) -> None:
    text = page(desk("mai"))
    assert text.count(f'fill="url(#quiet-{HAI_CHAU}-20261124)"') == 2
    assert "21:00–05:30" in text


def test_what_the_city_placed_shows_in_the_commune_with_who_placed_it(
    desk, agreed, morning, approved, place
) -> None:
    targets = [place_by_code(HAI_CHAU)]
    edition = approved("Tin của thành phố", by="lan", approver="binh", place=CITY, targets=targets)
    place(edition, by="lan", start_at=LATER)
    (row,) = rows_of(page(desk("mai")))
    assert "Tin của thành phố" in row
    assert "Trần Thị Lan, Thành phố Đà Nẵng" in row
    assert edition.bulletin.code not in row  # the commune may hear it, not open it
    assert "Dừng" not in row
    (row,) = [r for r in rows_of(page(desk("binh"))) if "Tin của thành phố" in r]
    assert edition.bulletin.code in row
    assert "Dừng" in row


def test_another_commune_sees_nothing_of_it(desk, morning, approved, place) -> None:
    place(approved("Chuyện riêng của Hải Châu"), start_at=LATER)
    assert "Chuyện riêng" not in page(desk("tam"))
    answer = desk("tam").get(reverse("desk:schedule"), {"noi": HAI_CHAU})
    assert answer.status_code == 404
    assert "Chuyện riêng" not in answer.content.decode()


def test_a_village_head_sees_the_day_of_the_village(desk, morning, approved, place) -> None:
    place(approved("Họp thôn", by="tam", approver="son", place=HOA_VANG), by="tam", start_at=LATER)
    text = page(desk("thuy"))
    assert "Thôn 1" in text
    assert "Họp thôn" in text


@pytest.mark.parametrize("username", ["duc", "la"])
def test_who_may_read_nothing_is_told_so_kindly(desk, morning, approved, place, username) -> None:
    place(approved("Chuyện riêng của Hải Châu"), start_at=LATER)
    text = page(desk(username))
    assert "Bạn chưa được giao đọc lịch của nơi nào" in text
    assert "Chuyện riêng" not in text


@pytest.mark.parametrize(
    "day", ["hôm qua", "2026-02-30", "9999-12-31", "0001-01-01", "2026-W48-2x"]
)
def test_a_day_that_is_none_is_answered_with_today(desk, morning, day) -> None:
    text = page(desk("mai"), ngay=day)
    assert "Không đọc được ngày" in text
    assert "Hôm nay, thứ Ba, 24-11-2026" in text


def test_another_day_is_one_press_away(desk, morning, approved, place) -> None:
    place(approved(), start_at=LATER)
    text = page(desk("mai"))
    assert "?ngay=2026-11-25" in text
    assert "?ngay=2026-11-23" in text
    assert rows_of(page(desk("mai"), ngay="2026-11-25")) == []


def test_a_city_shows_places_with_something_first_and_the_rest_on_asking(desk, morning) -> None:
    text = page(desk("lan"))
    shown = [code for code in (HAI_CHAU, HOA_VANG, HAI_VAN) if f'id="day-{code}"' in text]
    assert shown == [HAI_CHAU, HOA_VANG]  # devices 1 to 3 stand there
    assert text.count("<option") == 1 + len(communes())
    assert f'id="day-{HAI_VAN}"' in page(desk("lan"), noi=HAI_VAN)


@pytest.mark.usefixtures("agreed", "morning")
def test_a_whole_city_of_places_asks_no_more_than_one(
    desk, approved, place, fleet, django_assert_max_num_queries
) -> None:
    fleet.stand(*range(4, 13))
    with scopes_disabled():
        for device, commune in zip(Device.objects.order_by("code"), communes()[20:32], strict=True):
            Device.objects.filter(pk=device.pk).update(place=commune, village=None)
    edition = approved(by="lan", approver="binh", place=CITY, targets=[place_by_code(CITY)])
    place(edition, by="lan", start_at=LATER)
    client = desk("lan")
    with django_assert_max_num_queries(64):
        text = page(client)
    assert text.count('class="day"') == 12
    assert "Trang 1/8" in text


def test_every_outcome_has_its_words_and_its_bar_in_the_key() -> None:
    from loa.flow.evaluation.tallies import Outcome

    assert set(OUTCOMES) == set(Outcome)
    assert {said.bar for said in OUTCOMES.values()} | {"waiting"} == {tone for tone, _ in BARS}


def test_an_emergency_of_the_night_counts_no_minutes(desk, night, approved, place) -> None:
    place(approved("Lũ về", priority="emergency"))
    text = page(desk("mai"), ngay=date(2026, 11, 24).isoformat())
    assert "0/60 phút" in text
    assert clock.local(NIGHT).strftime("%H:%M") in rows_of(text)[0]
