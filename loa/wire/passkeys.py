"""An approver's passkey on the wire: a WebAuthn assertion over a document, judged without a session.

The authenticator signs its own data and the hash of what the browser says it was asked. What it was
asked, the challenge, is the SHA-256 of the document's pre-authentication encoding: an assertion
answers for these bytes of this type and for nothing else. The steps are those of section 7.2 of Web
Authentication Level 3 that need no memory of the verifier; the counter of signatures is not asked.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256

ES256 = "webauthn-es256"
_TYPE = "webauthn.get"
_RP_ID_HASH_BYTES = 32
# The hash, a byte of flags, four bytes of counter; extensions may follow.
_AUTHENTICATOR_DATA_BYTES_MIN = 37
_USER_PRESENT = 0x01
_USER_VERIFIED = 0x04
_BACKUP_ELIGIBLE = 0x08
_BACKED_UP = 0x10


class Passkey(msgspec.Struct, frozen=True):
    """The public half of a passkey, and where it may be used."""

    public: str
    rp_id: str
    origins: tuple[str, ...]


class Assertion(msgspec.Struct, frozen=True):
    """What an authenticator gave back: its own data, the browser's words, the signature over both."""

    authenticator_data: bytes
    client_data: bytes
    signature: bytes


class _ClientData(msgspec.Struct, frozen=True, rename={"cross_origin": "crossOrigin"}):
    type: str
    challenge: str
    origin: str
    cross_origin: bool = False


def challenge_of(message: bytes) -> bytes:
    """Return what an authenticator is asked to sign for these pre-authentication bytes."""
    return hashlib.sha256(message).digest()


def is_point(public_hex: str) -> bool:
    """Say whether this is a point of P-256 in uncompressed form, as a roster must write it."""
    try:
        _public_key(public_hex)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def _public_key(public_hex: str) -> EllipticCurvePublicKey:
    raw = bytes.fromhex(public_hex)
    if raw[:1] != b"\x04":
        raise ValueError("not an uncompressed point")
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw)


# One edition reaches a thousand devices of a test fleet; its signature is worked out once.
@lru_cache(maxsize=256)
def is_assertion_valid(key: Passkey, message: bytes, assertion: Assertion) -> bool:
    """Say whether the holder of this key, present and verified, answered for this message."""
    return (
        _is_asked_for(key, message, assertion.client_data)
        and _is_of_holder(key, assertion.authenticator_data)
        and _is_signed(key, assertion)
    )


def _is_asked_for(key: Passkey, message: bytes, client_data: bytes) -> bool:
    try:
        said = msgspec.json.decode(client_data, type=_ClientData)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    asked = base64.urlsafe_b64encode(challenge_of(message)).rstrip(b"=").decode()
    return (
        said.type == _TYPE
        and said.challenge == asked
        and said.origin in key.origins
        and not said.cross_origin
    )


def _is_of_holder(key: Passkey, data: bytes) -> bool:
    if len(data) < _AUTHENTICATOR_DATA_BYTES_MIN:
        return False
    flags = data[_RP_ID_HASH_BYTES]
    is_backup_odd = bool(flags & _BACKED_UP) and not flags & _BACKUP_ELIGIBLE
    return (
        data[:_RP_ID_HASH_BYTES] == hashlib.sha256(key.rp_id.encode()).digest()
        and bool(flags & _USER_PRESENT)
        and bool(flags & _USER_VERIFIED)
        and not is_backup_odd
    )


def _is_signed(key: Passkey, assertion: Assertion) -> bool:
    signed = assertion.authenticator_data + hashlib.sha256(assertion.client_data).digest()
    try:
        _public_key(key.public).verify(assertion.signature, signed, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
