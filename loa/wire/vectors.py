"""Test vectors for whoever builds a device: `python -m loa.wire.vectors` writes them anew.

Keys and instants are fixed, Ed25519 is deterministic: the same code writes the same bytes.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from loa.wire import canonical, envelope, roots, rules
from loa.wire.cast import CITY, NOW, Cast
from loa.wire.keys import key_id_of
from loa.wire.messages import (
    DESIRED,
    HEARTBEAT,
    LOG,
    Confirmation,
    Edition,
    Heartbeat,
    LogBatch,
    Media,
    Order,
    Priority,
    QuietHours,
)
from loa.wire.reasons import Reason, Refused
from loa.wire.vector_commands import command_cases
from loa.wire.vector_documents import document_cases
from loa.wire.vector_emergencies import emergency_cases
from loa.wire.vector_passkeys import rosters
from loa.wire.vector_roots import root_cases

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "protocol" / "vectors"
Case = dict[str, Any]
_HOUR = timedelta(hours=1)
_SAID: dict[str, tuple[str, Any]] = {
    "log": (LOG, LogBatch),
    "heartbeat": (HEARTBEAT, Heartbeat),
}


def verdict(case: Case, trusted: dict[str, Any]) -> str:
    """Judge the case's document as its reader would: "good", or the reason of its refusal.

    `trusted` holds the `pin`, the `root` and the `roster` the reader has; of the orders within a
    document the first that fails is named.
    """
    try:
        _open(case, trusted)
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


def _roster_of(case: Case, trusted: dict[str, Any]) -> str:
    """Return the roster the reader holds: the one the case names, else the one of all."""
    rosters: dict[str, str] = trusted["rosters"]
    return rosters[case["roster"]] if "roster" in case else str(trusted["roster"])


def _open(case: Case, trusted: dict[str, Any]) -> None:
    document, now = case["document"].encode(), datetime.fromisoformat(case["now"])
    if case["kind"] == "root":
        roots.open_next(document, roots.open_pinned(case["trusted"].encode(), case["pin"]))
        return
    root = roots.open_pinned(trusted["root"].encode(), trusted["pin"])
    if case["kind"] == "roster":
        newest = roots.open_own(case["root"].encode()) if "root" in case else root
        rules.open_roster(document, newest, known_version=case["known"])
        return
    if case["kind"] in _SAID:
        _open_said(case, document)
        return
    roster = rules.open_roster(_roster_of(case, trusted).encode(), root)
    if case["kind"] == "standing":
        rules.open_standing(document, roster, place=case["place"])
        return
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
    held = case.get("held")
    if held and desired.seq == case["known"]:
        same = envelope.read(held.encode()).payload_bytes == envelope.read(document).payload_bytes
        if not same:
            raise Refused(Reason.ROLLED_BACK, "another document of the same seq")
    for order in desired.orders:
        rules.open_order(order, desired, roster)


def _open_said(case: Case, document: bytes) -> None:
    """Read what a device says as the city does: by the one key the register holds for it."""
    payload_type, kind = _SAID[case["kind"]]
    public = case["device_public"]
    payload, _ = envelope.open_payload(document, payload_type, {key_id_of(public): public})
    said: LogBatch | Heartbeat = envelope.parse(payload, kind)
    if said.device != case["device"]:
        raise Refused(Reason.WRONG_DEVICE, said.device)


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
            "pin": cast.pin,
            "root": cast.root().decode(),
            "roster": cast.roster().decode(),
            "rosters": rosters(cast),
            "cases": [*root_cases(cast), *document_cases(cast)],
        },
        "emergencies.json": {
            "pin": cast.pin,
            "root": cast.root().decode(),
            "roster": cast.roster().decode(),
            "cases": emergency_cases(cast),
        },
        "commands.json": {
            "pin": cast.pin,
            "root": cast.root().decode(),
            "roster": cast.roster().decode(),
            "cases": command_cases(cast),
        },
        "media.json": {"files": _media_cases(), "choices": _choice_cases()},
        "starts.json": {"cases": _start_cases(cast)},
    }


def _canonical_cases() -> list[Case]:
    values: list[Any] = [
        {"b": 1, "a": [True, None, "x"]},
        {"đ": "Đà Nẵng", "a": '\n"\\/'},
        {"upto": 2**53 - 1, "schema": "loa/log-receipt/1"},
        {"z": {"b": 0, "a": []}, "a": {}},
        {"ﬀ": 1, "😀": 2, "Z": 3, "a": 4, "10": 5, "9": 6},
        {"controls": "\b\f\n\r\t\u0001\u001f\u007f", "line": "\u2028"},
        ["é", "e\u0301"],
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


def _media_cases() -> list[Case]:
    sound = b"approved sound"
    media = Media(
        sha256=canonical.content_hash(sound), bytes=len(sound), codec="mp3", duration_ms=9
    )
    given = [
        ("media as approved", sound, "good"),
        ("media with one bit changed", b"A" + sound[1:], "media_mismatch"),
        ("media cut", sound[:-1], "media_mismatch"),
        ("media with more behind it", sound + b"\0", "media_mismatch"),
    ]
    return [
        {
            "name": name,
            "media": msgspec.to_builtins(media),
            "data_hex": data.hex(),
            "expect": expect,
        }
        for name, data, expect in given
    ]


def _choice_cases() -> list[Case]:
    both = [
        Media(sha256=digit * 64, bytes=9, codec=codec, duration_ms=9)
        for digit, codec in (("3", "mp3"), ("4", "opus"))
    ]
    given = [
        (["opus", "mp3"], both, "4" * 64),
        (["mp3", "opus"], both, "3" * 64),
        (["opus", "mp3"], both[:1], "3" * 64),
        (["opus"], both[:1], "media_missing"),
        (["mp3"], [], "media_missing"),
    ]
    return [
        {"codecs": codecs, "media": msgspec.to_builtins(media), "expect": expect}
        for codecs, media, expect in given
    ]


def _start_cases(cast: Cast) -> list[Case]:
    evening = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)  # 22:30 in the city
    before_quiet = datetime(2026, 11, 23, 13, 59, 30, tzinfo=UTC)  # 20:59:30
    last_minute = datetime(2026, 11, 23, 13, 59, tzinfo=UTC)
    morning = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)  # 05:30
    confirmation = cast.confirmation("0" * 64, start_at=evening)
    elsewhere = msgspec.structs.replace(confirmation, places=("20200",))
    whole_city = msgspec.structs.replace(confirmation, places=(CITY,))
    nap = [{"start": "09:30", "end": "10:15"}]
    hour_long = (Media(sha256="3" * 64, bytes=9, codec="mp3", duration_ms=3_600_000),)

    def case(name: str, expect: str, now: datetime, **changes: Any) -> Case:
        start_at = changes.pop("start_at", now)
        confirmed = changes.pop("confirmation", None)
        quiet_hours = changes.pop("quiet_hours", [{"start": "21:00", "end": "05:30"}])
        edition = cast.edition(**changes)
        order = cast.order("0" * 64, priority=edition.priority, start_at=start_at)
        return {
            "name": name,
            "order": msgspec.to_builtins(order),
            "edition": msgspec.to_builtins(edition),
            "confirmation": msgspec.to_builtins(confirmed),
            "quiet_hours": quiet_hours,
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
        case("priority at night", "quiet_hours", evening, priority=Priority.PRIORITY),
        case("emergency late", "late", NOW + _HOUR, start_at=NOW, priority=Priority.EMERGENCY),
        case("emergency expired", "expired", NOW, valid_until=NOW, priority=Priority.EMERGENCY),
        case(
            "late and expired",
            "late",
            NOW + _HOUR,
            start_at=NOW,
            valid_until=NOW,
        ),
        case(
            "edition in five minutes and a moment",
            "not_yet_valid",
            NOW,
            valid_from=NOW + _HOUR / 12 + timedelta(milliseconds=1),
        ),
        case("ends when quiet hours begin", "may_start", last_minute),
        case(
            "ends a moment after quiet hours began",
            "quiet_hours",
            last_minute + timedelta(milliseconds=1),
        ),
        case("when quiet hours end", "may_start", morning),
        case("the minute before quiet hours end", "quiet_hours", morning - _HOUR / 60),
        case("quiet by day", "quiet_hours", NOW, quiet_hours=nap),
        case("in neither of two quiet hours", "may_start", NOW + _HOUR, quiet_hours=nap * 2),
        case(
            "quiet hours that begin when they end",
            "may_start",
            NOW,
            quiet_hours=[{"start": "10:00", "end": "10:00"}],
        ),
        case("no quiet hours", "may_start", evening, quiet_hours=[]),
        case(
            "quiet in the middle of a long sound",
            "quiet_hours",
            NOW - _HOUR * 0.75,
            media=hour_long,
            quiet_hours=[{"start": "09:45", "end": "09:50"}],
        ),
        case("without a sound at night", "quiet_hours", evening, media=()),
        case("confirmed for the whole city", "may_start", evening, confirmation=whole_city),
        case(
            "confirmed for five minutes later",
            "may_start",
            evening - _HOUR / 12,
            confirmation=confirmation,
        ),
        case(
            "confirmed for six minutes later",
            "quiet_hours",
            evening - _HOUR / 10,
            confirmation=confirmation,
        ),
        case(
            "confirmed to the last instant",
            "may_start",
            evening + _HOUR / 6,
            confirmation=confirmation,
        ),
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
