"""Programmes and signals on the desk: composed by buttons, heard whole, answered for as one."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scopes_disabled

from loa.flow.newsroom.actions import edit_bulletin
from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.tests.voices_of_people import spoken_file
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import speak_queued
from loa.registry.people.queries import person_by_username

pytestmark = pytest.mark.django_db
SIGNALS = f"/ban/nhac-hieu/{HAI_CHAU}/"


def fresh(bulletin: Bulletin) -> Bulletin:
    return Bulletin._base_manager.get(pk=bulletin.pk)


def page_of(programme: Bulletin) -> str:
    return f"/ban/ban-tin/{programme.code}/muc/"


def order_in(page: str) -> list[str]:
    return re.findall(r'name="item" value="([^"]+)"', page)


@pytest.fixture
def programme(desk):
    desk("mai").post("/ban/chuong-trinh/moi/", {"place": HAI_CHAU, "title": "Bản tin sáng"})
    return Bulletin._base_manager.get(is_programme=True)


def press(browser, programme: Bulletin, deed: str, **more: str) -> str:
    given = {"deed": deed, **more}
    return browser.post(page_of(programme), given, follow=True).content.decode()


def test_items_are_put_in_a_row_moved_and_dropped(desk, write, programme, morning) -> None:
    one, two, browser = write("Tin một"), write("Tin hai"), desk("mai")
    press(browser, programme, "add:opening")
    for bulletin in (one, two):
        press(browser, programme, "add:", what=f"bulletin:{bulletin.code}")
    page = press(browser, programme, "add:gap", gap_seconds="1,5")
    first, second = f"bulletin:{one.code}", f"bulletin:{two.code}"
    assert order_in(page) == ["opening", first, second, "gap:1500"]
    assert order_in(press(browser, programme, "up:2")) == ["opening", second, first, "gap:1500"]
    assert order_in(press(browser, programme, "drop:0")) == [second, first, "gap:1500"]
    dragged = browser.post(
        page_of(programme),
        {"deed": "order", "item": ["gap:1500", first, second]},
        headers={"HX-Request": "true"},
    ).content.decode()
    assert order_in(dragged) == ["gap:1500", first, second]
    assert "<html" not in dragged
    for wrong in ("bulletin:nope", "recording:nope", "gap:0", "siren"):
        refused = browser.post(page_of(programme), {"deed": "add:", "what": wrong})
        assert refused.status_code == 422, wrong
    assert order_in(browser.get(page_of(programme)).content.decode())[0] == "gap:1500"


def test_a_programme_is_one_sound_whose_words_are_a_chain(desk, write, programme, morning) -> None:
    one, two, browser = write("Tin một"), write("Tin hai", body="Mời họp lúc 7h30."), desk("mai")
    given = ["opening", f"bulletin:{one.code}", "gap:1000", f"bulletin:{two.code}"]
    browser.post(page_of(programme), {"deed": "order", "item": given})
    speak_queued()
    whole = fresh(programme).rendition
    assert whole.duration_ms > one.rendition.duration_ms + two.rendition.duration_ms + 2_500
    assert whole.loudness_lufs == pytest.approx(-16, abs=1.5)
    assert whole.peak_dbtp < -1
    page = browser.get(page_of(programme)).content.decode()
    assert f"/media/{whole.opus_id}" in page
    assert "ước chừng" not in page
    draft = {
        "title": "Bản tin sáng",
        "body": "",
        "targets": [HAI_CHAU],
        "priority": "normal",
        "info_class": "1",
        "valid_from": "2026-11-24T08:00",
        "valid_until": "2026-11-27T08:00",
        "voice": programme.voice,
        "speed_percent": "100",
        "revision": fresh(programme).revision,
        "deed": "submit",
    }
    address = f"/ban/ban-tin/{programme.code}/"
    assert "Đã gửi duyệt" in browser.post(address, draft, follow=True).content.decode()
    seen = desk("hung").get(f"/ban/duyet/{fresh(programme).open_submission.pk}/").content.decode()
    assert "Tin một" in seen
    assert "bảy giờ ba mươi phút" in seen
    late = browser.post(page_of(programme), {"deed": "drop:0"})
    assert "đang chờ duyệt" in late.content.decode()


def test_an_edited_item_is_heard_in_the_programme(desk, write, programme, morning) -> None:
    one, browser = write("Tin một"), desk("mai")
    press(browser, programme, "add:", what=f"bulletin:{one.code}")
    before = fresh(programme).cache_key
    browser.post(f"/ban/ban-tin/{one.code}/tieng/", {"deed": "signals", "signals": "with"})
    assert fresh(programme).cache_key == before  # a programme sets its own signals
    with scopes_disabled():
        edit_bulletin(one, by=person_by_username("mai"), body="Lời khác.")
    assert fresh(programme).cache_key != before


def test_an_empty_programme_and_another_place_are_refused(desk, programme, morning) -> None:
    assert desk("son").get(page_of(programme)).status_code == 404
    assert (
        "Hãy đặt tên"
        in desk("mai")
        .post("/ban/chuong-trinh/moi/", {"place": HAI_CHAU, "title": " "})
        .content.decode()
    )


def test_signals_by_habit_stand_around_a_bulletin_and_one_may_differ(desk, write, morning) -> None:
    bulletin, browser = write(), desk("mai")
    plain = bulletin.rendition.duration_ms
    habit = {"deed": "habit", "uses_signals": "yes", "gap_seconds": "0.5"}
    assert "Đã lưu nếp" in browser.post(SIGNALS, habit, follow=True).content.decode()
    sound = f"/ban/ban-tin/{bulletin.code}/tieng/"
    browser.post(sound, {"deed": "signals", "signals": "with"})
    speak_queued()
    around = fresh(bulletin).rendition
    assert around.duration_ms == pytest.approx(plain + 2 * 2_200 + 2 * 500, abs=300)
    assert around.spoken_text == bulletin.rendition.spoken_text
    assert "có nhạc hiệu" in browser.get(sound).content.decode()
    browser.post(sound, {"deed": "signals", "signals": "without"})
    assert fresh(bulletin).rendition == bulletin.rendition
    assert browser.post(SIGNALS, {**habit, "gap_seconds": "11"}).status_code == 422


def test_a_place_chooses_a_tune_or_brings_its_own(desk, write, morning) -> None:
    browser = desk("mai")
    chosen = {"deed": "tune", "role": "opening", "tune": "two-bells"}
    assert "Đã đổi nhạc hiệu" in browser.post(SIGNALS, chosen, follow=True).content.decode()
    file = SimpleUploadedFile("nhac-phuong.webm", spoken_file(2.0))
    brought = {"deed": "file", "role": "closing", "file": file}
    page = browser.post(SIGNALS, brought, follow=True).content.decode()
    assert "nhac-phuong.webm" in page
    bad = SimpleUploadedFile("x.mp3", b"no sound at all")
    refused = browser.post(SIGNALS, {**brought, "file": bad})
    assert refused.status_code == 422
    assert "không phải tệp âm thanh" in refused.content.decode()
    heard = browser.get("/ban/nhac-hieu/mau/?mau=two-bells")
    assert (heard.status_code, heard["Content-Type"]) == (200, "audio/mpeg")
    for stranger in ("son", "hung", "la"):
        assert desk(stranger).post(SIGNALS, chosen).status_code == 403
