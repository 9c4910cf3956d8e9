"""The main job by hand, as its two people do it at the desk."""

from __future__ import annotations

import contextlib
import re

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Route, expect

from loa.lib.tests.test_encodings import write as write_legacy
from tests.city import City
from tests.journeys.visitor import Visitors, sign_in

TEXT = "Mời tiêm vắc xin sởi\nTrạm XQZT mời bà con đưa trẻ đi tiêm từ 7h30 thứ bảy."
SHORT = "Họp tổ dân phố\nMời bà con đến họp lúc 19h30 tại nhà văn hóa."


def deed(words: str, about: str) -> re.Pattern[str]:
    """Return the name of a button whose object only a screen reader is told."""
    return re.compile(rf"^{re.escape(words)}\s*:\s*{re.escape(about)}$")


def take_in(page: Page, text: str) -> str:
    """Paste a text and return the code of its bulletin."""
    page.goto("/ban/ban-tin/moi/")
    page.get_by_label("Dán hoặc gõ nội dung").fill(text)
    page.get_by_role("button", name="Nhận văn bản này").click()
    page.wait_for_url(re.compile(r"/ban/ban-tin/\d[\d-]+/$"))
    return page.url.rstrip("/").rsplit("/", 1)[1]


def hand_in(page: Page) -> None:
    expect(page.get_by_role("button", name="Nghe", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Gửi duyệt tới").click()
    expect(page.get_by_text("Đã gửi duyệt tới")).to_be_visible()


def approve(page: Page, title: str) -> None:
    page.goto("/ban/")
    page.get_by_role("link", name=deed("Nghe và duyệt", title)).first.click()
    page.get_by_label("Tôi đã đọc toàn văn").check()
    page.get_by_role("button", name="Duyệt bản tin này").click()
    expect(page.get_by_text("Đã duyệt “")).to_be_visible()


def confirm_if_asked(page: Page, title: str) -> None:
    """In quiet hours the second person answers once more; by day nobody asks."""
    page.goto("/ban/")
    link = page.get_by_role("link", name=deed("Xem và xác nhận", title))
    if link.count():
        link.first.click()
        page.get_by_role("button", name="Xác nhận, phát ngay bây giờ").click()
        expect(page.get_by_text("Đã xác nhận.")).to_be_visible()


def test_a_notice_is_written_heard_approved_sounded_and_proved(
    visitors: Visitors, city: City
) -> None:
    mai, hung = visitors.person("mai"), visitors.person("hung", phone=True)

    code = take_in(mai, TEXT)
    expect(mai.get_by_text("1 chỗ cần trả lời")).to_be_visible()
    mai.get_by_label("“XQZT” đọc là").fill("y tế phường")
    mai.get_by_role("button", name=deed("Đọc như vậy", "XQZT")).click()
    expect(mai.locator("#spoken")).to_contain_text("y tế phường mời bà con")
    expect(mai.get_by_text("1 chỗ cần trả lời")).to_have_count(0)
    expect(mai.locator("#spoken")).to_contain_text("bảy giờ ba mươi phút")
    hand_in(mai)
    expect(mai.get_by_text("Chờ duyệt").first).to_be_visible()

    hung.goto("/ban/")
    hung.get_by_role("link", name=deed("Nghe và duyệt", "Mời tiêm vắc xin sởi")).click()
    # Shut, but not dead: pressed too early it says what is missing.
    hung.get_by_role("button", name="Duyệt bản tin này").click(force=True)
    expect(hung.get_by_text("Chưa duyệt được: hãy nghe hết")).to_be_visible()
    approve(hung, "Mời tiêm vắc xin sởi")

    mai.goto("/ban/")
    mai.get_by_role("link", name=deed("Chọn giờ phát", "Mời tiêm vắc xin sởi")).click()
    mai.get_by_role("button", name="Phát ngay tới").click()
    confirm_if_asked(visitors.person("binh"), "Mời tiêm vắc xin sởi")

    proof = city.wait_proved(code)
    assert {horn["place"] for horn in proof["devices"]} == {"20242"}
    mai.goto(f"/ban/bang-chung/{code}/")
    main = mai.get_by_role("main")
    for words in ("Lê Thị Mai", "Phạm Quốc Hùng", "có bằng chứng đủ"):
        expect(main.get_by_text(words).first).to_be_visible()
    for horn in proof["devices"]:
        expect(main.get_by_text(horn["name"]).first).to_be_visible()


def test_hearing_it_to_the_end_lights_the_button(visitors: Visitors) -> None:
    mai, hung = visitors.person("mai"), visitors.person("hung")
    take_in(mai, SHORT)
    hand_in(mai)
    hung.goto("/ban/")
    hung.get_by_role("link", name=deed("Nghe và duyệt", "Họp tổ dân phố")).first.click()
    button = hung.get_by_role("button", name="Duyệt bản tin này")
    expect(button).to_have_attribute("aria-disabled", "true")
    hung.evaluate("document.querySelector('audio').playbackRate = 4")
    hung.get_by_role("button", name=re.compile("^Nghe:")).click()
    expect(button).to_have_attribute("aria-disabled", "false")
    button.click()
    expect(hung.get_by_text("Đã duyệt “Họp tổ dân phố”")).to_be_visible()


def test_a_bulletin_goes_back_with_a_reason_and_comes_again(visitors: Visitors) -> None:
    mai, hung = visitors.person("mai"), visitors.person("hung")
    code = take_in(mai, "Lịch thu gom rác\nThu gom rác lúc 17h00 hằng ngày.")
    hand_in(mai)
    hung.goto("/ban/")
    hung.get_by_role("link", name=deed("Nghe và duyệt", "Lịch thu gom rác")).click()
    hung.get_by_role("link", name="Trả lại, kèm lý do").click()
    hung.get_by_role("button", name="Trả lại cho Lê Thị Mai").click()
    expect(hung.get_by_text("Hãy ghi một dòng lý do.").first).to_be_visible()
    hung.get_by_label("Lý do").fill("Thiếu tên các tổ")
    hung.get_by_role("button", name="Trả lại cho Lê Thị Mai").click()
    expect(hung.get_by_text("Đã trả lại cho Lê Thị Mai.")).to_be_visible()

    mai.goto("/ban/")
    mai.get_by_role("link", name=deed("Sửa và gửi lại", "Lịch thu gom rác")).click()
    expect(mai.get_by_text("Thiếu tên các tổ")).to_be_visible()
    mai.get_by_label("Nội dung").fill("Tổ 1 đến tổ 3: thu gom rác lúc 17h00 hằng ngày.")
    expect(mai.locator("#spoken")).to_contain_text("tổ ba")
    hand_in(mai)
    assert mai.url.rstrip("/").endswith(code)


def test_what_is_typed_survives_a_lost_line_and_a_dead_browser(visitors: Visitors) -> None:
    dying = visitors.person("mai", phone=True)
    take_in(dying, "Tin đang viết dở\nCâu thứ nhất.")
    dying.context.set_offline(True)
    dying.get_by_label("Nội dung").fill("Câu thứ nhất. Câu gõ lúc mất mạng.")
    expect(dying.get_by_text("đã giữ trên máy này")).to_be_visible()
    address, disk = dying.url, dying.context.storage_state()
    with contextlib.suppress(PlaywrightError):
        dying.goto("chrome://crash")  # it may not even say goodbye

    mai = visitors.same_machine(disk, phone=True)
    mai.goto(address)
    expect(mai.get_by_label("Nội dung")).to_have_value("Câu thứ nhất.")
    mai.get_by_role("button", name="Lấy lại bản gõ dở").click()
    expect(mai.get_by_label("Nội dung")).to_have_value("Câu thứ nhất. Câu gõ lúc mất mạng.")
    expect(mai.locator("[data-autosave-state]")).to_have_attribute("data-state", "saved")
    mai.reload()
    expect(mai.get_by_label("Nội dung")).to_have_value("Câu thứ nhất. Câu gõ lúc mất mạng.")


def test_what_is_being_saved_is_not_lost_with_the_browser(visitors: Visitors) -> None:
    dying = visitors.person("mai")
    take_in(dying, "Tin đang lưu\nCâu thứ nhất.")
    dying.route("**/ban-nhap/", lambda route: None)  # the server never answers
    dying.get_by_label("Nội dung").fill("Câu thứ nhất. Câu đang gửi.")
    with dying.expect_request("**/ban-nhap/"):
        pass
    address, disk = dying.url, dying.context.storage_state()
    with contextlib.suppress(PlaywrightError):
        dying.goto("chrome://crash")

    mai = visitors.same_machine(disk)
    mai.goto(address)
    mai.get_by_role("button", name="Lấy lại bản gõ dở").click()
    expect(mai.get_by_label("Nội dung")).to_have_value("Câu thứ nhất. Câu đang gửi.")
    expect(mai.locator("[data-autosave-state]")).to_have_attribute("data-state", "saved")
    mai.reload()
    expect(mai.get_by_label("Nội dung")).to_have_value("Câu thứ nhất. Câu đang gửi.")
    expect(mai.get_by_role("button", name="Lấy lại bản gõ dở")).to_be_hidden()


def test_typing_on_while_a_slow_line_saves_is_no_conflict(visitors: Visitors) -> None:
    mai = visitors.person("mai")
    mai.clock.install()
    take_in(mai, "Tin trên đường truyền chậm\nCâu thứ nhất.")
    held: list[Route] = []
    mai.route("**/ban-nhap/", lambda route: route.continue_() if held else held.append(route))
    body, state = mai.get_by_label("Nội dung"), mai.locator("[data-autosave-state]")
    body.fill("Câu thứ hai.")
    with mai.expect_request("**/ban-nhap/"):
        mai.clock.run_for(1_000)
    body.fill("Câu thứ hai. Câu thứ ba.")
    mai.clock.run_for(1_000)
    held[0].continue_()
    expect(state).to_have_attribute("data-state", "saved")
    with mai.expect_response("**/ban-nhap/") as second:
        mai.clock.run_for(1_000)
    assert second.value.status == 200
    mai.reload()
    expect(body).to_have_value("Câu thứ hai. Câu thứ ba.")


def test_a_file_in_an_old_encoding_is_looked_at_first(visitors: Visitors) -> None:
    mai = visitors.person("mai")
    mai.goto("/ban/ban-tin/moi/")
    raw = write_legacy("Lịch cắt điện\nThứ Bảy cắt điện ở Hải Châu.", "tcvn3")
    file = {"name": "cat-dien.txt", "mimeType": "text/plain", "buffer": raw}
    mai.get_by_label("Hoặc chọn tệp văn bản").set_input_files(files=[file])
    mai.get_by_role("button", name="Nhận văn bản này").click()
    expect(mai.get_by_text("TCVN3 (phông .Vn, ABC)")).to_be_visible()
    expect(mai.get_by_text("Thứ Bảy cắt điện ở Hải Châu.")).to_be_visible()
    mai.get_by_role("button", name="Đọc đúng, dùng văn bản này").click()
    expect(mai.get_by_label("Tiêu đề")).to_have_value("Lịch cắt điện")


def test_all_of_it_goes_by_keyboard(visitors: Visitors) -> None:
    page = visitors.anybody()
    page.goto("/ban/vao/")
    page.keyboard.type("mai")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("loa-da-nang-2026")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ban/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Đến nội dung chính")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Viết bản tin mới").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/ban-tin/moi/")
    page.get_by_label("Dán hoặc gõ nội dung").focus()
    page.keyboard.type("Tin gõ bằng bàn phím. Mời bà con nghe.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/ban/ban-tin/\d[\d-]+/$"))


def test_without_script_it_can_be_read_written_and_approved(visitors: Visitors, city: City) -> None:
    mai = visitors.person("mai", script=False)
    code = take_in(mai, "Tin không cần mã lệnh\nMời bà con nghe đài.")
    city.person("mai").wait_sound(code)
    mai.reload()
    expect(mai.locator("audio")).to_have_attribute("controls", "")
    mai.get_by_role("button", name="Gửi duyệt tới").click()
    expect(mai.get_by_text("Đã gửi duyệt tới")).to_be_visible()
    hung = visitors.person("hung", script=False)
    approve(hung, "Tin không cần mã lệnh")


def test_the_desk_speaks_english_too(visitors: Visitors) -> None:
    page = visitors.anybody()
    sign_in(page, "tam")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Write a new bulletin").first).to_be_visible()
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.get_by_role("link", name="Viết bản tin mới").first).to_be_visible()
