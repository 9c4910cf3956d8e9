from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import QuerySet

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


def fact_tally() -> int:
    return Fact.objects.count()


def facts_about(subjects: Iterable[str]) -> QuerySet[Fact]:
    return Fact.objects.filter(subject__in=list(subjects))


def ledger_faults(witnesses: Mapping[int, str] | None = None) -> list[Fault]:
    """Read the whole chain and return every fault; an empty list means it holds."""
    return faults_of(Fact.objects.order_by("seq").iterator(chunk_size=2000), witnesses)
