"""An approver makes a passkey, answers with it, and the horns sound: Chromium's own authenticator."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
import pytest
from playwright.sync_api import Browser, CDPSession, Page, Route, expect

from loa.wire import envelope, roots, rules
from loa.wire.messages import EDITION, Roster
from loa.wire.reasons import Reason, Refused
from tests.city import City
from tests.journeys.visitor import Visitors, faults_of

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Holder:
    """Somebody at a desk whose machine has an authenticator."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable")
        made = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self._id: str = made["authenticatorId"]

    def is_recognised(self, is_so: bool) -> None:
        """Let the machine know the person's finger, or not."""
        wish = {"authenticatorId": self._id, "isUserVerified": is_so}
        self._cdp.send("WebAuthn.setUserVerified", wish)

    def register(self, name: str) -> None:
        self.page.goto("/ban/khoa/")
        self.page.get_by_label("Đặt tên cho khóa").fill(name)
        self.page.get_by_role("button", name="Đăng ký khóa trên máy này").click()

    def answer(self, submission: int) -> None:
        self.page.goto(f"/ban/duyet/{submission}/")
        self.page.get_by_label("Tôi đã đọc toàn văn").check()
        self.page.get_by_role("button", name="Duyệt bằng khóa của tôi").click()


@pytest.fixture(scope="module")
def desk(browser: Browser, city: City) -> Visitors:
    """The desk under the name that passkeys are made for: a number is none."""
    return Visitors(browser, city.url.replace("127.0.0.1", "localhost"))


@pytest.fixture(scope="module")
def yen(desk: Visitors) -> Iterator[Holder]:
    holder = Holder(desk.person("yen", phone=True))
    holder.register("Điện thoại của Yến")
    expect(holder.page.get_by_text("Đã đăng ký khóa “Điện thoại của Yến”")).to_be_visible()
    yield holder
    holder.page.goto("/ban/khoa/")
    holder.page.locator("summary").get_by_text("Ngừng dùng khóa này").click()
    holder.page.get_by_role("button", name="Ngừng dùng khóa này").click()
    expect(holder.page.get_by_text("Đã ngừng dùng khóa.")).to_be_visible()


def submitted(city: City, title: str) -> dict[str, Any]:
    mai = city.person("mai")
    return mai.submit(mai.write(title, "Mời bà con dọn vệ sinh lúc 7h30.", place="20242"))


def signed(city: City, sha256: str) -> bytes:
    ((sealed,),) = city.rows("SELECT envelope FROM approvals_edition WHERE sha256 = %s", sha256)
    return bytes(sealed)


def roster_of(city: City) -> Roster:
    """Return the roster as a device opens it: by the root."""
    ((root,),) = city.rows("SELECT envelope FROM people_rootissue ORDER BY version DESC LIMIT 1")
    ((roster,),) = city.rows(
        "SELECT envelope FROM people_rosterissue ORDER BY version DESC LIMIT 1"
    )
    return rules.open_roster(bytes(roster), roots.open_own(bytes(root)))


def test_what_a_passkey_approved_sounds_and_is_proved(yen: Holder, city: City) -> None:
    submission = submitted(city, "Dọn vệ sinh tổ 1")
    yen.answer(submission["id"])
    expect(yen.page.get_by_text("Đã duyệt “Dọn vệ sinh tổ 1”")).to_be_visible()
    code = submission["bulletin"]
    ((sha256,),) = city.rows(
        "SELECT e.sha256 FROM approvals_edition e JOIN newsroom_bulletin b ON b.id = e.bulletin_id"
        " WHERE b.code = %s",
        code,
    )
    sealed, roster = signed(city, sha256), roster_of(city)
    edition, _, key = rules.open_edition(sealed, roster)
    assert (edition.approver, key.custody, key.rp_id) == ("yen", "passkey", "localhost")
    city.person("hung").confirm(city.person("mai").place(sha256))
    city.wait_proved(code)

    (one,) = envelope.read(sealed).signatures
    said = base64.b64decode(one.client_data).replace(b'"origin":"http://', b'"origin":"https://')
    changed = msgspec.structs.replace(one, client_data=base64.b64encode(said).decode())
    payload = envelope.read(sealed).payload_bytes
    with pytest.raises(Refused) as refused:
        rules.open_edition(envelope.sealed_with(EDITION, payload, changed), roster)
    assert refused.value.reason is Reason.FORGED


def test_an_answer_that_was_changed_on_its_way_approves_nothing(yen: Holder, city: City) -> None:
    submission = submitted(city, "Dọn vệ sinh tổ 2")
    address = re.compile(rf"/ban/duyet/{submission['id']}/$")

    def spoil(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        form = parse_qs(route.request.post_data or "", keep_blank_values=True)
        form["authenticator_data"] = [form["authenticator_data"][0][::-1]]
        route.continue_(post_data=urlencode(form, doseq=True))

    yen.page.route(address, spoil)
    yen.answer(submission["id"])
    expect(yen.page.get_by_text("Khóa riêng đã ký không đúng bản vừa chuẩn bị")).to_be_visible()
    yen.page.unroute(address)
    yen.answer(submission["id"])
    expect(yen.page.get_by_text("Đã duyệt “Dọn vệ sinh tổ 2”")).to_be_visible()


def test_who_is_not_recognised_by_his_machine_approves_nothing(yen: Holder, city: City) -> None:
    submission = submitted(city, "Dọn vệ sinh tổ 3")
    yen.is_recognised(False)
    yen.answer(submission["id"])
    expect(yen.page.get_by_text("Khóa chưa trả lời")).to_be_visible()
    yen.is_recognised(True)
    yen.page.get_by_role("button", name="Duyệt bằng khóa của tôi").click()
    expect(yen.page.get_by_text("Đã duyệt “Dọn vệ sinh tổ 3”")).to_be_visible()


def test_the_same_machine_makes_no_second_key(yen: Holder) -> None:
    yen.register("Lần nữa")
    expect(yen.page.get_by_text("Máy này đã có khóa của bạn rồi.")).to_be_visible()


def test_a_browser_without_passkeys_says_so(yen: Holder, desk: Visitors, city: City) -> None:
    submission = submitted(city, "Dọn vệ sinh tổ 4")
    old = desk.person("yen")
    old.add_init_script("delete window.PublicKeyCredential")
    old.goto(f"/ban/duyet/{submission['id']}/")
    old.get_by_label("Tôi đã đọc toàn văn").check()
    old.get_by_role("button", name="Duyệt bằng khóa của tôi").click()
    expect(old.get_by_text("Trình duyệt này không dùng được khóa riêng ở đây")).to_be_visible()


def test_pages_of_keys_have_no_faults(yen: Holder, city: City, visitors: Visitors) -> None:
    submission = submitted(city, "Dọn vệ sinh tổ 5")
    for address in ("/ban/khoa/", f"/ban/duyet/{submission['id']}/"):
        yen.page.goto(address)
        assert faults_of(yen.page) == []
    elsewhere = visitors.person("yen")  # under a number, where no passkey answers
    elsewhere.goto("/ban/khoa/")
    expect(elsewhere.get_by_text("Bạn đang mở trang ở địa chỉ khác.")).to_be_visible()
    assert faults_of(elsewhere) == []
