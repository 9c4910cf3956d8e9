"""What residents see and hear of what sounded: the board, the commune's page, listening again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.city import City
from tests.journeys.visitor import Visitors

# Resolves once a third of a second was really played.
HEARD = """audio => new Promise((done) => {
    audio.addEventListener("timeupdate", () => audio.currentTime > 0.3 && done());
    audio.play();
})"""
TITLE = "Lịch khám sức khỏe"
TEXT = "Mời người cao tuổi đến khám sức khỏe từ 7h30 tại trạm y tế."


@pytest.fixture(scope="module")
def sounded(city: City) -> str:
    tam, son = city.person("tam"), city.person("son")
    code = tam.write(TITLE, TEXT, place="20320")
    city.person("binh").confirm(tam.place(son.approve(tam.submit(code))))
    city.wait_proved(code)
    return code


def test_a_resident_finds_the_commune_and_listens_again(visitors: Visitors, sounded: str) -> None:
    page = visitors.anybody(phone=True)
    page.goto("/")
    page.get_by_role("link", name="Hòa Vang", exact=False).first.click()
    expect(page.get_by_role("heading", name="Nghe lại")).to_be_visible()
    expect(page.get_by_text(TITLE).first).to_be_visible()
    audio = page.locator("audio").first
    audio.evaluate(HEARD)
    assert audio.evaluate("audio => audio.duration") > 2


def test_the_board_shows_the_edition_and_keeps_it_when_the_line_is_lost(
    visitors: Visitors, sounded: str
) -> None:
    page = visitors.anybody()
    page.goto("/bang/20320/")
    expect(page.get_by_text(TITLE).first).to_be_attached()
    page.context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    expect(page.get_by_text(TITLE).first).to_be_attached()


def test_a_draft_is_nowhere_in_public(visitors: Visitors, city: City) -> None:
    draft = city.person("tam").write("Bản nháp chưa ai duyệt", TEXT, place="20320")
    page = visitors.anybody()
    for address in ("/", "/dia-ban/20320/", "/bang/20320/"):
        page.goto(address)
        assert "Bản nháp chưa ai duyệt" not in page.content()
    answer = page.goto(f"/tin/{draft}/")
    assert answer is not None
    assert answer.status == 404
