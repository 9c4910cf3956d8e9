"""A commune administers its own people, and never reaches another's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HOA_VANG
from loa.project.tests.way import MORNING
from loa.registry.people.access import use_access_link
from loa.registry.people.actions import end_mandate, grant_mandate
from loa.registry.people.models import Mandate, Person
from loa.registry.people.queries import person_by_username
from loa.registry.people.roles import role_by_code
from loa.registry.people.rules import Deed
from loa.registry.people.suspensions import suspend_person, suspend_place, suspended_places
from loa.registry.places.queries import place_by_code
from loa.surfaces.desk.rights_words import DEED_WORDS

pytestmark = pytest.mark.django_db
NEW = {
    "full_name": "Nguyễn Thị  Bé",
    "title": "Phát thanh viên",
    "phone": "0905 123 456",
    "email": "",
    "role": "commune_editor",
    "place": HAI_CHAU,
    "decision_number": "45/QĐ-UBND",
    "valid_from": "2026-11-24",
    "valid_until": "2027-12-31",
}


@pytest.fixture(autouse=True)
def in_the_morning(morning) -> None:
    pass


@pytest.fixture
def neighbour(cast) -> str:
    """Somebody who administers Hòa Vang as Hoa administers Hải Châu."""
    place, number = place_by_code(HOA_VANG), "9/QĐ"
    grant_mandate(cast["tam"], "commune_manager", place, decision_number=number, valid_from=MORNING)
    return "tam"


def of(name: str) -> Person:
    return person_by_username(name)


def page(answer: Any) -> str:
    return str(answer.content.decode())


def address(name: str, *args: Any) -> str:
    return reverse(f"desk:{name}", args=args)


def test_every_deed_has_words() -> None:
    assert set(DEED_WORDS) == set(Deed)


def test_a_colleague_is_added_on_one_page_and_let_in_by_a_link_shown_once(desk) -> None:
    browser = desk("hoa")
    assert "Hòa Vang" not in page(browser.get(address("new_colleague")))
    shown = page(browser.post(address("new_colleague"), NEW))
    assert "be-nt" in shown
    assert "Chỉ hiện một lần" in shown
    token = re.search(r"/ban/vao/duong-dan/([^/\"]+)/", shown).group(1)
    person = use_access_link(token, password="mat-khau-cua-toi-2026")
    assert person.full_name == "Nguyễn Thị Bé"
    assert (person.phone, person.may(Deed.WRITE, place_by_code(HAI_CHAU))) == ("0905123456", True)
    seen = page(browser.get(address("person", person.pk)))
    assert (
        "Nguyễn Thị Bé được xem bản tin và lịch phát, soạn bản tin, xếp lịch phát, dừng phát "
        "ở Phường Hải Châu đến hết 31-12-2027, theo quyết định 45/QĐ-UBND."
    ) in seen
    assert "Trương Thị Hoa giao ngày 24-11-2026" in seen


def test_pressing_twice_adds_one_person(desk) -> None:
    browser = desk("hoa")
    for _ in range(2):
        assert browser.post(address("new_colleague"), NEW).status_code == 200
    assert Person.objects.filter(full_name="Nguyễn Thị Bé").count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"full_name": ""}, "Hãy ghi họ và tên đầy đủ."),
        ({"phone": "không có"}, "Số điện thoại gồm 8 đến 15 chữ số"),
        ({"email": "mai@"}, "Địa chỉ thư điện tử không đúng"),
        ({"decision_number": " "}, "Hãy ghi số quyết định giao việc"),
        ({"valid_until": "2026-11-01"}, "Ngày hết hạn phải sau ngày bắt đầu"),
        ({"valid_from": ""}, "Hãy chọn ngày."),
        ({"role": "village_head"}, "không giao được ở Phường Hải Châu"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(desk, wrong, said) -> None:
    answer = desk("hoa").post(address("new_colleague"), NEW | wrong)
    assert answer.status_code == 422
    assert said in page(answer)
    assert 'value="Phát thanh viên"' in page(answer)
    assert not Person.objects.filter(title="Phát thanh viên").exists()


@pytest.mark.parametrize(
    "wrong", [{"role": "commune_chair"}, {"role": "administrator"}, {"place": HOA_VANG}]
)
def test_what_is_not_hers_to_give_is_no_choice(desk, wrong) -> None:
    assert desk("hoa").post(address("new_colleague"), NEW | wrong).status_code == 422
    assert not Person.objects.filter(title="Phát thanh viên").exists()


def test_people_are_found_without_accents_by_role_and_by_place(desk) -> None:
    browser = desk("an")
    everybody = page(browser.get(address("people")))
    assert all(name in everybody for name in ("Lê Thị Mai", "Đỗ Minh Tâm", "Hồ Văn Lạ"))
    found = page(browser.get(address("people"), {"tim": "do minh"}))
    assert "Đỗ Minh Tâm" in found
    assert "Lê Thị Mai" not in found
    chairs = page(browser.get(address("people"), {"vai": "commune_chair", "noi": HAI_CHAU}))
    assert "Phạm Quốc Hùng" in chairs
    assert "Võ Hoàng Sơn" not in chairs
    hers = page(desk("hoa").get(address("people")))
    assert "Lê Thị Mai" in hers
    assert "Đỗ Minh Tâm" not in hers
    assert "Hồ Văn Lạ" not in hers


def test_a_mandate_is_extended_and_ended_with_a_reason(desk) -> None:
    browser, mandate = desk("hoa"), of("mai").mandates.get()
    term = {"decision_number": "77/QĐ-UBND", "valid_until": "2027-06-30"}
    seen = page(browser.post(address("mandate_term", mandate.pk), term, follow=True))
    assert "đến hết 30-06-2027, theo quyết định 77/QĐ-UBND" in seen
    past = browser.post(address("mandate_term", mandate.pk), term | {"valid_until": "2026-11-01"})
    assert "Ngày hết hạn phải sau" in page(past)
    unsaid = browser.post(address("mandate_end", mandate.pk), {"reason": ""})
    assert unsaid.status_code == 422
    seen = page(browser.post(address("mandate_end", mandate.pk), {"reason": "Nghỉ"}, follow=True))
    assert "Trương Thị Hoa kết thúc ngày 24-11-2026: Nghỉ" in seen
    assert not of("mai").may_anywhere(Deed.WRITE)


def test_a_suspended_person_does_nothing_until_it_is_lifted(desk) -> None:
    browser, mai = desk("hoa"), of("mai")
    given = {"reason": "Chờ xác minh", "until": "2026-11-30"}
    seen = page(browser.post(address("person_suspension", mai.pk), given, follow=True))
    assert "Đến hết 30-11-2026, do Trương Thị Hoa đình chỉ ngày 24-11-2026: Chờ xác minh" in seen
    assert not of("mai").may_anywhere(Deed.WRITE)
    held = of("mai").suspensions.get()
    browser.post(address("suspension_end", held.pk), {"reason": "Đã rõ"})
    assert of("mai").may_anywhere(Deed.WRITE)
    assert browser.get(address("suspension_end", held.pk)).status_code == 404


def test_the_city_suspends_a_place_and_lets_it_play_again(desk) -> None:
    browser = desk("binh")
    seen = page(
        browser.post(address("place_suspension", HAI_CHAU), {"reason": "Sai giờ"}, follow=True)
    )
    assert "Phường Hải Châu đang bị đình chỉ quyền phát" in seen
    assert HAI_CHAU in suspended_places(clock.now())
    assert desk("hoa").get(address("place_suspension", HAI_CHAU)).status_code == 403
    assert "Cho phát trở lại" not in page(desk("hoa").get(address("place_rights", HAI_CHAU)))
    number = place_by_code(HAI_CHAU).suspensions.get().pk
    assert desk("hoa").post(address("suspension_end", number), {"reason": "x"}).status_code == 404
    browser.post(address("suspension_end", number), {"reason": "Đã sửa"})
    assert suspended_places(clock.now()) == set()


def test_a_place_says_who_may_do_what_and_leaves_out_who_is_suspended(desk) -> None:
    seen = page(desk("thuy").get(address("place_rights", f"{HOA_VANG}-01")))
    assert "Võ Hoàng Sơn" in seen
    suspend_person(of("mai"), by=of("hoa"), reason="x")
    seen = page(desk("hung").get(address("place_rights", HAI_CHAU)))
    assert "Lê Thị Mai" not in seen
    assert "Trương Thị Hoa" in seen


def test_everybody_is_told_what_he_may_do_and_whom_to_ask(desk) -> None:
    seen = page(desk("mai").get(address("my_rights")))
    assert "Lê Thị Mai được xem bản tin và lịch phát, soạn bản tin" in seen
    assert "Hãy hỏi Trương Thị Hoa, Ngô Thị An, kèm số quyết định." in seen
    assert "Lúc này không được giao việc nào." in page(desk("la").get(address("my_rights")))


def test_the_keeper_of_the_system_changes_roles_and_is_told_what_does_not_go(desk) -> None:
    browser = desk("an")
    assert "trưởng thôn, tổ trưởng" in page(browser.get(address("roles")))
    wish = {"name": "trưởng thôn, tổ trưởng", "level": "village", "deeds": ["read", "recall"]}
    browser.post(address("role", "village_head"), wish)
    assert role_by_code("village_head").deeds == ["read", "recall"]
    refused = browser.post(address("role", "village_head"), wish | {"deeds": ["read", "confirm"]})
    assert "Vai trò cấp thôn, tổ không duyệt" in page(refused)
    browser.post(address("new_role"), {"name": "thợ máy", "level": "commune", "deeds": []})
    assert role_by_code("tho_may").deeds == []
    assert desk("hoa").get(address("roles")).status_code == 200
    assert desk("hoa").get(address("role", "village_head")).status_code == 403
    assert desk("mai").get(address("roles")).status_code == 403


def test_who_administers_one_commune_reaches_nobody_of_another(desk, neighbour) -> None:
    browser, hers = desk(neighbour), of("mai")
    mandate = hers.mandates.get()
    held = suspend_person(of("mai"), by=of("hoa"), reason="x")
    place = suspend_place(place_by_code(HAI_CHAU), by=of("binh"), reason="Chuyện riêng")
    pages = [
        address("person", hers.pk),
        address("person_contact", hers.pk),
        address("person_mandate", hers.pk),
        address("person_link", hers.pk),
        address("person_suspension", hers.pk),
        address("mandate_term", mandate.pk),
        address("mandate_end", mandate.pk),
        address("suspension_end", held.pk),
        address("suspension_end", place.pk),
        address("place_rights", HAI_CHAU),
        address("place_suspension", HAI_CHAU),
    ]
    given = {**NEW, "reason": "x", "place": HOA_VANG}
    for one in pages:
        for answer in (browser.get(one), browser.post(one, given)):
            assert answer.status_code in {403, 404, 405}, one
            assert "Lê Thị Mai" not in page(answer)
            assert "Chuyện riêng" not in page(answer)
    assert Mandate.objects.get(pk=mandate.pk).ended_at is None
    assert "Lê Thị Mai" not in page(browser.get(address("people"), {"noi": HAI_CHAU}))


def test_an_agency_is_entered_and_named_by_a_mandate(desk, neighbour) -> None:
    browser = desk("hoa")
    health = {"name": "Trạm Y tế", "kind": "service", "place": HAI_CHAU}
    for _ in range(2):
        assert "Trạm Y tế" in page(browser.post(address("agencies"), health, follow=True))
    assert browser.post(address("agencies"), health | {"name": " "}).status_code == 422
    browser.post(address("new_colleague"), NEW | {"agency": "tram-y-te"})
    assert Mandate.objects.get(agency="tram-y-te").person.full_name == "Nguyễn Thị Bé"
    assert "Trạm Y tế" not in page(desk(neighbour).get(address("agencies")))
    assert desk("mai").get(address("agencies")).status_code == 403


def test_who_works_in_two_communes_shows_each_only_its_own(desk, neighbour) -> None:
    grant_mandate(
        of("mai"),
        "commune_editor",
        place_by_code(HOA_VANG),
        decision_number="66/QĐ",
        valid_from=MORNING,
    )
    mai = of("mai")
    seen = page(desk("hoa").get(address("person", mai.pk)))
    assert "66/QĐ" not in seen
    assert "Cấp đường dẫn vào mới" not in seen
    assert desk("hoa").post(address("person_link", mai.pk)).status_code == 403
    assert "31/QĐ-UBND" not in page(desk(neighbour).get(address("person", mai.pk)))
    assert "Cấp đường dẫn vào mới" in page(desk("an").get(address("person", mai.pk)))


def test_who_suspended_somebody_else_gives_him_no_way_in(desk, neighbour) -> None:
    """Who holds nothing now is not anybody's: a suspended person stays with his own commune."""
    suspend_person(of("mai"), by=of("hoa"), reason="x")
    assert desk(neighbour).post(address("person_link", of("mai").pk)).status_code == 404
    end_mandate(of("mai").mandates.get(), ended_by=of("hoa"))
    assert desk(neighbour).post(address("person_link", of("mai").pk)).status_code == 404


def test_pages_of_people_ask_few_questions(desk, django_assert_max_num_queries) -> None:
    for number in range(40):
        person = Person.objects.create(username=f"n{number}", full_name=f"Người Thứ {number}")
        grant_mandate(
            person,
            "commune_editor",
            place_by_code(HAI_CHAU),
            decision_number="1",
            valid_from=MORNING - timedelta(days=1),
        )
    browser = desk("hoa")
    for one in (address("people"), address("place_rights", HAI_CHAU), address("new_colleague")):
        browser.get(one)
        with django_assert_max_num_queries(24):
            assert browser.get(one).status_code == 200
    assert CITY not in page(browser.get(address("new_colleague")))
