"""Somebody of commune A walks every address of the API with what belongs to commune B."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from loa.lib import clock
from loa.surfaces.api.management.commands.snapshot_openapi import SNAPSHOT
from loa.surfaces.api.tests.conftest import API, HAI_CHAU, HOA_VANG, Program
from loa.surfaces.api.tests.test_main_job import approve, do_queued_work, write

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
SECRET = "Họp kín về đất đai"
PATHS: dict[str, dict[str, Any]] = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["paths"]
OPERATIONS = [
    (method.upper(), path.removeprefix(API), operation)
    for path, operations in PATHS.items()
    for method, operation in operations.items()
    if operation.get("security")
]
# Lists that name nothing; what stands in them is compared instead.
LISTS = {("GET", path) for path in ("/bulletins", "/submissions", "/placements", "/devices")}
PUBLIC = {("GET", "/places")}


def belongings_of_hoa_vang(tam: Program, son: Program) -> dict[str, Any]:
    """Bring one thing of every kind into the world of another commune."""
    there = {"place": HOA_VANG, "title": SECRET}
    edition = approve(tam, son, write(tam, **there)["code"])["edition"]
    placement = tam.post(f"/editions/{edition}/placements").json()
    assert placement["waits_for"] == ["quiet_hours"]
    source = tam.upload(SECRET.encode(), place=HOA_VANG).json()
    code = write(tam, **there)["code"]
    do_queued_work()
    submission = tam.post(f"/bulletins/{code}/submission").json()
    return {
        "code": code,
        "number": submission["id"],
        "sha256": edition,
        "placement_id": placement["id"],
        "place": HOA_VANG,
        "source": source["id"],
        "content_hash": submission["content_hash"],
    }


def body_for(operation: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any] | None:
    """Fill what the operation asks for with what belongs to the others."""
    if "requestBody" not in operation:
        return None
    values = {
        "place": HOA_VANG,
        "source": theirs["source"],
        "content_hash": theirs["content_hash"],
        "content": "aGVsbG8=",
        "title": "Tin khác",
        "body": "Nội dung khác.",
        "reason": "Không thích",
        "revision": 1,
        "written": "ABC",
        "spoken": "a bê xê",
    }
    content = operation["requestBody"]["content"]["application/json"]["schema"]
    if "$ref" in content:
        name = content["$ref"].rsplit("/", 1)[1]
        schemas = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["components"]["schemas"]
        content = schemas[name]
    wanted = {name: values[name] for name in content["properties"] if name in values}
    missing = set(content.get("required", ())) - set(wanted)
    assert not missing, f"the walk does not know how to fill {missing}"
    return wanted


@pytest.mark.parametrize("intruder", ["mai", "hung", "thuy", "duc", "la"])
def test_no_address_gives_or_changes_what_belongs_to_another_commune(cast, intruder: str) -> None:
    with clock.at(NIGHT):
        tam, son, stranger = (Program(cast[name]) for name in ("tam", "son", intruder))
        theirs = belongings_of_hoa_vang(tam, son)
        before = tam.get(f"/bulletins/{theirs['code']}").json()
        walked = 0
        for method, path, operation in OPERATIONS:
            if (method, path) in PUBLIC:
                continue
            answer = stranger.ask(method, path.format(**theirs), body_for(operation, theirs))
            said = answer.content.decode()
            assert SECRET not in said, f"{method} {path} tells a title"
            assert theirs["code"] not in said, f"{method} {path} tells a code"
            walked += 1
            if (method, path) in LISTS:
                assert answer.status_code in {200, 403}
            else:
                assert answer.status_code in {403, 404}, f"{method} {path}: {said}"
                assert answer["Content-Type"] == "application/problem+json"
        assert walked == len(OPERATIONS) - len(PUBLIC) >= 18
        assert tam.get(f"/bulletins/{theirs['code']}").json() == before


def test_what_is_not_there_and_what_is_not_yours_look_the_same(cast) -> None:
    tam, mai = Program(cast["tam"]), Program(cast["mai"])
    code = write(tam, place=HOA_VANG, title=SECRET)["code"]
    theirs = mai.get(f"/bulletins/{code}")
    nobodys = mai.get("/bulletins/20320-200101-99")
    assert (theirs.status_code, theirs.json()) == (nobodys.status_code, nobodys.json())
    assert theirs.status_code == 404


def test_a_source_of_another_commune_makes_no_bulletin_here(cast) -> None:
    tam, mai = Program(cast["tam"]), Program(cast["mai"])
    source = tam.upload(SECRET.encode(), place=HOA_VANG).json()["id"]
    answer = mai.post("/bulletins", {"place": HAI_CHAU, "title": "Tin", "source": source})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_nobody_aims_at_a_place_that_is_not_his(cast) -> None:
    wanted = {"place": HAI_CHAU, "title": "Tin", "body": "Lời.", "targets": [HOA_VANG]}
    answer = Program(cast["mai"]).post("/bulletins", wanted)
    assert (answer.status_code, answer.json()["code"]) == (409, "target_outside")


def test_devices_are_those_of_ones_places_and_the_ledger_is_the_inspectors(programs) -> None:
    assert {one["place"] for one in programs["mai"].get("/devices").json()} == {HAI_CHAU}
    assert len(programs["duc"].get("/devices").json()) == 3
    assert programs["la"].get("/devices").json() == []
    assert programs["mai"].get("/ledger/faults").status_code == 403
    ledger = programs["nga"].get("/ledger/faults").json()
    assert (ledger["holds"], ledger["faults"]) == (True, [])
    assert ledger["head_seq"] > 0


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_nobody_unknown_is_answered(db, method: str, path: str, operation: dict[str, Any]) -> None:
    names = {"code": "x", "number": 1, "sha256": "0" * 64, "placement_id": "0" * 32}
    answer = Client().generic(method, API + path.format(**names), "{}", "application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer["WWW-Authenticate"] == "Bearer"
