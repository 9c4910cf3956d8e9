"""The ledger against those who would have had it otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction

from loa.lib import clock
from loa.project.tests.way import MORNING, Rival, meet
from loa.registry.ledger.actions import record_fact
from loa.registry.ledger.models import Fact
from loa.registry.ledger.queries import facts_about, ledger_faults, ledger_head, recent_facts
from loa.registry.ledger.rules import GENESIS, Fault, faults_of, hash_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ten_facts() -> list[str]:
    """Record ten facts; return the hash of each."""
    with clock.at(MORNING):
        return [
            record_fact("said", actor="lan", subject=f"s{n}", place="48", body={"n": n}).hash
            for n in range(1, 11)
        ]


@contextmanager
def as_superuser() -> Iterator[None]:
    """Do what only the owner of the database can: go round the refusals."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_fact DISABLE TRIGGER USER")
        yield
        cursor.execute("ALTER TABLE ledger_fact ENABLE TRIGGER USER")


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def steal(statement: str, *values: object) -> None:
    with as_superuser():
        sql(statement, *values)


def chain_again(first: int) -> None:
    """Work out the chain anew from a row on, as a thief who knows the rules would."""
    previous = Fact.objects.filter(seq__lt=first).order_by("-seq").first()
    before = previous.hash if previous else GENESIS
    for fact in Fact.objects.filter(seq__gte=first).order_by("seq"):
        fact.previous = before
        before = hash_of(fact)
        steal("UPDATE ledger_fact SET hash = %s WHERE seq = %s", before, fact.seq)
        steal("UPDATE ledger_fact SET previous = %s WHERE seq = %s", fact.previous, fact.seq)


def test_a_chain_as_it_was_recorded_holds(ten_facts) -> None:
    assert ledger_faults() == []
    assert ledger_faults({10: ten_facts[9], 4: ten_facts[3]}) == []
    assert ledger_head().hash == ten_facts[9]
    assert [fact.seq for fact in Fact.objects.order_by("seq")] == list(range(1, 11))


def test_an_empty_ledger_holds_until_a_witness_says_otherwise() -> None:
    assert ledger_faults() == []
    assert ledger_head() is None
    assert ledger_faults({3: "a" * 64}) == [Fault(3, "cut")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_fact SET actor = 'la' WHERE seq = 5",
        "UPDATE ledger_fact SET seq = 50 WHERE seq = 5",
        "DELETE FROM ledger_fact WHERE seq = 5",
        "DELETE FROM ledger_fact",
        "TRUNCATE ledger_fact",
    ],
)
def test_the_database_refuses_to_change_or_remove_a_fact(ten_facts, statement: str) -> None:
    sql("ALTER TABLE ledger_fact ENABLE TRIGGER fact_stays")
    with pytest.raises(DatabaseError, match="stand as they are"), transaction.atomic():
        sql(statement)
    assert ledger_faults({10: ten_facts[9]}) == []


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'la'",
        "subject = 's6'",
        "kind = 'unsaid'",
        "place = '20242'",
        "at = '2026-11-24T01:30:00.001Z'",
        """body = '{"n": 6}'""",
    ],
)
def test_any_altered_field_of_a_fact_is_found(ten_facts, change: str) -> None:
    steal(f"UPDATE ledger_fact SET {change} WHERE seq = 5")  # noqa: S608 - our own words
    assert ledger_faults() == [Fault(5, "altered")]


def test_an_altered_fact_with_a_new_hash_breaks_the_next_link(ten_facts) -> None:
    steal("UPDATE ledger_fact SET actor = 'la' WHERE seq = 5")
    fact = Fact.objects.get(seq=5)
    steal("UPDATE ledger_fact SET hash = %s WHERE seq = 5", hash_of(fact))
    assert ledger_faults() == [Fault(6, "reordered")]


def test_an_altered_last_fact_with_a_new_hash_is_known_to_a_witness(ten_facts) -> None:
    steal("UPDATE ledger_fact SET actor = 'la' WHERE seq = 10")
    steal("UPDATE ledger_fact SET hash = %s WHERE seq = 10", hash_of(Fact.objects.get(seq=10)))
    assert ledger_faults() == []
    assert ledger_faults({10: ten_facts[9]}) == [Fault(10, "altered")]


def test_a_missing_fact_is_found_first_middle_and_last(ten_facts) -> None:
    witnesses = {10: ten_facts[9]}
    for seq, kind in ((5, "missing"), (1, "missing"), (10, "cut")):
        with transaction.atomic():
            steal("DELETE FROM ledger_fact WHERE seq = %s", seq)
            assert ledger_faults(witnesses) == [Fault(seq, kind)]
            transaction.set_rollback(True)


def test_facts_cut_off_at_the_end_are_found_by_whoever_saw_them(ten_facts) -> None:
    steal("DELETE FROM ledger_fact WHERE seq > 7")
    assert ledger_faults() == []
    assert ledger_faults({7: ten_facts[6]}) == []
    assert ledger_faults({9: ten_facts[8]}) == [Fault(9, "cut")]
    record_fact("said", actor="la", subject="s8", place="48")
    record_fact("said", actor="la", subject="s9", place="48")
    assert ledger_faults({9: ten_facts[8]}) == [Fault(9, "altered")]


def test_two_facts_in_each_others_place_are_found(ten_facts) -> None:
    for old, new in ((4, 400), (5, 4), (400, 5)):
        steal("UPDATE ledger_fact SET seq = %s WHERE seq = %s", new, old)
    found = ledger_faults()
    assert {fault.seq for fault in found} == {4, 5, 6}
    assert {fault.kind for fault in found} == {"reordered", "altered"}


def test_a_fact_slipped_in_before_the_first_is_found(ten_facts) -> None:
    forged = Fact(seq=0, at=clock.iso(MORNING), kind="said", previous=GENESIS)
    forged.hash = hash_of(forged)
    forged.save(force_insert=True)
    assert Fault(0, "reordered") in ledger_faults()


def test_a_whole_chain_worked_out_anew_is_known_to_its_witnesses(ten_facts) -> None:
    steal("UPDATE ledger_fact SET actor = 'la' WHERE seq = 5")
    chain_again(5)
    assert ledger_faults() == []
    assert ledger_faults({4: ten_facts[3]}) == []
    assert ledger_faults({8: ten_facts[7]}) == [Fault(8, "altered")]


def test_a_chain_read_in_another_order_does_not_hold(ten_facts) -> None:
    rows = list(Fact.objects.order_by("seq"))
    assert faults_of(rows) == []
    assert {fault.kind for fault in faults_of([*rows[:3], rows[4], rows[3], *rows[5:]])} == {
        "missing",
        "reordered",
    }


def test_what_is_asked_of_the_ledger_is_found(ten_facts) -> None:
    assert [fact.seq for fact in facts_about(["s3", "s7"])] == [3, 7]
    assert [fact.seq for fact in recent_facts()[:2]] == [10, 9]


@pytest.mark.django_db(transaction=True)
def test_a_fact_belongs_to_the_transaction_of_its_change() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record_fact("said", actor="lan", subject="s", place="48")
    with transaction.atomic():
        record_fact("said", actor="lan", subject="s", place="48")
        transaction.set_rollback(True)
    assert ledger_head() is None


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_chain() -> None:
    def record(name: str) -> Fact:
        with transaction.atomic():
            return record_fact("said", actor=name, subject="s", place="48")

    mine, rival = meet(lambda: record("lan"), lambda: record("binh"))
    assert (mine.seq, rival.outcome().seq) == (1, 2)
    rivals = [Rival(lambda: [record(str(n)) for n in range(5)]) for _ in range(4)]
    assert [len(one.outcome()) for one in rivals] == [5] * 4
    assert Fact.objects.count() == 22
    assert ledger_faults() == []
