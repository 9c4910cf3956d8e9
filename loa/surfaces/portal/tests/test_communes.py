"""A commune's page, as its residents read it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HOA_VANG
from loa.surfaces.portal.communes import STORIES_A_PAGE

pytestmark = pytest.mark.django_db

HERE = f"/dia-ban/{HAI_CHAU}/"
THERE = f"/dia-ban/{HOA_VANG}/"
HOUR = timedelta(hours=1)
SCRIPT = "<script>alert(1)</script>"


def test_now_today_and_again_come_in_this_order(city, read, morning) -> None:
    city.hear("Tin sáng")
    city.place(city.approve("Tin chiều"), start_at=morning + 8 * HOUR)
    city.start(city.place(city.approve("Tin bây giờ")))
    page = read(HERE)
    now, today, again = (page.index(f'id="{key}"') for key in ("dang-phat", "hom-nay", "nghe-lai"))
    assert now < page.index("Tin bây giờ") < today < page.index("Tin chiều") < again
    assert again < page.index("Tin sáng")
    assert "16:30" in page
    assert "thứ Ba, 24-11-2026" in page


def test_what_sounded_is_told_with_sound_text_and_who_answers(city, read) -> None:
    edition = city.hear("Lịch tiêm", "Tiêm từ 7h30 tại trạm y tế.")
    page = read(HERE)
    assert "Tiêm từ 7h30 tại trạm y tế." in page
    assert "Chủ tịch, phường Hải Châu" in page
    assert "08:30" in page
    assert "3 cụm loa" in page
    for medium, kind in (
        (edition.rendition.opus_id, "audio/ogg"),
        (edition.rendition.mp3_id, "audio/mpeg"),
    ):
        assert f'<source src="/media/{medium}" type="{kind}">' in page
        assert Client().get(f"/media/{medium}").status_code == 200


def test_another_commune_tells_nothing_of_it(city, read) -> None:
    city.hear("Tin của Hải Châu")
    page = read(THERE)
    assert "Tin của Hải Châu" not in page
    assert "Ba tháng qua chưa có bản tin nào phát ở đây." in page


def test_what_was_recalled_is_marked(city, read, morning) -> None:
    placement = city.sound(city.approve("Tin bị dừng"))
    with clock.at(morning + HOUR):
        city.recall(placement, reason="Lý do nội bộ")
        page = read(HERE)
    assert "Đã dừng phát" in page
    assert "09:30" in page
    assert "Lý do nội bộ" not in page
    # Who wants to know what it was finds it behind the mark; nobody replays it by mistake.
    assert "<audio" not in page
    assert f'href="/tin/{placement.edition.bulletin.code}/"' in page


def test_what_is_over_is_marked(city, read, morning) -> None:
    city.sound(city.approve("Tin ngắn ngày", valid_until=morning + HOUR))
    assert "Đã hết hiệu lực" not in read(HERE)
    with clock.at(morning + 2 * HOUR):
        assert "Đã hết hiệu lực" in read(HERE)


def test_an_emergency_of_the_city_stands_on_every_commune(city, read) -> None:
    city.approve("Báo bão số 9", priority="emergency", place=CITY, targets=[CITY])
    for path in (HERE, THERE):
        assert 'class="banner"' in read(path)


def test_an_emergency_elsewhere_does_not(city, read) -> None:
    city.approve("Báo cháy", priority="emergency")
    assert 'class="banner"' not in read(THERE)


def test_nothing_unapproved_is_told(city, read, morning) -> None:
    city.write("Bản nháp mật", priority="emergency")
    city.submit(city.write("Tin chờ duyệt"))
    first = city.hear("Bản đã phát")
    # A correction that is only written changes nothing for the public.
    city.correct_draft(first, title="Bản sửa chưa duyệt")
    page = read(HERE)
    assert "Bản đã phát" in page
    for title in ("Bản nháp mật", "Tin chờ duyệt", "Bản sửa chưa duyệt"):
        assert title not in page


def test_title_and_text_are_escaped(city, read, morning) -> None:
    edition = city.hear(f"Tin {SCRIPT}", f"Nội dung {SCRIPT}", priority="emergency")
    city.place(city.approve(f"Chiều {SCRIPT}", "Văn"), start_at=morning + HOUR)
    for path in ("/", HERE, f"/tin/{edition.bulletin.code}/"):
        page = read(path)
        assert "alert(1)" in page
        assert SCRIPT not in page


def test_former_names_and_villages_are_told(city, read) -> None:
    page = read(HERE)
    assert "phường Thanh Bình (quận Hải Châu)" in page
    assert "<li>Tổ dân phố 3</li>" in page
    assert "Trước ngày 01-07-2025 là" in page


def test_older_stories_are_on_the_next_page(city, read, morning) -> None:
    edition_count = STORIES_A_PAGE + 1
    for number in range(edition_count):
        with clock.at(morning + number * timedelta(minutes=5)):
            city.hear(f"Bản số {number:02d}")
    page, older = read(HERE), read(f"{HERE}?trang=2")
    assert "Bản số 10" in page
    assert "Bản số 00" not in page
    assert "?trang=2#nghe-lai" in page
    assert "Bản số 00" in older
    assert "?trang=3" not in older
    assert len(page.encode()) < 100_000


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "99999", "²", "3"])
def test_a_page_number_out_of_sense_is_no_trouble(city, read, number: str) -> None:
    read(f"{HERE}?trang={number}")


def test_a_village_is_found_at_its_commune_and_the_city_on_its_own_page(city) -> None:
    village, whole = (Client().get(f"/dia-ban/{code}/") for code in (f"{HAI_CHAU}-01", CITY))
    assert (village.status_code, village["Location"]) == (302, HERE)
    assert (whole.status_code, whole["Location"]) == (302, "/")


def test_an_unknown_code_is_answered_in_words(city) -> None:
    answer = Client().get("/dia-ban/99999/")
    assert answer.status_code == 404
    assert "Không có địa bàn mang mã “99999”" in answer.content.decode()
    assert 'href="/#dia-ban"' in answer.content.decode()


def test_the_page_costs_few_questions(city, morning, django_assert_max_num_queries) -> None:
    for number in range(4):
        city.hear(f"Tin {number}", priority="emergency", place=CITY, targets=[HAI_CHAU, HOA_VANG])
    city.place(city.approve("Tin chiều"), start_at=morning + HOUR)
    with django_assert_max_num_queries(25):
        Client().get(HERE)
