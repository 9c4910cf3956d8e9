"""Notices with gaps: the usual ones, and those a place made for itself."""

from __future__ import annotations

from datetime import date, time

import pytest

from loa.flow.newsroom import errors
from loa.flow.newsroom.models import InfoClass
from loa.flow.newsroom.notices import (
    GapKind,
    Notice,
    gap_of,
    is_phone,
    say_day,
    say_hour,
    usual_notices,
    with_gaps,
)
from loa.flow.newsroom.own_notices import (
    end_template,
    notice_by_key,
    own_templates,
    save_template,
    write_from_notice,
)
from loa.flow.newsroom.queries import texts_of
from loa.lib.speakable import to_speech
from loa.project.cast import HAI_CHAU
from loa.registry.people.errors import MandateMissing
from loa.registry.places.queries import place_by_code

FITTING = {
    GapKind.DAY: say_day(date(2026, 11, 28)),
    GapKind.HOUR: say_hour(time(19, 30)),
    GapKind.PHONE: "0236 3881 888",
    GapKind.TEXT: "nhà văn hóa",
}


@pytest.mark.parametrize("notice", usual_notices().values(), ids=lambda notice: notice.key)
def test_every_usual_notice_is_whole_once_filled(notice: Notice) -> None:
    filled = notice.filled({gap.label: FITTING[gap.kind] for gap in notice.gaps})
    assert "[" not in filled.title + filled.body + filled.short
    assert notice.info_class in InfoClass.values
    assert {GapKind.PHONE} <= {gap.kind for gap in notice.gaps} or "114" in notice.body
    assert not to_speech(f"{filled.title}. {filled.body}").unknown


def test_the_first_word_of_a_gap_says_what_fits() -> None:
    kinds = {
        label: gap_of(label).kind for label in ("ngày họp", "Giờ họp", "điện thoại 2", "tên tổ")
    }
    assert list(kinds.values()) == ["day", "hour", "phone", "text"]
    assert gap_of("hạn nộp: ngày").kind is GapKind.DAY


def test_days_and_hours_are_said_with_their_weekday_and_minutes() -> None:
    assert say_day(date(2026, 11, 28)) == "thứ Bảy, ngày 28-11-2026"
    assert [say_hour(time(7)), say_hour(time(7, 5))] == ["7 giờ", "7 giờ 05"]


def test_a_phone_is_what_can_be_dialled() -> None:
    for good in ("114", "1022", "0236 3881 888", "0905.123.456"):
        assert is_phone(good)
    for bad in ("", "12", "gọi ông Ba", "0905 123 456 789 01", "0905x123"):
        assert not is_phone(bad)


def test_a_text_made_a_template_has_its_days_hours_and_numbers_as_gaps() -> None:
    text = "Họp lúc 19h30 ngày 28/11/2026, hỏi 0905 123 456 hoặc 1022."
    assert with_gaps(text) == "Họp lúc [giờ] ngày [ngày], hỏi [điện thoại] hoặc [điện thoại 2]."


def test_a_place_makes_uses_and_ends_a_template_of_its_own(way) -> None:
    bulletin, mai, lan = way.write(), way.people["mai"], way.people["lan"]
    words = {"title": "Họp [tên tổ]", "body": "Mời họp [ngày họp]."}
    with pytest.raises(MandateMissing):
        save_template(bulletin, by=way.people["tam"], name="Họp", **words)
    with pytest.raises(errors.TemplateNameMissing):
        save_template(bulletin, by=mai, name=" ", **words)
    made = save_template(bulletin, by=mai, name="Họp", **words)
    assert save_template(bulletin, by=mai, name="Họp ", **words) == made
    again = save_template(bulletin, by=mai, name="Họp", title="Họp", body="Mời.")
    assert list(own_templates(mai)) == [again]
    assert notice_by_key(again.notice.key, lan).body == "Mời."
    with pytest.raises(LookupError):
        notice_by_key(again.notice.key, way.people["tam"])
    for _ in range(2):
        end_template(again, by=mai)
    with pytest.raises(LookupError):
        notice_by_key(again.notice.key, mai)


def test_a_filled_notice_is_a_bulletin_with_its_short_message(way, morning) -> None:
    notice = usual_notices()["hop-to"]
    values = {gap.label: FITTING[gap.kind] for gap in notice.gaps}
    values["tên tổ, thôn"] = "tổ dân phố 1"
    bulletin = write_from_notice(
        notice, values, place=place_by_code(HAI_CHAU), by=way.people["mai"]
    )
    assert bulletin.title == "Mời họp tổ dân phố 1"
    assert "lúc 19 giờ 30, thứ Bảy, ngày 28-11-2026" in bulletin.body
    assert texts_of(bulletin)["short_160"].startswith("Mời họp tổ dân phố 1 lúc 19 giờ 30")
    assert way.submit(bulletin)
