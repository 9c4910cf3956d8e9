from datetime import timedelta

import pytest
from django_scopes import scopes_disabled

from loa.flow.approvals.actions import return_bulletin
from loa.flow.schedules.actions import place_edition
from loa.lib import clock
from loa.registry.people.queries import person_by_username

pytestmark = pytest.mark.django_db


def home(desk, username: str) -> str:
    answer = desk(username).get("/ban/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_waits_stands_with_who_since_when_and_one_button(desk, submit, morning) -> None:
    submit("Tiêm phòng sởi")
    page = home(desk, "hung")
    assert "Tiêm phòng sởi" in page
    assert "Lê Thị Mai gửi" in page
    assert "08:30" in page
    assert "Nghe và duyệt" in page


def test_the_author_sees_where_the_item_stands(desk, submit, morning) -> None:
    submit("Tiêm phòng sởi")
    page = home(desk, "mai")
    assert "Bản tin của tôi đang ở đâu" in page
    assert "Chờ duyệt" in page
    assert "Nghe và duyệt" not in page


def test_the_author_sees_what_was_not_sent_and_for_whom_the_rest_waits(
    desk, write, submit, morning
) -> None:
    write("Chưa gửi")
    submit("Tiêm phòng sởi")
    page = home(desk, "mai")
    assert "Đang viết, chưa gửi duyệt" in page
    assert "gửi rồi, chờ Phạm Quốc Hùng" in page


def test_a_returned_bulletin_waits_for_its_author_with_the_reason(desk, submit, morning) -> None:
    submission = submit("Tiêm phòng sởi")
    with scopes_disabled():
        return_bulletin(submission, by=person_by_username("hung"), reason="Ghi rõ trạm y tế nào")
    page = home(desk, "mai")
    assert "Bị trả lại" in page
    assert "Ghi rõ trạm y tế nào" in page


def test_an_approved_bulletin_asks_for_its_time(desk, approved, morning) -> None:
    approved("Tiêm phòng sởi")
    assert "Chọn giờ phát" in home(desk, "mai")


def test_what_no_loudspeaker_began_is_called_missed(desk, approved, morning) -> None:
    edition = approved("Tiêm phòng sởi")
    with scopes_disabled():
        place_edition(edition, by=person_by_username("mai"))
    assert "Đã xếp lịch, chưa phát" in home(desk, "mai")
    with clock.at(morning + timedelta(minutes=13)):
        assert "Quá giờ, không cụm loa nào phát" in home(desk, "mai")


def test_a_sound_at_night_asks_the_second_person(desk, approved, night) -> None:
    edition = approved("Tìm trẻ lạc")
    with scopes_disabled():
        place_edition(edition, by=person_by_username("mai"))
    page = home(desk, "binh")
    assert "Chờ người thứ hai xác nhận" in page
    assert "rơi vào giờ yên tĩnh" in page
    # Who approved it does not answer for the night as well.
    assert "Chờ người thứ hai xác nhận" not in home(desk, "hung")


@pytest.mark.parametrize(
    ("username", "words"),
    [
        ("mai", "Viết bản tin mới"),
        ("nga", "Kiểm tra sổ sự việc"),
        ("thuy", "Xem lịch phát hôm nay"),
        ("duc", "Xem thiết bị"),
        ("la", "Bạn chưa được giao việc nào"),
    ],
)
def test_an_empty_home_offers_the_next_sensible_thing(desk, username: str, words: str) -> None:
    assert words in home(desk, username)


def test_home_asks_the_database_the_same_however_much_waits(
    desk, submit, morning, django_assert_max_num_queries
) -> None:
    for number in range(6):
        submit(f"Thông báo số {number}")
    with django_assert_max_num_queries(60):
        home(desk, "hung")


def test_the_bar_says_when_nothing_sounds(desk) -> None:
    answer = desk("mai").get("/ban/dang-phat/")
    assert "Không phát gì" in answer.content.decode()
