from __future__ import annotations

from django.db.models import Q, QuerySet

from loa.lib.speakable import NATIONAL, Lexicon
from loa.registry.library.models import Medium, Reading
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import lineage


def lexicon_for(place: Place) -> Lexicon:
    """Return the readings that hold at a place: its own over those above, all over the nation's."""
    lexicon = NATIONAL.with_readings(dict(_rows(None)))
    for step in reversed(list(lineage(place))):
        lexicon = lexicon.with_readings(dict(_rows(step)))
    return lexicon


def _rows(place: Place | None) -> list[tuple[str, str]]:
    return list(Reading.objects.filter(place=place).values_list("written", "spoken"))


def medium_by_hash(sha256: str) -> Medium | None:
    return Medium.objects.filter(sha256=sha256).first()


def readings_for(person: Person) -> QuerySet[Reading]:
    """Return the readings that hold where this person writes, or were made there; newest first."""
    mine = person.places_with(Deed.WRITE)
    above = (
        {s.code for p in Place.objects.filter(code__in=mine) for s in lineage(p)} if mine else set()
    )
    rows = Reading.objects.filter(Q(place__in=mine | above) | Q(place=None))
    return rows.select_related("place", "added_by").order_by("-added_at", "-pk")
