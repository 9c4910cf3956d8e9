"""The gate of the bus: who a connection is, and what it may say and hear.

NATS asks it about every connection that is none of its own users (auth callout, NATS 2.10): a
device names itself and signs the nonce of this connection with its own key. What comes back is a
pass for this one connection (JWT, signed by the key of the gate).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import msgspec

from loa.connectors.bus.intake import Message, Store
from loa.lib import clock, nkeys
from loa.wire.keys import SigningKey

SUBJECT = "$SYS.REQ.USER.AUTH"
ACCOUNT = "$G"
# A pass ends by itself: what was forgotten to be closed is not open for ever. Not all at once.
PASS_SECONDS = (int(timedelta(hours=12).total_seconds()), int(timedelta(hours=24).total_seconds()))


@dataclass(frozen=True)
class Knock:
    """Somebody at the gate: who it says it is, and the signature that shall prove it."""

    device: str
    nonce: bytes
    signature: bytes
    user_nkey: str  # the server's name for this one connection
    server_id: str


@dataclass(frozen=True)
class Rights:
    """Subjects that one connection may publish to, and those it may subscribe to."""

    may_say: Sequence[str]
    may_hear: Sequence[str]


# Answers by position; who is missing may not enter.
Admit = Callable[[Sequence[Knock]], Awaitable[dict[int, Rights]]]


class _Server(msgspec.Struct):
    id: str


class _Client(msgspec.Struct):
    nonce: str = ""


class _Connect(msgspec.Struct):
    auth_token: str = ""
    sig: str = ""


class _Request(msgspec.Struct):
    server_id: _Server
    user_nkey: str
    client_info: _Client
    connect_opts: _Connect


class _Claims(msgspec.Struct):
    nats: _Request


def read_knock(data: bytes) -> Knock | None:
    """Return who asks, or None when these bytes are no request of a server.

    The server's own signature is not checked: only it may publish here, and the pass is made out
    to the one connection that it names.
    """
    try:
        claims = msgspec.json.decode(_from_base64(data.split(b".")[1]), type=_Claims)
        signature = _from_base64(claims.nats.connect_opts.sig.encode())
    except (IndexError, binascii.Error, msgspec.DecodeError, UnicodeError):
        return None
    asked = claims.nats
    return Knock(
        device=asked.connect_opts.auth_token,
        nonce=asked.client_info.nonce.encode(),
        signature=signature,
        user_nkey=asked.user_nkey,
        server_id=asked.server_id.id,
    )


def gate(admit: Admit, key: SigningKey) -> Store:
    """Return what answers a batch of requests."""

    async def answer(batch: Sequence[Message]) -> dict[int, bytes]:
        knocks = {n: knock for n, m in enumerate(batch) if (knock := read_knock(m.body))}
        admitted = await admit(list(knocks.values()))
        rights = dict(zip(knocks, map(admitted.get, range(len(knocks))), strict=True))
        return {n: _answer(knock, rights[n], key) for n, knock in knocks.items()}

    return answer


def _answer(knock: Knock, rights: Rights | None, key: SigningKey) -> bytes:
    said: dict[str, Any] = {"type": "authorization_response", "version": 2}
    if rights is None:
        said["error"] = f"{knock.device[:40]!r} did not prove to be a device of this city"
    else:
        said["jwt"] = _pass(knock, rights, key)
    return _signed({"sub": knock.user_nkey, "aud": knock.server_id, "nats": said}, key).encode()


def _pass(knock: Knock, rights: Rights, key: SigningKey) -> str:
    shortest, longest = PASS_SECONDS
    user = {
        "type": "user",
        "version": 2,
        "pub": {"allow": list(rights.may_say)},
        "sub": {"allow": list(rights.may_hear)},
        "subs": -1,
        "data": -1,
        "payload": -1,
    }
    return _signed(
        {
            "sub": knock.user_nkey,
            "aud": ACCOUNT,
            "name": knock.device,
            "exp": _now() + shortest + secrets.randbelow(longest - shortest),
            "nats": user,
        },
        key,
    )


def _signed(claims: dict[str, Any], key: SigningKey) -> str:
    issued = {
        "iss": _account(key.public_hex),
        "iat": _now(),
        "jti": secrets.token_hex(8),
    }
    text = f"{_HEAD}.{_to_base64(msgspec.json.encode({**issued, **claims}))}"
    return f"{text}.{_to_base64(key.sign(text.encode()))}"


@lru_cache(maxsize=4)
def _account(public_hex: str) -> str:
    return nkeys.encode(nkeys.ACCOUNT, public_hex)


def _now() -> int:
    return int(clock.now().timestamp())


def _to_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _from_base64(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


_HEAD = _to_base64(b'{"typ":"JWT","alg":"ed25519-nkey"}')
