"""How a place says what is written."""

from __future__ import annotations

import pytest

from loa.project.cast import CITY, HAI_CHAU, HOA_VANG
from loa.registry.ledger.models import Fact
from loa.registry.library.actions import ReadingTooLong, ReadingUnusable, add_reading
from loa.registry.library.queries import lexicon_for
from loa.registry.people.errors import MandateMissing
from loa.registry.places.queries import place_by_code


def site_at(code: str) -> dict[str, str]:
    return dict(lexicon_for(place_by_code(code)).site)


def answer(cast, who: str, code: str, spoken: str, written: str = "XQZT"):
    return add_reading(written, spoken, place=place_by_code(code), by=cast[who])


def test_a_reading_holds_at_its_place_and_below_and_nowhere_else(cast) -> None:
    answer(cast, "mai", HAI_CHAU, "xê quy")
    assert site_at(HAI_CHAU)["XQZT"] == site_at(f"{HAI_CHAU}-01")["XQZT"] == "xê quy"
    assert "XQZT" not in site_at(HOA_VANG)
    assert "XQZT" not in site_at(CITY)


def test_the_nearest_reading_wins(cast) -> None:
    answer(cast, "lan", CITY, "của thành phố")
    answer(cast, "mai", HAI_CHAU, "của phường")
    assert site_at(HAI_CHAU)["XQZT"] == "của phường"
    assert site_at(HOA_VANG)["XQZT"] == "của thành phố"


def test_a_later_answer_replaces_and_the_same_again_changes_nothing(cast) -> None:
    first = answer(cast, "mai", HAI_CHAU, "xê quy")
    facts = Fact.objects.count()
    again = answer(cast, "mai", HAI_CHAU, " xê  quy ")
    assert (again.pk, again.added_at) == (first.pk, first.added_at)
    assert Fact.objects.count() == facts
    answer(cast, "mai", HAI_CHAU, "xê quy dét")
    assert site_at(HAI_CHAU)["XQZT"] == "xê quy dét"
    assert Fact.objects.count() == facts + 1


def test_only_who_writes_there_says_how_it_is_read(cast) -> None:
    for who in ("hung", "tam", "thuy", "duc", "nga", "la"):
        with pytest.raises(MandateMissing):
            answer(cast, who, HAI_CHAU, "xê quy")


def test_what_is_no_word_is_no_reading(cast) -> None:
    for spoken in ("", " ", "-", " , ", "số 5", "a.b", "<b>", "\x00"):
        with pytest.raises(ReadingUnusable):
            answer(cast, "mai", HAI_CHAU, spoken)


def test_a_reading_longer_than_the_register_takes_is_refused_in_words(cast) -> None:
    with pytest.raises(ReadingTooLong):
        answer(cast, "mai", HAI_CHAU, "a" * 201)
    with pytest.raises(ReadingTooLong):
        answer(cast, "mai", HAI_CHAU, "xê", written="X" * 65)
    assert answer(cast, "mai", HAI_CHAU, "a" * 200, written="X" * 64).pk
