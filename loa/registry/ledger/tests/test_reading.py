"""A long ledger is read wholly now and then, and on each page only what came since."""

from __future__ import annotations

import pytest
from django.db import connection

from loa.registry.ledger import queries
from loa.registry.ledger.actions import read_whole_ledger, record_fact
from loa.registry.ledger.queries import read_ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "READ_WHOLE_MAX", 2)


@pytest.fixture
def chain() -> list[str]:
    return [_fact(number) for number in range(1, 9)]


def _fact(number: int) -> str:
    return record_fact("said", actor="lan", subject=f"s{number}", place="48").hash


def alter(seq: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_fact DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_fact SET actor = 'la' WHERE seq = %s", [seq])
        cursor.execute("ALTER TABLE ledger_fact ENABLE TRIGGER USER")


def kinds(witnesses: dict[int, str] | None = None, about: str = "") -> set[tuple[int, str]]:
    return {(f.seq, f.kind) for f in read_ledger(witnesses or {}, about=[about]).faults}


def test_a_ledger_that_was_never_read_is_read_wholly(chain) -> None:
    assert read_ledger({}).whole_at is None


def test_only_what_came_since_is_read(chain) -> None:
    read_whole_ledger({})
    _fact(9)
    reading = read_ledger({})
    assert reading.read_now == 1
    assert reading.whole_at is not None
    assert not reading.faults


def test_a_new_row_that_was_altered_is_found(chain) -> None:
    read_whole_ledger({})
    _fact(9)
    alter(9)
    assert kinds() == {(9, "altered")}


def test_an_old_row_about_this_subject_is_found_at_once(chain) -> None:
    read_whole_ledger({})
    alter(4)
    assert kinds(about="s4") == {(4, "altered")}
    assert kinds(about="s5") == set()


def test_what_the_whole_reading_found_stays_said(chain) -> None:
    alter(4)
    read_whole_ledger({})
    assert kinds() == {(4, "altered")}


def test_what_a_device_holds_is_compared_wherever_it_stands(chain) -> None:
    read_whole_ledger({})
    assert kinds({3: chain[2]}) == set()
    assert kinds({3: "0" * 64}) == {(3, "altered")}
    assert kinds({99: "0" * 64}) == {(99, "cut")}
