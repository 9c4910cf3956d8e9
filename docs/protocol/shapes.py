# ruff: noqa: INP001 - a script beside a page, not a package
"""The shapes of section 2 of the protocol page: what is not of its shape is malformed.

`reader.py` judges documents by them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any


class Refused(Exception):
    """What was read is refused; the message is the reason."""


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
SIGNATURE = record(
    keyid=text, sig=text, authenticator_data=may_be(text, ""), client_data=may_be(text, "")
)  # fmt: skip
ENVELOPE = record(payload=text, payloadType=text, signatures=listed(SIGNATURE))
CLIENT_DATA = record(type=text, challenge=text, origin=text, crossOrigin=may_be(boolean, False))
ROSTER_KEY = record(
    key_id=text, public=text, kind=may_be(text, "ed25519"), role=matching("director|approver"),
    holder=text, custody=may_be(text), rp_id=may_be(text, ""), origins=may_be(listed(text), []),
    places=may_be(listed(text), []), emergency=may_be(boolean, False), valid_from=instant,
    valid_until=may_be(either(instant, nothing)),
)  # fmt: skip
ROOT_KEY = record(key_id=text, public=HASH, holder=may_be(text), custody=may_be(text))
ROOT_ROLE = record(keys=listed(text), threshold=whole(64))
ROOT = record(
    schema=may_be(text), version=count, issued_at=instant, expires_at=instant,
    keys=listed(ROOT_KEY), root=ROOT_ROLE, roster=ROOT_ROLE,
)  # fmt: skip
ROSTER = record(
    schema=may_be(text), version=count, issued_at=instant, expires_at=instant, keys=listed(ROSTER_KEY),
    parents=table(text), passkey_only=may_be(table(text), {}),
)  # fmt: skip
MEDIA = record(sha256=HASH, bytes=count, codec=text, duration_ms=whole(86_400_000))
EDITION = record(
    schema=may_be(text), edition=text, bulletin=text, revision=count, title=text, text_sha256=HASH,
    spoken_sha256=HASH, texts_sha256=may_be(HASH), source_sha256=may_be(either(HASH, nothing)), language=may_be(text),
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
SETTINGS = record(
    volume_percent=may_be(either(whole(100), nothing)), muted=may_be(either(boolean, nothing))
)  # fmt: skip
UUID = matching("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLAN = record(every_s=may_be(whole(3600), 60), times=may_be(whole(30), 1))
STAND_IN = record(spoken=may_be(either(text, nothing)), phrases=may_be(either(HASH, nothing)))
EMERGENCY = record(
    schema=may_be(text), emergency=UUID, kind=matching("alert|update|cancel"), number=count,
    floor=may_be(count, 0), supersedes=may_be(listed(UUID), []), targets=listed(text),
    start_at=may_be(either(instant, nothing)), latest_start_at=may_be(either(instant, nothing)),
    repeat=may_be(PLAN, PLAN({})), volume_percent=may_be(whole(100), 100),
    stand_in=may_be(either(STAND_IN, nothing)), edition_sha256=may_be(either(HASH, nothing)),
    issued_at=instant, expires_at=instant, envelopes=may_be(table(lambda value: value), {}),
)  # fmt: skip
QUIET = record(start=WALL, end=WALL)
DESIRED = record(
    schema=may_be(text), device=text, place=text, seq=count, issued_at=instant, expires_at=instant,
    quiet_hours=may_be(listed(QUIET), []), orders=may_be(listed(ORDER), []),
    recalls=may_be(listed(text), []),
    prefetch=may_be(listed(record(sha256=HASH, bytes=count)), []), standings=may_be(listed(text), []),
    envelopes=may_be(table(lambda value: value), {}), ledger=may_be(either(record(seq=number, hash=text), nothing)),
    roster=may_be(count, 0), settings=may_be(either(SETTINGS, nothing)),
)  # fmt: skip
ARGUMENTS = record(
    percent=may_be(either(whole(100), nothing)), muted=may_be(either(boolean, nothing)),
    confirmed=may_be(boolean, False),
)  # fmt: skip
COMMAND = record(
    schema=may_be(text), device=text, id=matching("[A-Za-z0-9-]{1,64}"),
    verb=matching("volume|mute|reboot|test-tone|identify"),
    args=may_be(ARGUMENTS, SimpleNamespace(percent=None, muted=None, confirmed=False)),
    issued_at=instant, ttl_s=may_be(whole(3600), 60), seq=count,
)  # fmt: skip
COMMAND_RECEIPT = record(
    schema=may_be(text), device=text, id=matching("[A-Za-z0-9-]{1,64}"),
    outcome=matching("done|refused"), reason=may_be(text, ""), at=instant,
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
    free_mb=may_be(number), player=may_be(text), roster=may_be(number), root=may_be(number),
    muted=may_be(boolean), bytes_in=may_be(number), bytes_out=may_be(number),
)  # fmt: skip
