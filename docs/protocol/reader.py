# ruff: noqa: INP001 - a script beside a page, not a package
"""What the protocol page says, as a reader wrote it down: Python and `cryptography`, nothing of Loa.

`verify_vectors.py` judges the vectors by it; it also shows how little a device must know.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MESSAGE_BYTES_MAX = 16_384
ROSTER_BYTES_MAX = 524_288
SKEW = timedelta(minutes=5)
CITY_TIME = timezone(timedelta(hours=7))  # Asia/Ho_Chi_Minh, no summer time since 1975
TYPE = "application/vnd.loa.%s+json"
Case = dict[str, Any]


class Refused(Exception):
    """What was read is refused; the message is the reason."""


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


def opened(data: bytes, name: str, keys: dict[str, str]) -> tuple[bytes, list[str]]:
    """Return a message's payload and the ids of the given keys (id: public) that signed it."""
    if len(data) > (ROSTER_BYTES_MAX if name == "roster" else MESSAGE_BYTES_MAX):
        raise Refused("oversize")
    return opened_envelope(parsed(data), name, keys)


def opened_envelope(value: Any, name: str, keys: dict[str, str]) -> tuple[bytes, list[str]]:
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
        if signature.keyid in keys
        and holds(keys[signature.keyid], message, from_base64(signature.sig))
    ]
    if not by:
        raise Refused("forged")
    return payload, by


# -- 2. Documents: what is not of this shape is malformed

Shape = Callable[[Any], Any]


def need(is_so: bool) -> None:
    if not is_so:
        raise Refused("malformed")


def text(value: Any) -> str:
    need(isinstance(value, str) and not re.search("[\ud800-\udfff]", value))
    return str(value)


def matching(pattern: str) -> Shape:
    def check(value: Any) -> str:
        need(re.fullmatch(pattern, text(value), re.ASCII) is not None)
        return str(value)

    return check


def exactly(kind: type) -> Shape:
    def check(value: Any) -> Any:
        need(type(value) is kind)
        return value

    return check


def whole(highest: int) -> Shape:
    def check(value: Any) -> int:
        need(type(value) is int and 0 <= value <= highest)
        return int(value)

    return check


def instant(value: Any) -> datetime:
    need(re.fullmatch(RFC_3339, text(value), re.ASCII) is not None)
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise Refused("malformed") from error


def listed(shape: Shape) -> Shape:
    def check(value: Any) -> list[Any]:
        need(isinstance(value, list))
        return [shape(item) for item in value]

    return check


def table(shape: Shape) -> Shape:
    def check(value: Any) -> dict[str, Any]:
        need(isinstance(value, dict))
        return {text(key): shape(item) for key, item in value.items()}

    return check


def either(*shapes: Shape) -> Shape:
    def check(value: Any) -> Any:
        for shape in shapes:
            try:
                return shape(value)
            except Refused:
                continue
        raise Refused("malformed")

    return check


def may_be(shape: Shape, default: Any = None) -> tuple[Shape, Any]:
    """Mark a field that may be absent."""
    return shape, default


def record(**fields: Shape | tuple[Shape, Any]) -> Shape:
    """Return the shape of an object with these fields; others are ignored."""

    def check(value: Any) -> SimpleNamespace:
        need(isinstance(value, dict))
        found = {}
        for name, field in fields.items():
            shape, *default = field if isinstance(field, tuple) else (field,)
            need(name in value or bool(default))
            found[name] = shape(value[name]) if name in value else default[0]
        return SimpleNamespace(**found)

    return check


RFC_3339 = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
number, boolean, nothing = exactly(int), exactly(bool), exactly(type(None))
count = whole(2**53 - 1)
HASH = matching("[0-9a-f]{64}")
WALL = matching("[0-2][0-9]:[0-5][0-9]")
PRIORITY = matching("normal|priority|emergency")
CLOCK = matching("good|hold|floor|none")
EVENT = matching(
    "hinted|pulled|verified|media_ready|started|paused|resumed|finished|skipped|refused"
)
ENVELOPE = record(payload=text, payloadType=text, signatures=listed(record(keyid=text, sig=text)))
ROSTER_KEY = record(
    key_id=text, public=text, role=matching("director|approver"), holder=text, custody=may_be(text),
    places=may_be(listed(text), []), emergency=may_be(boolean, False), valid_from=instant,
    valid_until=may_be(either(instant, nothing)),
)  # fmt: skip
ROSTER = record(
    schema=may_be(text), version=count, issued_at=instant, keys=listed(ROSTER_KEY),
    parents=table(text),
)  # fmt: skip
MEDIA = record(sha256=HASH, bytes=count, codec=text, duration_ms=whole(86_400_000))
EDITION = record(
    schema=may_be(text), edition=text, bulletin=text, revision=count, title=text, text_sha256=HASH,
    spoken_sha256=HASH, source_sha256=may_be(either(HASH, nothing)), language=may_be(text),
    voice=text, priority=PRIORITY, info_class=text, place=text, targets=listed(text),
    valid_from=instant, valid_until=instant, media=listed(MEDIA), author=text, approver=text,
    approved_at=instant,
)  # fmt: skip
CONFIRMATION = record(
    schema=may_be(text), edition_sha256=HASH, places=listed(text), start_at=instant,
    latest_start_at=instant, grounds=listed(text), confirmer=text, confirmed_at=instant,
)  # fmt: skip
START = record(kind=may_be(matching("hard|wait|next")), wait_s=may_be(count))
LATE = record(
    kind=may_be(matching("join|from_start|skip")), within_s=may_be(either(count, nothing))
)  # fmt: skip
RESUME = matching("pause|continue_underneath|restart|drop")
ADDRESS = matching("https?://[^ ]+")
STANDING = record(
    schema=may_be(text), standing=matching("[A-Za-z0-9-]{1,64}"),
    kind=matching("relay|evergreen|fallback"), title=text, sources=may_be(listed(ADDRESS), []),
    media=may_be(listed(MEDIA), []),
    windows=listed(record(begins_minute=whole(10_079), minutes=whole(10_080))),
    place=text, targets=listed(text), valid_from=instant, valid_until=instant, author=text,
    approver=text, approved_at=instant,
)  # fmt: skip
ORDER = record(
    order=text, edition_sha256=HASH, priority=PRIORITY, start_at=instant, latest_start_at=instant,
    confirmation=may_be(either(text, nothing)), rank=may_be(count),
    start=may_be(either(START, nothing)), late=may_be(either(LATE, nothing)),
    resume=may_be(either(RESUME, nothing)),
)  # fmt: skip
QUIET = record(start=WALL, end=WALL)
DESIRED = record(
    schema=may_be(text), device=text, place=text, seq=count, issued_at=instant, expires_at=instant,
    quiet_hours=may_be(listed(QUIET), []), orders=may_be(listed(ORDER), []),
    recalls=may_be(listed(text), []),
    prefetch=may_be(listed(record(sha256=HASH, bytes=count)), []), standings=may_be(listed(text), []),
    envelopes=may_be(table(lambda value: value), {}), ledger=may_be(either(record(seq=number, hash=text), nothing)),
)  # fmt: skip
RECEIPT = record(schema=may_be(text), device=text, log=text, upto=count)
LOG_ROW = record(
    seq=count, at=instant, monotonic_ms=count, clock=CLOCK, event=EVENT, order=may_be(text),
    edition_sha256=may_be(text), reason=may_be(text), detail=may_be(table(either(text, number))),
)  # fmt: skip
LOG = record(schema=may_be(text), device=text, log=text, boot=text, rows=listed(LOG_ROW))
HEARTBEAT = record(
    schema=may_be(text), device=text, boot=text, at=instant, uptime_s=number, desired_seq=number,
    playing=may_be(text), clock=may_be(CLOCK), volume_percent=may_be(number),
    free_mb=may_be(number), player=may_be(text),
)  # fmt: skip


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


def publics(rows: list[SimpleNamespace]) -> dict[str, str]:
    return {row.key_id: row.public for row in rows}


def is_valid(row: SimpleNamespace, at: datetime) -> bool:
    return bool(row.valid_from <= at and (row.valid_until is None or at < row.valid_until))


def check_roster(data: bytes, root_public: str, known: int) -> SimpleNamespace:
    payload, _ = opened(data, "roster", {key_id(root_public): root_public})
    roster: SimpleNamespace = ROSTER(parsed(payload))
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
) -> None:
    """Demand one row of a signing approver that covers all of it, and that its holder is named."""
    for row in rows_of(roster, "approver"):
        covers = all(lies_in(place, row.places, roster.parents) for place in places)
        if row.key_id in by and covers and is_valid(row, at) and row.emergency >= is_emergency:
            if row.holder != named:
                raise Refused("forged")
            return
    raise Refused("no_mandate")


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
    check_answer(
        by,
        roster,
        edition.targets or [edition.place],
        edition.approved_at,
        edition.approver,
        is_emergency=edition.priority == "emergency",
    )
    if sha256(payload) != order.edition_sha256 or edition.priority != order.priority:
        raise Refused("forged")
    if not lies_in(desired.place, edition.targets, roster.parents):
        raise Refused("wrong_place")
    if order.confirmation is not None:
        check_confirmation(order, desired, roster, approvers)


def check_confirmation(
    order: SimpleNamespace, desired: SimpleNamespace, roster: SimpleNamespace, approvers: Any
) -> None:
    need(order.confirmation in desired.envelopes)
    sealed = desired.envelopes[order.confirmation]
    payload, by = opened_envelope(sealed, "confirmation", approvers)
    given = CONFIRMATION(parsed(payload))
    check_answer(by, roster, given.places, given.confirmed_at, given.confirmer)
    if given.edition_sha256 != order.edition_sha256:
        raise Refused("forged")


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
    if case["kind"] == "roster":
        check_roster(data, trusted["root_public"], case["known"])
        return
    roster = check_roster(trusted["roster"].encode(), trusted["root_public"], 0)
    if case["kind"] == "standing":
        check_standing(case, data, roster)
        return
    if case["kind"] == "log_receipt":
        check_receipt(case, data, roster, now)
        return
    desired = check_desired(case, data, roster, now)
    for order in desired.orders:
        check_order(order, desired, roster)


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
