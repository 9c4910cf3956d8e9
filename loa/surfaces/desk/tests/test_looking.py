"""A day as one device will play it, and the wall of what sounds now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

from loa.flow.schedules.actions import confirm_placement
from loa.lib import clock
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import MORNING
from loa.registry.devices.register import save_group
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code
from loa.surfaces.desk.previews import REASONS, RUNGS
from loa.surfaces.desk.tests.fleet import minutes
from loa.wire.timeline import Rung, Why

pytestmark = pytest.mark.django_db
LATER = MORNING + minutes(90)  # 10:00
NIGHT = MORNING + minutes(14 * 60)  # 22:30


def page(client, **asked: str) -> str:
    answer = client.get(reverse("desk:preview", args=["DN-0001"]), asked)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_every_rung_and_reason_has_words() -> None:
    assert set(RUNGS) == set(Rung)
    assert set(REASONS) == set(Why)


def test_a_device_is_seen_to_play_what_is_planned_and_to_be_still_otherwise(
    desk, morning, approved, place
) -> None:
    place(approved("Lịch cắt điện"), start_at=LATER)
    browser = desk("mai")
    assert "Lịch cắt điện" in page(browser, luc="10:00")
    at_ten = page(browser, luc="10:00").split('id="answer"')[1].split("</section>")[0]
    assert "chương trình · đang ở 0:00" in at_ten
    at_nine = page(browser, luc="09:00").split('id="answer"')[1].split("</section>")[0]
    assert "Im lặng" in at_nine


def test_an_emergency_is_seen_to_cut_in_as_the_device_will_let_it(
    desk, morning, approved, place
) -> None:
    place(approved("Đọc báo", body="Mời bà con đi họp. " * 30), start_at=LATER)
    place(approved("Lũ về", priority="emergency"), start_at=LATER + minutes(0.1))
    listed = page(desk("mai")).split('class="week-items"')[1].split("</ul>")[0]
    assert listed.index("Đọc báo") < listed.index("Lũ về")
    assert "khẩn cấp" in listed


def test_what_nobody_confirmed_for_the_night_is_seen_to_stay_silent(
    desk, morning, approved, place
) -> None:
    placement = place(approved("Tin đêm"), start_at=NIGHT)
    assert placement.is_waiting
    assert "Máy này im lặng cả ngày" in page(desk("mai"))
    with scopes_disabled():
        confirm_placement(placement, by=person_by_username("yen"))
    assert "22:30" in page(desk("mai"))
    assert "Tin đêm" in page(desk("mai"))


def test_a_group_is_a_ribbon_for_each_of_its_devices(desk, morning, approved, place) -> None:
    place(approved("Lịch cắt điện"), start_at=LATER)
    with scopes_disabled():
        here, tender = place_by_code(HAI_CHAU), person_by_username("duc")
        group = save_group("Chợ", place=here, devices=["DN-0001", "DN-0003"], by=tender)
    answer = desk("mai").get(reverse("desk:preview_group", args=[group.pk]))
    assert answer.content.decode().count('class="ribbon ') == 2


def test_the_wall_shows_what_horns_told_and_what_comes_next(desk, approved, place, fleet) -> None:
    with clock.at(MORNING):
        place(approved("Lịch tiêm chủng"), start_at=LATER)
        orders = fleet.dispatch()
        place(approved("Họp tổ dân phố"), start_at=LATER + minutes(60))
    with clock.at(LATER + minutes(0.05)):
        fleet.start(orders["DN-0001"], at=LATER)
        text = desk("hung").get(reverse("desk:wall")).content.decode()
    air = text.split('class="wall-air"')[1].split("</section>")[0]
    assert "Lịch tiêm chủng" in air
    assert "1 cụm loa ở Phường Hải Châu" in air
    assert "Dừng" in air
    assert "Họp tổ dân phố" in text.split('class="wall-side"')[1]


def test_the_wall_alarms_when_the_hour_came_and_no_horn_told(desk, approved, place, fleet) -> None:
    with clock.at(MORNING):
        place(approved("Lịch tiêm chủng"), start_at=LATER)
        fleet.dispatch()
    with clock.at(LATER + minutes(2)):
        text = desk("hung").get(reverse("desk:wall_now")).content.decode()
        assert "tới giờ mà chưa cụm loa nào phát" in text
        assert "Lịch tiêm chủng" not in desk("tam").get(reverse("desk:wall_now")).content.decode()


def test_a_wall_that_asks_stays_signed_in_and_one_that_is_out_is_told_so(desk, morning) -> None:
    browser = desk("hung")
    answer = browser.get(reverse("desk:wall_now"))
    assert answer.cookies["sessionid"].value
    gone = Client().get(reverse("desk:wall_now"))
    assert (gone.status_code, gone.content) == (401, b"")
    assert timedelta(0) < timedelta(seconds=answer.cookies["sessionid"]["max-age"])
