"""Every deed of every person is found, in words, by who may see it, and taken away as a table."""

from __future__ import annotations

import csv

import pytest
from django.db import connection, transaction

from loa.project.cast import HAI_CHAU, HOA_VANG
from loa.project.tests.way import MORNING
from loa.registry.ledger.actions import record_fact
from loa.registry.ledger.models import Fact
from loa.registry.people.actions import grant_mandate
from loa.registry.places.queries import place_by_code

pytestmark = pytest.mark.django_db
PAGE = "/ban/nhat-ky/"


def rows(client, **asked: str) -> list[str]:
    text = client.get(PAGE, asked).content.decode()
    return text.split("<tbody>")[1].split("<tr>")[1:] if "<tbody>" in text else []


def table(client, **asked: str) -> list[list[str]]:
    answer = client.get("/ban/nhat-ky.csv", asked)
    lines = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.reader(lines.splitlines()))


def test_a_deed_is_found_by_person_kind_place_day_and_subject(desk, approved, morning) -> None:
    code = approved().bulletin.code
    nga = desk("nga")
    for asked in (
        {"nguoi": "pham quoc hung"},
        {"nguoi": "hung"},
        {"viec": "edition_approved"},
        {"noi": HAI_CHAU, "ve": code, "viec": "edition_approved"},
        {"tu": "2026-11-24", "den": "2026-11-24", "viec": "edition_approved"},
    ):
        (row,) = rows(nga, **asked)
        assert "Phạm Quốc Hùng" in row
        assert "Duyệt" in row
    assert rows(nga, den="2026-11-23", viec="edition_approved") == []
    assert rows(nga, noi=HOA_VANG, ve=code) == []


def test_dates_in_the_wrong_order_are_said_and_nothing_is_lost(desk, morning) -> None:
    answer = desk("nga").get(PAGE, {"tu": "2026-11-25", "den": "2026-11-24", "ve": "HC"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Ngày kết thúc phải từ ngày bắt đầu" in text
    assert 'value="HC"' in text
    assert desk("nga").get(PAGE, {"tu": "hôm qua"}).status_code == 422
    assert desk("nga").get(PAGE, {"truoc": "x" * 30}).status_code == 200


def test_without_the_right_to_the_ledger_one_sees_what_one_did(desk, approved, morning) -> None:
    approved()
    found = rows(desk("mai"))
    assert found
    assert all("Lê Thị Mai" in row for row in found)
    assert len(rows(desk("mai"), nguoi="hung")) == len(found)
    assert rows(desk("la")) == []


def test_who_reads_for_one_commune_sees_nothing_of_another(cast, desk, approved, morning) -> None:
    grant_mandate(
        cast["la"],
        "commune_manager",
        place_by_code(HOA_VANG),
        decision_number="9/QĐ",
        valid_from=MORNING,
    )
    code = approved().bulletin.code
    text = "".join(rows(desk("la")))
    assert "Xã Hòa Vang" in text
    assert code not in text
    assert desk("la").get(PAGE, {"noi": HAI_CHAU}).status_code == 422
    assert code not in str(table(desk("la"), ve=code))


def test_it_is_paged_without_counting_and_taken_away_whole(
    desk, morning, django_assert_max_num_queries
) -> None:
    with transaction.atomic():
        for n in range(120):
            record_fact("reading_added", actor="lan", subject=f"=chữ {n}", place=HAI_CHAU)
    client = desk("nga")
    with django_assert_max_num_queries(40):
        first = client.get(PAGE, {"viec": "reading_added"}).content.decode()
    assert first.count("<tr>") == 51
    older = first.split("truoc=")[1].split('"')[0].split("&")[0]
    assert "chữ 69" in rows(client, viec="reading_added", truoc=older)[0]
    head, *lines = table(client, viec="reading_added")
    assert (len(lines), head[2]) == (120, "Người làm")
    # A spreadsheet must read a cell, not reckon it.
    assert lines[0][4] == "'=chữ 119"


def test_the_database_finds_the_deeds_of_a_person_by_an_index(db) -> None:
    Fact.objects.bulk_create(
        Fact(seq=n, at="", kind="", actor="mai" if n == 1 else "lan", previous="", hash=str(n))
        for n in range(1, 3_001)
    )
    with connection.cursor() as cursor:
        # As after months: hers is the oldest of many, and the planner knows how rare it is.
        cursor.execute("ANALYZE ledger_fact")
    asked = Fact.objects.filter(actor="mai").order_by("-seq")[:50]
    assert "fact_by_actor" in asked.explain()
