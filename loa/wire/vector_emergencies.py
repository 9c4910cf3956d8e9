"""Test vectors of emergencies: each good one with the orders it means, and what differs from it in one thing."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import msgspec

from loa.wire import canonical, envelope, roots, rules
from loa.wire import emergency as lane
from loa.wire.cast import CITY, COMMUNE, NEIGHBOUR, NOW, Cast
from loa.wire.emergency import EMERGENCY, EmergencyKind, RepeatPlan, StandIn
from loa.wire.messages import Priority
from loa.wire.reasons import Refused

Case = dict[str, Any]
STORM, FLOOD, END = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
TEXT = "Bão số 5 đang vào bờ."
_HOUR = timedelta(hours=1)
_MS = timedelta(milliseconds=1)


def emergency_verdict(case: Case, trusted: Case) -> str:
    """Judge a case: `good` or why not."""
    root = roots.open_pinned(trusted["root"].encode(), trusted["pin"])
    roster = rules.open_roster(trusted["roster"].encode(), root)
    device, place, now = case["device"], case["place"], datetime.fromisoformat(case["now"])
    try:
        found = lane.open_emergency(case["document"].encode(), roster, place=place, now=now)
        lane.refuse_over(found, floor=case["floor"], ended=case["ended"])
        if found.kind is not EmergencyKind.CANCEL:
            lane.open_approved(found, roster, device=device, place=place)
    except Refused as refusal:
        return str(refusal.reason)
    return "good"


def emergency_cases(cast: Cast) -> list[Case]:
    """Return every emergency with what its reader knows, and what that must say."""
    common = {
        "device": "dn-0001",
        "place": COMMUNE,
        "now": NOW.isoformat(),
        "floor": 0,
        "ended": [],
        "orders": [],
    }

    def case(name: str, document: bytes, expect: str = "good", **knows: Any) -> Case:
        return common | knows | {"name": name, "document": document.decode(), "expect": expect}

    return [*_good(cast, case), *_over(cast, case), *_bad(cast, case)]


def alert(cast: Cast, name: str = STORM, **changes: Any) -> bytes:
    """Seal an alert of the leader's approved edition."""
    by = changes.pop("by", "director")
    fields = {"priority": Priority.EMERGENCY, "approver": "leader"}
    fields |= {"spoken_sha256": canonical.content_hash(TEXT.encode())} | changes.pop("edition", {})
    sha256, sealed = cast.sealed_edition(cast.edition(**fields), fields["approver"])
    rests = {"edition_sha256": sha256, "envelopes": {sha256: sealed}}
    return cast.emergency(name, by=by, **rests | changes)


def cancel(cast: Cast, *names: str, **changes: Any) -> bytes:
    fields: dict[str, Any] = {"kind": EmergencyKind.CANCEL, "supersedes": names, "number": 6}
    times = {"start_at": None, "latest_start_at": None}
    return cast.emergency(END, **fields | times | changes)


def _orders(document: bytes) -> list[Case]:
    payload = envelope.read(document).payload_bytes
    found = envelope.parse(payload, lane.Emergency)
    named: list[Case] = msgspec.to_builtins(lane.orders_of(found, "dn-0001"))
    keep = ("order", "start_at", "latest_start_at")
    return [{key: order[key] for key in keep} for order in named]


def _good(cast: Cast, case: Any) -> list[Case]:
    plan = RepeatPlan(every_s=120, times=3)
    stored, sealed = cast.sealed_edition(
        cast.edition(priority=Priority.EMERGENCY, approver="leader", edition="e-2"), "leader"
    )
    plain = _payload(alert(cast))
    both = plain["envelopes"] | {stored: json.loads(bytes(sealed))}
    phrases = plain | {"stand_in": {"phrases": stored}, "envelopes": both}
    repeated, update = (
        alert(cast, repeat=plan, volume_percent=80, stand_in=StandIn(spoken=TEXT)),
        alert(cast, FLOOD, kind=EmergencyKind.UPDATE, supersedes=(STORM,), number=6),
    )
    return [
        case("alert", alert(cast), orders=_orders(alert(cast))),
        case("alert of three times, its text and loudness", repeated, orders=_orders(repeated)),
        case("alert with stored phrases", _sealed(cast, phrases), orders=_orders(alert(cast))),
        case("alert of the whole city", alert(cast, targets=(CITY,)), orders=_orders(alert(cast))),
        case("update", update, orders=_orders(update)),
        case("cancel", cancel(cast, STORM)),
        case("cancel said again", cancel(cast, STORM), ended=[STORM]),
        case("alert with an unknown field", _sealed(cast, plain | {"mood": 0.5})),
    ]


def _over(cast: Cast, case: Any) -> list[Case]:
    return [
        case("alert that was cancelled", alert(cast), "rolled_back", ended=[STORM]),
        case("alert below the floor", alert(cast), "rolled_back", floor=6),
        case("alert at the floor", alert(cast), floor=5),
        case("cancel below the floor", cancel(cast, STORM), "rolled_back", floor=7),
        case("alert that ends now", alert(cast, expires_at=NOW), "expired"),
        case("alert that ends later", alert(cast, expires_at=NOW + _MS)),
        case("alert of the future", alert(cast, issued_at=NOW + _HOUR), "not_yet_valid"),
    ]


def _bad(cast: Cast, case: Any) -> list[Case]:
    plain = _payload(alert(cast))
    end = "9999-12-31T23:59:59Z"

    def spoiled(name: str, expect: str = "malformed", **changes: Any) -> Case:
        made: Case = case(name, _sealed(cast, plain | changes), expect)
        return made

    def refused(name: str, expect: str, **changes: Any) -> Case:
        made: Case = case(name, alert(cast, **changes), expect)
        return made

    normal, chair = {"priority": Priority.NORMAL}, {"approver": "chair"}
    return [
        refused("alert by a stranger", "unknown_key", by="stranger"),
        refused("alert by the leader himself", "unknown_key", by="leader"),
        refused("alert by a director of another year", "no_mandate", by="old"),
        refused("alert for elsewhere", "wrong_place", targets=(NEIGHBOUR,)),
        refused("alert of an ordinary edition", "forged", edition=normal),
        refused("alert that a chair approved", "no_mandate", edition=chair),
        refused("alert of an edition for elsewhere", "wrong_place", edition={"targets": (NEIGHBOUR,)}),
        refused("alert without its edition", "edition_missing", envelopes={}),
        refused("alert of another's edition", "edition_missing", edition_sha256="0" * 64),
        refused("alert with another text", "forged", stand_in=StandIn(spoken=TEXT + "!")),
        refused("phrases that are missing", "edition_missing", stand_in=StandIn(phrases="0" * 64)),
        case("desired in place of an alert", cast.desired(), "wrong_type"),
        case("alert cut", alert(cast)[:500], "malformed"),
        case("alert too long", alert(cast) + b" " * 16_384, "oversize"),
        spoiled("alert named like no UUID", emergency="storm"),
        spoiled("alert that ends another", supersedes=[FLOOD]),
        spoiled("update that ends none", kind="update"),
        spoiled("update of itself", kind="update", supersedes=[STORM]),
        spoiled("cancel that ends none", kind="cancel"),
        spoiled("kind that is none", kind="test"),
        spoiled("alert for no place", targets=[]),
        spoiled("alert without a start", start_at=None),
        spoiled("alert until the end of the calendar", expires_at=end),
        spoiled("floor above itself", floor=6),
        spoiled("repeated too often", repeat={"every_s": 9, "times": 2}),
        spoiled("repeated without end", repeat={"every_s": 60, "times": 31}),
        spoiled("never repeated", repeat={"every_s": 60, "times": 0}),
        spoiled("louder than all", volume_percent=101),
        spoiled("text longer than a stand-in", stand_in={"spoken": "a" * (lane.SPOKEN_MAX + 1)}),
    ]  # fmt: skip


def _payload(document: bytes) -> Case:
    found: Case = json.loads(envelope.read(document).payload_bytes)
    return found


def _sealed(cast: Cast, plain: Case) -> bytes:
    return envelope.seal(EMERGENCY, json.dumps(plain).encode(), cast.keys["director"])
