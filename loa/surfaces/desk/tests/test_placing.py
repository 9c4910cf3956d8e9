from datetime import timedelta

import pytest

from loa.flow.deliveries.models import Recall
from loa.flow.schedules.models import Confirmation, Occurrence, Placement
from loa.lib import clock
from loa.project.cast import HAI_CHAU

pytestmark = pytest.mark.django_db


def place(browser, edition, **given):
    given.setdefault("when", "now")
    given.setdefault("places", [HAI_CHAU])
    return browser.post(f"/ban/ban-tin/{edition.bulletin.code}/xep-lich/", given, follow=True)


def test_the_button_says_the_deed_and_its_reach(desk, approved, morning) -> None:
    edition = approved()
    page = desk("mai").get(f"/ban/ban-tin/{edition.bulletin.code}/xep-lich/").content.decode()
    assert "Phát ngay tới 2 cụm loa ở Phường Hải Châu" in page
    assert "0/60 phút" in page


def test_play_now_is_ordered(desk, approved, morning) -> None:
    page = place(desk("mai"), approved()).content.decode()
    assert "Đã ra lệnh phát ngay." in page
    assert Occurrence._base_manager.get().start_at == morning


def test_a_time_may_be_chosen(desk, approved, morning) -> None:
    place(desk("mai"), approved(), when="at", start_at="2026-11-24T17:00")
    assert f"{Placement._base_manager.get().start_at:%H:%M}" == "10:00"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"when": "at", "start_at": ""}, "Hãy chọn ngày và giờ phát."),
        ({"when": "at", "start_at": "hôm nay"}, "Ngày giờ không hợp lệ."),
        ({"when": "at", "start_at": "2026-11-24T05:00"}, "Giờ phát đã qua."),
        ({"when": "at", "start_at": "2027-11-24T08:00"}, "ngoài thời gian hiệu lực"),
        ({"places": ["20320"]}, "20320"),
    ],
)
def test_a_wrong_time_or_place_is_refused_in_words(desk, approved, morning, given, words) -> None:
    refused = place(desk("mai"), approved(), **given)
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert not Placement._base_manager.exists()


def test_a_clash_names_what_is_there(desk, approved, morning) -> None:
    browser = desk("mai")
    place(browser, approved("Tin thứ nhất"), when="at", start_at="2026-11-24T17:00")
    refused = place(browser, approved("Tin thứ hai"), when="at", start_at="2026-11-24T17:00")
    assert "“Tin thứ hai” gặp lượt đã có" in (refused.content.decode())


def test_a_sound_in_quiet_hours_waits_for_the_second_person(desk, approved, night) -> None:
    edition = approved("Tìm trẻ lạc")
    page = place(desk("mai"), edition).content.decode()
    assert "cần người thứ hai xác nhận" in page
    assert not Occurrence._base_manager.exists()
    placement = Placement._base_manager.get()
    address = f"/ban/xac-nhan/{placement.pk}/"
    assert "phải khác người xếp lịch" in desk("mai").get(address).content.decode()
    assert "khác người đã duyệt" in desk("hung").post(address).content.decode()
    binh = desk("binh")
    assert "rơi vào giờ yên tĩnh" in binh.get(address).content.decode()
    assert "Đã xác nhận" in binh.post(address, follow=True).content.decode()
    assert Confirmation.objects.get().confirmer.username == "binh"
    assert Occurrence._base_manager.exists()


def test_stopping_asks_why(desk, approved, morning) -> None:
    browser = desk("mai")
    place(browser, approved())
    address = f"/ban/dung/{Placement._base_manager.get().pk}/"
    assert "Dừng phát ở Phường Hải Châu" in browser.get(address).content.decode()
    assert browser.post(address, {"reason": ""}).status_code == 422
    page = browser.post(address, {"reason": "Nhầm giờ"}, follow=True).content.decode()
    assert "Đã dừng" in page
    assert Recall.objects.get().reason == "Nhầm giờ"


def test_the_same_order_again_says_that_it_stands_already(desk, approved, morning) -> None:
    browser, edition = desk("mai"), approved()
    place(browser, edition)
    with clock.at(morning + timedelta(minutes=2)):
        page = place(browser, edition).content.decode()
    assert "Đã có lệnh ấy lúc 08:30" in page
    assert Placement._base_manager.count() == 1
