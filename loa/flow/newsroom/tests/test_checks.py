"""What is looked at before a bulletin is handed in: a table of cases, then the deeds."""

from __future__ import annotations

from datetime import date

import pytest

from loa.flow.newsroom import errors
from loa.flow.newsroom.actions import edit_bulletin
from loa.flow.newsroom.channels import Channel
from loa.flow.newsroom.checks import Draft, Said, Severity, findings_in, shingles_of
from loa.flow.newsroom.findings import findings_of
from loa.flow.newsroom.mending import answer_check, mend
from loa.flow.newsroom.texts import keep_texts
from loa.lib.speakable import to_speech
from loa.lib.speakable.calendar import days_in
from loa.project.cast import HAI_CHAU
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.registry.places.queries import names_elsewhere

TODAY = date(2026, 11, 25)
ELSEWHERE = {"xã Hòa Vang": "Xã Hòa Vang", "phường Hòa Minh": "Phường Hòa Khánh"}
NOTICE = "Theo UBND phường, mời bà con họp lúc 19 giờ thứ Bảy, ngày 28/11/2026. Hỏi 0236 3881 888."


def found(body: str, **fields: object) -> list[tuple[str, str]]:
    draft = Draft(
        title="Thông báo",
        body=body,
        today=TODAY,
        spoken=to_speech(body),
        own_place="phường Hải Châu",
        elsewhere=ELSEWHERE,
        **fields,
    )
    return [(finding.code, finding.about) for finding in findings_in(draft)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (NOTICE, []),
        ("Theo UBND phường, hạn nộp là ngày 20/11/2026.", [("day_past", "20/11/2026")]),
        ("Theo UBND phường, hạn nộp là 20/11.", [("day_past", "20/11")]),
        ("Theo UBND, hạn là ngày 2 tháng 10 năm 2026.", [("day_past", "ngày 2 tháng 10 năm 2026")]),
        ("Theo Công văn số 215/CV-BCH ngày 20-11-2026 của Ban Chỉ huy.", []),
        ("Theo UBND, trẻ sinh ngày 20/11/2020 được tiêm 7 giờ, hỏi 1022.", []),
        ("Theo UBND, thu từ ngày 20/11 đến ngày 30/11.", []),
        ("Theo UBND, chào mừng ngày 20/11.", []),
        ("Theo UBND, làm ngày Chủ nhật, 28-11-2026.", [("weekday_wrong", "Chủ nhật, 28-11-2026")]),
        ("Theo UBND, làm sáng thứ 6 (27/11).", []),
        ("Theo UBND, làm ngày 27/11 (thứ Năm).", [("weekday_wrong", "27/11 (thứ Năm")]),
        ("Theo UBND xã Hòa Vang, đi nhận thẻ.", [("place_elsewhere", "xã Hòa Vang")]),
        ("Theo UBND, tại P. Hòa Minh.", [("place_elsewhere", "P. Hòa Minh")]),
        ("Theo UBND, tại phường Hải Châu, đường Hòa Minh.", []),
        ("Theo báo cáo của XQZT.", [("reading_unknown", "XQZT")]),
        (
            "Công ty ABA cần tuyển 5 thợ.",
            [("reading_unknown", "ABA"), ("looks_third_party", "cần tuyển")],
        ),
        ("Theo cửa hàng, khuyến mãi lớn.", [("advertises", "khuyến mãi")]),
        ("Ngày mai trời nắng.", [("speaker_missing", "")]),
        ("Theo UBND, mời bà con họp.", [("hour_missing", ""), ("phone_missing", "")]),
    ],
)
def test_each_check_finds_what_it_is_for_and_nothing_else(body, expected) -> None:
    assert found(body) == expected


def test_a_weekday_and_a_place_come_with_the_words_that_mend_them() -> None:
    text = "Theo UBND Xã Hòa Vang, làm Thứ Hai, ngày 28/11/2026."
    draft = Draft(
        "T",
        text,
        TODAY,
        to_speech(text),
        own_place="phường Hải Châu",
        elsewhere=ELSEWHERE,
    )
    mended = {finding.code: finding.mended for finding in findings_in(draft)}
    assert mended == {
        "weekday_wrong": "Thứ Bảy, ngày 28/11/2026",
        "place_elsewhere": "Phường Hải Châu",
    }


def test_a_text_said_before_is_known_again_also_when_a_word_changed() -> None:
    before = f"Thông báo\n{NOTICE}"
    said = [Said("A-1", "Họp", date(2026, 11, 20), shingles_of(before))]
    assert found(NOTICE, recent=said) == [("same_text", "Họp")]
    changed = NOTICE.replace("19 giờ", "20 giờ")
    assert found(changed, recent=said) == [("near_same_text", "Họp")]
    assert found("Theo Điện lực, 7 giờ mai cắt điện toàn phường để sửa lưới.", recent=said) == []


def test_notices_for_others_name_what_they_must_and_sell_nothing() -> None:
    school = {"name": "Trường Nguyễn Huệ", "address": "12 Quang Trung", "deadline": "30/12"}
    text = "Trường Nguyễn Huệ, 12 Quang Trung, nhận hồ sơ đến hết ngày 30/12."
    assert found(text, third_party="enrolment", third_party_facts=school) == []
    assert found(text, third_party="enrolment", third_party_facts={**school, "name": " "}) == [
        ("third_party_fact_missing", "name")
    ]
    assert found(
        text,
        third_party="charity",
        third_party_facts={"name": "Hội X", "address": "12 Quang Trung"},
    ) == [("third_party_fact_unsaid", "name")]
    assert ("third_party_sells", "Khai trương") in found(
        f"Khai trương! {text}", third_party="enrolment", third_party_facts=school
    )


def test_what_blocks_stands_first_and_an_emergency_is_not_held_up_by_letters() -> None:
    spoken = to_speech("XQZT ngày 20/11/2026")
    draft = Draft("Theo UBND", "XQZT ngày 20/11/2026", TODAY, spoken)
    assert [f.severity for f in findings_in(draft)] == [Severity.BLOCKS, Severity.ASKS]
    urgent = Draft("Theo UBND", "XQZT", TODAY, spoken, is_emergency=True)
    assert {f.severity for f in findings_in(urgent)} == {Severity.HINTS}


def test_days_without_a_year_are_the_nearest() -> None:
    (day,) = days_in("ngày 5/1", date(2026, 12, 30))
    assert day.day == date(2027, 1, 5)
    assert days_in("3/4 số hộ, ngày 31/2, tỷ lệ 1/2", TODAY) == []


def test_names_of_one_s_own_are_never_elsewhere(cast) -> None:
    names = names_elsewhere([HAI_CHAU])
    assert names["xã Hòa Vang"] == "Xã Hòa Vang"
    assert names["phường Hòa Minh"] == "Phường Hòa Khánh"
    assert not {"phường Hải Châu", "phường Thạch Thang"} & set(names)
    assert names_elsewhere(["48"]) == {}


# -- deeds


def test_what_asks_is_handed_in_only_with_a_reason(way, morning) -> None:
    bulletin, mai = way.write(body="Theo UBND, hạn là ngày 20/11/2026."), way.people["mai"]
    with pytest.raises(errors.ChecksUnanswered) as caught:
        way.submit(bulletin)
    (key,) = caught.value.details["checks"]
    with pytest.raises(errors.CheckReasonMissing):
        answer_check(bulletin, key=key, reason=" ", by=mai)
    with pytest.raises(MandateMissing):
        answer_check(bulletin, key=key, reason="Đúng.", by=way.people["hung"])
    for _ in range(2):
        answer_check(bulletin, key=key, reason="Nhắc lại hạn cũ.", by=mai)
    submission = way.submit(bulletin)
    assert [one.answer.reason for one in findings_of(submission.bulletin) if one.answer] == [
        "Nhắc lại hạn cũ."
    ]
    kinds = [f.kind for f in Fact.objects.filter(subject=bulletin.code)]
    assert kinds.count("check_answered") == 1


def test_what_blocks_is_mended_not_argued_with(way, morning) -> None:
    bulletin, mai = way.write(third_party="charity"), way.people["mai"]
    with pytest.raises(errors.ChecksFailed):
        way.submit(bulletin)
    facts = {"name": "Hội Chữ thập đỏ", "address": "12 Quang Trung", "post": "không hỏi"}
    edited = edit_bulletin(
        bulletin,
        by=mai,
        body="Hội Chữ thập đỏ, 12 Quang Trung, nhận áo ấm.",
        third_party_facts=facts,
    )
    assert "post" not in edited.third_party_facts
    assert way.submit(edited)
    with pytest.raises(errors.ThirdPartyUnknown):
        way.write(third_party="advertising")


def test_a_wrong_weekday_is_put_right_in_the_text(way, morning) -> None:
    bulletin, mai = way.write(body="Theo UBND, làm Chủ nhật, 28/11/2026."), way.people["mai"]
    (looked,) = [one for one in findings_of(bulletin) if one.finding.code == "weekday_wrong"]
    for _ in range(2):
        bulletin = mend(bulletin, key=looked.finding.key, by=mai)
    assert bulletin.body == "Theo UBND, làm Thứ Bảy, 28/11/2026."
    assert bulletin.revision == 2


def test_own_words_gone_stale_want_a_look_and_an_emergency_waits_for_none(way, morning) -> None:
    bulletin, mai = way.write(), way.people["mai"]
    keep_texts(bulletin, by=mai, texts={Channel.WEB: "Bài riêng."})
    edited = edit_bulletin(bulletin, by=mai, body="Hoãn tiêm.")
    with pytest.raises(errors.ChecksUnanswered):
        way.submit(edited)
    urgent = edit_bulletin(edited, by=mai, priority="emergency")
    assert way.submit(urgent)
