# ruff: noqa: INP001 - a script beside a page, not a package
"""What the protocol page says, as a reader wrote it down: Python and `cryptography`, nothing of Loa.

`verify_vectors.py` judges the vectors by it; it also shows how little a device must know.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from shapes import (
    CLIENT_DATA,
    COMMAND,
    COMMAND_RECEIPT,
    CONFIRMATION,
    DESIRED,
    EDITION,
    ENVELOPE,
    HEARTBEAT,
    LOG,
    MEDIA,
    ORDER,
    QUIET,
    RECEIPT,
    ROOT,
    ROSTER,
    STANDING,
    Refused,
    instant,
    listed,
    need,
    nothing,
)

MESSAGE_BYTES_MAX = 16_384
ROSTER_BYTES_MAX = 524_288
SKEW = timedelta(minutes=5)
CITY_TIME = timezone(timedelta(hours=7))  # Asia/Ho_Chi_Minh, no summer time since 1975
TYPE = "application/vnd.loa.%s+json"
PASSKEY = "webauthn-es256"
Case = dict[str, Any]


# -- 1. Bytes


def canonical(value: Any) -> bytes:
    """Return canonical JSON: keys sorted by code point, no spaces, UTF-8, needed escapes only."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def key_id(public_hex: str) -> str:
    return sha256(bytes.fromhex(public_hex))[:16]


def parsed(data: bytes) -> Any:
    """Read JSON of UTF-8 text; anything else is malformed."""
    try:
        return json.loads(data.decode("utf-8"), parse_constant=nothing)  # NaN is no JSON
    except (ValueError, RecursionError) as error:
        raise Refused("malformed") from error


def signed_bytes(payload_type: str, payload: bytes) -> bytes:
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def holds(public_hex: str, message: bytes, signature: bytes | None) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
        key.verify(signature or b"", message)
    except (InvalidSignature, ValueError):
        return False
    return True


def from_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def point(public_hex: str) -> EllipticCurvePublicKey | None:
    """Return a passkey's public key: an uncompressed point of P-256, or nothing."""
    try:
        raw = bytes.fromhex(public_hex)
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw) if raw[0] == 4 else None
    except (ValueError, IndexError):
        return None


def passkey_holds(row: SimpleNamespace, message: bytes, signature: SimpleNamespace) -> bool:
    """Judge an assertion as section 1 of the page says, step by step."""
    data, client = from_base64(signature.authenticator_data), from_base64(signature.client_data)
    sig, key = from_base64(signature.sig), point(row.public)
    if not data or not client or not sig or key is None or len(data) < 37:
        return False
    try:
        said = CLIENT_DATA(parsed(client))
    except Refused:
        return False
    flags = data[32]
    if (
        said.type != "webauthn.get"
        or said.challenge != from_base64url(hashlib.sha256(message).digest())
        or said.origin not in row.origins
        or said.crossOrigin
        or data[:32] != hashlib.sha256(row.rp_id.encode()).digest()
        or flags & 0x05 != 0x05
        or flags & 0x18 == 0x10
    ):
        return False
    try:
        key.verify(sig, data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def is_signed(key: Any, message: bytes, signature: SimpleNamespace) -> bool:
    """Judge one signature by its key: 64 digits of Ed25519, or the row of a passkey."""
    if isinstance(key, SimpleNamespace):
        return passkey_holds(key, message, signature)
    beside = (signature.authenticator_data, signature.client_data)
    if None in map(from_base64, beside):
        return False
    return holds(key, message, from_base64(signature.sig))


def opened(data: bytes, name: str, keys: dict[str, Any]) -> tuple[bytes, list[str]]:
    """Return a message's payload and the ids of the given keys (id: public) that signed it."""
    if len(data) > (ROSTER_BYTES_MAX if name == "roster" else MESSAGE_BYTES_MAX):
        raise Refused("oversize")
    return opened_envelope(parsed(data), name, keys)


def opened_envelope(value: Any, name: str, keys: dict[str, Any]) -> tuple[bytes, list[str]]:
    envelope = ENVELOPE(value)
    if envelope.payloadType != TYPE % name:
        raise Refused("wrong_type")
    if not any(signature.keyid in keys for signature in envelope.signatures):
        raise Refused("unknown_key")
    payload = from_base64(envelope.payload)
    if payload is None:
        raise Refused("malformed")
    message = signed_bytes(envelope.payloadType, payload)
    by = [
        signature.keyid
        for signature in envelope.signatures
        if signature.keyid in keys and is_signed(keys[signature.keyid], message, signature)
    ]
    if not by:
        raise Refused("forged")
    return payload, by


# -- 4. Checks, in order


def lineage(place: str, parents: dict[str, str]) -> Iterator[str]:
    """Yield the place and those above it; a circle ends where it closes."""
    seen: set[str] = set()
    while place and place not in seen:
        yield place
        seen.add(place)
        place = parents.get(place, "")


def lies_in(place: str, places: list[str], parents: dict[str, str]) -> bool:
    return any(above in places for above in lineage(place, parents))


def rows_of(roster: SimpleNamespace, role: str) -> list[SimpleNamespace]:
    return [row for row in roster.keys if row.role == role]


def publics(rows: list[SimpleNamespace]) -> dict[str, Any]:
    """Return what signatures are checked with; a row nobody can use is as if it were not there."""
    usable: dict[str, Any] = {}
    for row in rows:
        if row.kind == "ed25519":
            usable[row.key_id] = row.public
        elif row.kind == PASSKEY and point(row.public) is not None:
            usable[row.key_id] = row
    return usable


def demands_passkey(places: list[str], roster: SimpleNamespace, *, is_emergency: bool) -> bool:
    """Say whether one of the places, or one above or below, believes passkeys only."""
    wanting = [
        place for place, when in roster.passkey_only.items() if is_emergency or when != "emergency"
    ]
    return any(
        lies_in(one, [other], roster.parents) or lies_in(other, [one], roster.parents)
        for one in places
        for other in wanting
    )


def is_for_everybody(places: list[str], parents: dict[str, str]) -> bool:
    """Say whether a top of the tree is among the places, or all that lies directly below one."""
    tops = set(parents.values()) - set(parents)
    return any(place not in parents for place in places) or any(
        all(lies_in(one, places, parents) for one, above in parents.items() if above == top)
        for top in tops
    )


def is_valid(row: SimpleNamespace, at: datetime) -> bool:
    return bool(row.valid_from <= at and (row.valid_until is None or at < row.valid_until))


def check_threshold(data: bytes, name: str, root: SimpleNamespace, role: SimpleNamespace) -> bytes:
    """Demand as many different keys of this role as the root says; return the payload."""
    named = [signature.keyid for signature in ENVELOPE(parsed(data)).signatures]
    need(len(set(named)) == len(named))
    keys = {key.key_id: key.public for key in root.keys if key.key_id in role.keys}
    payload, by = opened(data, name, keys)
    if len(set(by)) < role.threshold:
        raise Refused("no_mandate")
    return payload


def shaped_root(payload: bytes) -> SimpleNamespace:
    root: SimpleNamespace = ROOT(parsed(payload))
    ids = [key.key_id for key in root.keys]
    need(root.version >= 1 and len(set(ids)) == len(ids))
    need(all(key.key_id == key_id(key.public) for key in root.keys))
    for role in (root.root, root.roster):
        need(len(set(role.keys)) == len(role.keys) and set(role.keys) <= set(ids))
        need(1 <= role.threshold <= len(role.keys))
    return root


def check_pinned(data: bytes, pin: str) -> SimpleNamespace:
    payload = from_base64(ENVELOPE(parsed(data)).payload)
    need(payload is not None)
    if sha256(payload or b"") != pin:
        raise Refused("forged")
    root = shaped_root(payload or b"")
    check_threshold(data, "root", root, root.root)
    return root


def check_next(data: bytes, trusted: SimpleNamespace) -> None:
    root = shaped_root(check_threshold(data, "root", trusted, trusted.root))
    if root.version <= trusted.version:
        raise Refused("rolled_back")
    if root.version != trusted.version + 1:
        raise Refused("not_yet_valid")
    check_threshold(data, "root", root, root.root)


def check_roster(data: bytes, root: SimpleNamespace, known: int) -> SimpleNamespace:
    if len(data) > ROSTER_BYTES_MAX:
        raise Refused("oversize")
    roster: SimpleNamespace = ROSTER(parsed(check_threshold(data, "roster", root, root.roster)))
    if roster.version < known:
        raise Refused("rolled_back")
    return roster


def check_answer(
    by: list[str],
    roster: SimpleNamespace,
    places: list[str],
    at: datetime,
    named: str,
    *,
    is_emergency: bool = False,
    may_need_passkey: bool = True,
) -> set[str]:
    """Return all who signed and may answer for it; the one it names must be among them."""
    rows = [
        row
        for row in rows_of(roster, "approver")
        if row.key_id in by
        and all(lies_in(place, row.places, roster.parents) for place in places)
        and is_valid(row, at)
        and row.emergency >= is_emergency
    ]
    if not rows:
        raise Refused("no_mandate")
    if named not in {row.holder for row in rows}:
        raise Refused("forged")
    if may_need_passkey and demands_passkey(places, roster, is_emergency=is_emergency):
        rows = [row for row in rows if row.kind == PASSKEY]
    answering = {row.holder for row in rows}
    if named not in answering:
        raise Refused("no_passkey")
    return answering


def check_desired(
    case: Case, data: bytes, roster: SimpleNamespace, now: datetime
) -> SimpleNamespace:
    directors = rows_of(roster, "director")
    payload, by = opened(data, "desired", publics(directors))
    desired: SimpleNamespace = DESIRED(parsed(payload))
    starts = [at for order in desired.orders for at in (order.start_at, order.latest_start_at)]
    need(max([desired.issued_at, *starts]).year < 9999)
    if not any(row.key_id in by and is_valid(row, desired.issued_at) for row in directors):
        raise Refused("no_mandate")
    if desired.device != case["device"]:
        raise Refused("wrong_device")
    if desired.place != case["place"]:
        raise Refused("wrong_place")
    if desired.seq < case["known"]:
        raise Refused("rolled_back")
    if now >= desired.expires_at:
        raise Refused("expired")
    if desired.issued_at > now + SKEW:
        raise Refused("not_yet_valid")
    if "held" in case and desired.seq == case["known"]:
        held = ENVELOPE(parsed(case["held"].encode()))
        if from_base64(held.payload) != payload:
            raise Refused("rolled_back")
    return desired


def check_order(order: SimpleNamespace, desired: SimpleNamespace, roster: SimpleNamespace) -> None:
    approvers = publics(rows_of(roster, "approver"))
    if order.edition_sha256 not in desired.envelopes:
        raise Refused("edition_missing")
    sealed = desired.envelopes[order.edition_sha256]
    payload, by = opened_envelope(sealed, "edition", approvers)
    edition = EDITION(parsed(payload))
    places, is_emergency = edition.targets or [edition.place], edition.priority == "emergency"
    answering = check_answer(
        by, roster, places, edition.approved_at, edition.approver, is_emergency=is_emergency
    )
    needed = 2 if is_emergency and is_for_everybody(places, roster.parents) else 1
    if needed > 1 and len(answering - {edition.author}) < needed:
        raise Refused("one_person")
    if sha256(payload) != order.edition_sha256 or edition.priority != order.priority:
        raise Refused("forged")
    if not lies_in(desired.place, edition.targets, roster.parents):
        raise Refused("wrong_place")
    if order.confirmation is not None:
        check_confirmation(order, edition, desired, roster)


def check_confirmation(
    order: SimpleNamespace,
    edition: SimpleNamespace,
    desired: SimpleNamespace,
    roster: SimpleNamespace,
) -> None:
    need(order.confirmation in desired.envelopes)
    sealed = desired.envelopes[order.confirmation]
    payload, by = opened_envelope(sealed, "confirmation", publics(rows_of(roster, "approver")))
    given = CONFIRMATION(parsed(payload))
    check_answer(
        by, roster, given.places, given.confirmed_at, given.confirmer, may_need_passkey=False
    )
    if given.edition_sha256 != order.edition_sha256:
        raise Refused("forged")
    if given.confirmer == edition.approver:
        raise Refused("one_person")


def check_standing(case: Case, data: bytes, roster: SimpleNamespace) -> None:
    payload, by = opened(data, "standing", publics(rows_of(roster, "approver")))
    standing = STANDING(parsed(payload))
    need(bool(standing.sources) != bool(standing.media))
    need(len(standing.sources) <= 2 and all(len(one) <= 500 for one in standing.sources))
    need(len(standing.media) <= 20 and 1 <= len(standing.windows) <= 50)
    need(all(window.minutes for window in standing.windows))
    check_answer(
        by,
        roster,
        standing.targets or [standing.place],
        standing.approved_at,
        standing.approver,
    )
    if not lies_in(case["place"], standing.targets, roster.parents):
        raise Refused("wrong_place")


def check_receipt(case: Case, data: bytes, roster: SimpleNamespace, now: datetime) -> None:
    directors = [row for row in rows_of(roster, "director") if is_valid(row, now)]
    payload, _ = opened(data, "log-receipt", publics(directors))
    receipt = RECEIPT(parsed(payload))
    if (receipt.device, receipt.log) != (case["device"], case["log"]):
        raise Refused("wrong_device")


def check_said(case: Case, data: bytes) -> None:
    """Read a log or heartbeat as the city does: by the one key registered for the device."""
    shape = {"log": LOG, "heartbeat": HEARTBEAT}[case["kind"]]
    public = case["device_public"]
    payload, _ = opened(data, case["kind"], {key_id(public): public})
    if shape(parsed(payload)).device != case["device"]:
        raise Refused("wrong_device")


def check_document(case: Case, trusted: Case) -> None:
    data, now = case["document"].encode(), instant(case["now"])
    if case["kind"] in ("log", "heartbeat"):
        check_said(case, data)
        return
    if case["kind"] == "root":
        check_next(data, check_pinned(case["trusted"].encode(), case["pin"]))
        return
    root = check_pinned(trusted["root"].encode(), trusted["pin"])
    if case["kind"] == "roster":
        under = (
            shaped_root(from_base64(json.loads(case["root"])["payload"]))
            if "root" in case
            else root
        )
        check_roster(data, under, case["known"])
        return
    held = trusted["rosters"][case["roster"]] if "roster" in case else trusted["roster"]
    roster = check_roster(held.encode(), root, 0)
    if case["kind"] == "standing":
        check_standing(case, data, roster)
        return
    if case["kind"] == "log_receipt":
        check_receipt(case, data, roster, now)
        return
    desired = check_desired(case, data, roster, now)
    for order in desired.orders:
        check_order(order, desired, roster)


def check_command(case: Case, trusted: Case) -> None:
    """Read a command as a device does, or its answer as the city does."""
    data = case["document"].encode()
    if case["kind"] == "command_receipt":
        public = case["device_public"]
        payload, _ = opened(data, "command-receipt", {key_id(public): public})
        if COMMAND_RECEIPT(parsed(payload)).device != case["device"]:
            raise Refused("wrong_device")
        return
    root = check_pinned(trusted["root"].encode(), trusted["pin"])
    rows = rows_of(check_roster(trusted["roster"].encode(), root, 0), "director")
    payload, by = opened(data, "command", publics(rows))
    command = COMMAND(parsed(payload))
    if not any(row.key_id in by and is_valid(row, command.issued_at) for row in rows):
        raise Refused("no_mandate")
    if command.device != case["device"]:
        raise Refused("wrong_device")
    object_to(command, case["known"], instant(case["now"]))


def object_to(command: SimpleNamespace, known: int, now: datetime) -> None:
    if command.issued_at > now + timedelta(minutes=5):
        raise Refused("clock")
    if now - command.issued_at > timedelta(seconds=command.ttl_s):
        raise Refused("expired")
    if command.seq <= known:
        raise Refused("replayed")
    needed = {"volume": command.args.percent, "mute": command.args.muted}
    if command.verb in needed and needed[command.verb] is None:
        raise Refused("incomplete")


def is_quiet(at: datetime, windows: list[SimpleNamespace]) -> bool:
    wall = at.astimezone(CITY_TIME).strftime("%H:%M")
    return any(
        window.start <= wall < window.end
        if window.start <= window.end
        else wall >= window.start or wall < window.end
        for window in windows
    )


def check_start(case: Case) -> None:
    order, edition, now = ORDER(case["order"]), EDITION(case["edition"]), instant(case["now"])
    if now > order.latest_start_at:
        raise Refused("late")
    if now >= edition.valid_until:
        raise Refused("expired")
    if edition.valid_from > now + SKEW:
        raise Refused("not_yet_valid")
    if edition.priority == "emergency":
        return
    length_ms = max((media.duration_ms for media in edition.media), default=0)
    last = now + timedelta(milliseconds=max(length_ms - 1, 0))
    minutes = (now + timedelta(minutes=number) for number in range(length_ms // 60_000 + 1))
    windows = listed(QUIET)(case["quiet_hours"])
    if not any(is_quiet(at, windows) for at in (*minutes, last) if at <= last):
        return
    if case["confirmation"] is not None:
        given = CONFIRMATION(case["confirmation"])
        covers = lies_in(case["place"], given.places, case["parents"])
        if covers and given.start_at <= now + SKEW and now <= given.latest_start_at:
            return
    raise Refused("quiet_hours")


def chosen(case: Case) -> str:
    """Return the hash of the sound a device takes that prefers codecs in this order."""
    for codec in case["codecs"]:
        for media in listed(MEDIA)(case["media"]):
            if media.codec == codec:
                return str(media.sha256)
    return "media_missing"


def check_media(case: Case) -> None:
    media, data = MEDIA(case["media"]), bytes.fromhex(case["data_hex"])
    if len(data) != media.bytes or sha256(data) != media.sha256:
        raise Refused("media_mismatch")
