"""What stands on a public screen, and what never does."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HOA_VANG

pytestmark = pytest.mark.django_db

HERE, THERE = f"/bang/{HAI_CHAU}/", f"/bang/{HOA_VANG}/"
VILLAGE = f"{HAI_CHAU}-01"
HOUR = timedelta(hours=1)
SLIDE = re.compile(r"<section class=\"board-slide[^>]*>.*?</section>", re.DOTALL)


def read(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def slides(path: str) -> list[str]:
    return SLIDE.findall(read(path))


def test_an_approved_edition_is_shown_title_first(city) -> None:
    city.approve("Lịch tiêm chủng", "Tiêm từ 7h30 tại trạm y tế. Mang theo sổ tiêm.")
    title, text, calm = slides(HERE)
    assert '<h2 class="board-text">Lịch tiêm chủng</h2>' in title
    assert 'data-slide="4.5"' in title
    assert "Tiêm từ 7h30 tại trạm y tế. Mang theo sổ tiêm." in text
    assert "có hiệu lực đến 08:30, thứ Sáu, 27-11-2026" in text
    assert "data-calm hidden" in calm


def test_a_board_with_nothing_to_say_is_not_blank(city) -> None:
    (calm,) = slides(HERE)
    assert "data-calm>" in calm
    for words in ("Phường Hải Châu", "Thành phố Đà Nẵng", "Không có thông báo mới"):
        assert words in calm


def test_the_running_screen_asks_for_the_same_slides(city) -> None:
    city.approve()
    assert f'data-board="{HERE}trang/"' in read(HERE)
    assert slides(f"{HERE}trang/") == slides(HERE)
    assert "<html" not in read(f"{HERE}trang/")


def test_unchanged_slides_are_sent_unchanged(city, morning) -> None:
    city.approve()
    before = read(f"{HERE}trang/")
    with clock.at(morning + HOUR):
        assert read(f"{HERE}trang/") == before


def test_an_emergency_stands_alone(city, morning) -> None:
    city.approve("Tin thường")
    city.approve("Báo bão số 9", "Về nơi trú ẩn.", priority="emergency")
    shown = slides(HERE)
    assert "Báo bão số 9" in shown[0]
    assert "Khẩn cấp" in shown[0]
    assert [" hidden>" in slide for slide in shown] == [False, False, True, True, True]
    assert [" data-urgent" in slide for slide in shown] == [True, True, False, False, False]


def test_every_slide_says_until_when_it_holds(city, morning) -> None:
    city.approve(valid_until=morning + HOUR)
    assert all('data-until="2026-11-24T09:30:00+07:00"' in slide for slide in slides(HERE)[:-1])
    with clock.at(morning + HOUR):
        assert len(slides(HERE)) == 1


def test_only_what_holds_here_and_is_approved_is_shown(city, morning) -> None:
    city.write("Bản nháp mật", priority="emergency")
    city.submit(city.write("Tin chờ duyệt"))
    city.approve("Tin ngày mai", valid_from=morning + 24 * HOUR, valid_until=morning + 48 * HOUR)
    city.approve("Tin tổ 1", targets=[VILLAGE])
    city.approve("Tin thành phố", place=CITY, targets=[CITY])
    assert shown_titles(HERE) == ["Tin thành phố"]
    assert shown_titles(f"/bang/{VILLAGE}/") == ["Tin thành phố", "Tin tổ 1"]
    assert shown_titles(THERE) == ["Tin thành phố"]


def shown_titles(path: str) -> list[str]:
    found = re.findall(r'<h2 class="board-text">([^<]*)</h2>', read(path))
    return sorted(found[:-1])  # the last is the calm one, with the name of the place


def test_what_was_recalled_leaves_the_screen(city) -> None:
    placement = city.sound(city.approve("Tin bị dừng"))
    assert "Tin bị dừng" in read(HERE)
    city.recall(placement)
    assert "Tin bị dừng" not in read(HERE)


def test_title_and_text_are_escaped(city) -> None:
    script = "<img src=x onerror=alert(1)>"
    city.approve(f"Tin {script}", f"Lời {script}", priority="emergency")
    for path in (HERE, f"{HERE}trang/"):
        assert script not in read(path)
        assert "&lt;img" in read(path)


def test_a_screen_is_vietnamese_whatever_its_browser_speaks(city) -> None:
    for path in (HERE, f"{HERE}trang/"):
        answer = Client(headers={"Accept-Language": "en"}).get(path)
        assert "Không có thông báo mới" in answer.content.decode()
        assert answer["Content-Language"] == "vi"
        assert answer["Cache-Control"] == "no-store"
    assert '<html lang="vi">' in read(HERE)


@pytest.mark.parametrize("code", ["99999", "20242-99", "x"])
def test_an_unknown_place_has_no_screen(city, code: str) -> None:
    for path in (f"/bang/{code}/", f"/bang/{code}/trang/"):
        answer = Client().get(path)
        assert answer.status_code == 404
        assert "Không có trang này" in answer.content.decode()


def test_a_full_screen_is_small_and_costs_few_questions(
    city, django_assert_max_num_queries
) -> None:
    for number in range(6):
        city.approve(f"Tin {number}", "… " * 400, place=CITY, targets=[CITY])
    with django_assert_max_num_queries(12):
        assert len(read(f"/bang/{VILLAGE}/").encode()) < 100_000
