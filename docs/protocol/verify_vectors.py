#!/usr/bin/env python3
"""Judge every test vector by the protocol page alone, and say where page and vectors part.

usage: verify_vectors.py [FOLDER]        (FOLDER: vectors/ beside this script)

It needs Python 3.11, `cryptography`, `emergencies.py`, `reader.py` and `shapes.py` beside it, and nothing of Loa: a reader of
README.md wrote down there what each section says. Prints a table; the status is 0 only when every
vector is judged as it says.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from emergencies import check_emergency
from reader import (
    Case,
    Refused,
    canonical,
    check_command,
    check_document,
    check_media,
    check_start,
    chosen,
    holds,
    key_id,
    opened,
    sha256,
    signed_bytes,
)


def verdict(check: Callable[..., None], *given: Any, good: str = "good") -> str:
    try:
        check(*given)
    except Refused as refusal:
        return str(refusal)
    return good


Judged = tuple[str, str, str]  # name, expected, judged


def judge_keys(keys: Case) -> Iterator[Judged]:
    for name, key in keys.items():
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key["seed"]))
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        yield name, f"{key['public']} {key['key_id']}", f"{public} {key_id(public)}"


def judge_canonical(cases: list[Case]) -> Iterator[Judged]:
    for case in cases:
        data = canonical(case["value"])
        yield json.dumps(case["value"]), case["bytes_hex"], data.hex()
        yield "its hash", case["sha256"], sha256(data)


def judge_envelopes(cases: list[Case], keys: Case) -> Iterator[Judged]:
    public = {key["key_id"]: key["public"] for key in keys.values()}
    for case in cases:
        payload, kind = bytes.fromhex(case["payload_hex"]), case["payload_type"]
        message = signed_bytes(kind, payload)
        name = f"payload of {len(payload)} bytes"
        yield f"{name}: what is signed", case["pae_hex"], message.hex()
        signature = bytes.fromhex(case["signature_hex"])
        yield f"{name}: signature", "True", str(holds(public[case["key_id"]], message, signature))
        read, by = opened(case["envelope"].encode(), "desired", public)
        yield f"{name}: envelope", case["payload_hex"], read.hex()
        yield f"{name}: signer", case["key_id"], by[0]


def judge_all(folder: Path) -> Iterator[tuple[str, Judged]]:
    """Yield (file, judged) for every vector of the folder."""

    def read(name: str) -> Any:
        return json.loads((folder / name).read_text(encoding="utf-8"))

    keys, documents = read("keys.json"), read("documents.json")
    yield from (("keys.json", judged) for judged in judge_keys(keys))
    yield from (("canonical.json", judged) for judged in judge_canonical(read("canonical.json")))
    for judged in judge_envelopes(read("envelopes.json"), keys):
        yield "envelopes.json", judged
    for case in documents["cases"]:
        found = verdict(check_document, case, documents)
        yield "documents.json", (case["name"], case["expect"], found)
    emergencies = read("emergencies.json")
    for case in emergencies["cases"]:
        found = verdict(check_emergency, case, emergencies)
        yield "emergencies.json", (case["name"], case["expect"], found)
    commands = read("commands.json")
    for case in commands["cases"]:
        good = "to_do" if case["kind"] == "command" else "good"
        found = verdict(check_command, case, commands, good=good)
        yield "commands.json", (case["name"], case["expect"], found)
    for case in read("media.json")["files"]:
        yield "media.json", (case["name"], case["expect"], verdict(check_media, case))
    for case in read("media.json")["choices"]:
        name = f"{' before '.join(case['codecs'])} of {len(case['media'])}"
        yield "media.json", (name, case["expect"], chosen(case))
    for case in read("starts.json")["cases"]:
        found = verdict(check_start, case, good="may_start")
        yield "starts.json", (case["name"], case["expect"], found)


def main(arguments: list[str]) -> int:
    """Print the table; 0 when all agree, 1 when some part, 2 when there is nothing to judge."""
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent / "vectors"
    if not (folder / "documents.json").is_file():
        print(f"{folder} holds no vectors", file=sys.stderr)
        return 2
    parted = total = 0
    for file, (name, expected, found) in judge_all(folder):
        total += 1
        parted += expected != found
        mark = "ok   " if expected == found else "PARTS"
        print(f"{mark}  {file:<15}  {name:<55.55}  {found:<24.24}", end="")
        print(f"  vector says {expected}" if expected != found else "")
    print(f"{total} vectors, {total - parted} judged as they say, {parted} not")
    return 1 if parted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
