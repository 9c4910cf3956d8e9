import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loa.lib.speakable import NATIONAL, RULES, UNKNOWN, UNKNOWN_SPELLED, Lexicon, to_speech
from loa.lib.speakable.letters import is_vietnamese
from loa.lib.text import normalise

HERE = Path(__file__).parent


def golden(name):
    lines = (HERE / name).read_text("utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines if line]


HARD = golden("golden_hard.tsv")
COMMUNE = golden("golden_commune.tsv")

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


@pytest.mark.parametrize(("source", "expected"), HARD)
def test_hard_sentence_is_read_fully_right(source, expected):
    assert to_speech(source).text == expected


@pytest.mark.parametrize(("source", "expected"), COMMUNE)
def test_commune_sentence_is_read_as_an_announcer_would(source, expected):
    assert to_speech(source).text == expected


def test_golden_sentences_are_many_and_fully_known():
    assert len(HARD) == 12
    assert len(COMMUNE) >= 70
    assert not [source for source, _ in HARD + COMMUNE if to_speech(source).unknown]


@pytest.mark.parametrize("expected", [expected for _, expected in HARD + COMMUNE])
def test_spoken_words_are_read_as_they_stand(expected):
    assert to_speech(expected).text == expected


@settings(max_examples=300)
@given(any_text)
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
    """A quadratic pattern would need hours for 100 KB; the run of the test is the check."""
    text = piece * (100_000 // len(piece))
    spoken = to_speech(text)
    assert not re.search(r"[\d/]", spoken.text)


@pytest.mark.parametrize("written", ["XYZT", "ABC12", "QWrt", "ngt", "Привет"])
def test_unknown_string_is_reported_and_spelled_in_an_emergency(written):
    spoken = to_speech(f"Bà con gặp {written} để được hướng dẫn.")
    assert [one.source for one in spoken.unknown] == [written]
    assert spoken.unknown[0].rule == UNKNOWN
    spelled = to_speech(f"Gặp {written}.", spell_unknown=True)
    assert not spelled.unknown
    assert [one.rule for one in spelled.replacements] == [UNKNOWN_SPELLED]


def test_letters_of_an_unknown_string_are_named():
    assert to_speech("XYZT").text == "ích xờ y dài dét tê"
    assert to_speech("ABC12").text == "a bê xê một hai"


def test_an_answer_makes_the_unknown_known():
    site = NATIONAL.with_readings({"XYZT": "xí nghiệp thoát nước", "ABC12": "tổ công tác 12"})
    spoken = to_speech("Gặp ABC12. Theo số 5/KH-XYZT.", lexicon=site)
    assert not spoken.unknown
    assert spoken.text == (
        "Gặp tổ công tác một hai. Theo số năm, Kế hoạch của xí nghiệp thoát nước."
    )


def test_site_reading_wins_over_the_national_one():
    site = NATIONAL.with_readings({"BCH": "ban chấp hành", "ca": "ca trực", "TP.": "trưởng phòng"})
    assert to_speech("BCH").text == "Ban Chỉ huy"
    assert to_speech("TP. Lan họp BCH, ca 2", lexicon=site).text == (
        "trưởng phòng Lan họp ban chấp hành, ca trực hai"
    )
    assert to_speech("BCH").text == "Ban Chỉ huy"


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=12), max_size=4), official_text)
def test_any_answer_keeps_the_text_sayable(readings, text):
    said = to_speech(text, lexicon=NATIONAL.with_readings(readings)).text
    assert all(character in " \n,.;:?!…" or is_vietnamese(character) for character in said)


def test_capital_headline_is_words_and_abbreviations_in_it_are_still_read():
    assert not to_speech("THÔNG BÁO VỀ VIỆC CẮT ĐIỆN").replacements
    headline = to_speech("UBND XÃ THÔNG BÁO CHIẾN DỊCH TIÊM CHỦNG CHO CÁC CA BỆNH")
    assert headline.text == ("Ủy ban nhân dân XÃ THÔNG BÁO CHIẾN DỊCH TIÊM CHỦNG CHO CÁC CA BỆNH")
    assert to_speech("CA phường nhắc bà con").text == "công an phường nhắc bà con"


def test_document_number_does_not_repeat_what_the_sentence_says():
    assert to_speech("Theo số 198/KH-UBND.").text == (
        "Theo số một trăm chín mươi tám, Kế hoạch của Ủy ban nhân dân."
    )
    assert to_speech("Kế hoạch số 198/KH-UBND.").text == (
        "Kế hoạch số một trăm chín mươi tám của Ủy ban nhân dân."
    )
    assert to_speech("UBND xã ban hành Kế hoạch 198/KH-UBND.").text == (
        "Ủy ban nhân dân xã ban hành Kế hoạch số một trăm chín mươi tám."
    )


def test_emoji_and_quotes_are_silent():
    assert to_speech("📢 “Bà con” chú ý 🌧️").text == "Bà con chú ý"


def test_lexicon_rows_are_sayable_and_single():
    lexicon = Lexicon.national()
    assert len(lexicon.readings) > 400
    for readings in (lexicon.readings, lexicon.kinds, lexicon.issuers):
        for written, spoken in readings.items():
            assert written == normalise(written).strip()
            assert spoken
            assert all(c in " ," or is_vietnamese(c) for c in spoken), written


def test_lexicon_files_write_no_form_twice():
    for name in ("national.tsv", "documents.tsv"):
        lines = (HERE.parent / name).read_text("utf-8").splitlines()
        rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
        keys = [(row[0], row[2] if name == "documents.tsv" else "") for row in rows]
        assert len(keys) == len(set(keys))


def test_rules_have_names_of_their_own():
    names = [name for name, _ in RULES]
    assert len(names) == len(set(names))
    assert UNKNOWN not in names
