"""Every kind of page, on a phone and at a desk, by day and by night: nothing a machine can find."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.city import City
from tests.journeys.visitor import PHONE, WIDE, Visitors, faults_of

TEXT = "Mời bà con dọn vệ sinh lúc 7h30. Theo báo cáo của XQZT, trời nắng."


@pytest.fixture(scope="module")
def ways(city: City) -> dict[str, str]:
    """One bulletin that sounded, one that waits, one being written: their addresses."""
    mai, hung = city.person("mai"), city.person("hung")
    sounded = mai.write("Ngày vệ sinh", "Mời bà con dọn vệ sinh lúc 7h30.", place="20242")
    edition = hung.approve(mai.submit(sounded))
    placement = mai.place(edition)
    city.person("binh").confirm(placement)
    city.wait_proved(sounded)
    waiting = mai.write("Họp tổ", "Mời bà con họp tổ.", place="20242")
    submission = mai.submit(waiting)
    draft = mai.write("Đang viết", TEXT, place="20242")
    return {
        "SOUNDED": sounded,
        "WAITING": waiting,
        "DRAFT": draft,
        "SUBMISSION": str(submission["id"]),
        "PLACEMENT": placement["id"],
    }


DESK = [
    "/ban/",
    "/ban/ban-tin/",
    "/ban/ban-tin/moi/",
    "/ban/ban-tin/SOUNDED/",
    "/ban/ban-tin/WAITING/",
    "/ban/ban-tin/DRAFT/",
    "/ban/ban-tin/SOUNDED/xep-lich/",
    "/ban/dung/PLACEMENT/",
    "/ban/lich/",
    "/ban/thiet-bi/",
    "/ban/thiet-bi/DN-0001/",
    "/ban/bang-chung/",
    "/ban/bang-chung/SOUNDED/",
]
LEADER = [
    "/ban/duyet/SUBMISSION/",
    "/ban/duyet/SUBMISSION/tra-lai/",
    "/ban/xac-nhan/PLACEMENT/",
    "/ban/lich/gio/20242/",
]
PUBLIC = [
    "/ban/vao/",
    "/",
    "/dia-ban/20242/",
    "/tin/SOUNDED/",
    "/bang/20242/",
    "/khong-co-trang-nay/",
]


def addresses(ways: dict[str, str], patterns: list[str]) -> list[str]:
    found = []
    for pattern in patterns:
        address = pattern
        for word, value in ways.items():
            address = address.replace(word, value)
        found.append(address)
    return found


# Size and scheme: what a page looks like depends on nothing else, so it is loaded once.
LOOKS = [(PHONE, "light"), (PHONE, "dark"), (WIDE, "light")]


@pytest.mark.parametrize(
    ("username", "patterns"),
    [("mai", DESK), ("hung", LEADER), ("nga", ["/ban/so-su-viec/"]), (None, PUBLIC)],
    ids=["editor", "leader", "inspector", "public"],
)
def test_pages_hold_no_fault_a_machine_can_find(
    visitors: Visitors, ways, username, patterns
) -> None:
    page = visitors.person(username) if username else visitors.anybody()
    faults = {}
    for address in addresses(ways, patterns):
        page.goto(address)
        for size, scheme in LOOKS:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            faults[f"{address} {size['width']} {scheme}"] = faults_of(page)
    page.context.close()
    assert {where: found for where, found in faults.items() if found} == {}


@pytest.mark.parametrize("address", ["/", "/dia-ban/20242/", "/tin/SOUNDED/"])
def test_reading_needs_no_script(visitors: Visitors, ways, address) -> None:
    page = visitors.anybody(script=False)
    answer = page.goto(addresses(ways, [address])[0])
    assert answer is not None
    assert answer.status == 200
    assert len(answer.body()) < 100_000
    expect(page.get_by_text("Ngày vệ sinh").first).to_be_visible()
    page.context.close()
