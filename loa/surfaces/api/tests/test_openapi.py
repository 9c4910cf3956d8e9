"""What programs are promised, and that it is what they get."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from loa.surfaces.api.management.commands import snapshot_openapi
from loa.surfaces.api.problems import PROBLEM
from loa.surfaces.api.tests.conftest import API
from loa.surfaces.api.tests.operations import OPERATIONS, Operation


@pytest.fixture
def served() -> dict[str, Any]:
    answer = Client().get(f"{API}/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    return json.loads(answer.content)


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object inside a part of the description."""
    if isinstance(node, dict):
        yield node
    for below in node.values() if isinstance(node, dict) else node:
        if isinstance(below, dict | list):
            yield from parts(below)


def test_the_description_kept_is_the_present_one() -> None:
    call_command("snapshot_openapi", check=True)


@pytest.mark.parametrize("kept", [None, "", "{}", "one letter off"])
def test_a_stale_description_is_told(monkeypatch, tmp_path, kept) -> None:
    snapshot = tmp_path / "openapi.json"
    if kept is not None:
        snapshot.write_text(kept and snapshot_openapi.present_openapi().replace("Loa", "loa", 1))
    monkeypatch.setattr(snapshot_openapi, "SNAPSHOT", snapshot)
    with pytest.raises(CommandError, match="snapshot_openapi"):
        call_command("snapshot_openapi", check=True)
    call_command("snapshot_openapi")
    call_command("snapshot_openapi", check=True)


def test_what_is_served_is_what_is_kept(served) -> None:
    assert served == json.loads(snapshot_openapi.SNAPSHOT.read_text(encoding="utf-8"))


def test_every_reference_leads_somewhere(served) -> None:
    references = {part["$ref"] for part in parts(served) if "$ref" in part}
    assert len(references) > 20
    for reference in references:
        root, *steps = reference.split("/")
        found = served
        for step in steps:
            found = found[step]
        assert (root, bool(found)) == ("#", True), reference


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_says_what_it_does_and_how_it_refuses(operation: Operation) -> None:
    told = operation.told
    assert told["operationId"].isidentifier()
    assert told["description"].endswith(".")
    assert told["tags"]
    assert PROBLEM in told["responses"]["default"]["content"]
    assert any(status.startswith("2") for status in told["responses"])


def test_no_two_operations_share_a_name() -> None:
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)


def test_every_name_in_a_path_is_described() -> None:
    for operation in OPERATIONS:
        described = {one["name"] for one in operation.told["parameters"] if one["in"] == "path"}
        assert described == set(operation.path_names), operation.name


def test_only_a_token_is_had_without_signing_in() -> None:
    assert [one.name for one in OPERATIONS if not one.told.get("security")] == ["create_token"]


def test_the_two_ways_to_sign_in_are_described(served) -> None:
    schemes = served["components"]["securitySchemes"]
    assert {name for one in OPERATIONS for way in one.told.get("security", ()) for name in way} == {
        *schemes
    }
    assert {(scheme["type"], scheme.get("scheme")) for scheme in schemes.values()} == {
        ("http", "bearer"),
        ("apiKey", None),
    }
