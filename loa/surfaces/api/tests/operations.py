"""Every operation of the API, found in its own description: a new one is walked by itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from loa.surfaces.api.management.commands.snapshot_openapi import present_openapi
from loa.surfaces.api.tests.conftest import API


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


def _found() -> list[Operation]:
    paths = json.loads(present_openapi())["paths"]
    return [
        Operation(method.upper(), path.removeprefix(API), told)
        for path, methods in paths.items()
        for method, told in methods.items()
    ]


OPERATIONS = _found()
