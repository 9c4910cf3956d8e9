from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from loa.surfaces.api.sign_in import issue_token
from loa.surfaces.api.tests.conftest import API, HAI_CHAU
from loa.surfaces.api.tests.test_main_job import write

pytestmark = pytest.mark.django_db

TEXT = "Trạm y tế phường thông báo lịch tiêm chủng cho trẻ em trong tháng này."


def legacy_bytes() -> bytes:
    """Write a sentence by the letters of TCVN3, taken from the table the reader uses."""
    from loa.lib.encodings import decode

    table = {decode(bytes([byte]), "tcvn3"): byte for byte in range(0xA1, 0xFF)}
    return b"".join(
        letter.encode() if letter.isascii() else bytes([table[letter]]) for letter in TEXT
    )


def test_legacy_text_is_shown_and_taken_once_confirmed(programs) -> None:
    mai, raw = programs["mai"], legacy_bytes()
    asked = mai.upload(raw, place=HAI_CHAU, filename="cu.txt")
    assert (asked.status_code, asked.json()["code"]) == (409, "encoding_unconfirmed")
    found = asked.json()["details"]
    assert (found["encoding"], found["sample"]) == ("tcvn3", TEXT)
    taken = mai.upload(raw, place=HAI_CHAU, filename="cu.txt", encoding="tcvn3")
    assert (taken.status_code, taken.json()["text"]) == (201, TEXT)


def test_a_file_is_taken_from_a_form_too(cast) -> None:
    token, _ = issue_token(cast["mai"])
    client = Client(headers={"Authorization": f"Bearer {token}"})
    file = SimpleUploadedFile("tin.txt", TEXT.encode("utf-16"))
    answer = client.post(f"{API}/sources", {"place": HAI_CHAU, "file": file})
    assert answer.status_code == 201, answer.content
    assert (answer.json()["encoding"], answer.json()["filename"]) == ("utf-16", "tin.txt")
    assert client.post(f"{API}/sources", {"place": HAI_CHAU}).status_code == 422


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 409, "text_empty"),
        (b" \r\n\t ", 409, "text_empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), 409, "text_binary"),
        (bytes(range(256)) * 4, 409, "text_binary"),
        (b"a" * 300_000, 409, "text_too_long"),
        (b"a" * 1_000_000, 413, "text_too_long"),
        (b"a" * 2_500_000, 413, "too_large"),
    ],
    ids=["empty", "blank", "picture", "binary", "long", "1 MB", "2.5 MB"],
)
def test_bytes_that_are_no_text_are_refused_with_words(
    programs, raw: bytes, status: int, code: str
) -> None:
    answer = programs["mai"].upload(raw, place=HAI_CHAU)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]


def test_a_confirmed_encoding_opens_no_way_round(programs) -> None:
    answer = programs["mai"].upload(b"a" * 1_000_000, place=HAI_CHAU, encoding="utf-8")
    assert (answer.status_code, answer.json()["code"]) == (413, "text_too_long")
    wrong = programs["mai"].upload("Đà Nẵng".encode("utf-16"), place=HAI_CHAU, encoding="utf-8")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "text_undecodable")


def test_a_body_of_one_megabyte_is_refused_and_nothing_is_written(programs) -> None:
    wanted = {"place": HAI_CHAU, "title": "Dài", "body": "chữ " * 250_000}
    answer = programs["mai"].post("/bulletins", wanted)
    assert (answer.status_code, answer.json()["code"]) == (409, "body_too_long")
    assert programs["mai"].get("/bulletins").json()["total"] == 0


def test_a_name_with_every_letter_comes_back_as_it_was(programs) -> None:
    letters = (
        "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
    )
    title = f"{letters.upper()} {letters}"
    bulletin = write(programs["mai"], title=title)
    assert programs["mai"].get(f"/bulletins/{bulletin['code']}").json()["title"] == title


@pytest.mark.parametrize(
    "change",
    [
        {"title": "a\0b"},
        {"priority": "loud"},
        {"info_class": "9"},
        {"valid_until": "2026-12-01T00:00:00"},
        {"valid_until": "0001-01-01T00:00:00+07:00"},
        {"valid_until": "9999-12-31T23:59:59Z"},
        {"targets": ["%"]},
        {"targets": ["99999"]},
        {"source": "x"},
        {"place": "1; DROP TABLE"},
        {"title": "\ud800"},
        {"title": 5},
    ],
    ids=str,
)
def test_fields_that_mean_nothing_are_named(programs, change) -> None:
    answer = programs["mai"].post(
        "/bulletins", {"place": HAI_CHAU, "title": "Tin", "body": "Lời.", **change}
    )
    assert answer.status_code == 422, answer.content
    assert answer.json()["field"] == next(iter(change)) or answer.json()["details"]["faults"]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "\xff"])
def test_what_is_no_json_object_is_said_so(cast, body: str) -> None:
    token, _ = issue_token(cast["mai"])
    client = Client(headers={"Authorization": f"Bearer {token}"})
    for path in ("/bulletins", "/sources", "/readings"):
        answer = client.generic("POST", API + path, body.encode("latin-1"), "application/json")
        assert answer.status_code in {400, 422}, (path, answer.content)
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    ["/bulletins/%00", "/bulletins/..", "/submissions/0/return", "/bulletins/%F0%9F%94%8A"]
    + [f"/submissions/{10**30}/return", "/placements/x/recall", "/editions/zz/placements"],
)
def test_names_that_cannot_be_are_refused(programs, path: str) -> None:
    answer = programs["lan"].post(path, {"reason": "x"})
    assert answer.status_code in {404, 405, 422}


def test_what_is_not_base64_is_said_so(programs) -> None:
    answer = programs["mai"].post("/sources", {"place": HAI_CHAU, "content": "không phải"})
    assert (answer.status_code, answer.json()["code"]) == (409, "content_not_base64")
