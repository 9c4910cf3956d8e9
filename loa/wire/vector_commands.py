"""Test vectors of commands and of what devices answer: each good one, and what differs from it in one thing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from loa.wire import canonical, envelope, roots, rules
from loa.wire.cast import NOW, Cast
from loa.wire.commands import (
    COMMAND,
    COMMAND_RECEIPT,
    Arguments,
    Command,
    CommandReceipt,
    Outcome,
    Verb,
    objection_to,
    open_command,
    open_command_receipt,
)
from loa.wire.messages import DESIRED
from loa.wire.reasons import Refused

Case = dict[str, Any]
_SECOND = timedelta(seconds=1)


def command_verdict(case: Case, trusted: Case) -> str:
    """Judge a case: `to_do` (a command), `good` (an answer), or why not."""
    data, device = case["document"].encode(), case["device"]
    try:
        if case["kind"] == "command_receipt":
            open_command_receipt(data, case["device_public"], device=device)
            return "good"
        root = roots.open_pinned(trusted["root"].encode(), trusted["pin"])
        roster = rules.open_roster(trusted["roster"].encode(), root)
        command = open_command(data, roster, device=device)
    except Refused as refusal:
        return str(refusal.reason)
    now = datetime.fromisoformat(case["now"])
    return str(objection_to(command, known_seq=case["known"], now=now) or "to_do")


def command_cases(cast: Cast) -> list[Case]:
    return [*_command_cases(cast), *_receipt_cases(cast)]


def _command_cases(cast: Cast) -> list[Case]:
    def sealed(by: str = "director", kind: str = COMMAND, **changes: Any) -> bytes:
        fields: dict[str, Any] = {
            "device": "dn-0001",
            "id": "6f1c",
            "verb": Verb.VOLUME,
            "args": Arguments(percent=60),
            "issued_at": NOW,
            "seq": 4,
        }
        payload = canonical.encode(Command(**(fields | changes)))
        return envelope.seal(kind, payload, cast.keys[by])

    def case(name: str, document: bytes, expect: str = "to_do", **changes: Any) -> Case:
        common = {"kind": "command", "device": "dn-0001", "known": 3, "now": NOW.isoformat()}
        return common | changes | {"name": name, "document": document.decode(), "expect": expect}

    def at(instant: datetime) -> str:
        return instant.isoformat()

    good = sealed()
    return [
        case("volume", good),
        case("mute", sealed(verb=Verb.MUTE, args=Arguments(muted=True))),
        case("reboot", sealed(verb=Verb.REBOOT, args=Arguments())),
        case("test tone, confirmed", sealed(verb=Verb.TEST_TONE, args=Arguments(confirmed=True))),
        case("identify", sealed(verb=Verb.IDENTIFY, args=Arguments())),
        case("at its last second", good, now=at(NOW + 60 * _SECOND)),
        case("too late", good, "expired", now=at(NOW + 61 * _SECOND)),
        case("short-lived and too late", sealed(ttl_s=5), "expired", now=at(NOW + 6 * _SECOND)),
        case("signed five minutes ahead", good, now=at(NOW - 300 * _SECOND)),
        case("signed in the future", good, "clock", now=at(NOW - 301 * _SECOND)),
        case("a seq that was taken", good, "replayed", known=4),
        case("an earlier seq", good, "replayed", known=9),
        case("volume without a number", sealed(args=Arguments()), "incomplete"),
        case("mute without saying which", sealed(verb=Verb.MUTE), "incomplete"),
        case("for another device", sealed(device="dn-0002"), "wrong_device"),
        case("by an approver", sealed("chair"), "unknown_key"),
        case("by a stranger", sealed("stranger"), "unknown_key"),
        case("by a director of another year", sealed("old"), "no_mandate"),
        case("a document in place of a command", sealed(kind=DESIRED), "wrong_type"),
        case("a volume beyond the end", sealed(args=Arguments(percent=101)), "malformed"),
        case("a verb nobody knows", sealed(verb="shout"), "malformed"),
        case("an id that is a path", sealed(id="../../x"), "malformed"),
        case("a life of a day", sealed(ttl_s=86_400), "malformed"),
        case("one bit changed", good.replace(b'"payload":"ey', b'"payload":"ez'), "forged"),
        case("cut", good[:-9], "malformed"),
    ]


def _receipt_cases(cast: Cast) -> list[Case]:
    def sealed(by: str = "device", **changes: Any) -> bytes:
        fields: dict[str, Any] = {
            "device": "dn-0001",
            "id": "6f1c",
            "outcome": Outcome.DONE,
            "at": NOW,
        }
        payload = canonical.encode(CommandReceipt(**(fields | changes)))
        return envelope.seal(COMMAND_RECEIPT, payload, cast.keys[by])

    def case(name: str, document: bytes, expect: str = "good") -> Case:
        public = cast.keys["device"].public_hex
        common = {"kind": "command_receipt", "device": "dn-0001", "device_public": public}
        return common | {"name": name, "document": document.decode(), "expect": expect}

    return [
        case("done", sealed()),
        case("refused, with the reason", sealed(outcome=Outcome.REFUSED, reason="busy")),
        case("answer of another device", sealed(device="dn-0002"), "wrong_device"),
        case("answer signed by another", sealed("stranger"), "unknown_key"),
        case("an outcome nobody knows", sealed(outcome="perhaps"), "malformed"),
    ]
