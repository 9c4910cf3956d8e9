from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from loa.lib import clock
from loa.registry.ledger.models import Fact, WholeReading
from loa.registry.ledger.rules import Fault, faults_of, hash_of

# As many rows as are read in a moment.
READ_WHOLE_MAX = 5_000


def ledger_head() -> Fact | None:
    return Fact.objects.order_by("-seq").first()


def recent_facts() -> QuerySet[Fact]:
    return Fact.objects.order_by("-seq")


def facts_of_places(codes: Iterable[str], *, with_placeless: bool) -> QuerySet[Fact]:
    """Return the facts of these places, newest first; some facts belong to none."""
    wanted = [*codes, *([""] if with_placeless else [])]
    return recent_facts().filter(place__in=wanted)


@dataclass(frozen=True)
class Deeds:
    """Which facts are looked for; None or nothing means whatever.

    `since` is included, `until` is not; `before` is the sequence number of the last one seen.
    """

    places: Sequence[str] | None = None
    actors: Sequence[str] | None = None
    kind: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def deeds_found(wanted: Deeds) -> QuerySet[Fact]:
    """Return these facts, newest first; by an index whatever is asked, so take only some."""
    asked = {
        "place__in": wanted.places,
        "actor__in": wanted.actors,
        "kind": wanted.kind or None,
        "subject": wanted.subject or None,
        # As hashed: text that sorts as time does.
        "at__gte": clock.iso(wanted.since) if wanted.since else None,
        "at__lt": clock.iso(wanted.until) if wanted.until else None,
        "seq__lt": wanted.before,
    }
    return recent_facts().filter(**{name: is_ for name, is_ in asked.items() if is_ is not None})


def fact_tally() -> int:
    return Fact.objects.count()


def facts_about(subjects: Iterable[str]) -> QuerySet[Fact]:
    return Fact.objects.filter(subject__in=list(subjects))


def ledger_faults(witnesses: Mapping[int, str] | None = None) -> list[Fault]:
    """Read the whole chain and return every fault; an empty list means it holds."""
    return faults_of(Fact.objects.order_by("seq").iterator(chunk_size=2000), witnesses)


@dataclass(frozen=True)
class LedgerReading:
    """What is known of the chain now: read wholly just now, or wholly then and the rest just now."""

    faults: list[Fault]
    whole_at: datetime | None  # None: just now
    read_now: int


def read_ledger(witnesses: Mapping[int, str], *, about: Iterable[str] = ()) -> LedgerReading:
    """Read what came since the whole chain was last read, and all that is said about these subjects.

    A short chain is read wholly. What witnesses hold is compared wherever in the chain it stands.
    """
    last = last_whole_reading()
    count = fact_tally()
    if last is None or count <= READ_WHOLE_MAX:
        return LedgerReading(ledger_faults(witnesses), None, count)
    rows = Fact.objects.filter(seq__gt=last.upto).order_by("seq")
    faults = [Fault(seq, kind) for seq, kind in last.faults]
    faults += faults_of(rows.iterator(chunk_size=2000), witnesses, after=(last.upto, last.hash))
    faults += _changed_since({**witnesses, last.upto: last.hash}, last.upto)
    faults += _altered(facts_about(about).filter(seq__lte=last.upto))
    return LedgerReading(faults, last.read_at, max(0, count - last.upto))


def last_whole_reading() -> WholeReading | None:
    return WholeReading.objects.first()


def _changed_since(witnesses: Mapping[int, str], upto: int) -> list[Fault]:
    """Return which of the rows that somebody else saw are not as he saw them."""
    seen = {seq: known for seq, known in witnesses.items() if seq <= upto}
    here = dict(Fact.objects.filter(seq__in=list(seen)).values_list("seq", "hash"))
    return [
        Fault(seq, "altered" if seq in here else "missing")
        for seq, known in seen.items()
        if here.get(seq) != known
    ]


def _altered(facts: Iterable[Fact]) -> list[Fault]:
    """Return which of these rows are not what their hashes say, or not what the next ones say."""
    rows = list(facts)
    followers = Fact.objects.filter(seq__in=[row.seq + 1 for row in rows])
    said = {seq - 1: previous for seq, previous in followers.values_list("seq", "previous")}
    return [
        Fault(row.seq, "altered")
        for row in rows
        if row.hash != hash_of(row) or said.get(row.seq, row.hash) != row.hash
    ]
