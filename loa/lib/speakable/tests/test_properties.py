"""What holds for any text: adversarial, generated, long."""

import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loa.lib.speakable import NATIONAL, UNKNOWN_SPELLED, to_speech
from loa.lib.speakable.letters import is_vietnamese
from loa.lib.text import is_syllable, normalise

HERE = Path(__file__).parent
SENTENCES = [
    line.partition("\t")[0]
    for table in sorted(HERE.glob("golden_*.tsv"))
    for line in table.read_text("utf-8").splitlines()
]

official_pieces = st.sampled_from(
    [
        "198/KH-UBND",
        "49/2024/NĐ-CP",
        "7h30",
        "05/10/2026",
        "17-11-2021",
        "30/4",
        "1.250.000",
        "2,5",
        "%",
        "km/h",
        "m3/s",
        "đ/kg",
        "đồng",
        "BĐ3",
        "BĐI–III",
        "III",
        "quý",
        "thứ",
        "tháng",
        "4",
        "12",
        "-",
        "–",
        "/",
        ".",
        ",",
        "(",
        ")",
        "&",
        "TP.",
        "Q.",
        "UBND",
        "XYZT",
        "ABC12",
        "1022",
        "0236.3881888",
        "danang.gov.vn",
        "a@b.vn",
        "43A-123.45",
        "16°04'",
        "°C",
        "a)",
        "1.",
        "ngày",
        "từ",
        "đến",
        "K12/5",
        "Km12+500",
        "CA",
        "😀",
        "½",
        "²",
        "٣",
        "ạ",
        " ",
        "\n- ",
    ]
)
official_text = st.lists(official_pieces, max_size=25).map(" ".join) | st.lists(
    official_pieces, max_size=15
).map("".join)
any_text = st.text(max_size=120) | official_text


@settings(max_examples=300)
@given(any_text)
@example("%/% /%")
def test_voice_gets_only_words_and_pauses(text):
    for character in to_speech(text).text:
        assert character in " \n,.;:?!…" or is_vietnamese(character)


@settings(max_examples=300)
@given(any_text)
def test_replacements_are_ordered_apart_and_in_bounds(text):
    spoken = to_speech(text)
    end = 0
    for one in spoken.replacements:
        assert end <= one.start < one.end <= len(spoken.source)
        assert spoken.source[one.start : one.end] == one.source
        end = one.end


@given(any_text)
def test_segments_cover_the_normalised_text(text):
    spoken = to_speech(text)
    segments = list(spoken.segments())
    assert spoken.source == normalise(text)
    assert "".join(source for source, _, _ in segments) == spoken.source
    replaced = [(source, said, rule) for source, said, rule in segments if rule]
    assert replaced == [(one.source, one.spoken, one.rule) for one in spoken.replacements]


@given(
    st.lists(
        st.sampled_from(
            ["Bà", "con", "phường", "Hòa", "Khánh", "chú", "ý", "đề", "phòng", "mưa", "lũ"]
        )
    )
)
def test_plain_words_stay_as_they_are(words):
    spoken = to_speech(" ".join(words))
    assert spoken.text == " ".join(words)
    assert spoken.replacements == ()


@given(any_text)
def test_spelling_changes_only_the_name_of_the_rule(text):
    asked, spelled = to_speech(text), to_speech(text, spell_unknown=True)
    assert asked.text == spelled.text
    assert not spelled.unknown
    assert len(asked.unknown) == sum(one.rule == UNKNOWN_SPELLED for one in spelled.replacements)


def _seconds(text):
    """Return the least processor time of two runs."""
    spans = []
    for _ in range(2):
        start = time.process_time()
        to_speech(text)
        spans.append(time.process_time() - start)
    return min(spans)


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1.",
        "1,",
        "1 ",
        "1-",
        "a",
        "A",
        "a.",
        "a@",
        "12/",
        "- ",
        " ",
        "\n",
        "(",
        "X",
        "IV ",
        "đ/",
        "1h",
        "0 ",
        "TP.",
        "h-",
        "UBND",
        "ABC12 ",
        "_",
        "…",
        "198/KH-",
        "112, ",
        "a)\n",
        "+84 ",
        "1 000",
    ],
)
def test_long_repeats_are_read_in_linear_time(piece):
    """Four times the text may take about four times as long; a quadratic pattern takes sixteen."""
    short, long = (_seconds(piece * (size // len(piece))) for size in (5_000, 20_000))
    assert long < max(0.5, 9 * short)


def test_fifty_thousand_characters_take_about_a_second():
    sentence = "UBND TP. ban hành Kế hoạch số 198/KH-UBND ngày 17-11-2021, gọi 1022, từ 7h30-8h. "
    assert _seconds(sentence * (50_000 // len(sentence))) < 5


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=12), max_size=4), official_text)
def test_any_answer_keeps_the_text_sayable(readings, text):
    said = to_speech(text, lexicon=NATIONAL.with_readings(readings)).text
    assert all(character in " \n,.;:?!…" or is_vietnamese(character) for character in said)


@given(any_text)
def test_composed_and_decomposed_text_is_read_alike(text):
    composed = to_speech(unicodedata.normalize("NFC", text))
    assert to_speech(unicodedata.normalize("NFD", text)) == composed


@given(st.lists(st.sampled_from(SENTENCES), max_size=4).map(" ".join))
def test_spoken_words_are_read_again_as_they_stand(text):
    said = to_speech(text).text
    assert to_speech(said).text == said


@given(any_text)
def test_no_abbreviation_in_capitals_is_left_for_the_voice(text):
    for word in re.findall(r"[^\W\d_]{2,}", to_speech(text).text):
        is_marked = any(not letter.isascii() and letter not in "ĂÂÊÔƠƯĐ" for letter in word)
        assert not word.isupper() or is_syllable(word) or is_marked


@given(any_text)
def test_every_digit_and_sign_lies_in_a_replaced_span(text):
    spoken = to_speech(text)
    covered = {at for one in spoken.replacements for at in range(one.start, one.end)}
    for at, character in enumerate(spoken.source):
        if character not in " \n\t,.;:?!…" and not is_vietnamese(character):
            assert at in covered


@given(st.text(alphabet="BCDGHKLMNPQRSTVXĐ", min_size=4, max_size=9))
def test_capital_string_without_a_vowel_is_known_or_asked_about(written):
    spoken = to_speech(f"Bà con gặp {written} nhé.")
    known = written in NATIONAL.readings or written.capitalize() in NATIONAL.readings
    assert known or [one.source for one in spoken.unknown] == [written]
    spelled = to_speech(f"Bà con gặp {written} nhé.", spell_unknown=True)
    assert known or [one.rule for one in spelled.replacements] == [UNKNOWN_SPELLED]
