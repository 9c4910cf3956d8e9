"""Write the description of the API that programs are promised, or check that it still holds."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from loa.surfaces.api.v1 import api

SNAPSHOT = Path(__file__).parents[2] / "openapi.json"


class Command(BaseCommand):
    help = "Write loa/surfaces/api/openapi.json; with --check only compare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare, write nothing")

    def handle(self, *_args: Any, check: bool = False, **_options: Any) -> None:
        present = present_openapi()
        if not check:
            SNAPSHOT.write_text(present, encoding="utf-8")
        elif not SNAPSHOT.exists() or SNAPSHOT.read_text(encoding="utf-8") != present:
            raise CommandError("openapi.json is stale; run manage.py snapshot_openapi")


def present_openapi() -> str:
    """Return the description as it is now."""
    schema = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
