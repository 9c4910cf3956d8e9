from __future__ import annotations

from loa.lib.speakable import NATIONAL, Lexicon
from loa.registry.library.models import Medium, Reading
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
