import pytest
from django_scopes import scopes_disabled

from loa.flow.newsroom.licensing import set_rights
from loa.project.cast import HAI_CHAU, HOA_VANG
from loa.registry.people.queries import person_by_username

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(approved):
    edition = approved("Tin cho mọi nơi")
    with scopes_disabled():
        set_rights(edition.bulletin, by=person_by_username("mai"), reach="all")
    return edition


def test_the_library_shows_what_others_share_and_begins_a_bulletin_of_it(desk, shared) -> None:
    browser, code = desk("tam"), shared.bulletin.code
    assert "Nơi khác cho dùng lại" in browser.get("/ban/kho/?q=moi+noi").content.decode()
    assert "Dùng lại cho Xã Hòa Vang" in browser.get(f"/ban/kho/{code}/").content.decode()
    answer = browser.post(f"/ban/kho/{code}/dung-lai/", {"place": HOA_VANG}, follow=True)
    text = answer.content.decode()
    assert "Đã mở bản tin mới với nội dung cũ" in text
    assert "Tin cho mọi nơi" in text


def test_a_wrong_date_keeps_what_was_typed_and_says_so_beside_it(desk, approved) -> None:
    code = approved().bulletin.code
    given = {"reach": "all", "licensor": "VOV", "valid_until": "31/31/2026"}
    answer = desk("mai").post(f"/ban/kho/{code}/", given)
    assert answer.status_code == 422
    assert "Ngày không hợp lệ." in answer.content.decode()
    assert "VOV" in answer.content.decode()


def test_only_the_owner_may_write_rights_down(desk, shared) -> None:
    answer = desk("tam").post(f"/ban/kho/{shared.bulletin.code}/", {"reach": "own"})
    assert answer.status_code == 403


def test_a_leader_records_a_tariff_and_an_officer_does_not(desk, cast) -> None:
    address = f"/ban/kho/nhuan-but/muc/?noi={HAI_CHAU}"
    given = {
        "noi": HAI_CHAU,
        "work": "writing",
        "amount_dong": 50000,
        "valid_from": "2026-11-01",
        "decision_number": "12/QĐ",
    }
    assert desk("mai").post(address, given).status_code == 403
    text = desk("hung").post(address, given, follow=True).content.decode()
    assert "Đã ghi mức nhuận bút." in text
    assert "50.000" in text
    wrong = desk("hung").post(address, {**given, "amount_dong": "5.5"})
    assert wrong.status_code == 422


def test_the_sheet_has_vietnamese_headers_and_a_sum(desk, cast) -> None:
    answer = desk("mai").get(f"/ban/kho/nhuan-but/bang.csv?noi={HAI_CHAU}&thang=2026-11")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Mã bản tin,Tiêu đề,Người nhận")
    assert lines[-1].startswith("Cộng")


@pytest.mark.parametrize("month", ["2026-13", "x", "0000-00"])
def test_a_month_that_is_none_shows_this_one_and_says_so(desk, cast, month) -> None:
    answer = desk("mai").get(f"/ban/kho/nhuan-but/?thang={month}")
    assert "Không đọc được tháng" in answer.content.decode()
