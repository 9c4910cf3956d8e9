"""The page of one story."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HOA_VANG

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def path_of(edition) -> str:
    return f"/tin/{edition.bulletin.code}/"


def test_a_story_tells_text_sound_times_and_who_answers(city, read) -> None:
    edition = city.hear(
        "Lịch tiêm", "Tiêm từ 7h30.\n\nĐiện thoại 0236 3822 033.", place=CITY, targets=[CITY]
    )
    page = read(path_of(edition))
    assert "<h1" in page
    assert '<a href="tel:02363822033">' in page
    assert f'src="/media/{edition.rendition.opus_id}"' in page
    assert f'href="/media/{edition.rendition.mp3_id}"' in page
    assert "Giám đốc, Trung tâm thông tin thành phố" in page
    assert "Thành phố Đà Nẵng" in page
    assert '08:30, <span class="whole">thứ Ba, 24-11-2026</span>' in page
    assert '08:30, <span class="whole">thứ Sáu, 27-11-2026</span>' in page
    assert "Chủ trương, chính sách, pháp luật" in page
    for commune in ("Phường Hải Châu", "Xã Hòa Vang"):
        assert f"<td>{commune}</td>" in page
    assert "4 cụm loa" in page


def test_what_never_sounded_or_is_not_approved_has_no_page(city) -> None:
    draft = city.write("Bản nháp")
    waiting = city.submit(city.write("Tin chờ duyệt")).bulletin
    silent = city.approve("Tin chưa phát")
    city.place(silent)
    city.dispatch()
    for code in (draft.code, waiting.code, silent.bulletin.code, "48-000000-99"):
        answer = Client().get(f"/tin/{code}/")
        assert answer.status_code == 404
        assert "Không có bản tin này" in answer.content.decode()
        assert "Tin ch" not in answer.content.decode()


def test_of_several_editions_the_newest_that_sounded_is_told(city, read, morning) -> None:
    first = city.hear(body="Tiêm vào thứ bảy.")
    with clock.at(morning + HOUR):
        second = city.correct(first, body="Tiêm vào chủ nhật.")
        city.correct_draft(second, body="Câu chưa ai duyệt.")
        assert "Tiêm vào thứ bảy." in read(path_of(first))
        city.sound(second)
        page = read(path_of(first))
    assert "Tiêm vào chủ nhật." in page
    assert "Tiêm vào thứ bảy." not in page
    assert "Câu chưa ai duyệt." not in page


def test_a_stopped_and_an_expired_story_say_so(city, read, morning) -> None:
    stopped = city.approve("Tin bị dừng")
    city.recall(city.sound(stopped))
    assert "Bản tin này đã bị dừng phát lúc 08:30." in read(path_of(stopped))
    short = city.approve("Tin ngắn ngày", valid_until=morning + HOUR)
    city.sound(short)
    with clock.at(morning + 2 * HOUR):
        assert "Bản tin này đã hết hiệu lực lúc 09:30." in read(path_of(short))


def test_a_repeated_story_tells_the_last_time_and_how_often(city, read, morning) -> None:
    edition = city.hear(place=CITY, targets=[HAI_CHAU, HOA_VANG])
    with clock.at(morning + HOUR):
        city.sound(edition, places=[HAI_CHAU])
        page = read(path_of(edition))
    assert "Đã phát 2 lần" in page
    assert "<td>Phường Hải Châu</td>" in page
    assert "<td>Xã Hòa Vang</td>" not in page


def test_without_script_the_sound_is_a_plain_player(city, read) -> None:
    page = read(path_of(city.hear()))
    assert "<audio" in page
    assert " controls " in page


def test_a_very_long_story_stays_readable_and_small(city, read) -> None:
    # As many bytes as the longest Vietnamese text has, but short to say.
    edition = city.hear("Tin dài", "… " * 17_000)
    assert 68_000 < len(read(path_of(edition)).encode()) < 100_000
    packed = Client(headers={"Accept-Encoding": "gzip"}).get(path_of(edition))
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < 20_000


def test_a_story_costs_few_questions(city, django_assert_max_num_queries) -> None:
    edition = city.hear(place=CITY, targets=[CITY])
    with django_assert_max_num_queries(8):
        Client().get(path_of(edition))
