"""A commune answers what the city offers; the city sees who answered what."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django_scopes import scopes_disabled

from loa.flow.schedules.models import Occurrence
from loa.flow.schedules.offered import Adoption, Agreement, Decline, Offer
from loa.flow.schedules.offers import send_offers
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HOA_VANG
from loa.registry.places.queries import places_by_code
from loa.surfaces.look.words import moment

pytestmark = pytest.mark.django_db
TITLE = "Lịch nghỉ lễ"


@pytest.fixture
def offer(approved, morning) -> Offer:
    return offered(approved)


def offered(approved, **fields) -> Offer:
    targets = places_by_code([HAI_CHAU, HOA_VANG])
    approved(TITLE, by="lan", approver="binh", place=CITY, targets=targets, **fields)
    with scopes_disabled():
        send_offers(clock.now())
        return Offer.objects.get(place=HAI_CHAU)


def address(name: str, offer: Offer) -> str:
    return reverse(f"desk:{name}", args=[offer.pk])


def text(answer) -> str:
    return answer.content.decode()


def test_an_item_waits_on_the_home_page_and_in_the_inbox_with_its_deadline(desk, offer) -> None:
    for page in ("/ban/", "/ban/hop-tin/"):
        said = text(desk("mai").get(page))
        assert TITLE in said
        assert "Nghe và trả lời" in said
        assert "26-11-2026" in said
    assert TITLE not in text(desk("hung").get("/ban/thiet-bi/"))


def test_the_city_is_told_whom_to_wait_for_instead_of_an_hour(desk, offer) -> None:
    assert "Chọn giờ phát" not in text(desk("lan").get("/ban/"))
    code = offer.edition.bulletin.code
    refused = desk("lan").post(
        f"/ban/ban-tin/{code}/xep-lich/", {"when": "now", "places": [HAI_CHAU]}
    )
    assert refused.status_code == 422
    assert "Chưa đồng ý: Phường Hải Châu" in text(refused)


def test_taking_and_giving_the_hour_are_two_pages(desk, offer) -> None:
    browser = desk("mai")
    taken = browser.post(address("offer", offer), {"hour_by": "own"})
    assert taken.url == address("offer_hour", offer)
    page = text(browser.get(taken.url))
    assert "Phường Hải Châu" in page
    assert "Tổ dân phố 2" in page
    given = {"when": "at", "start_at": "2026-11-24T17:00", "places": [f"{HAI_CHAU}-02"]}
    placed = text(browser.post(taken.url, given, follow=True))
    assert "Đã xếp lịch phát ở địa phương." in placed
    assert Occurrence._base_manager.get().place_id == f"{HAI_CHAU}-02"
    assert moment(Occurrence._base_manager.get().start_at) in placed


def test_wrong_hours_are_said_beside_their_field_and_nothing_is_lost(desk, offer) -> None:
    browser = desk("mai")
    kept = browser.post(address("offer", offer), {"hour_by": "no", "opening": "Kính mời bà con"})
    assert "Kính mời bà con" in text(kept)
    browser.post(address("offer", offer), {"hour_by": "own"})
    for given, words in (
        ({"when": "at", "start_at": "", "places": [HAI_CHAU]}, "Hãy chọn ngày và giờ phát."),
        ({"when": "at", "start_at": "2026-11-20T17:00", "places": [HAI_CHAU]}, "Giờ phát đã qua"),
        ({"when": "now"}, "Hãy chọn ít nhất một nơi để phát."),
    ):
        refused = browser.post(address("offer_hour", offer), given)
        assert refused.status_code == 422
        assert words in text(refused)


def test_declining_asks_for_a_reason_that_the_city_reads(desk, offer) -> None:
    browser = desk("mai")
    assert browser.post(address("offer_decline", offer), {"reason": ""}).status_code == 422
    browser.post(address("offer_decline", offer), {"reason": "Tuần trước đã phát"})
    assert Decline.objects.get().declined_by.username == "mai"
    seen = text(desk("lan").get(f"/ban/ban-tin/{offer.edition.bulletin.code}/tra-loi/"))
    assert "Tuần trước đã phát" in seen
    assert "Chờ trả lời" in seen
    assert "Chờ bạn duyệt" not in text(browser.get("/ban/"))


def test_new_words_around_it_lead_to_their_approval(desk, offer) -> None:
    given = {"hour_by": "own", "opening": "Mời bà con phường Hải Châu nghe tin"}
    page = text(desk("mai").post(address("offer", offer), given, follow=True))
    assert "chưa được duyệt" in page
    assert "Gửi duyệt lời này" in page
    assert Adoption.objects.get().opening.place_id == HAI_CHAU


def test_the_city_moves_the_deadline_on_the_page_of_answers(desk, offer) -> None:
    page = f"/ban/ban-tin/{offer.edition.bulletin.code}/tra-loi/"
    refused = desk("lan").post(page, {"answer_until": "2026-11-20T08:00"})
    assert "Hạn trả lời phải sau lúc này" in text(refused)
    moved = desk("lan").post(page, {"answer_until": "2026-11-25T08:00"}, follow=True)
    offer.refresh_from_db()
    assert f"{offer.answer_until:%d %H:%M}" == "25 01:00"
    assert moment(offer.answer_until) in text(moved)
    assert desk("mai").get(page).status_code == 404


def test_the_chair_writes_down_an_agreement_and_ends_it(desk, offer) -> None:
    page = f"/ban/hop-tin/thoa-thuan/{HAI_CHAU}/"
    assert desk("mai").get(page).status_code == 403
    assert desk("binh").get(page).status_code == 403
    browser = desk("hung")
    assert "Giờ kết thúc phải sau" in text(browser.post(page, {"start": "18:00", "end": "17:00"}))
    agreed = browser.post(page, {"start": "17:00", "end": "18:00"}, follow=True)
    assert "nhận trong khung 17:00–18:00" in text(agreed)
    browser.post(page, {"end_agreement": "yes"})
    assert not Agreement._base_manager.filter(ended_at=None).exists()


def test_a_priority_item_is_announced_and_not_asked(desk, approved, morning) -> None:
    offer = offered(approved, priority="priority")
    assert TITLE not in text(desk("mai").get("/ban/"))
    assert "Tin ưu tiên, được chen vào chương trình" in text(desk("mai").get("/ban/hop-tin/"))
    assert "Nhận tin này" not in text(desk("mai").get(address("offer", offer)))


def test_an_inbox_costs_the_same_however_full(
    desk, approved, morning, django_assert_max_num_queries
) -> None:
    for _ in range(3):
        targets = places_by_code([HAI_CHAU])
        approved(TITLE, by="lan", approver="binh", place=CITY, targets=targets)
    with scopes_disabled():
        send_offers(clock.now())
    browser = desk("mai")
    with django_assert_max_num_queries(45):
        assert text(browser.get("/ban/hop-tin/")).count("Nghe và trả lời") == 3
