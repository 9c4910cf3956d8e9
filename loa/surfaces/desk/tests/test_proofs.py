"""A proof is verified while it is read: it says what holds, what is missing, and what to do."""

from __future__ import annotations

import ast
import json
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from django.db import connection
from django.urls import reverse
from django_scopes import scopes_disabled

from loa.flow.deliveries.actions import recall_placement
from loa.flow.evaluation import checks, evidence
from loa.lib import clock
from loa.project.cast import HAI_VAN
from loa.project.tests.way import MORNING, NIGHT
from loa.registry.library import store
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code
from loa.surfaces.desk.proof_chain import _DETAILS
from loa.surfaces.desk.proof_words import CHECKS, DETAILS, LINKS
from loa.surfaces.desk.tests.fleet import minutes

LATER = MORNING + minutes(90)
OVER = LATER + minutes(40)


def page(client, edition, **headers: str) -> str:
    answer = client.get(reverse("desk:proof", args=[edition.bulletin.code]), headers=headers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def horn_rows(text: str) -> list[str]:
    return text.split("proof-table")[1].split("<tr>")[2:]


@pytest.fixture
def planned(approved, place, fleet):
    """An edition two horns of Hải Châu are to sound at 10:00, and their orders."""
    with clock.at(MORNING):
        edition = approved("Lịch cắt điện")
        place(edition, start_at=LATER)
        return edition, fleet.dispatch()


@pytest.mark.django_db
def test_when_every_horn_sounded_the_proof_is_whole(desk, planned, fleet) -> None:
    edition, orders = planned
    for order in orders.values():
        fleet.sound(order, at=LATER + timedelta(milliseconds=300))
    with clock.at(OVER):
        text = page(desk("mai"), edition)
    assert "2/2 cụm loa có bằng chứng đủ" in text
    assert text.count("link-ok") == 4  # sound, approval, roster, ledger: the rest is only noted
    assert "chữ ký của người duyệt" in text
    assert "Sai:" not in text
    assert "+0,3 giây" in text
    assert "hx-get" not in text.split('id="horns"')[1].split(">")[0]


@pytest.mark.django_db
def test_silent_horns_come_first_with_the_reason(desk, planned, fleet) -> None:
    edition, orders = planned
    fleet.sound(orders["DN-0001"], at=LATER)
    fleet.skip(orders["DN-0003"], "media_missing", at=LATER + minutes(10))
    with clock.at(OVER):
        text = page(desk("mai"), edition)
    assert "1/2 cụm loa có bằng chứng đủ" in text
    assert "phát lại cho nơi đó" in text
    first, second = horn_rows(text)
    assert "DN-0003" in first
    assert "Không phát" in first
    assert "chưa tải được âm thanh" in first
    assert "Đã phát đủ" in second


@pytest.mark.django_db
def test_a_horn_that_told_nothing_is_silent_once_its_time_is_over(desk, planned, fleet) -> None:
    edition, orders = planned
    fleet.sound(orders["DN-0001"], at=LATER)
    with clock.at(LATER + minutes(1)):
        assert "Chờ báo" in horn_rows(page(desk("mai"), edition))[0]
    with clock.at(OVER):
        first = horn_rows(page(desk("mai"), edition))[0]
    assert "Im lặng" in first
    assert "thiết bị không báo gì" in first


@pytest.mark.django_db
def test_while_horns_sound_the_table_asks_again_and_then_the_whole_page(
    desk, planned, fleet
) -> None:
    edition, orders = planned
    for order in orders.values():
        fleet.start(order, at=LATER)
    with clock.at(LATER + minutes(0.01)):
        text = page(desk("mai"), edition)
        assert 'hx-trigger="every 5s"' in text.split('id="horns"')[1]
        part = page(desk("mai"), edition, **{"HX-Request": "true"})
        assert part.startswith('<section id="horns"')
        assert "Đang phát" in part
    for order in orders.values():
        fleet.sound(order, at=LATER)
    address = reverse("desk:proof", args=[edition.bulletin.code])
    with clock.at(LATER + minutes(2)):
        answer = desk("mai").get(address, headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"


@pytest.mark.django_db
def test_a_big_table_asks_less_often(desk, approved, place, fleet) -> None:
    with clock.at(MORNING):
        fleet.stand(*(13 + 12 * n for n in range(55)))
        edition = approved()
        place(edition)
        fleet.dispatch()
        assert 'hx-trigger="every 20s"' in page(desk("mai"), edition).split('id="horns"')[1]


@pytest.mark.django_db
def test_bytes_changed_behind_the_back_break_the_chain(desk, planned, fleet) -> None:
    edition, orders = planned
    for order in orders.values():
        fleet.sound(order, at=LATER)
    path = store.path_of(edition.rendition.opus_id)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE approvals_edition DISABLE TRIGGER USER")
        cursor.execute("UPDATE approvals_edition SET body = 'Khác'")
    with clock.at(OVER):
        text = page(desk("mai"), edition)
    assert "Chuỗi bằng chứng không khớp ở: Âm thanh, Duyệt" in text
    assert "Sai:</strong> tệp âm thanh nguyên vẹn (opus)" in text
    assert "Sai:</strong> chữ viết đúng bản đã ký" in text


@pytest.mark.django_db
def test_a_receipt_changed_in_the_database_is_no_proof(desk, planned, fleet) -> None:
    edition, orders = planned
    for order in orders.values():
        fleet.sound(order, at=LATER)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE receipts_receipt SET at = at - interval '1 minute' "
            "WHERE device_id = 'DN-0001' AND event = 'started'"
        )
    with clock.at(OVER):
        text = page(desk("mai"), edition)
    assert "1/2 cụm loa" in text
    first = horn_rows(text)[0]
    assert "Đã phát, bằng chứng sai" in first
    assert "khác với bản thiết bị đã ký" in first


@pytest.mark.django_db
def test_each_step_not_yet_taken_is_said(desk, morning, submit, approved, place) -> None:
    submission = submit("Chưa duyệt")
    text = page(desk("mai"), submission)
    assert "Chưa ai duyệt bản tin này" in text
    assert text.count("link-waiting") == 2
    edition = approved("Chưa xếp")
    assert "Đã duyệt, chưa xếp lịch" in page(desk("mai"), edition)
    place(edition, start_at=LATER)
    assert "chưa giao lệnh cho cụm loa nào" in page(desk("mai"), edition)


@pytest.mark.django_db
def test_what_waits_for_a_second_person_is_said(desk, night, approved, place) -> None:
    edition = approved()
    place(edition)
    text = page(desk("mai"), edition)
    assert "Chờ người thứ hai xác nhận" in text
    assert "rơi vào giờ yên tĩnh" in text
    assert clock.local(NIGHT).hour == 22


@pytest.mark.django_db
@pytest.mark.usefixtures("agreed")
def test_a_place_without_horns_is_named(desk, morning, approved, place, fleet) -> None:
    targets = [place_by_code(HAI_VAN)]
    edition = approved(by="lan", approver="binh", place="48", targets=targets)
    place(edition, by="lan", start_at=LATER)
    fleet.dispatch()
    text = page(desk("lan"), edition)
    assert "Nơi không giao được lệnh" in text
    assert "nơi này chưa có cụm loa nào" in text


@pytest.mark.django_db
def test_what_was_stopped_by_order_is_no_fault(desk, planned) -> None:
    edition, _ = planned
    with clock.at(MORNING):
        with scopes_disabled():
            recall_placement(
                edition.placements.first(), by=person_by_username("hung"), reason="Đổi ngày"
            )
        text = page(desk("mai"), edition)
    assert "Đã dừng theo lệnh" in text
    assert "Phạm Quốc Hùng: “Đổi ngày”" in text
    assert "2 cụm dừng theo lệnh." in text


@pytest.mark.django_db
def test_the_list_shows_what_was_approved_newest_first(
    desk, approved, place, fleet, django_assert_max_num_queries
) -> None:
    with clock.at(MORNING):
        place(approved("Bản cũ"))
        fleet.sound(fleet.dispatch()["DN-0001"], at=MORNING)
    with clock.at(MORNING + minutes(5)):
        for n in range(6):
            approved(f"Bản mới {n}")
        client = desk("mai")
        with django_assert_max_num_queries(40):
            text = " ".join(client.get(reverse("desk:proofs")).content.decode().split())
    assert text.index("Bản mới 0") < text.index("Bản cũ")
    assert "1/2 lượt cụm loa đã phát" in text
    assert "Phạm Quốc Hùng duyệt" in text


@pytest.mark.django_db
def test_the_proof_is_handed_out_with_its_envelopes(desk, planned, fleet) -> None:
    edition, orders = planned
    for order in orders.values():
        fleet.sound(order, at=LATER)
    code = edition.bulletin.code
    with clock.at(OVER):
        answer = desk("mai").get(reverse("desk:proof_data", args=[code]))
    assert answer["Content-Disposition"] == f'attachment; filename="bang-chung-{code}.json"'
    proof = json.loads(answer.content)
    assert proof["proved"] is True
    assert len(proof["devices"]) == 2
    assert any(link["envelope"] for link in proof["links"])


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["tam", "duc", "la"])
@pytest.mark.parametrize("name", ["proof", "proof_data"])
def test_nobody_else_opens_it_or_learns_its_title(desk, planned, username, name) -> None:
    edition, _ = planned
    for headers in ({}, {"HX-Request": "true"}):
        address = reverse(f"desk:{name}", args=[edition.bulletin.code])
        answer = desk(username).get(address, headers=headers)
        assert answer.status_code == 404
        assert "Lịch cắt điện" not in answer.content.decode()
    assert "Lịch cắt điện" not in desk(username).get(reverse("desk:proofs")).content.decode()


@pytest.mark.django_db
def test_more_horns_ask_no_more_questions(
    desk, approved, place, fleet, django_assert_max_num_queries
) -> None:
    with clock.at(MORNING):
        fleet.stand(*(13 + 12 * n for n in range(8)))  # all at the first spot, in Hải Châu
        edition = approved()
        place(edition, start_at=LATER)
        orders = fleet.dispatch()
    assert len(orders) == 10
    for order in orders.values():
        fleet.sound(order, at=LATER)
    client = desk("mai")
    with clock.at(OVER), django_assert_max_num_queries(50):
        assert "10/10 cụm loa" in page(client, edition)


def calls_of(name: str) -> list[ast.Call]:
    nodes = [n for module in (evidence, checks) for n in ast.walk(parsed(module))]
    return [n for n in nodes if isinstance(n, ast.Call) and getattr(n.func, "id", "") == name]


def parsed(module: ModuleType) -> ast.Module:
    return ast.parse(Path(str(module.__file__)).read_text())


def names_in(call: str) -> set[str]:
    first = [n.args[0] for n in calls_of(call) if n.args]
    return {str(one.value) for one in first if isinstance(one, ast.Constant)}


def test_every_check_and_link_has_words() -> None:
    assert len(names_in("Check")) > 10
    assert names_in("Check") == set(CHECKS)
    assert names_in("Link") == set(LINKS) == set(_DETAILS)


def test_every_fixed_detail_of_a_failed_check_has_words() -> None:
    given = [k.value for n in calls_of("Check") for k in n.keywords if k.arg == "detail"]
    fixed = {one.value for one in given if isinstance(one, ast.Constant)}
    assert len(fixed) > 3
    assert fixed == set(DETAILS)
