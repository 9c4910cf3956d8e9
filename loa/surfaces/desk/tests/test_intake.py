import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from loa.lib.encodings import TEXT_BYTES_MAX
from loa.lib.tests.test_encodings import write as write_legacy
from loa.project.cast import HAI_CHAU

pytestmark = pytest.mark.django_db
NEW = "/ban/ban-tin/moi/"
TEXT = "Lịch cắt điện\nThứ Bảy ngày 28/11/2026, cắt điện từ 7h30 đến 11h00 tại tổ 5."


def upload(browser, raw: bytes, name: str = "tin.txt"):
    return browser.post(NEW, {"place": HAI_CHAU, "file": SimpleUploadedFile(name, raw)})


def test_a_pasted_text_becomes_a_bulletin(desk) -> None:
    browser = desk("mai")
    answer = browser.post(NEW, {"place": HAI_CHAU, "text": TEXT.replace("\n", "\r\n")})
    assert answer.status_code == 302
    page = browser.get(answer.url).content.decode()
    assert "Lịch cắt điện" in page
    assert "bảy giờ ba mươi phút" in page


def test_an_old_encoding_is_shown_before_it_is_used(desk) -> None:
    browser = desk("mai")
    answer = upload(browser, write_legacy(TEXT, "tcvn3"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "TCVN3" in page
    assert "cắt điện từ 7h30" in page
    kept = {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1]
        for name in ("content", "filename", "place")
    }
    tried = browser.post(NEW, {**kept, "try": "vni"}).content.decode()
    assert "cắt điện từ 7h30" not in tried
    used = browser.post(NEW, {**kept, "encoding": "tcvn3"})
    assert "Lịch cắt điện" in browser.get(used.url).content.decode()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "Văn bản trống"),
        (b"   \n ", "Văn bản trống"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "không phải văn bản"),
        (("Tin dài. " * (TEXT_BYTES_MAX // 4)).encode(), "quá dài"),
        (b"x" * 1_000_000, "quá dài"),
    ],
)
def test_bad_input_says_what_to_do(desk, raw: bytes, words: str) -> None:
    answer = upload(desk("mai"), raw)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_what_was_typed_is_still_there_after_a_refusal(desk) -> None:
    answer = desk("mai").post(NEW, {"place": "48", "text": TEXT})
    assert answer.status_code == 422
    assert "cắt điện từ 7h30" in answer.content.decode()


@pytest.mark.parametrize("username", ["hung", "thuy", "duc", "nga", "la"])
def test_who_may_not_write_finds_no_form(desk, username: str) -> None:
    browser = desk(username)
    assert browser.get(NEW).status_code == 403
    assert browser.post(NEW, {"place": HAI_CHAU, "text": TEXT}).status_code == 403
