import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def page(browser: Client, query: str, status: int = 200) -> str:
    answer = browser.get(f"/ban/tim/?{query}")
    assert answer.status_code == status
    return answer.content.decode()


def test_one_box_stands_on_every_page_and_works_without_script(desk) -> None:
    home = desk("mai").get("/ban/").content.decode()
    assert 'action="/ban/tim/"' in home
    assert 'name="q"' in home


def test_bulletins_places_devices_and_people_are_found_in_groups(desk, write) -> None:
    write("Tin ở Hải Châu")
    text = page(desk("mai"), "q=hai+chau")
    assert "Tin ở Hải Châu" in text
    for group in ("Địa bàn", "Thiết bị", "Người"):
        assert f">{group}</h2>" in text


def test_filters_narrow_and_can_be_taken_away(desk, write, approved) -> None:
    write("Tin đang viết")
    approved("Tin đã duyệt")
    browser = desk("mai")
    assert "Tin đã duyệt" not in page(browser, "q=tin&trang_thai=writing")
    text = page(browser, "q=tin&trang_thai=approved")
    assert "Tin đã duyệt" in text
    assert "Tin đang viết" not in text
    assert "Bỏ lọc" in text


def test_a_period_turned_round_is_said_beside_its_field(desk) -> None:
    text = page(desk("mai"), "q=tin&tu=2026-11-24&den=2026-11-01", 422)
    assert "Ngày này phải từ ngày bắt đầu trở đi." in text


def test_a_wish_too_long_keeps_what_was_typed(desk) -> None:
    text = page(desk("mai"), f"q={'a' * 300}", 422)
    assert "Câu tìm quá dài" in text
    assert "a" * 300 in text


def test_nothing_found_says_what_to_try(desk) -> None:
    assert "Thử bớt chữ" in page(desk("mai"), "q=khongcogica")


def test_another_commune_finds_no_word_of_it(desk, write) -> None:
    write("Chuyện riêng của phường")
    assert "Chuyện riêng" not in page(desk("son"), "q=chuyen+rieng").replace(
        "Tìm “chuyen rieng”", ""
    )


def test_the_page_asks_as_many_questions_however_much_is_found(
    desk, write, django_assert_max_num_queries
) -> None:
    browser = desk("mai")
    for number in range(6):
        write(f"Tin số {number}")
    with django_assert_max_num_queries(45):
        page(browser, "q=tin")
