"""Somebody makes a key of a machine, goes out and comes in by it: Chromium's own authenticator."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from loa.project.cast import DEMO_PASSWORD
from tests.city import City
from tests.journeys.test_passkeys import AUTHENTICATOR
from tests.journeys.visitor import Visitors, faults_of

HOME = re.compile(r"/ban/$")


@pytest.fixture(scope="module")
def thuy(browser: Browser, city: City) -> Iterator[Page]:
    """A village head at a machine with an authenticator, under the name that keys are made for."""
    page = Visitors(browser, city.url.replace("127.0.0.1", "localhost")).person("thuy", phone=True)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto("/ban/tai-khoan/khoa/")
    assert faults_of(page) == []
    page.get_by_label("Đặt tên cho khóa").fill("Điện thoại của Thúy")
    page.get_by_role("button", name="Thêm khóa trên máy này").click()
    expect(page.get_by_text("Đã thêm khóa đăng nhập.")).to_be_visible()
    yield page
    # Others of these tests sign in as her by password alone.
    page.goto("/ban/tai-khoan/")
    page.get_by_role("link", name="Bỏ Điện thoại của Thúy").click()
    page.get_by_role("button", name="Bỏ “Điện thoại của Thúy”").click()
    expect(page.get_by_text("Đã bỏ “Điện thoại của Thúy”.")).to_be_visible()


def sign_out(page: Page) -> None:
    page.goto("/ban/")
    page.get_by_role("button", name="Thoát", exact=True).click()
    expect(page.get_by_text("Bạn đã thoát.")).to_be_visible()


def test_a_key_lets_in_without_name_or_password(thuy: Page) -> None:
    sign_out(thuy)
    thuy.get_by_role("button", name="Đăng nhập bằng khóa").click()
    expect(thuy).to_have_url(HOME)
    thuy.goto("/ban/tai-khoan/")
    assert faults_of(thuy) == []
    expect(thuy.get_by_text(re.compile("· khóa đăng nhập"))).to_be_visible()


def test_after_a_password_the_key_or_one_recovery_code_is_asked(thuy: Page) -> None:
    thuy.goto("/ban/tai-khoan/ma-du-phong/")
    code = thuy.locator(".codes code").first.inner_text()
    assert faults_of(thuy) == []
    for answer in ("code", "spent code", "key"):
        sign_out(thuy)
        thuy.get_by_label("Tên đăng nhập").fill("thuy")
        thuy.get_by_label("Mật khẩu").fill(DEMO_PASSWORD)
        thuy.get_by_role("button", name="Đăng nhập", exact=True).click()
        expect(thuy.get_by_role("heading", name="Xác nhận đăng nhập")).to_be_visible()
        if answer == "key":
            assert faults_of(thuy) == []
            thuy.get_by_role("button", name="Dùng khóa của máy này").click()
        else:
            thuy.get_by_label("Mã xác nhận").fill(code)
            thuy.get_by_role("button", name="Xác nhận và vào").click()
        if answer == "spent code":
            expect(thuy.get_by_text("Mã không đúng hoặc đã dùng rồi").first).to_be_visible()
            thuy.get_by_role("button", name="Dùng khóa của máy này").click()
        expect(thuy).to_have_url(HOME)
