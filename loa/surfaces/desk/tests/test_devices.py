"""Devices: trouble first, an outage as one row, a device's own words; nothing of elsewhere."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.urls import reverse
from django_scopes import scopes_disabled

from loa.lib import clock
from loa.project.cast import HAI_CHAU, HOA_VANG
from loa.project.tests.way import MORNING
from loa.registry.devices.models import Device
from loa.registry.places.queries import communes
from loa.surfaces.desk.outcome_words import OUTCOMES
from loa.surfaces.desk.reason_words import CLOCKS, EVENTS, REASONS, reason_words
from loa.surfaces.desk.tests.fleet import minutes
from loa.wire.messages import Clock, Event
from loa.wire.reasons import Reason

pytestmark = pytest.mark.django_db
LATER = MORNING + minutes(90)


def page(client, name="devices", args=(), *, is_part=False, **asked: str) -> str:
    headers = {"HX-Request": "true"} if is_part else {}
    answer = client.get(reverse(f"desk:{name}", args=args), asked, headers=headers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


class Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == "id"]


def test_counts_stand_in_words_and_shapes(desk, morning, fleet) -> None:
    fleet.beat(1)
    text = page(desk("mai"))
    counts = text.split('class="counts"')[1].split("</ul>")[0]
    assert "</svg>1</b><span>Sẵn sàng</span>" in counts
    assert "</svg>1</b><span>Mất liên lạc</span>" in counts
    assert "</svg>0</b><span>Đang phát</span>" in counts


def test_trouble_comes_first(desk, fleet) -> None:
    fleet.stand(4)
    with clock.at(MORNING - timedelta(seconds=150)):
        fleet.beat(4)
    with clock.at(MORNING):
        fleet.beat(1)
        text = page(desk("mai"))
    listed = text.split("<tbody>")[1]
    order = [listed.index(f"DN-000{number}") for number in (3, 4, 1)]
    assert order == sorted(order)
    assert "Chậm báo" in listed


def test_a_silent_commune_is_one_row_that_opens(desk, fleet) -> None:
    with clock.at(MORNING - minutes(20)):
        fleet.beat(1)
        fleet.beat(3)
    with clock.at(MORNING):
        text = page(desk("lan"))
        listed = text.split("<tbody>")[1].split("</table>")[0]
        assert "Phường Hải Châu: cả 2 thiết bị" in listed
        assert "08:10" in listed
        assert "DN-0001" not in listed
        assert "DN-0002" in listed  # alone in Hòa Vang: no outage of a place
        opened = page(desk("lan"), noi=HAI_CHAU)
    assert "DN-0001" in opened.split("<tbody>")[1]


def test_filters_by_condition_and_place(desk, morning, fleet) -> None:
    fleet.beat(2)
    ready = page(desk("lan"), **{"tinh-trang": "ready"}).split("<tbody>")[1]
    assert "DN-0002" in ready
    assert "DN-0001" not in ready
    there = page(desk("lan"), noi=HOA_VANG, **{"tinh-trang": "silent"})
    assert "Không có thiết bị nào như vậy" in there


@pytest.mark.parametrize("asked", [{"noi": "xx"}, {"noi": HOA_VANG}, {"tinh-trang": "xx"}])
def test_a_filter_that_names_nothing_here_is_not_there(desk, morning, asked) -> None:
    assert desk("mai").get(reverse("desk:devices"), asked).status_code == 404


def test_the_living_part_comes_alone_with_names_for_the_focus(desk, morning, fleet) -> None:
    fleet.beat(1)
    whole, part = page(desk("mai")), page(desk("mai"), is_part=True)
    assert part.startswith('<div id="devices-now"')
    assert "<form" not in part
    assert part in whole
    for text in (whole, page(desk("mai"), "device", ["DN-0001"])):
        ids = Ids()
        ids.feed(text)
        assert len(ids.found) == len(set(ids.found))
    assert 'id="map-DN-0001"' in part
    assert 'id="device-DN-0001"' in part


def test_a_part_that_asks_after_the_session_ended_sends_the_page_to_the_entrance(desk) -> None:
    client = desk("mai")
    client.logout()
    headers = {"HX-Request": "true"}
    answer = client.get(reverse("desk:devices"), headers=headers, follow=True)
    assert answer["HX-Refresh"] == "true"
    assert b"<form" not in answer.content


def test_many_devices_are_one_shape_a_commune_and_pages_of_rows(
    desk, morning, fleet, django_assert_max_num_queries
) -> None:
    with scopes_disabled():
        places = communes()
        Device.objects.bulk_create(
            Device(
                code=f"DN-1{n:03d}",
                name=f"Cụm {n}",
                place=places[n % 30],
                latitude=16.0,
                longitude=108.0,
                public_hex=f"{n:064x}",
                entered_at=MORNING,
            )
            for n in range(300)
        )
    fleet.beat(1)
    client = desk("lan")
    with django_assert_max_num_queries(45):
        text = page(client)
    assert text.count('id="map-') <= 33
    assert "?noi=" in text.split('class="map"')[1]


def test_a_maintainer_sees_devices_but_no_title(desk, approved, place, fleet) -> None:
    with clock.at(MORNING):
        place(approved("Chuyện riêng của Hải Châu"), start_at=LATER)
        orders = fleet.dispatch()
    fleet.sound(orders["DN-0001"], at=LATER)
    with clock.at(LATER + minutes(30)):
        text = page(desk("duc"), "device", ["DN-0001"])
        assert "Chuyện riêng" not in text
        assert "Bản duyệt" in text
        assert "Chuyện riêng" in page(desk("mai"), "device", ["DN-0001"])


def test_a_device_tells_its_days_and_its_ladder(desk, approved, place, fleet) -> None:
    with clock.at(MORNING):
        place(approved(), start_at=LATER)
        orders = fleet.dispatch()
        fleet.beat(1, volume_percent=70, free_mb=5120, player="loa 0.1")
        before = page(desk("mai"), "device", ["DN-0001"])
        assert "10:00" in before.split("Sắp phát")[1].split("</section>")[0]
    fleet.sound(orders["DN-0001"], at=LATER + timedelta(milliseconds=400))
    fleet.skip(orders["DN-0003"], "media_missing", at=LATER + minutes(10))
    with clock.at(LATER + minutes(30)):
        text = page(desk("mai"), "device", ["DN-0001"])
        silent = page(desk("mai"), "device", ["DN-0003"])
    assert "70%" in text
    assert "5.120 MB" in text
    assert "1 lượt, 1 đã phát" in text
    assert text.count('class="ribbon ') == 7
    assert "10:00:00,4" in text
    assert "+0,4 giây" in text
    assert "phát xong" in text.split('class="ladder"')[1]
    assert "chưa tải được âm thanh" in silent
    assert "Thiết bị chưa từng báo" in silent


def test_what_sounds_now_is_named(desk, approved, place, fleet) -> None:
    with clock.at(MORNING):
        place(approved("Lịch cắt điện"))
        order = fleet.dispatch()["DN-0001"]
        fleet.start(order, at=MORNING)
        fleet.beat(1, playing=str(order.pk))
        part = page(desk("mai"), "device", ["DN-0001"], is_part=True)
        assert "Lịch cắt điện" in part
        fleet.beat(1, playing="no order of ours")
        assert "không biết" in page(desk("mai"), "device", ["DN-0001"], is_part=True)


@pytest.mark.parametrize(
    ("username", "status"), [("mai", 200), ("duc", 200), ("tam", 404), ("la", 404)]
)
def test_a_device_opens_to_who_reads_or_mends_there(desk, morning, username, status) -> None:
    answer = desk(username).get(reverse("desk:device", args=["DN-0001"]))
    assert answer.status_code == status
    assert ("tổ 1, đầu ngõ" in answer.content.decode()) is (status == 200)


def test_a_village_head_sees_the_devices_of_the_village(desk, morning) -> None:
    text = page(desk("thuy"))
    assert "DN-0002" in text
    assert "DN-0001" not in text


def test_who_has_no_place_is_told_kindly(desk, morning) -> None:
    assert "Chưa có thiết bị nào" in page(desk("la"))


@pytest.mark.usefixtures("morning")
def test_a_page_of_a_device_asks_few_questions(
    desk, approved, place, fleet, django_assert_max_num_queries
) -> None:
    edition = approved()
    for n in range(1, 6):
        place(edition, start_at=MORNING + minutes(10 * n))
    orders = fleet.dispatch()
    fleet.beat(1)
    fleet.sound(orders["DN-0001"], at=MORNING + minutes(50))
    client = desk("mai")
    with django_assert_max_num_queries(50):
        page(client, "device", ["DN-0001"])


def test_every_reason_event_and_clock_has_words() -> None:
    assert set(Reason) <= set(REASONS)
    assert set(EVENTS) == set(Event)
    assert set(CLOCKS) == set(Clock)
    assert reason_words("something new") == "something new"
    assert all(str(said.words) for said in OUTCOMES.values())
