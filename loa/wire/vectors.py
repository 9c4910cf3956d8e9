"""Test vectors for whoever builds a device: `python -m loa.wire.vectors` writes them anew.

Keys and instants are fixed, Ed25519 is deterministic: the same code writes the same bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from loa.wire import canonical, envelope, rules
from loa.wire.cast import CITY, NOW, Cast
from loa.wire.messages import (
    DESIRED,
    EDITION,
    LOG_RECEIPT,
    Confirmation,
    Edition,
    LogReceipt,
    Order,
    Priority,
    QuietHours,
)
from loa.wire.reasons import Refused

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "protocol" / "vectors"
Case = dict[str, Any]
_HOUR = timedelta(hours=1)


def verdict(case: Case, root_public: str) -> str:
    """Open the case's document as a device would: "good", or the reason of its refusal."""
    try:
        _open(case, root_public)
    except Refused as refusal:
        return str(refusal.reason)
    return "good"


def start_verdict(case: Case) -> str:
    """Ask whether the case's order may begin: "may_start", or why not."""
    reason = rules.refusal_to_start(
        msgspec.convert(case["order"], Order),
        msgspec.convert(case["edition"], Edition),
        msgspec.convert(case["confirmation"], Confirmation) if case["confirmation"] else None,
        quiet_hours=msgspec.convert(case["quiet_hours"], tuple[QuietHours, ...]),
        place=case["place"],
        parents=case["parents"],
        now=datetime.fromisoformat(case["now"]),
    )
    return str(reason) if reason else "may_start"


def _open(case: Case, root_public: str) -> None:
    document, now = case["document"].encode(), datetime.fromisoformat(case["now"])
    if case["kind"] == "roster":
        rules.open_roster(document, root_public, known_version=case["known"])
        return
    roster = rules.open_roster(case["roster"].encode(), root_public)
    if case["kind"] == "log_receipt":
        rules.open_log_receipt(document, roster, device=case["device"], log=case["log"], now=now)
        return
    desired = rules.open_desired(
        document,
        roster,
        device=case["device"],
        place=case["place"],
        known_seq=case["known"],
        now=now,
    )
    for order in desired.orders:
        rules.open_order(order, desired, roster)


def all_vectors() -> dict[str, Any]:
    """Return every vector file's content by file name."""
    cast = Cast()
    return {
        "keys.json": {
            name: {"seed": cast.seed(name).hex(), "public": key.public_hex, "key_id": key.key_id}
            for name, key in sorted(cast.keys.items())
        },
        "canonical.json": _canonical_cases(),
        "envelopes.json": _envelope_cases(cast),
        "documents.json": {
            "root_public": cast.keys["root"].public_hex,
            "cases": _document_cases(cast),
        },
        "starts.json": {"cases": _start_cases(cast)},
    }


def _canonical_cases() -> list[Case]:
    values: list[Any] = [
        {"b": 1, "a": [True, None, "x"]},
        {"đ": "Đà Nẵng", "a": '\n"\\/'},
        {"upto": 2**53 - 1, "schema": "loa/log-receipt/1"},
    ]
    return [
        {"value": value, "bytes_hex": canonical.encode(value).hex(), "sha256": _sha256(value)}
        for value in values
    ]


def _sha256(value: Any) -> str:
    return canonical.content_hash(canonical.encode(value))


def _envelope_cases(cast: Cast) -> list[Case]:
    cases = []
    for payload in (b"", b"{}", "xin chào".encode()):
        pae = envelope.pre_authentication(DESIRED, payload)
        key = cast.keys["director"]
        cases.append(
            {
                "payload_type": DESIRED,
                "payload_hex": payload.hex(),
                "pae_hex": pae.hex(),
                "key_id": key.key_id,
                "signature_hex": key.sign(pae).hex(),
                "envelope": envelope.seal(DESIRED, payload, key).decode(),
            }
        )
    return cases


def _document_cases(cast: Cast) -> list[Case]:
    roster = cast.roster()
    common = {
        "kind": "desired",
        "roster": roster.decode(),
        "device": "dn-0001",
        "place": "20194",
        "known": 7,
        "now": NOW.isoformat(),
        "expect": "good",
    }

    def case(name: str, document: bytes, expect: str = "good", **changes: Any) -> Case:
        return common | changes | {"name": name, "document": document.decode(), "expect": expect}

    return [
        *_roster_cases(cast, case),
        *_desired_cases(cast, case),
        *_order_cases(cast, case),
        *_receipt_cases(cast, case),
    ]


MakeCase = Callable[..., Case]


def _roster_cases(cast: Cast, case: MakeCase) -> list[Case]:
    roster = cast.roster()
    return [
        case("roster", roster, kind="roster", known=1),
        case("roster older than known", roster, "rolled_back", kind="roster", known=3),
        case("roster signed by another", cast.roster(by="stranger"), "unknown_key", kind="roster"),
        case("roster not JSON", b"{", "malformed", kind="roster"),
    ]


def _desired_cases(cast: Cast, case: MakeCase) -> list[Case]:
    good = cast.desired()
    sealed = json.loads(good)
    flipped = sealed | {"payload": "A" + sealed["payload"][1:]}
    wrong_alphabet = sealed | {"payload": "*" + sealed["payload"][1:]}
    retyped = sealed | {"payloadType": EDITION}
    past = NOW - 20 * 24 * _HOUR
    return [
        case("desired with one order", good),
        case("desired seen again", good, known=8),
        case("desired with an unknown field", cast.desired(unknown_field=True)),
        case("desired replayed", good, "rolled_back", known=9),
        case("desired for another device", cast.desired(device="dn-0002"), "wrong_device"),
        case("desired for another place", cast.desired(place="20200"), "wrong_place"),
        case("desired expired", cast.desired(issued_at=past), "expired"),
        case("desired from the future", cast.desired(issued_at=NOW + _HOUR), "not_yet_valid"),
        case("desired payload flipped", _text(flipped), "forged"),
        case("desired payload not base64", _text(wrong_alphabet), "malformed"),
        case("desired under another type", _text(retyped), "wrong_type"),
        case("desired by an unknown key", cast.desired(by="stranger"), "unknown_key"),
        case("desired by an approver", cast.desired(by="chair"), "unknown_key"),
        case("desired by a director of another year", cast.desired(by="old"), "no_mandate"),
        case("desired too long", good + b" " * canonical.MESSAGE_BYTES_MAX, "oversize"),
        case("desired cut", good[: len(good) // 2], "malformed"),
        case("desired without times of zone", cast.desired(naive=True), "malformed"),
        case("desired with a negative seq", cast.desired(seq=-1), "malformed"),
    ]


def _order_cases(cast: Cast, case: MakeCase) -> list[Case]:
    emergency = {"priority": Priority.EMERGENCY}
    other_place = {"targets": ("20200",), "place": "20200"}
    return [
        case("edition missing", cast.desired(has_edition=False), "edition_missing"),
        case("edition of another", cast.desired(ordered_sha256="0" * 64), "forged"),
        case("edition by a stranger", cast.desired(approved_by="stranger"), "unknown_key"),
        case("edition by the director", cast.desired(approved_by="director"), "unknown_key"),
        case("edition outside the mandate", cast.desired(approved_by="neighbour"), "no_mandate"),
        case(
            "edition before the mandate", cast.desired(approved_at=NOW - 9000 * _HOUR), "no_mandate"
        ),
        case(
            "edition for elsewhere",
            cast.desired(approved_by="neighbour", edition=other_place),
            "wrong_place",
        ),
        case("edition signed for another", cast.desired(edition={"approver": "leader"}), "forged"),
        case("emergency by an ordinary key", cast.desired(edition=emergency), "no_mandate"),
        case("emergency by a leader", cast.desired(approved_by="leader", edition=emergency)),
        case("order above its edition", cast.desired(order_priority=Priority.EMERGENCY), "forged"),
        case("confirmation missing", cast.desired(confirmed_by=""), "malformed"),
        case("confirmation by a stranger", cast.desired(confirmed_by="stranger"), "unknown_key"),
        case("confirmation by a leader", cast.desired(confirmed_by="leader")),
        case(
            "city edition in a commune",
            cast.desired(approved_by="leader", edition={"targets": (CITY,)}),
        ),
    ]


def _receipt_cases(cast: Cast, case: MakeCase) -> list[Case]:
    def sealed(by: str = "director", **changes: Any) -> bytes:
        fields: dict[str, Any] = {"device": "dn-0001", "log": "00ff", "upto": 12} | changes
        return envelope.seal(LOG_RECEIPT, canonical.encode(LogReceipt(**fields)), cast.keys[by])

    like = {"kind": "log_receipt", "log": "00ff"}
    return [
        case("receipt", sealed(), **like),
        case("receipt by an approver", sealed("chair"), "unknown_key", **like),
        case("receipt for another log", sealed(log="0000"), "wrong_device", **like),
        case("receipt below zero", sealed(upto=-1), "malformed", **like),
    ]


def _start_cases(cast: Cast) -> list[Case]:
    evening = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)  # 22:30 in the city
    before_quiet = datetime(2026, 11, 23, 13, 59, 30, tzinfo=UTC)  # 20:59:30
    confirmation = cast.confirmation("0" * 64, start_at=evening)
    elsewhere = msgspec.structs.replace(confirmation, places=("20200",))

    def case(name: str, expect: str, now: datetime, **changes: Any) -> Case:
        start_at = changes.pop("start_at", now)
        confirmed = changes.pop("confirmation", None)
        edition = cast.edition(**changes)
        order = cast.order("0" * 64, priority=edition.priority, start_at=start_at)
        return {
            "name": name,
            "order": msgspec.to_builtins(order),
            "edition": msgspec.to_builtins(edition),
            "confirmation": msgspec.to_builtins(confirmed),
            "quiet_hours": [{"start": "21:00", "end": "05:30"}],
            "place": "20194",
            "parents": cast.parents,
            "now": now.isoformat(),
            "expect": expect,
        }

    return [
        case("by day", "may_start", NOW),
        case("last instant", "may_start", NOW + 10 * _HOUR / 60, start_at=NOW),
        case("late", "late", NOW + 10 * _HOUR / 60 + timedelta(milliseconds=1), start_at=NOW),
        case("edition expired", "expired", NOW, valid_until=NOW),
        case("edition of tomorrow", "not_yet_valid", NOW, valid_from=NOW + 24 * _HOUR),
        case("edition in five minutes", "may_start", NOW, valid_from=NOW + _HOUR / 12),
        case("quiet", "quiet_hours", evening),
        case("runs into quiet hours", "quiet_hours", before_quiet),
        case("quiet and confirmed", "may_start", evening, confirmation=confirmation),
        case("confirmed elsewhere", "quiet_hours", evening, confirmation=elsewhere),
        case("confirmed for earlier", "quiet_hours", evening + _HOUR, confirmation=confirmation),
        case("emergency at night", "may_start", evening, priority=Priority.EMERGENCY),
    ]


def _text(value: Any) -> bytes:
    return json.dumps(value).encode()


def rendered(value: Any) -> str:
    """Return the text of a vector file."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> int:
    """Write the vector files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, value in all_vectors().items():
        (FOLDER / name).write_text(rendered(value), encoding="utf-8")
        print(f"docs/protocol/vectors/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
