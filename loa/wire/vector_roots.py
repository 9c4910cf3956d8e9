"""The roots among the test vectors, and rosters under a root of several officers."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

from loa.wire import canonical, envelope
from loa.wire.cast import NOW, Cast
from loa.wire.messages import ROOT

Case = dict[str, Any]
OFFICERS = ("first", "second", "third")
AFTER_A_LOSS = ("first", "second", "fourth")


def root_cases(cast: Cast) -> list[Case]:
    """Return root 2 as it follows root 1 of one key, root 3 as it follows root 2 of three."""
    return [*_second_cases(cast), *_third_cases(cast), *_roster_cases(cast)]


def _follows(cast: Cast, trusted: bytes, name: str, document: bytes, expect: str = "good") -> Case:
    pin = canonical.content_hash(envelope.read(trusted).payload_bytes)
    return {
        "kind": "root",
        "name": name,
        "pin": pin,
        "trusted": trusted.decode(),
        "document": document.decode(),
        "now": cast.now.isoformat(),
        "expect": expect,
    }


def _second_cases(cast: Cast) -> list[Case]:
    def case(name: str, document: bytes, expect: str = "good") -> Case:
        return _follows(cast, cast.root(), name, document, expect)

    def second(*by: str, version: int = 2, **changes: Any) -> bytes:
        return cast.root(version, keys=OFFICERS, threshold=2, by=by, **changes)

    good = second("root", "first", "second")
    expired = second("root", "first", "third", expires_at=NOW - timedelta(days=1))
    return [
        case("root of three officers, two of whom signed with the old key", good),
        case("root that expired before the device heard of it", expired),
        case("root that the old key did not sign", second("first", "second"), "unknown_key"),
        case("root that one officer signed", second("root", "first"), "no_mandate"),
        case("root that no officer signed", second("root"), "unknown_key"),
        case("root after the next", second("root", "first", "second", version=3), "not_yet_valid"),
        case("root of the same number", cast.root(1), "rolled_back"),
        case("root in which a key signed twice", _twice(good, 1), "malformed"),
        case("root with a changed payload", _changed(good), "forged"),
        case("roster in place of a root", cast.roster(), "wrong_type"),
        case("root with a threshold of none", _spoiled(cast, good, "threshold", 0), "malformed"),
        case("root with a key under another's name", _misnamed(cast, good), "malformed"),
    ]


def _third_cases(cast: Cast) -> list[Case]:
    trusted = cast.root(2, keys=OFFICERS, threshold=2, by=OFFICERS)

    def case(name: str, *by: str, expect: str = "good", version: int = 3) -> Case:
        document = cast.root(version, keys=AFTER_A_LOSS, threshold=2, by=by)
        return _follows(cast, trusted, name, document, expect)

    return [
        case("root without the third, who lost his key", "first", "second"),
        case("root signed by two of the old and two of the new", "first", "third", "fourth"),
        case("root signed by one old and one new officer", "first", "fourth", expect="no_mandate"),
        case("root signed by the new ones only", "fourth", expect="unknown_key"),
        case("root older than the one held", "first", "second", version=1, expect="rolled_back"),
    ]


def _roster_cases(cast: Cast) -> list[Case]:
    root = cast.root(2, keys=OFFICERS, threshold=2, by=OFFICERS)
    past = NOW - timedelta(days=1)

    def case(name: str, by: str, expect: str = "good", **changes: Any) -> Case:
        return {
            "kind": "roster",
            "name": name,
            "root": root.decode(),
            "known": 1,
            "document": cast.roster(by=by, **changes).decode(),
            "now": cast.now.isoformat(),
            "expect": expect,
        }

    return [
        case("roster signed by two of three officers", "first third"),
        case("roster that expired: it is taken and reported", "first third", expires_at=past),
        case("roster signed by one of three officers", "second", "no_mandate"),
        case("roster signed by the key of the root before", "root", "unknown_key"),
        case("roster signed by an officer and a stranger", "first stranger", "no_mandate"),
    ]


def _twice(sealed: bytes, number: int) -> bytes:
    plain = json.loads(sealed)
    plain["signatures"].append(plain["signatures"][number])
    return canonical.encode(plain)


def _changed(sealed: bytes) -> bytes:
    """Return it with one letter of what was signed changed."""
    envelope_of = json.loads(sealed)
    payload = base64.b64decode(envelope_of["payload"]).replace(b"first", b"First")
    return canonical.encode(envelope_of | {"payload": base64.b64encode(payload).decode()})


def _sealed(cast: Cast, plain: Any) -> bytes:
    by = (cast.keys[name] for name in ("root", "first", "second"))
    return envelope.seal(ROOT, canonical.encode(plain), *by)


def _spoiled(cast: Cast, sealed: bytes, field: str, value: Any) -> bytes:
    plain = json.loads(envelope.read(sealed).payload_bytes)
    plain["roster"][field] = value
    return _sealed(cast, plain)


def _misnamed(cast: Cast, sealed: bytes) -> bytes:
    plain = json.loads(envelope.read(sealed).payload_bytes)
    plain["keys"][0]["public"] = cast.keys["stranger"].public_hex
    return _sealed(cast, plain)
