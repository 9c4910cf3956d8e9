"""The ledger is verified while it is read, shows only one's places, and has words for all of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.urls import reverse

import loa
from loa.project.cast import HAI_CHAU, HOA_VANG
from loa.project.tests.way import MORNING
from loa.registry.ledger import rules
from loa.registry.ledger.actions import record_fact
from loa.registry.ledger.models import Fact
from loa.registry.people.actions import grant_mandate
from loa.registry.places.queries import place_by_code
from loa.surfaces.desk.ledger_words import FAULTS, KINDS

LOA = Path(loa.__file__).parent


def page(client, **asked: str) -> str:
    answer = client.get(reverse("desk:ledger"), asked)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.django_db
def test_a_whole_ledger_says_so_with_its_witnesses(desk, morning, approved, place, fleet) -> None:
    place(approved())
    fleet.dispatch()
    count = Fact.objects.count()
    assert f"Sổ nguyên vẹn: {count} sự việc, 2 máy đối chứng" in page(desk("nga"))


@pytest.mark.django_db
def test_an_altered_and_a_missing_row_are_named(desk, morning) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_fact DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_fact SET actor = 'binh' WHERE seq = 5")
        cursor.execute("DELETE FROM ledger_fact WHERE seq = 7")
    text = page(desk("nga"))
    assert "Sổ không còn nguyên vẹn: 2 lỗi" in text
    assert "dòng 5 bị sửa" in text
    assert "dòng 7 bị mất" in text


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["lan", "mai", "hung", "duc", "la"])
def test_who_may_not_read_the_ledger_is_refused(desk, morning, username) -> None:
    assert desk(username).get(reverse("desk:ledger")).status_code == 403


@pytest.mark.django_db
def test_facts_come_newest_first_in_words(desk, morning, approved) -> None:
    approved()
    body = page(desk("nga")).split("<tbody>")[1]
    assert body.index("Duyệt") < body.index("Gửi duyệt") < body.index("Viết bản tin")
    assert "Phạm Quốc Hùng" in body
    assert "Phường Hải Châu" in body
    assert "chủ tịch xã, phường" in page(desk("nga"), viec="mandate_granted")


@pytest.mark.django_db
def test_facts_are_found_by_kind_actor_and_subject(desk, morning, approved) -> None:
    code = approved().bulletin.code
    rows = page(desk("nga"), viec="bulletin_written").split("<tbody>")[1]
    assert rows.count("<tr>") == 1
    rows = page(desk("nga"), nguoi="hung", ve=code).split("<tbody>")[1]
    assert rows.count("<tr>") == 1
    assert "Không có sự việc nào" in page(desk("nga"), nguoi="nobody")
    assert "Không có sự việc nào" in page(desk("nga"), viec="no kind")


@pytest.mark.django_db
def test_who_manages_one_commune_sees_no_fact_of_another(cast, desk, morning, approved) -> None:
    grant_mandate(
        cast["la"],
        "commune_manager",
        place_by_code(HOA_VANG),
        decision_number="9/QĐ",
        valid_from=MORNING,
    )
    code = approved().bulletin.code
    text = page(desk("la"))
    assert "Sổ nguyên vẹn" in text
    assert "Xã Hòa Vang" in text
    assert code not in text
    assert "Phường Hải Châu" not in text
    assert "<tbody>" not in page(desk("la"), ve=code)
    assert HAI_CHAU not in text


@pytest.mark.django_db
def test_a_long_ledger_is_paged(desk, morning, django_assert_max_num_queries) -> None:
    with transaction.atomic():
        for n in range(60):
            record_fact("reading_added", actor="lan", subject=f"chữ {n}", place=HAI_CHAU)
    client = desk("nga")
    with django_assert_max_num_queries(35):
        text = page(client)
    assert text.count("<tr>") == 51
    assert "trang=2" in text
    assert page(client, trang="2").split("<tbody>")[1].count("<tr>") > 0


def constants_of(tree: ast.Module) -> dict[str, str]:
    """Name → text of what a module sets once at its top, one by one or several in a line."""
    found = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign):
            continue
        target, value = node.targets[0], node.value
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        for name, given in zip(names, values, strict=False):
            is_text = isinstance(given, ast.Constant) and isinstance(given.value, str)
            if is_text and isinstance(name, ast.Name):
                found[name.id] = given.value
    return found


def kinds_recorded(tree: ast.Module) -> Iterator[str]:
    constants = constants_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record_fact":
            first = node.args[0]
            for part in ast.walk(first):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
                elif isinstance(part, ast.Name) and part.id in constants:
                    yield constants[part.id]


def test_every_kind_of_fact_that_is_recorded_has_words() -> None:
    files = [path for path in LOA.rglob("*.py") if "tests" not in path.parts]
    recorded = {kind for path in files for kind in kinds_recorded(ast.parse(path.read_text()))}
    assert len(recorded) > 15
    assert recorded == set(KINDS)


def test_a_kind_chosen_on_the_way_is_seen_by_that_test() -> None:
    assert set(kinds_recorded(ast.parse('record_fact("a" if x else "b", actor=None)'))) == {
        "a",
        "b",
    }


def test_every_fault_of_the_chain_has_words() -> None:
    tree = ast.parse(Path(rules.__file__).read_text())
    said = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and node.value in {"altered", "missing", "reordered", "cut"}
    }
    assert said == set(FAULTS)
