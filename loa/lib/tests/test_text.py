import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa.lib.text import fold, is_syllable, normalise

any_text = st.text(max_size=200)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("hoà bình", "hòa bình"),
        ("HOÀ BÌNH", "HÒA BÌNH"),
        ("thuỷ lợi, khoẻ, toạ độ, Uỷ ban", "thủy lợi, khỏe, tọa độ, Ủy ban"),
        ("quý, quỳ, quốc, quả", "quý, quỳ, quốc, quả"),
        ("qúy, qủa, QÚY", "quý, quả, QUÝ"),
        ("hoàn toàn, hoài, huýt, khuỷu", "hoàn toàn, hoài, huýt, khuỷu"),
        ("Ðà Nẵng, ðường", "Đà Nẵng, đường"),
        ("một\r\nhai\rba\u2028bốn", "một\nhai\nba\nbốn"),
        ("a\u00a0b\u2009c\u3000d\te", "a b c d\te"),
        ("a\x00b\x07c\u200bd\ufeffe\u00adf", "abcdef"),
        ("“Đà Nẵng” – thành phố…", "“Đà Nẵng” – thành phố…"),
    ],
)
def test_text_gets_the_house_form(written, expected):
    assert normalise(written) == expected


def test_tone_typed_before_the_mark_of_its_letter_is_joined():
    assert normalise("a\u0301\u0302") == "ấ"
    assert normalise("u\u0309\u031b") == "ử"


@given(any_text)
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once


@given(any_text)
def test_normalised_text_has_one_space_and_one_line_end(text):
    for character in normalise(text):
        category = unicodedata.category(character)
        assert character in "\n\t" or category != "Cc"
        assert character == " " or category not in {"Zs", "Zl", "Zp"}


def test_all_spellings_of_a_name_fold_alike():
    spellings = [
        "Đà Nẵng",
        "ĐÀ NẴNG",
        unicodedata.normalize("NFD", "Đà Nẵng"),
        "Ðà Nẵng",
        "da nang",
    ]
    assert {fold(spelling) for spelling in spellings} == {"da nang"}
    assert fold("hoà") == fold("hòa") == "hoa"


@given(any_text)
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    "word", ["nghiêng", "giếng", "gìn", "gì", "quyết", "THUỞ", "ngoằn", "khuya", "Ủy", "ạ", "ý"]
)
def test_vietnamese_syllables_are_known(word):
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["UBND", "TP", "xyz", "bàc", "ngt", "Facebook", "hóà", ""])
def test_other_strings_are_not_syllables(word):
    assert not is_syllable(word)
