"""People in front of a browser: on a phone or at a desk, with or without script."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from loa.project.cast import DEMO_PASSWORD

PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 900}
WAIT_MS = 15_000


class Visitors:
    """Opens browsers for people of the cast; each signs in once and is known from then on."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self._browser = browser
        self._known: dict[str, Any] = {}

    def anybody(self, **wishes: Any) -> Page:
        """Return a page of somebody who has not signed in."""
        return self._open(None, **wishes)

    def person(self, username: str, **wishes: Any) -> Page:
        """Return a page of this person, signed in by the form."""
        if username not in self._known:
            page = self._open(None)
            sign_in(page, username)
            self._known[username] = page.context.storage_state()
            page.context.close()
        return self._open(self._known[username], **wishes)

    def same_machine(self, disk: Any, **wishes: Any) -> Page:
        """Return a page of a browser started anew on a machine whose disk holds this."""
        return self._open(disk, **wishes)

    def _open(self, state: Any, *, phone: bool = False, script: bool = True) -> Page:
        context: BrowserContext = self._browser.new_context(
            base_url=self.url,
            viewport=PHONE if phone else WIDE,
            storage_state=state,
            java_script_enabled=script,
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
        )
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: page_errors(page).append(str(error)))
        return page


def page_errors(page: Page) -> list[str]:
    """Return what went wrong in the page's own scripts so far."""
    return page.__dict__.setdefault("_loa_errors", [])


def sign_in(page: Page, username: str) -> None:
    page.goto("/ban/vao/")
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Đăng nhập", exact=True).click()
    page.wait_for_url("**/ban/")


def faults_of(page: Page) -> list[str]:
    """Return what a page does wrong: for assistive technology, its width, its scripts."""
    page.evaluate("document.fonts.ready.then(() => true)")
    violations = Axe().run(page).response["violations"]
    found = [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in violations]
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        found.append(f"{wide} pixels wider than the screen")
    return found + page_errors(page)
