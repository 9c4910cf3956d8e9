"""What cannot become a source is refused in words, as a file and as base64, and leaves nothing."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from loa.lib.legacy_letters import TCVN3
from loa.surfaces.api.tests.conftest import HAI_CHAU
from loa.surfaces.api.tests.operations import assert_refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unchanged")]

BIG = 2_600_000
VOWELS = {letter: old for old, letter in TCVN3.items()}
WORDS = "Ủy ban nhân dân phường mời bà con đi tiêm phòng vào sáng thứ bảy tại trạm y tế."
HALF_LEGACY = f"{WORDS}\n" + "".join(
    VOWELS.get(letter, letter) for letter in WORDS.replace("Ủ", "ủ")
)


TEXTS = [
    ("text_empty", 409, b""),
    ("text_empty", 409, "  \n\u00a0\ufeff".encode()),
    ("text_binary", 409, b"%PDF-1.7"),
    ("text_binary", 409, b"Tin\0tin"),
    ("text_too_long", 413, "ạ".encode() * 350_000),
    ("text_too_long", 409, "ạ".encode() * 100_000),
    ("text_half_legacy", 409, HALF_LEGACY.encode()),
    ("text_undecodable", 409, b"\xff\xfe\x00\xd8a\x00"),
]


def test_bytes_that_are_no_text_are_refused(mai) -> None:
    for code, status, raw in TEXTS:
        assert_refused(mai.upload(raw, place=HAI_CHAU, filename="tin.txt"), status, code)
        answer = mai.fill_in("/sources", {"place": HAI_CHAU, "file": _file(raw)})
        assert_refused(answer, status, code)


def test_what_is_no_base64_is_refused(mai) -> None:
    for content in ["@@@", "abc", "tiếng", "VGl u", "VGlu\n", "=", "data:;base64,VGlu"]:
        answer = mai.post("/sources", {"place": HAI_CHAU, "content": content})
        assert_refused(answer, 409, "content_not_base64")


def test_an_encoding_nobody_knows_or_that_does_not_fit_is_refused(mai) -> None:
    answer = mai.upload(b"Tin", place=HAI_CHAU, encoding="utf-7")
    assert_refused(answer, 422, "input_invalid", field="encoding")
    answer = mai.upload("Tiêm".encode("utf-16"), place=HAI_CHAU, encoding="utf-8")
    assert answer.status_code == 409
    assert_refused(answer, 409, "text_undecodable", "text_binary")


def test_a_form_that_cannot_be_read_is_refused(mai) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="place"\r\n\r\n20242'
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=\u00ff"):
        answer = mai.send("POST", "/sources", part, content_type=content_type)
        assert_refused(answer, 400, "request_unreadable")
    many = {f"f{number}": "x" for number in range(1100)}
    assert_refused(mai.fill_in("/sources", many), 400, "request_unreadable")
    files = {f"f{number}": _file(b"Tin") for number in range(120)}
    assert_refused(mai.fill_in("/sources", files), 400, "request_unreadable")


def test_a_form_without_a_file_or_with_too_much_is_refused(mai) -> None:
    answer = mai.fill_in("/sources", {"place": HAI_CHAU})
    assert_refused(answer, 422, "input_invalid", field="file")
    answer = mai.fill_in("/sources", {"place": HAI_CHAU, "file": "Tin"})
    assert_refused(answer, 422, "input_invalid", field="file")
    answer = mai.fill_in("/sources", {"place": HAI_CHAU, "file": _file(b"x" * BIG)})
    assert_refused(answer, 413, "text_too_long")
    answer = mai.fill_in("/sources", {"place": HAI_CHAU, "more": "x" * BIG})
    assert_refused(answer, 413, "too_large")


def _file(raw: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("tin.txt", raw)
