"""Texts as they come in: kept byte for byte, read right, or refused in words."""

from __future__ import annotations

import unicodedata

import pytest
from django.utils.translation import override
from django_scopes import scope

from loa.flow.sources.actions import read_text, take_source
from loa.flow.sources.errors import MESSAGES, EncodingUnconfirmed, SourceRefused
from loa.flow.sources.models import SourceItem
from loa.flow.sources.queries import sources_readable_by
from loa.lib import encodings
from loa.lib.legacy_letters import TCVN3, VNI
from loa.project.cast import CITY, HAI_CHAU, HOA_VANG
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.registry.places.queries import place_by_code
from loa.wire.canonical import content_hash

NOTICE = "Ủy ban nhân dân phường thông báo: mời bà con đi tiêm phòng vào sáng thứ bảy."
TONES = "\u0300\u0301\u0303\u0309\u0323"
VOWELS = [unicodedata.normalize("NFC", v + t) for v in "aăâeêioôơuưy" for t in ["", *TONES]]
EVERY_LETTER = "".join([*VOWELS, "đ", *"bcdghklmnpqrstvx"])


def in_legacy(text: str, table: dict[str, str]) -> bytes:
    back = {letter: old for old, letter in table.items()}
    return "".join(back.get(letter, letter) for letter in text).encode("latin-1")


LEGACY = {
    "tcvn3": in_legacy(NOTICE.replace("Ủ", "ủ"), TCVN3),
    "vni": in_legacy(NOTICE.replace("Ủ", "ủ"), VNI),
}


def take(cast, raw: bytes, *, by: str = "mai", place: str = HAI_CHAU, **fields) -> SourceItem:
    return take_source(raw, place=place_by_code(place), by=cast[by], **fields)


def test_the_bytes_are_kept_as_they_came_and_one_fact_says_so(cast) -> None:
    raw = unicodedata.normalize("NFD", NOTICE).encode()
    item = SourceItem.objects.get(pk=take(cast, raw, filename="tiem.txt").pk)
    assert bytes(item.raw) == raw
    assert item.sha256 == content_hash(raw)
    assert (item.encoding, item.text) == ("utf-8-nfd", NOTICE)
    fact = Fact.objects.get(kind="source_taken")
    assert (fact.actor, fact.subject, fact.place) == ("mai", str(item.id), HAI_CHAU)
    assert fact.body == {
        "sha256": item.sha256,
        "encoding": "utf-8-nfd",
        "filename": "tiem.txt",
    }


def test_a_name_with_every_vietnamese_letter_passes_in_every_unicode_form(cast) -> None:
    text = f"Ông {EVERY_LETTER.title()} {EVERY_LETTER} {EVERY_LETTER.upper()}"
    forms = [
        text.encode(),
        text.encode("utf-8-sig"),
        unicodedata.normalize("NFD", text).encode(),
        text.encode("utf-16"),
    ]
    assert len(EVERY_LETTER) == 89
    for raw in forms:
        item = SourceItem.objects.get(pk=take(cast, raw, filename=f"{EVERY_LETTER}.txt").pk)
        assert unicodedata.is_normalized("NFC", item.text)
        assert item.text == take(cast, text.encode()).text
        assert set(text) - set(item.text) == set()
        assert item.filename == f"{EVERY_LETTER}.txt"


@pytest.mark.parametrize("encoding", sorted(LEGACY))
def test_a_legacy_text_waits_until_a_person_saw_it(cast, encoding: str) -> None:
    with pytest.raises(EncodingUnconfirmed) as caught:
        take(cast, LEGACY[encoding])
    seen = caught.value.details["detected"]
    assert (seen.encoding, seen.text.lower()) == (encoding, NOTICE.lower())
    assert not SourceItem.objects.exists()
    item = take(cast, LEGACY[encoding], encoding=encoding)
    assert (item.encoding, item.text.lower()) == (encoding, NOTICE.lower())
    assert bytes(item.raw) == LEGACY[encoding]


REFUSED = {
    "text_empty": [b"", b" \n\t ", "\ufeff".encode(), b"... !!!", "\u200b".encode()],
    "text_too_long": [b"a " * 500_000, (NOTICE + " ").encode() * 12_000],
    "text_binary": [b"%PDF-1.7 ...", b"PK\x03\x04" + NOTICE.encode(), bytes(range(256)) * 40],
    "text_half_legacy": [NOTICE.encode() + b"\n" + LEGACY["tcvn3"]],
    "text_undecodable": [b"\xff\xfe\x00\xd8", b"\x80\x81\x82 \x83"],
}


def test_what_cannot_become_a_text_is_refused_in_words_and_leaves_nothing(cast) -> None:
    facts = Fact.objects.count()
    for code, many in REFUSED.items():
        for raw in many:
            with pytest.raises(SourceRefused) as caught:
                take(cast, raw)
            assert caught.value.code == code, raw[:20]
            with override("vi"):
                assert str(caught.value) == str(MESSAGES[code])
    assert (SourceItem.objects.count(), Fact.objects.count()) == (0, facts)


def test_a_half_legacy_text_says_which_lines(cast) -> None:
    mixed = LEGACY["tcvn3"] + b"\n" + NOTICE.encode() + b"\n" + LEGACY["tcvn3"]
    with pytest.raises(SourceRefused) as caught:
        take(cast, mixed)
    assert caught.value.details == {"legacy_lines": (1, 3), "unicode_lines": (2,)}


@pytest.mark.parametrize("encoding", encodings.ENCODINGS)
def test_confirming_an_encoding_does_not_let_in_what_is_no_text(encoding: str) -> None:
    for raw in (b"", b" \n\t ", b"... !!! ", *REFUSED["text_too_long"], *REFUSED["text_binary"]):
        with pytest.raises(SourceRefused) as caught:
            read_text(raw, encoding=encoding)
        assert caught.value.code in {*REFUSED, "text_undecodable"}, raw[:20]


def test_an_encoding_that_does_not_fit_is_refused() -> None:
    for raw, encoding in ((LEGACY["tcvn3"], "utf-8"), (NOTICE.encode(), "ebcdic")):
        with pytest.raises(SourceRefused) as caught:
            read_text(raw, encoding=encoding)
        assert caught.value.code == "text_undecodable"


def test_only_who_writes_there_takes_a_text_in(cast) -> None:
    for who in ("hung", "tam", "thuy", "duc", "nga", "la"):
        with pytest.raises(MandateMissing):
            take(cast, NOTICE.encode(), by=who)
    assert take(cast, NOTICE.encode(), by="lan").place_id == HAI_CHAU
    with pytest.raises(MandateMissing):
        take(cast, NOTICE.encode(), place=CITY)


def test_a_text_is_seen_only_from_its_place_and_by_its_readers(cast) -> None:
    item = take(cast, NOTICE.encode())
    with scope(place=[HAI_CHAU]):
        assert list(sources_readable_by(cast["hung"])) == [item]
        assert not sources_readable_by(cast["duc"]).exists()
    with scope(place=[HOA_VANG]):
        assert not sources_readable_by(cast["lan"]).exists()
