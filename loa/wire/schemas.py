"""JSON Schemas of every message, for whoever builds a device: `python -m loa.wire.schemas` writes them anew.

They are read off the structures the code decodes with, so a field added there is never missing here.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from loa.wire import commands, emergency, messages
from loa.wire.books import Book
from loa.wire.envelope import Envelope

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "protocol" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OFFSET_OR_Z = "([Zz]|[+-][0-9]{2}:?[0-9]{2})$"

# Payload type → structure; the file of a type bears the word between the last dot and "+json".
BY_TYPE: dict[str, type[msgspec.Struct]] = {
    messages.ROOT: messages.Root,
    messages.ROSTER: messages.Roster,
    messages.EDITION: messages.Edition,
    messages.CONFIRMATION: messages.Confirmation,
    messages.STANDING: messages.Standing,
    messages.DESIRED: messages.Desired,
    messages.LOG: messages.LogBatch,
    messages.LOG_RECEIPT: messages.LogReceipt,
    messages.HEARTBEAT: messages.Heartbeat,
    messages.ANNOUNCEMENT: messages.Announcement,
    messages.ENROLMENT: messages.Enrolment,
    emergency.EMERGENCY: emergency.Emergency,
    commands.COMMAND: commands.Command,
    commands.COMMAND_RECEIPT: commands.CommandReceipt,
}


def file_name_of(payload_type: str) -> str:
    """Return the schema file of a payload type: `desired.json` of `application/vnd.loa.desired+json`."""
    return payload_type.rpartition(".")[2].removesuffix("+json") + ".json"


def all_schemas() -> dict[str, Any]:
    """Return every schema by file name: the envelope, the hint, and each payload type."""
    unsigned: dict[str, type[msgspec.Struct]] = {
        "envelope.json": Envelope,
        "book.json": Book,
        "hint.json": messages.Hint,
    }
    signed = {file_name_of(kind): struct for kind, struct in BY_TYPE.items()}
    return {name: schema_of(struct) for name, struct in (unsigned | signed).items()}


def schema_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the schema of one message, complete in itself."""
    (top,), parts = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    own = parts.pop(top["$ref"].rpartition("/")[2])
    schema = {"$schema": DIALECT, **own}
    if parts:
        schema["$defs"] = dict(sorted(parts.items()))
    told: dict[str, Any] = _told_plainly(schema)
    return told


def _told_plainly(node: Any) -> Any:
    """Say what validators would miss: a zone is part of an instant."""
    if isinstance(node, list):
        return [_told_plainly(item) for item in node]
    if not isinstance(node, dict):
        return node
    told = {key: _told_plainly(value) for key, value in node.items()}
    if told.get("format") == "date-time":
        told["pattern"] = _OFFSET_OR_Z
    if isinstance(told.get("description"), str):
        told["description"] = re.sub(r"\s+", " ", told["description"])
    return told


def rendered(schema: Any) -> str:
    """Return the text of a schema file."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    """Write the schema files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, schema in all_schemas().items():
        (FOLDER / name).write_text(rendered(schema), encoding="utf-8")
        print(f"docs/protocol/schemas/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
