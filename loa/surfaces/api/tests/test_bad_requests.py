"""Whatever is sent, the answer is a problem with a code and words, and nothing changes."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from django.test import Client

from loa.surfaces.api.problems import PROBLEM
from loa.surfaces.api.tests.conftest import API, HAI_CHAU, Program
from loa.surfaces.api.tests.operations import (
    OPERATIONS,
    UNKNOWN,
    WITH_BODY,
    Operation,
    assert_refused,
    fitting_bodies,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unchanged")]

BULLETIN = {"place": HAI_CHAU, "title": "Tin"}
BIG = 2_600_000
NO_JSON = [
    b"{",
    b"[]]",
    b"<a/>",
    b"\xff\xfe\xfd",
    b'{"title": "\xff"}',
    b"[" * 100_000,
    b'{"revision": ' + b"9" * 5000 + b"}",
]
NO_OBJECT = [b"null", b"[]", b"7", b'"Tin"', b'{"title": "\xed\xa0\x80"}']
NO_JSON_TYPES = ["", "text/plain", "application/xml", "application/x-www-form-urlencoded"]
NO_VALUES = [{"x": 1}, [[]], [{}], float("nan")]
HALF_LETTERS = ["a\0b", "a\ud800b", "\udfff"]
HOSTILE = ["%00", "%ff", "a%0a", "'%20OR%201=1", "..", "đ", "a" * 3000, "%F0%9F%93%A2", "{0}"]
UPWARDS = ["..%2f..%2fetc%2fpasswd"]
NUMBERS = ["-1", "0", str(2**63), str(10**50), "1.5", "1e3", "NaN", "%D9%A3", "0x1"]
PLACES = ["", "x", "20242'", "2024²", "٢٠٢٤٢", "20242\n", "../20242", "-1", "9" * 17, "99999", "\0"]
QUERIES = [
    "limit=0",
    "limit=-1",
    "limit=201",
    "limit=",
    "limit=%ff",
    "limit=99999999999999999999999",
    "offset=-1",
    "offset=1000001",
    "offset=1e3",
    "place=",
    "place=%00",
    "place=../20242",
]
INSTANTS = [
    "2026-11-24T08:00:00",
    "2026-11-24",
    "hôm nay",
    "",
    "0001-01-01T00:00:00Z",
    "1999-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "99999-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    -1,
    10**30,
    1e300,
]


def send(program: Program, operation: Operation, body: Any, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body)
    return program.send(operation.method, operation.path_nowhere, content, **headers)


def test_what_is_no_json_is_refused(mai) -> None:
    for operation, content in product(WITH_BODY, NO_JSON):
        assert_refused(send(mai, operation, content), 400, "request_unreadable")


def test_json_that_is_no_object_of_fields_is_refused(mai) -> None:
    for operation, content in product(WITH_BODY, NO_OBJECT):
        assert_refused(send(mai, operation, content), 422, "input_invalid")


def test_nothing_at_all_is_refused(mai) -> None:
    for operation in WITH_BODY:
        answer = send(mai, operation, b"")
        # Nothing has no type either: an operation that takes two kinds asks for that first.
        status = 415 if answer.status_code == 415 else 422
        assert_refused(answer, status, "input_invalid", "content_type_unknown")


def test_what_does_not_say_that_it_is_json_is_refused(mai) -> None:
    for operation, content_type in product(WITH_BODY, NO_JSON_TYPES):
        body = fitting_bodies()[operation.name]
        answer = send(mai, operation, body, content_type=content_type)
        assert_refused(answer, 415, "content_type_unknown")


def test_what_is_too_large_is_refused(mai) -> None:
    content = b'{"title": "' + b"x" * BIG + b'"}'
    for operation in WITH_BODY:
        assert_refused(send(mai, operation, content), 413, "too_large")


def test_a_field_that_lacks_is_named(mai) -> None:
    for operation in WITH_BODY:
        fitting = fitting_bodies()[operation.name]
        for name in operation.body_schema.get("required", ()):
            body = {other: value for other, value in fitting.items() if other != name}
            assert_refused(send(mai, operation, body), 422, "input_invalid", field=name)


def test_a_field_that_nobody_knows_is_named(mai) -> None:
    for operation, name in product(WITH_BODY, ["titel", "is_admin", "approver", "__class__"]):
        body = {**fitting_bodies()[operation.name], name: "x"}
        assert_refused(send(mai, operation, body), 422, "input_invalid", field=name)


def test_a_field_of_another_kind_is_named(mai) -> None:
    for operation in WITH_BODY:
        fitting = fitting_bodies()[operation.name]
        for name, value in product(operation.body_schema["properties"], NO_VALUES):
            answer = send(mai, operation, {**fitting, name: value})
            assert_refused(answer, 422, "input_invalid")
            assert name in answer.json()["details"]["faults"][0]["field"], value


def test_a_text_with_half_a_letter_is_named(mai) -> None:
    for operation in WITH_BODY:
        fitting = fitting_bodies()[operation.name]
        for name, letters in product(operation.text_fields, HALF_LETTERS):
            answer = send(mai, operation, {**fitting, name: letters})
            assert_refused(answer, 422, "input_invalid", field=name)


def test_a_place_that_is_none_is_named(mai) -> None:
    for code in PLACES:
        for name in ("create_bulletin", "create_source", "create_reading"):
            (operation,) = (one for one in OPERATIONS if one.name == name)
            answer = mai.post(operation.path, {**fitting_bodies()[name], "place": code})
            assert_refused(answer, 422, "input_invalid", "place_unknown", field="place")
        answer = mai.post("/bulletins", {**BULLETIN, "targets": [HAI_CHAU, code]})
        assert_refused(answer, 422, "input_invalid", "place_unknown")
        answer = mai.upload(b"Tin", place=code, filename="tin.txt")
        assert_refused(answer, 422, "input_invalid", "place_unknown", field="place")


def test_an_instant_without_zone_or_of_another_age_is_named(mai) -> None:
    placements = f"/editions/{UNKNOWN['sha256']}/placements"
    for instant in INSTANTS:
        for name in ("valid_from", "valid_until"):
            answer = mai.post("/bulletins", {**BULLETIN, name: instant})
            assert_refused(answer, 422, "input_invalid", field=name)
        answer = mai.post(placements, {"start_at": instant})
        assert_refused(answer, 422, "input_invalid", field="start_at")


def test_a_name_in_a_path_that_is_none_is_refused(mai) -> None:
    for operation in (one for one in OPERATIONS if one.path_names):
        body = fitting_bodies().get(operation.name)
        for path in operation.paths(dict.fromkeys(operation.path_names, HOSTILE + NUMBERS)):
            answer = mai.ask(operation.method, path, body)
            status = 404 if answer.status_code == 404 else 422
            assert_refused(answer, status, "input_invalid", "not_found")
        for path in operation.paths(dict.fromkeys(operation.path_names, UPWARDS)):
            assert_refused(mai.ask(operation.method, path, body), 404, "not_found")


def test_the_largest_number_of_a_row_is_only_not_there(mai) -> None:
    path = f"/submissions/{2**63 - 1}/approval"
    assert_refused(mai.post(path, fitting_bodies()["create_approval"]), 404, "not_found")


def test_a_query_that_asks_for_no_page_is_refused(mai) -> None:
    for query in QUERIES:
        field = query.partition("=")[0]
        assert_refused(mai.get(f"/bulletins?{query}"), 422, "input_invalid", field=field)


def test_where_nothing_is_a_program_is_told_so(mai) -> None:
    paths = ["/nothing", "/bulletins/", "/bulletins/a/b", "/../v2/bulletins"]
    for method, path in product(["GET", "POST", "DELETE"], paths):
        assert_refused(mai.ask(method, path), 404, "not_found")
        assert_refused(
            Client(enforce_csrf_checks=True).generic(method, API + path), 404, "not_found"
        )


BULLETINS = [
    ("title_missing", 409, {"title": ""}),
    ("title_missing", 409, {"title": " \n\u200b\ufeff"}),
    ("title_too_long", 409, {"title": "ạ" * 301}),
    ("title_too_long", 409, {"title": "Tin " * 250_000}),
    ("body_too_long", 409, {"body": "Tin " * 250_000}),
    ("voice_unknown", 409, {"voice": "../../etc/passwd"}),
    ("input_invalid", 422, {"voice": ""}),
    ("speed_outside", 409, {"speed_percent": 10**300}),
    ("speed_outside", 409, {"speed_percent": 69}),
    ("input_invalid", 422, {"speed_percent": 0}),
    ("input_invalid", 422, {"speed_percent": -(2**63)}),
    ("input_invalid", 422, {"priority": "EMERGENCY!"}),
    ("input_invalid", 422, {"info_class": "0"}),
    ("validity_reversed", 409, {"valid_until": "2026-01-01T00:00:00Z"}),
    ("not_found", 404, {"source": str(UNKNOWN["placement_id"])}),
    ("input_invalid", 422, {"targets": HAI_CHAU}),
    ("place_unknown", 422, {"targets": [str(number) for number in range(60_000, 99_999)]}),
]


def test_a_bulletin_that_cannot_be_is_refused(mai) -> None:
    for code, status, fields in BULLETINS:
        assert_refused(mai.post("/bulletins", {**BULLETIN, **fields}), status, code)


READINGS = [
    ("", "xê quy", "reading_unusable"),
    ("XQZT", "", "reading_unusable"),
    ("XQZT", "số 5", "reading_unusable"),
    ("XQZT", "<script>", "reading_unusable"),
    ("X" * 65, "xê", "input_invalid"),
    ("XQZT", "x" * 201, "input_invalid"),
]


def test_a_reading_that_nobody_can_say_is_refused(mai) -> None:
    for written, spoken, code in READINGS:
        answer = mai.post("/readings", {"place": HAI_CHAU, "written": written, "spoken": spoken})
        assert_refused(answer, 422 if code == "input_invalid" else 409, code)


def test_who_guesses_passwords_is_made_to_wait(mai, settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    guess = fitting_bodies()["create_token"]
    answers = [mai.post("/tokens", guess) for _ in range(11)]
    for answer in answers[:-1]:
        assert_refused(answer, 401, "sign_in_refused")
    assert_refused(answers[-1], 429, "too_many_attempts")


def test_the_words_follow_the_language_asked_for(mai) -> None:
    def answers(language: str) -> list[Any]:
        asked = {"Accept-Language": language}
        return [
            Client(headers=asked).get(f"{API}/bulletins"),
            mai.get("/bulletins/20242-991231-99", **asked),
            mai.send("POST", "/bulletins", b"{", **asked),
            mai.send("POST", "/bulletins", b"x" * BIG, **asked),
            mai.post("/bulletins", {}, **asked),
            mai.post("/bulletins", {**BULLETIN, "place": "99999"}, **asked),
            mai.post("/bulletins", {**BULLETIN, "title": ""}, **asked),
            mai.post("/sources", {"place": HAI_CHAU, "content": "@"}, **asked),
            mai.post("/sources", {"place": HAI_CHAU, "content": ""}, **asked),
        ]

    for language in ("vi", "", "fr, *;q=0.1", "x" * 5000):
        for answer in answers(language):
            assert_refused(answer, answer.status_code, answer.json()["code"])
    for here, there in zip(answers("vi"), answers("en-GB, vi;q=0.5"), strict=True):
        assert here["Content-Type"] == there["Content-Type"] == PROBLEM
        assert here.json()["code"] == there.json()["code"]
        assert there.json()["message"].isascii(), there.json()
        assert there.json()["message"] != here.json()["message"]
