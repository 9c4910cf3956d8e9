from pathlib import Path

import pytest

from loa.lib.speakable import NATIONAL, RULES, UNKNOWN, UNKNOWN_SPELLED, Lexicon, to_speech
from loa.lib.speakable.letters import is_vietnamese
from loa.lib.speakable.lexicon import sayable
from loa.lib.text import normalise

HERE = Path(__file__).parent


def golden(name):
    lines = (HERE / name).read_text("utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines if line]


HARD = golden("golden_hard.tsv")
COMMUNE = golden("golden_commune.tsv")
ANNOUNCER = golden("golden_announcer.tsv")


@pytest.mark.parametrize(("source", "expected"), HARD)
def test_hard_sentence_is_read_fully_right(source, expected):
    assert to_speech(source).text == expected


@pytest.mark.parametrize(("source", "expected"), COMMUNE + ANNOUNCER)
def test_commune_sentence_is_read_as_an_announcer_would(source, expected):
    assert to_speech(source).text == expected


def test_golden_sentences_are_many_and_fully_known():
    assert len(HARD) == 12
    assert len(COMMUNE) >= 70
    assert len(ANNOUNCER) >= 60
    every = HARD + COMMUNE + ANNOUNCER
    assert len({source for source, _ in every}) == len(every)
    assert not [source for source, _ in every if to_speech(source).unknown]


@pytest.mark.parametrize("expected", [expected for _, expected in HARD + COMMUNE + ANNOUNCER])
def test_spoken_words_are_read_as_they_stand(expected):
    assert to_speech(expected).text == expected


@pytest.mark.parametrize("written", ["XYZT", "ABC12", "QWrt", "ngt", "Привет"])
def test_unknown_string_is_reported_and_spelled_in_an_emergency(written):
    spoken = to_speech(f"Bà con gặp {written} để được hướng dẫn.")
    assert [one.source for one in spoken.unknown] == [written]
    assert spoken.unknown[0].rule == UNKNOWN
    spelled = to_speech(f"Gặp {written}.", spell_unknown=True)
    assert not spelled.unknown
    assert [one.rule for one in spelled.replacements] == [UNKNOWN_SPELLED]


def test_letters_of_an_unknown_string_are_named():
    assert to_speech("XYZT").text == "ích xì y dài dét tê"
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
    assert to_speech("BCH Quân sự").text == "Ban Chỉ huy Quân sự"
    assert to_speech("TP. Lan họp BCH, ca 2", lexicon=site).text == (
        "trưởng phòng Lan họp ban chấp hành, ca trực hai"
    )
    assert to_speech("BCH Quân sự").text == "Ban Chỉ huy Quân sự"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("ĐT: 0236 3822 444", "điện thoại: không hai ba sáu, ba tám hai hai, bốn bốn bốn"),
        ("đường ĐT601", "đường tỉnh sáu trăm linh một"),
        ("Trường TH Âu Cơ", "Trường tiểu học Âu Cơ"),
        ("CĐ số 5", "công điện số năm"),
        ("Trường CĐ nghề", "Trường cao đẳng nghề"),
        ("nghỉ sáng CN", "nghỉ sáng Chủ nhật"),
        ("Ngân hàng BIDV - CN Đà Nẵng", "Ngân hàng bê i đê vê, chi nhánh Đà Nẵng"),
        ("TS Lê Văn Ba", "tiến sĩ Lê Văn Ba"),
        ("tàu cá ĐNa 90152 TS", "tàu cá Đà Nẵng chín không một năm hai tê ét sì"),
        ("nộp HS tại phường", "nộp hồ sơ tại phường"),
        ("HS lớp năm", "học sinh lớp năm"),
    ],
)
def test_words_around_an_ambiguous_abbreviation_decide(source, expected):
    spoken = to_speech(source)
    assert spoken.text == expected
    assert not spoken.unknown


@pytest.mark.parametrize("written", ["BCH", "CN", "TH", "CĐ", "ĐT", "TT", "CT", "DT"])
def test_ambiguous_abbreviation_alone_is_asked_about(written):
    assert [one.source for one in to_speech(f"Bà con gặp {written}.").unknown] == [written]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("ngày 17-11, ngày 5-6", "ngày mười bảy tháng mười một, ngày năm tháng sáu"),
        ("các ngày 5-6", "các ngày năm đến sáu"),
        ("ngày 5-6 hằng tháng", "ngày năm đến sáu hằng tháng"),
        ("ngày 5-6/8", "ngày năm đến ngày sáu tháng tám"),
        ("sáng 8.2", "sáng ngày tám tháng hai"),
        ("từ ngày 17-6 đến 2-7", "từ ngày mười bảy tháng sáu đến ngày hai tháng bảy"),
        ("số 12-14/5 Lê Lợi", "số mười hai đến mười bốn trên năm Lê Lợi"),
        ("lớp 1/4, 2/3", "lớp một trên bốn, hai trên ba"),
    ],
)
def test_dashes_dots_and_slashes_are_days_or_houses_by_the_words_around(source, expected):
    assert to_speech(source).text == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("tuyensinhdaucap.danang.gov.vn", "tuyển sinh đầu cấp chấm đà nẵng chấm gov chấm vn"),
        ("capnuocdanang.com.vn", "cấp nước đà nẵng chấm com chấm vn"),
        ("ubnd@danang.gov.vn", "u bê en nờ dê a còng đà nẵng chấm gov chấm vn"),
        ("stttt.danang.gov.vn", "ét sì tê tê tê tê chấm đà nẵng chấm gov chấm vn"),
    ],
)
def test_address_is_taken_apart_into_words_or_letters(written, expected):
    assert to_speech(written).text == expected


@pytest.mark.parametrize(
    "source",
    [
        "Gọi nhập ngũ 150 thanh niên",
        "Liên hệ phòng 105",
        "Trạm cấp cứu 120 bệnh nhân",
        "Gọi là đường ĐT 601",
    ],
)
def test_quantity_near_a_call_is_no_telephone(source):
    assert "trăm" in to_speech(source).text


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
    assert not lexicon.readings.keys() & lexicon.cases.keys()
    assert all(
        case.where in {"before", "after", "near", "always"} and sayable(case.spoken) == case.spoken
        for cases in lexicon.cases.values()
        for case in cases
    )
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
