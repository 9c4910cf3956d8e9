from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from loa.lib import clock
from loa.registry.ledger.models import Fact, WholeReading
from loa.registry.ledger.queries import ledger_faults, ledger_head
from loa.registry.ledger.rules import GENESIS, hash_of

# One writer at a time gives the chain its order; the lock lives until the transaction ends.
LEDGER_LOCK = 0x10A
FACTS_CHANNEL = "loa_facts"


def hold_ledger() -> None:
    """Let nobody else record a fact until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEDGER_LOCK])


def record_fact(
    kind: str, *, actor: str | None, subject: str, place: str, body: dict[str, Any] | None = None
) -> Fact:
    """Append a fact in the caller's transaction and wake whoever listens once it commits.

    Call it last in a deed: the ledger is locked from here to the commit. `body` holds plain
    JSON without floats.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a fact is recorded in the transaction of its change")
    hold_ledger()
    last = Fact.objects.order_by("-seq").first()
    fact = Fact(
        seq=last.seq + 1 if last else 1,
        at=clock.iso(clock.now()),
        kind=kind,
        actor=actor or "",
        subject=subject,
        place=place,
        body=body or {},
        previous=last.hash if last else GENESIS,
    )
    fact.hash = hash_of(fact)
    fact.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [FACTS_CHANNEL, kind])
    return fact


def read_whole_ledger(witnesses: Mapping[int, str]) -> WholeReading:
    """Read the chain from its first row, and remember when and what was found."""
    head = ledger_head()
    faults = ledger_faults(witnesses)
    return WholeReading.objects.create(
        upto=head.seq if head else 0,
        hash=head.hash if head else GENESIS,
        read_at=clock.now(),
        faults=[[fault.seq, fault.kind] for fault in faults],
    )
