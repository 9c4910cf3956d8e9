from __future__ import annotations

import re

import pytest

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.models import Bulletin
from loa.project.cast import HAI_CHAU, HOA_VANG
from loa.project.tests.way import speak_queued

pytestmark = pytest.mark.django_db


def fields(bulletin: Bulletin, **changed: object) -> dict[str, object]:
    given: dict[str, object] = {
        "title": bulletin.title,
        "body": bulletin.body,
        "targets": [HAI_CHAU],
        "priority": "normal",
        "info_class": "1",
        "valid_from": "2026-11-24T08:00",
        "valid_until": "2026-11-27T08:00",
        "voice": bulletin.voice,
        "speed_percent": "100",
        "revision": bulletin.revision,
    }
    return {**given, **changed}


def address(bulletin: Bulletin, *more: str) -> str:
    return "/".join(["/ban/ban-tin", bulletin.code, *more, ""])


def fresh(bulletin: Bulletin) -> Bulletin:
    return Bulletin._base_manager.get(pk=bulletin.pk)


def test_what_is_typed_is_kept_and_the_next_save_knows_its_revision(desk, write, morning) -> None:
    bulletin, browser = write(), desk("mai")
    answer = browser.post(address(bulletin, "ban-nhap"), fields(bulletin, body="Lời mới."))
    saved = answer.json()
    assert saved["saved_at"] == "2026-11-24T01:30:00.000Z"
    assert fresh(bulletin).body == "Lời mới."
    again = fields(bulletin, body="Lời mới nữa.", **saved["fields"])
    assert browser.post(address(bulletin, "ban-nhap"), again).status_code == 200


def test_an_edit_based_on_an_older_page_overwrites_nothing(desk, write, morning) -> None:
    bulletin, browser = write(), desk("mai")
    browser.post(address(bulletin, "ban-nhap"), fields(bulletin, body="Bản thứ nhất."))
    late = browser.post(address(bulletin), fields(bulletin, body="Bản gõ ở tab khác."))
    assert late.status_code == 409
    page = late.content.decode()
    assert "Lê Thị Mai đã sửa bản tin này" in page
    assert '<del class="differs">thứ nhất.</del>' in page
    assert '<ins class="differs">gõ ở tab khác.</ins>' in page
    assert fresh(bulletin).body == "Bản thứ nhất."
    # What is made of both stands on the present revision.
    merged = fields(fresh(bulletin), body="Bản thứ nhất. Bản gõ ở tab khác.")
    assert 'name="revision" value="2"' in page
    browser.post(address(bulletin), merged)
    assert fresh(bulletin).body == "Bản thứ nhất. Bản gõ ở tab khác."


def test_merging_lays_the_other_choices_side_by_side(desk, write, morning) -> None:
    bulletin, browser = write(), desk("mai")
    browser.post(address(bulletin, "ban-nhap"), fields(bulletin, priority="priority"))
    page = browser.post(address(bulletin), fields(bulletin, body="Khác.")).content.decode()
    assert 'type="radio" name="priority" value="priority" checked' in page
    assert 'type="radio" name="priority" value="normal"' in page
    assert 'type="hidden" name="info_class" value="1"' in page
    assert f'type="hidden" name="targets" value="{HAI_CHAU}"' in page


def test_a_draft_typed_on_an_older_text_is_told_so(desk, write, morning) -> None:
    bulletin, browser = write(), desk("mai")
    browser.post(address(bulletin, "ban-nhap"), fields(bulletin, body="Mới."))
    late = browser.post(address(bulletin, "ban-nhap"), fields(bulletin, body="Cũ."))
    assert late.status_code == 409
    assert late.json()["edited_meanwhile"]


def test_a_draft_that_cannot_be_kept_says_which_field(desk, write, morning) -> None:
    bulletin = write()
    answer = desk("mai").post(address(bulletin, "ban-nhap"), fields(bulletin, title=" "))
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["title"]


def test_an_unknown_abbreviation_stops_it_until_somebody_answers(desk, write, morning) -> None:
    bulletin, browser = write(body="Theo báo cáo của XQZT, trời nắng."), desk("mai")
    page = browser.get(address(bulletin)).content.decode()
    assert "1 chỗ cần trả lời" in page
    refused = browser.post(address(bulletin), fields(bulletin, deed="submit"))
    assert "Còn chỗ chưa biết đọc thế nào: XQZT" in refused.content.decode()

    bad = browser.post(
        address(bulletin, "cach-doc"),
        {"written": "XQZT", "spoken": "trạm 3"},
        headers={"HX-Request": "true"},
    ).content.decode()
    assert "Cách đọc phải là chữ tiếng Việt" in bad
    assert 'value="trạm 3"' in bad
    good = browser.post(
        address(bulletin, "cach-doc"),
        {"written": "XQZT", "spoken": "trạm quan trắc"},
        headers={"HX-Request": "true"},
    )
    assert good.headers["HX-Trigger"] == "loa:saved"
    assert "trạm quan trắc" in good.content.decode()
    speak_queued()
    handed_in = browser.post(address(bulletin), fields(fresh(bulletin), deed="submit"), follow=True)
    assert "Đã gửi duyệt tới Phạm Quốc Hùng." in handed_in.content.decode()


def test_a_known_reading_may_be_changed_for_the_place(desk, write, morning) -> None:
    bulletin, browser = write(body="UBND phường mời họp lúc 7h30."), desk("mai")
    page = browser.get(address(bulletin)).content.decode()
    assert page.count("Đọc khác đi") == 1  # the abbreviation, not the hour
    given = {"written": "UBND", "spoken": "ủy ban"}
    said = browser.post(address(bulletin, "cach-doc"), given, follow=True).content.decode()
    assert "ủy ban</a>" in said


def test_the_sound_is_asked_for_again_until_it_is_there(desk, cast, write, morning) -> None:
    bulletin, browser = write(), desk("mai")
    browser.post(address(bulletin, "ban-nhap"), fields(bulletin, body="Lời chưa ai đọc bao giờ."))
    assert "every 1s" in browser.get(address(bulletin, "ban-thu")).content.decode()
    speak_queued()
    ready = browser.get(address(bulletin, "ban-thu")).content.decode()
    assert "every 1s" not in ready
    assert re.search(r'<source src="/media/[0-9a-f]{64}" type="audio/ogg">', ready)


def test_each_replacement_stands_beside_its_source_and_reason(desk, write, morning) -> None:
    page = desk("mai").get(address(write(), "se-doc")).content.decode()
    assert "7h30" in page
    assert "bảy giờ ba mươi phút" in page
    assert "giờ" in page


def test_a_bulletin_that_waits_can_be_taken_back(desk, submit, morning) -> None:
    bulletin, browser = submit().bulletin, desk("mai")
    page = browser.get(address(bulletin)).content.decode()
    assert "Rút lại để sửa" in page
    assert 'name="title"' not in page
    browser.post(address(bulletin, "rut-lai"))
    assert 'name="title"' in browser.get(address(bulletin)).content.decode()


def test_a_place_outside_the_mandate_cannot_be_chosen(desk, write, morning) -> None:
    bulletin = write()
    answer = desk("mai").post(address(bulletin), fields(bulletin, targets=[HOA_VANG]))
    assert answer.status_code == 422
    assert [p.code for p in fresh(bulletin).targets.all()] == [HAI_CHAU]


def test_an_approved_text_stays_while_a_new_revision_is_written(desk, approved, morning) -> None:
    bulletin, browser = approved().bulletin, desk("mai")
    assert 'name="title"' not in browser.get(address(bulletin)).content.decode()
    page = browser.get(address(bulletin) + "?sua=1").content.decode()
    assert "Bản đã duyệt không đổi" in page
    browser.post(address(bulletin), fields(bulletin, body="Lời sửa."))
    assert fresh(bulletin).body == "Lời sửa."
    assert Edition._base_manager.get(bulletin=bulletin).body != "Lời sửa."


def test_markup_in_a_text_is_only_text(desk, write, morning) -> None:
    bulletin = write("<script>alert(1)</script>", body='<img src=x onerror="alert(1)">')
    page = desk("mai").get(address(bulletin)).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
