from __future__ import annotations

import json

from django.core.management import call_command
from django.test import Client

from loa.surfaces.api.management.commands.snapshot_openapi import SNAPSHOT


def test_the_description_is_the_one_that_was_promised() -> None:
    call_command("snapshot_openapi", check=True)


def test_the_description_is_served_and_no_page_loads_scripts(db) -> None:
    served = Client().get("/api/v1/openapi.json")
    assert served.json() == json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert Client().get("/api/v1/docs").status_code == 404


def test_every_operation_asks_who_it_is_but_the_one_that_signs_in() -> None:
    paths = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["paths"]
    open_ones = [
        operation["operationId"]
        for operations in paths.values()
        for operation in operations.values()
        if not operation.get("security")
    ]
    assert open_ones == ["create_token"]
