"""The pages of templates."""

from __future__ import annotations

import pytest

from loa.flow.newsroom.models import Bulletin
from loa.project.cast import HAI_CHAU

pytestmark = pytest.mark.django_db
FILLED = {"place": HAI_CHAU, "gap_0": "tổ 1", "gap_1": "19:30", "gap_2": "2026-11-28"}
FILLED |= {"gap_3": "nhà văn hóa", "gap_4": "bầu tổ trưởng", "gap_5": "1022"}


def test_a_notice_is_written_by_filling_its_gaps(desk, morning) -> None:
    browser = desk("mai")
    assert "Họp tổ dân phố, thôn" in browser.get("/ban/ban-tin/mau/").content.decode()
    answer = browser.post("/ban/ban-tin/mau/hop-to/", FILLED)
    bulletin = Bulletin._base_manager.get()
    assert answer.headers["Location"] == f"/ban/ban-tin/{bulletin.code}/"
    assert "thứ Bảy, ngày 28-11-2026" in bulletin.body


def test_what_does_not_fit_is_said_beside_its_field_and_the_rest_stays(desk, morning) -> None:
    wrong = {**FILLED, "gap_1": "25:99", "gap_4": "", "gap_5": "gọi ông Ba"}
    answer = desk("mai").post("/ban/ban-tin/mau/hop-to/", wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    for words in ("Giờ không hợp lệ.", "Hãy điền ô này.", "không gọi được", "nhà văn hóa"):
        assert words in page
    assert not Bulletin._base_manager.exists()


def test_a_bulletin_becomes_a_template_and_is_offered_until_it_is_ended(
    desk, write, morning
) -> None:
    bulletin, browser = write(body="Mời họp lúc 19h30."), desk("mai")
    page = browser.get(f"/ban/ban-tin/{bulletin.code}/thanh-mau/").content.decode()
    assert "Mời họp lúc [giờ]." in page
    given = {"name": "Họp nhanh", "title": "Họp", "body": "Mời họp lúc [giờ họp]."}
    listed = browser.post(f"/ban/ban-tin/{bulletin.code}/thanh-mau/", given, follow=True)
    assert "Họp nhanh" in listed.content.decode()
    key = listed.context["own"][0][1].key
    assert "Giờ họp" in browser.get(f"/ban/ban-tin/mau/{key}/").content.decode()
    ended = browser.post(f"/ban/ban-tin/mau/{key}/bo/", follow=True)
    assert not ended.context["own"]


def test_who_writes_nowhere_sees_no_templates(desk) -> None:
    assert desk("nga").get("/ban/ban-tin/mau/").status_code == 403
    assert desk("nga").get("/ban/ban-tin/mau/hop-to/").status_code == 403
    assert desk("mai").get("/ban/ban-tin/mau/khong-co/").status_code == 404
