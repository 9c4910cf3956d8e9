"""The documents among the test vectors: each good one, and beside it what differs from it in one thing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from loa.wire import canonical, envelope
from loa.wire.cast import CITY, COMMUNE, NEIGHBOUR, NOW, Cast
from loa.wire.keys import SigningKey
from loa.wire.messages import (
    CONFIRMATION,
    DESIRED,
    EDITION,
    HEARTBEAT,
    LOG,
    LOG_RECEIPT,
    ROSTER,
    Clock,
    Edition,
    Event,
    Heartbeat,
    LogBatch,
    LogReceipt,
    LogRow,
    Media,
    Priority,
)
from loa.wire.vector_passkeys import passkey_cases
from loa.wire.vector_standings import standing_cases

Case = dict[str, Any]
MakeCase = Callable[..., Case]
_HOUR = timedelta(hours=1)
_SKEW = timedelta(minutes=5)
_MS = timedelta(milliseconds=1)
_LOG = "00ff"


def document_cases(cast: Cast) -> list[Case]:
    """Return every document with what the reader knows, and what it must say."""
    common = {
        "kind": "desired",
        "device": "dn-0001",
        "place": COMMUNE,
        "known": 7,
        "now": NOW.isoformat(),
    }

    def case(name: str, document: bytes, expect: str = "good", **changes: Any) -> Case:
        return common | changes | {"name": name, "document": document.decode(), "expect": expect}

    return [
        *_roster_cases(cast, case),
        *_desired_cases(cast, case),
        *_payload_cases(cast, case),
        *_envelope_cases(cast, case),
        *_order_cases(cast, case),
        *_edition_cases(cast, case),
        *_confirmation_cases(cast, case),
        *passkey_cases(cast, case),
        *standing_cases(cast, case),
        *_receipt_cases(cast, case),
        *_said_cases(cast, case),
    ]


# -- the roster


def _roster_cases(cast: Cast, case: MakeCase) -> list[Case]:
    roster, root = cast.roster(), cast.keys["root"]
    plain = _payload(roster)
    stranger_too = envelope.seal(ROSTER, canonical.encode(plain), cast.keys["stranger"], root)
    strange_role = [plain["keys"][0] | {"role": "king"}, *plain["keys"][1:]]

    def spoiled(**changes: Any) -> bytes:
        return _sealed(ROSTER, plain | changes, root)

    like = {"kind": "roster"}
    return [
        case("roster", roster, kind="roster", known=1),
        case("roster seen again", roster, kind="roster", known=2),
        case("roster older than known", roster, "rolled_back", kind="roster", known=3),
        case("roster signed by another", cast.roster(by="stranger"), "unknown_key", **like),
        case("roster signed by the director", cast.roster(by="director"), "unknown_key", **like),
        case("roster signed by a stranger and the root", stranger_too, known=1, **like),
        case("roster not JSON", b"{", "malformed", **like),
        case("roster longer than other messages", roster + b" " * 16_384, known=1, **like),
        case("roster payload flipped", _flipped(roster), "forged", **like),
        case("desired in place of a roster", cast.desired(), "wrong_type", **like),
        case("roster with an unknown role", spoiled(keys=strange_role), "malformed", **like),
        case("roster without keys", spoiled(keys=None), "malformed", **like),
        case("roster with a version in words", spoiled(version="2"), "malformed", **like),
    ]


# -- the document of one device


def _desired_cases(cast: Cast, case: MakeCase) -> list[Case]:
    good = cast.desired()
    past = NOW - 20 * 24 * _HOUR
    ends_now = cast.desired(expires_at=NOW)
    ends_later = cast.desired(expires_at=NOW + _MS)
    return [
        case("desired with one order", good),
        case("desired without orders", cast.document()),
        case("desired seen again", good, known=8, held=good.decode()),
        case("desired replayed", good, "rolled_back", known=9),
        case(
            "another desired of the same seq",
            cast.document(),
            "rolled_back",
            known=8,
            held=good.decode(),
        ),
        case("desired for another device", cast.desired(device="dn-0002"), "wrong_device"),
        case("desired for another place", cast.desired(place=NEIGHBOUR), "wrong_place"),
        case("desired expired", cast.desired(issued_at=past), "expired"),
        case("desired that expires at this instant", ends_now, "expired"),
        case("desired that expires a moment later", ends_later),
        case("desired from the future", cast.desired(issued_at=NOW + _HOUR), "not_yet_valid"),
        case("desired five minutes ahead", cast.desired(issued_at=NOW + _SKEW)),
        case(
            "desired a moment more ahead",
            cast.desired(issued_at=NOW + _SKEW + _MS),
            "not_yet_valid",
        ),
        case("desired by an unknown key", cast.desired(by="stranger"), "unknown_key"),
        case("desired by an approver", cast.desired(by="chair"), "unknown_key"),
        case("desired by the root", cast.desired(by="root"), "unknown_key"),
        case("desired by a director of another year", cast.desired(by="old"), "no_mandate"),
    ]


def _payload_cases(cast: Cast, case: MakeCase) -> list[Case]:
    """Return documents whose signature holds and whose payload is odd."""
    director = cast.keys["director"]
    plain = _payload(cast.desired())

    def spoiled(**changes: Any) -> bytes:
        return _sealed(DESIRED, plain | changes, director)

    def sealed(payload: bytes) -> bytes:
        return envelope.seal(DESIRED, payload, director)

    body = canonical.encode(plain)
    receipt = canonical.encode(LogReceipt(device="dn-0001", log=_LOG, upto=12))
    half_letter = body.replace(b'"dn-0001"', b'"dn-0001\\ud800"')
    night = [{"start": "21:0", "end": "05:30"}]
    end = "9999-12-31T23:59:59Z"
    endless = [plain["orders"][0] | {"latest_start_at": end}]
    return [
        case("desired with an unknown field", cast.desired(unknown_field=True)),
        case("desired with a field unknown and broken in number", spoiled(mood=0.5)),
        case("desired with times of the city's zone", spoiled(issued_at=_in_city(NOW))),
        case("desired with spaces in its payload", sealed(json.dumps(plain).encode())),
        case("desired without times of zone", cast.desired(naive=True), "malformed"),
        case("desired on a day that is none", spoiled(issued_at="2026-02-30T03:00:00Z"), "malformed"),
        case("desired issued at the end of the calendar", spoiled(issued_at=end), "malformed"),
        case("order until the end of the calendar", spoiled(orders=endless), "malformed"),
        case("desired that expires at the end of the calendar", spoiled(expires_at=end)),
        case("desired with a negative seq", cast.desired(seq=-1), "malformed"),
        case("desired with a seq of fractions", spoiled(seq=8.0), "malformed"),
        case("desired with a seq in words", spoiled(seq="8"), "malformed"),
        case("desired with a seq that is true", spoiled(seq=True), "malformed"),
        case("desired with a seq beyond what JSON holds", spoiled(seq=2**53), "malformed"),
        case("desired with a seq of an exponent", sealed(_swap(body, b'"seq":8', b'"seq":8e0')), "malformed"),
        case("desired without a device", sealed(_swap(body, b'"device"', b'"gadget"')), "malformed"),
        case("desired with quiet hours of no clock", spoiled(quiet_hours=night), "malformed"),
        case("desired that is a list", sealed(b"[]"), "malformed"),
        case("desired with more behind it", sealed(body + b"{}"), "malformed"),
        case("desired that is not UTF-8", sealed(_swap(body, b"dn-0001", b"dn-\xff001")), "malformed"),
        case("desired with half of a letter", sealed(half_letter), "malformed"),
        case("desired that is nested without end", sealed(b'{"x":' + b"[" * 9_000), "malformed"),
        case("receipt signed as a desired", sealed(receipt), "malformed"),
        case("edition signed as a desired", sealed(canonical.encode(cast.edition())), "malformed"),
    ]  # fmt: skip


def _envelope_cases(cast: Cast, case: MakeCase) -> list[Case]:
    """Return documents whose envelope is odd, each signed by the director for something."""
    good = cast.desired()
    sealed = json.loads(good)
    signature, payload = sealed["signatures"][0], base64.b64decode(sealed["payload"])
    by_stranger = json.loads(envelope.seal(DESIRED, payload, cast.keys["stranger"]))
    two = envelope.seal(DESIRED, payload, cast.keys["stranger"], cast.keys["director"])
    borrowed_name = by_stranger["signatures"][0] | {"keyid": signature["keyid"]}
    another = json.loads(cast.desired(seq=9))["signatures"][0]
    look_alike = DESIRED.replace("a", "а", 1)  # the letter of another alphabet

    def with_(**changes: Any) -> bytes:
        return json.dumps(sealed | changes).encode()

    def signed(*signatures: Any) -> bytes:
        return with_(signatures=signatures)

    return [
        case("desired signed by a stranger and the director", two),
        case("desired with a bad signature before the good one", signed(another, signature)),
        case("desired with an escaped letter", good.replace(b"payloadType", b"p\\u0061yloadType")),
        case("desired with an unknown field of its envelope", with_(mood="calm")),
        case("desired payload flipped", _flipped(good), "forged"),
        case("desired signature flipped", signed(_flipped_signature(signature)), "forged"),
        case("desired signature of another document", signed(another), "forged"),
        case("desired signed under another's key id", signed(borrowed_name), "forged"),
        case("desired signature cut", signed(signature | {"sig": signature["sig"][:40]}), "forged"),
        case("desired signature not base64", signed(signature | {"sig": "*"}), "forged"),
        case("desired payload not base64", with_(payload="*" + sealed["payload"][1:]), "malformed"),
        case("desired payload without padding", with_(payload="QQ"), "malformed"),
        case("desired with no signature", signed(), "unknown_key"),
        case("desired under another type", with_(payloadType=EDITION), "wrong_type"),
        case("desired under a type that looks alike", with_(payloadType=look_alike), "wrong_type"),
        case("desired under no type", with_(payloadType=None), "malformed"),
        case("desired with a signature that is text", signed("signed"), "malformed"),
        case("desired too long", good + b" " * canonical.MESSAGE_BYTES_MAX, "oversize"),
        case("desired cut", good[: len(good) // 2], "malformed"),
        case("desired with a mark before it", b"\xef\xbb\xbf" + good, "malformed"),
        case("envelope nested without end", b'{"x":' + b"[" * 9_000, "malformed"),
        case("nothing", b"", "malformed"),
    ]


# -- orders and what they rest on


def _order_cases(cast: Cast, case: MakeCase) -> list[Case]:
    emergency = {"priority": Priority.EMERGENCY}
    other_place = {"targets": (NEIGHBOUR,), "place": NEIGHBOUR}
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
        case(
            "city edition in a commune",
            cast.desired(approved_by="leader", edition={"targets": (CITY,)}),
        ),
        case(
            "edition for two communes by the leader of both",
            cast.desired(approved_by="leader", edition={"targets": (NEIGHBOUR, COMMUNE)}),
        ),
        case(
            "edition for two communes by the chair of one",
            cast.desired(edition={"targets": (COMMUNE, NEIGHBOUR)}),
            "no_mandate",
        ),
        case("order with every policy", _with_order(cast, **_POLICIES)),
        case("order with policies of null", _with_order(cast, start=None, late=None, resume=None)),
        case("unknown start policy", _with_order(cast, start={"kind": "soon"}), "malformed"),
        case("unknown late policy", _with_order(cast, late={"kind": "never"}), "malformed"),
        case("unknown resume policy", _with_order(cast, resume="later"), "malformed"),
        case("waiting below nothing", _with_order(cast, start={"wait_s": -1}), "malformed"),
        case("rank in words", _with_order(cast, rank="first"), "malformed"),
        case("edition for no place", cast.desired(edition={"targets": ()}), "wrong_place"),
    ]


_POLICIES = {
    "rank": 2,
    "start": {"kind": "wait", "wait_s": 60},
    "late": {"kind": "join", "within_s": None},
    "resume": "pause",
}


def _with_order(cast: Cast, **changes: Any) -> bytes:
    """Return a document whose one order differs in these fields."""
    plain = _payload(cast.desired())
    orders = [plain["orders"][0] | changes]
    return cast.seal_desired(plain | {"orders": orders})


def _edition_cases(cast: Cast, case: MakeCase) -> list[Case]:
    """Return documents with one order whose edition travels in an odd envelope."""
    edition, chair = cast.edition(), cast.keys["chair"]
    body = canonical.encode(edition)
    name = canonical.content_hash(body)
    sealed = json.loads(envelope.seal(EDITION, body, chair))
    longest = Media(sha256="3" * 64, bytes=9, codec="mp3", duration_ms=86_400_000)
    too_long = msgspec.to_builtins(edition) | {
        "media": [msgspec.to_builtins(longest) | {"duration_ms": 86_400_001}]
    }

    def ordered(given: Any, name: str = name, *, also: tuple[Any, ...] = ()) -> bytes:
        first = cast.order("f" * 64, order="o-0") if also else None
        orders = (cast.order(name), *([first] if first else ()))
        return cast.document(orders=orders, envelopes={name: given, **dict(also)})

    def signed(body: bytes, kind: str = EDITION, *keys: SigningKey) -> bytes:
        return ordered(_raw(envelope.seal(kind, body, *(keys or (chair,)))), _name(body))

    confirmation = canonical.encode(cast.confirmation(name))
    return [
        case("edition of a day's length", cast.desired(edition={"media": (longest,)})),
        case("edition longer than a day", signed(canonical.encode(too_long)), "malformed"),
        case("edition without an approver", signed(_without(edition, "approver")), "malformed"),
        case("edition with broken words", signed(body[:-1]), "malformed"),
        case("edition under another type", signed(body, DESIRED), "wrong_type"),
        case("confirmation in place of an edition", signed(confirmation, CONFIRMATION), "wrong_type"),
        case("edition signed by two", signed(body, EDITION, cast.keys["stranger"], chair)),
        case("edition payload flipped", ordered(_raw(_flipped(_bytes(sealed)))), "forged"),
        case("edition without a signature", ordered(sealed | {"signatures": []}), "unknown_key"),
        case("edition that is no envelope", ordered({}), "malformed"),
        case("edition that is a number", ordered(7), "malformed"),
        case(
            "second order without its edition",
            ordered(sealed, also=(("e" * 64, sealed),)),
            "edition_missing",
        ),
    ]  # fmt: skip


def _confirmation_cases(cast: Cast, case: MakeCase) -> list[Case]:
    sha256, edition = cast.sealed_edition(cast.edition())

    def confirmed(by: str = "leader", kind: str = CONFIRMATION, **changes: Any) -> bytes:
        of = changes.pop("of", sha256)
        given = cast.confirmation(of, **{"confirmer": by} | changes)
        body = canonical.encode(given)
        name, sealed = _name(body), _raw(envelope.seal(kind, body, cast.keys[by]))
        order = msgspec.structs.replace(cast.order(sha256), confirmation=name)
        return cast.document(orders=(order,), envelopes={sha256: edition, name: sealed})

    early = NOW - 9000 * _HOUR
    return [
        case("confirmation by a leader", confirmed()),
        case("confirmation for the city", confirmed(places=(CITY,))),
        case("confirmation missing", cast.desired(confirmed_by=""), "malformed"),
        case("confirmation by a stranger", confirmed("stranger"), "unknown_key"),
        case("confirmation by the director", confirmed("director"), "unknown_key"),
        case("confirmation by the chair of another commune", confirmed("neighbour"), "no_mandate"),
        case("confirmation before the mandate", confirmed(confirmed_at=early), "no_mandate"),
        case("confirmation signed for another", confirmed(confirmer="chair"), "forged"),
        case("confirmation of another edition", confirmed(of="0" * 64), "forged"),
        case("confirmation under another type", confirmed(kind=EDITION), "wrong_type"),
    ]


# -- the log, both ways


def _receipt_cases(cast: Cast, case: MakeCase) -> list[Case]:
    def sealed(by: str = "director", **changes: Any) -> bytes:
        fields: dict[str, Any] = {"device": "dn-0001", "log": _LOG, "upto": 12} | changes
        return envelope.seal(LOG_RECEIPT, canonical.encode(LogReceipt(**fields)), cast.keys[by])

    like = {"kind": "log_receipt", "log": _LOG}
    return [
        case("receipt", sealed(), **like),
        case("receipt by an approver", sealed("chair"), "unknown_key", **like),
        case("receipt by a director of another year", sealed("old"), "unknown_key", **like),
        case("receipt for another log", sealed(log="0000"), "wrong_device", **like),
        case("receipt for another device", sealed(device="dn-0002"), "wrong_device", **like),
        case("receipt below zero", sealed(upto=-1), "malformed", **like),
        case("receipt payload flipped", _flipped(sealed()), "forged", **like),
        case("log in place of a receipt", _log_batch(cast), "wrong_type", **like),
    ]


def _said_cases(cast: Cast, case: MakeCase) -> list[Case]:
    """Return what devices say, as the city judges it: by the one key the register holds for them."""
    public = cast.keys["device"].public_hex
    log = {"kind": "log", "device_public": public}
    beat = {"kind": "heartbeat", "device_public": public}
    odd = msgspec.to_builtins(_log_message()) | {"rows": [{"seq": 1}]}
    return [
        case("log", _log_batch(cast), **log),
        case("log of another device", _log_batch(cast, device="dn-0002"), "wrong_device", **log),
        case("log signed by another", _log_batch(cast, by="stranger"), "unknown_key", **log),
        case("log payload flipped", _flipped(_log_batch(cast)), "forged", **log),
        case("log with half a row", _sealed(LOG, odd, cast.keys["device"]), "malformed", **log),
        case("heartbeat in place of a log", _heartbeat(cast), "wrong_type", **log),
        case("heartbeat", _heartbeat(cast), **beat),
        case("heartbeat of another device", _heartbeat(cast, device="dn-0002"), "wrong_device", **beat),
        case("heartbeat signed by the director", _heartbeat(cast, by="director"), "unknown_key", **beat),
    ]  # fmt: skip


def _log_message(device: str = "dn-0001") -> LogBatch:
    row = LogRow(
        seq=1,
        at=NOW,
        monotonic_ms=5_000,
        clock=Clock.GOOD,
        event=Event.FINISHED,
        order="o-1",
        edition_sha256="0" * 64,
        detail={"duration_ms": 60_000, "rate_percent": 100, "resumed_from_ms": 0, "samples": 0},
    )
    return LogBatch(device=device, log=_LOG, boot="b-1", rows=(row,))


def _log_batch(cast: Cast, *, by: str = "device", device: str = "dn-0001") -> bytes:
    return envelope.seal(LOG, canonical.encode(_log_message(device)), cast.keys[by])


def _heartbeat(cast: Cast, *, by: str = "device", device: str = "dn-0001") -> bytes:
    beat = Heartbeat(device=device, boot="b-1", at=NOW, uptime_s=60, desired_seq=8)
    return envelope.seal(HEARTBEAT, canonical.encode(beat), cast.keys[by])


# -- spoiling


def _payload(sealed: bytes) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(envelope.read(sealed).payload_bytes)
    return plain


def _sealed(kind: str, plain: Any, key: SigningKey) -> bytes:
    return envelope.seal(kind, canonical.encode(plain), key)


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def _raw(data: bytes) -> msgspec.Raw:
    return msgspec.Raw(data)


def _name(body: bytes) -> str:
    return canonical.content_hash(body)


def _swap(body: bytes, old: bytes, new: bytes) -> bytes:
    if old not in body:
        raise LookupError(f"{old!r} does not stand in the document")
    return body.replace(old, new)


def _without(edition: Edition, field: str) -> bytes:
    plain = msgspec.to_builtins(edition)
    del plain[field]
    return canonical.encode(plain)


def _flipped(sealed: bytes) -> bytes:
    """Change the first byte of the payload and leave the signature."""
    plain = json.loads(sealed)
    return _bytes(plain | {"payload": "A" + plain["payload"][1:]})


def _flipped_signature(signature: dict[str, str]) -> dict[str, str]:
    raw = bytearray(base64.b64decode(signature["sig"]))
    raw[0] ^= 1
    return signature | {"sig": base64.b64encode(raw).decode()}


def _in_city(instant: datetime) -> str:
    return (instant + 7 * _HOUR).strftime("%Y-%m-%dT%H:%M:%S+07:00")
