"""Damage in every part of an envelope: bits, letters, digits, cuts and stuffing."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from loa.wire import envelope
from loa.wire.reasons import Refused


def damaged(good: bytes, count: int, dice: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield (kind, copy) with damage in every part of an envelope; none says what the good one says."""
    ways: tuple[Callable[[bytes, random.Random], bytes], ...] = (
        bit_flipped,
        payload_flipped,
        signature_flipped,
        key_id_changed,
        type_changed,
        digit_swapped,
        cut,
        stuffed,
    )
    while count:
        way = ways[count % len(ways)]
        data = way(good, dice)
        if not says_the_same(data, good):
            count -= 1
            yield way.__name__.replace("_", " "), data


def bit_flipped(good: bytes, dice: random.Random) -> bytes:
    return _bit(good, dice)


def payload_flipped(good: bytes, dice: random.Random) -> bytes:
    return with_payload(good, _bit(payload_of(good), dice))


def digit_swapped(good: bytes, dice: random.Random) -> bytes:
    old, new = (str(dice.randrange(10)).encode() for _ in range(2))
    return with_payload(good, payload_of(good).replace(old, new, dice.randrange(1, 9)))


def signature_flipped(good: bytes, dice: random.Random) -> bytes:
    sealed = json.loads(good)
    raw = base64.b64decode(sealed["signatures"][0]["sig"])
    sealed["signatures"][0]["sig"] = base64_of(_bit(raw, dice))
    return json_of(sealed)


def key_id_changed(good: bytes, dice: random.Random) -> bytes:
    sealed = json.loads(good)
    sealed["signatures"][0]["keyid"] = _letter_changed(sealed["signatures"][0]["keyid"], dice)
    return json_of(sealed)


def type_changed(good: bytes, dice: random.Random) -> bytes:
    sealed = json.loads(good)
    return json_of(sealed | {"payloadType": _letter_changed(sealed["payloadType"], dice)})


def cut(good: bytes, dice: random.Random) -> bytes:
    return good[: dice.randrange(len(good))]


def stuffed(good: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(good))
    return good[:at] + dice.randbytes(dice.randrange(1, 9)) + good[at:]


def says_the_same(data: bytes, good: bytes) -> bool:
    """Spaces or unused bits of base64 change no signed byte: such a copy is the document itself."""
    try:
        return _said(data) == _said(good)
    except (Refused, ValueError, IndexError):
        return False


def _said(data: bytes) -> tuple[str, bytes, str, bytes]:
    sealed = envelope.read(data)
    first = sealed.signatures[0]
    signature = base64.b64decode(first.sig, validate=True)
    return sealed.payload_type, sealed.payload_bytes, first.keyid, signature


def _bit(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def _letter_changed(word: str, dice: random.Random) -> str:
    at = dice.randrange(len(word))
    return word[:at] + dice.choice("аＡ0g\u200b") + word[at + 1 :]


def payload_of(sealed: bytes) -> bytes:
    return base64.b64decode(json.loads(sealed)["payload"])


def with_payload(sealed: bytes, payload: bytes) -> bytes:
    return json_of(json.loads(sealed) | {"payload": base64_of(payload)})


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def json_of(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
