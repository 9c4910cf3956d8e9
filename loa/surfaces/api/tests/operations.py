"""Every operation of the API, found in its own description: a new one is walked by itself."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from loa.project.cast import HAI_CHAU
from loa.registry.devices.actions import note_announcement
from loa.surfaces.api.management.commands.snapshot_openapi import present_openapi
from loa.surfaces.api.problems import PROBLEM
from loa.surfaces.api.tests.conftest import API
from loa.wire.keys import SigningKey, claim_code_of
from loa.wire.messages import Announcement

DESCRIPTION = json.loads(present_openapi())
# What a name in a path stands for when there is no such thing; a new name must be added here
# before it can be walked.
UNKNOWN: dict[str, Any] = {
    "code": "20242-991231-99",
    "number": 2**40,
    "sha256": "0" * 64,
    "placement_id": uuid.UUID(int=7),
    "device": "DN-9999",
    "standing_code": "s-000000000000",
}

# Who tends devices claims and retires them; everything else is done by who writes or leads.
OF_MAINTAINER = {"create_device", "create_retirement", "create_command", "list_commands"}
NEWCOMER = SigningKey.from_seed(b"n" * 32)
NEWCOMER_CODE = claim_code_of(NEWCOMER.public_hex)


def announce_newcomer() -> None:
    """Let a device that belongs to nobody yet wait for its claim."""
    note_announcement(Announcement(public=NEWCOMER.public_hex))


def fitting_bodies(content_hash: str = "0" * 64) -> dict[str, dict[str, Any]]:
    """Return a body for each operation that takes one, as Mai, Hùng or Đức would send it."""
    return {
        "create_token": {"username": "mai", "password": "không phải mật khẩu"},
        "create_source": {"place": HAI_CHAU, "content": base64.b64encode(b"Tin").decode()},
        "create_bulletin": {"place": HAI_CHAU, "title": "Tin"},
        "change_bulletin": {"revision": 1, "title": "Tin"},
        "create_approval": {"content_hash": content_hash},
        "create_return": {"reason": "Vì sao"},
        "create_placement": {"places": [HAI_CHAU]},
        "create_recall": {"reason": "Vì sao"},
        "create_standing": {
            "place": HAI_CHAU,
            "kind": "relay",
            "title": "Tiếp âm",
            "sources": ["https://radio.example/vov1"],
            "windows": [{"begins_minute": 300, "minutes": 60}],
            "places": [HAI_CHAU],
            "valid_from": "2026-11-24T00:00:00+07:00",
            "valid_until": "2036-11-24T00:00:00+07:00",
        },
        "create_standing_end": {"reason": "Vì sao"},
        "create_check_reason": {"key": "day_past:20/11", "reason": "Đúng như vậy"},
        "create_reading": {"place": HAI_CHAU, "written": "XQZT", "spoken": "xê quy"},
        "create_device": {"claim_code": NEWCOMER_CODE, "name": "Chợ Hàn", "place": HAI_CHAU},
        "create_command": {"verb": "identify"},
        "create_retirement": {"reason": "Vì sao"},
    }


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    told: dict[str, Any]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return str(self.told["operationId"])

    @property
    def path_names(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    @property
    def is_deed(self) -> bool:
        return self.method != "GET"

    @property
    def has_body(self) -> bool:
        return "requestBody" in self.told

    @cached_property
    def body_schema(self) -> dict[str, Any]:
        schema = self.told["requestBody"]["content"]["application/json"]["schema"]
        name = schema.get("$ref", "").rpartition("/")[2]
        return DESCRIPTION["components"]["schemas"][name] if name else schema

    @property
    def text_fields(self) -> list[str]:
        """Return the fields that take a text of some form."""
        return [
            name
            for name, told in self.body_schema["properties"].items()
            if "string" in {kind.get("type") for kind in (told, *told.get("anyOf", ()))}
        ]

    def paths(self, values: Mapping[str, Sequence[Any]]) -> Iterator[str]:
        """Yield the path with each of these values for each of its names."""
        for row in product(*(values[name] for name in self.path_names)):
            yield self.path.format(**dict(zip(self.path_names, row, strict=True)))

    @property
    def path_nowhere(self) -> str:
        return self.path.format(**UNKNOWN)


def _found() -> list[Operation]:
    return [
        Operation(method.upper(), path.removeprefix(API), told)
        for path, methods in DESCRIPTION["paths"].items()
        for method, told in methods.items()
    ]


def assert_refused(answer: Any, status: int, *codes: str, field: str | None = None) -> None:
    asked = (answer.request["REQUEST_METHOD"], answer.request["PATH_INFO"], answer.content[:400])
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM), asked
    told = answer.json()
    assert set(told) == set(DESCRIPTION["components"]["schemas"]["ProblemOut"]["required"])
    assert (told["status"], told["code"] in codes) == (status, True), asked
    # Every sentence of Vietnamese has a letter that English lacks.
    assert not told["message"].isascii()
    assert field in {None, told["field"]}, asked


OPERATIONS = _found()
CLOSED = [one for one in OPERATIONS if one.name != "create_token"]
WITH_BODY = [one for one in OPERATIONS if one.has_body]
