from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from loa.lib import clock
from loa.registry.ledger.models import Fact
from loa.registry.ledger.rules import Fault, faults_of


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
