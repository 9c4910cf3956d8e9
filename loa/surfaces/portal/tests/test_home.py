"""The city's page, as anybody reads it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HOA_VANG

pytestmark = pytest.mark.django_db

PAGE_BYTES_MAX = 100_000


def test_every_commune_is_in_the_index(city, read) -> None:
    page = read("/")
    for heading in ("23 phường", "70 xã", "1 đặc khu"):
        assert f">{heading}</h3>" in page
    assert len(re.findall(r'href="/dia-ban/\d{5}/"', page)) == 94


def test_before_the_city_is_entered_the_page_says_so(db, read) -> None:
    page = read("/")
    assert "Chưa có địa bàn nào." in page
    assert "Chưa có bản tin nào phát trên loa." in page


def test_what_sounds_now_is_told_with_its_place(city, read) -> None:
    placement = city.place(city.approve("Tin đang phát"))
    city.start(placement)
    page = read("/")
    assert "Tin đang phát" in page
    assert "3 cụm loa" in page
    assert page.count('class="index-now"') == 1
    city.finish(placement)
    page = read("/")
    assert "Lúc này không loa nào trong thành phố đang phát." in page
    assert 'class="index-now"' not in page


def test_what_sounded_last_may_be_heard_again(city, read) -> None:
    edition = city.hear("Tin vừa phát", place=CITY, targets=[HAI_CHAU, HOA_VANG])
    page = read("/")
    assert f'href="/tin/{edition.bulletin.code}/"' in page
    assert f'src="/media/{edition.rendition.opus_id}"' in page
    assert f'src="/media/{edition.rendition.mp3_id}"' in page
    assert "Phường Hải Châu, Xã Hòa Vang" in page
    assert "Giám đốc, Trung tâm thông tin thành phố" in page


def test_an_emergency_in_force_stands_on_top(city, read, morning) -> None:
    edition = city.approve(
        "Báo bão số 9",
        "Về nơi trú ẩn trước 17 giờ.",
        priority="emergency",
        valid_until=morning + timedelta(hours=9),
    )
    page = read("/")
    assert page.index("Báo bão số 9") < page.index('id="dang-phat"')
    assert "Về nơi trú ẩn trước 17 giờ." in page
    # It has no page of its own before a loudspeaker sounded it.
    assert f"/tin/{edition.bulletin.code}/" not in page
    city.sound(edition)
    assert f"/tin/{edition.bulletin.code}/" in read("/")
    with clock.at(morning + timedelta(hours=9)):
        assert 'class="banner"' not in read("/")


def test_a_recalled_emergency_leaves_the_banner(city, read) -> None:
    placement = city.sound(city.approve("Báo bão số 9", priority="emergency"))
    assert 'class="banner"' in read("/")
    city.recall(placement)
    page = read("/")
    assert 'class="banner"' not in page
    assert "Đã dừng phát" in page


def test_what_nobody_approved_is_nowhere(city, read) -> None:
    city.write("Bản nháp mật", priority="emergency")
    city.submit(city.write("Tin chờ duyệt"))
    city.approve("Tin chưa phát")
    page = read("/")
    for title in ("Bản nháp mật", "Tin chờ duyệt", "Tin chưa phát"):
        assert title not in page


def test_the_page_is_small_and_needs_no_script(city, read) -> None:
    for number in range(2):
        # Long to send, short to say: the real voice speaks it.
        city.hear(f"Tin {number}", body="… " * 5_000, priority="emergency")
    page = read("/")
    assert len(page.encode()) < PAGE_BYTES_MAX
    assert "<script" not in page


def test_the_desk_is_one_link_away(city, read) -> None:
    assert re.search(r'<a href="/ban/">Dành cho cán bộ</a>', read("/"))


def test_the_frame_speaks_the_readers_language_and_the_text_stays(city) -> None:
    city.hear("Tin vừa phát")
    page = Client(headers={"Accept-Language": "en"}).get("/").content.decode()
    assert '<html lang="en">' in page
    assert re.search(r'<a [^>]*lang="vi">Tin vừa phát</a>', page)
    assert '<html lang="vi">' in Client().get("/").content.decode()


def test_who_signed_in_reads_the_same_as_everybody(city) -> None:
    city.hear("Tin của Hải Châu")
    client = Client()
    for name in ("tam", "la"):
        client.force_login(city.people[name])
        assert "Tin của Hải Châu" in client.get("/").content.decode()


def test_the_page_costs_few_questions(city, django_assert_max_num_queries) -> None:
    for number in range(5):
        city.hear(f"Tin {number}", priority="emergency", place=CITY, targets=[HAI_CHAU, HOA_VANG])
    with django_assert_max_num_queries(22):
        Client().get("/")


def test_the_page_is_only_read(db) -> None:
    assert Client().post("/").status_code == 405
