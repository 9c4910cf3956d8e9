"""DSSE envelopes (Dead Simple Signing Envelope, protocol v1.0.0): signed bytes with their type.

The signature covers the pre-authentication encoding of type and payload, so a document of one kind
can never pass for another, and nothing is parsed before a signature over it held.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from loa.wire import canonical
from loa.wire.keys import SigningKey, is_signature_valid
from loa.wire.passkeys import Assertion, Passkey, is_assertion_valid
from loa.wire.reasons import Reason, Refused

T = TypeVar("T", bound="msgspec.Struct")
# Ten thousand opening brackets fit a message: what nests deeper than a reader goes is malformed too.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Signature(msgspec.Struct, frozen=True, omit_defaults=True):
    """One signature; `keyid` only says where to look, it proves nothing.

    A passkey signs what its authenticator and the browser said: both stand beside its signature.
    """

    keyid: str
    sig: str
    authenticator_data: str = ""
    client_data: str = ""


class Envelope(msgspec.Struct, frozen=True, rename={"payload_type": "payloadType"}):
    """The envelope as it travels."""

    payload_type: str
    payload: str
    signatures: tuple[Signature, ...]

    @property
    def payload_bytes(self) -> bytes:
        try:
            return base64.b64decode(self.payload, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refused(Reason.MALFORMED, "payload is not base64") from error


_decoder = msgspec.json.Decoder(Envelope)


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes a signature is made over (DSSE, section "Signature Definition")."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(payload_type: str, payload: bytes, *keys: SigningKey) -> bytes:
    """Return the envelope's bytes, signed by every key given."""
    message = pre_authentication(payload_type, payload)
    return sealed_with(
        payload_type,
        payload,
        *(Signature(key.key_id, _in_base64(key.sign(message))) for key in keys),
    )


def sealed_with(payload_type: str, payload: bytes, *signatures: Signature) -> bytes:
    """Return the envelope's bytes with signatures that were made elsewhere."""
    return canonical.encode(Envelope(payload_type, _in_base64(payload), signatures))


def signature_of_passkey(key_id: str, assertion: Assertion) -> Signature:
    """Return a passkey's assertion as it stands in an envelope."""
    return Signature(
        keyid=key_id,
        sig=_in_base64(assertion.signature),
        authenticator_data=_in_base64(assertion.authenticator_data),
        client_data=_in_base64(assertion.client_data),
    )


def _in_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def read(data: bytes, *, bytes_max: int = canonical.MESSAGE_BYTES_MAX) -> Envelope:
    """Parse an envelope without believing it; raises Refused (oversize, malformed)."""
    if len(data) > bytes_max:
        raise Refused(Reason.OVERSIZE, f"{len(data)} bytes")
    try:
        return _decoder.decode(data)
    except _UNREADABLE as error:
        raise Refused(Reason.MALFORMED, str(error)) from error


# An Ed25519 key is its 64 hexadecimal digits.
PublicKey = str | Passkey


def signers(
    envelope: Envelope, payload: bytes, public_keys: Mapping[str, PublicKey]
) -> Iterable[str]:
    """Yield the id of every known key (by id) whose signature over the payload holds."""
    message = pre_authentication(envelope.payload_type, payload)
    seen: set[str] = set()
    for signature in envelope.signatures:
        key = public_keys.get(signature.keyid)
        if key is None or signature.keyid in seen:
            continue
        if _holds(signature, key, message):
            seen.add(signature.keyid)
            yield signature.keyid


def _holds(signature: Signature, key: PublicKey, message: bytes) -> bool:
    try:
        raw, said_by_authenticator, said_by_client = (
            base64.b64decode(text, validate=True)
            for text in (signature.sig, signature.authenticator_data, signature.client_data)
        )
    except (binascii.Error, ValueError):
        return False
    if isinstance(key, Passkey):
        return is_assertion_valid(
            key, message, Assertion(said_by_authenticator, said_by_client, raw)
        )
    return is_signature_valid(key, message, raw)


def open_payload(
    data: bytes,
    payload_type: str,
    public_keys: Mapping[str, PublicKey],
    *,
    bytes_max: int = canonical.MESSAGE_BYTES_MAX,
) -> tuple[bytes, tuple[str, ...]]:
    """Return the payload and who signed it; raises Refused unless at least one known key did."""
    envelope = read(data, bytes_max=bytes_max)
    if envelope.payload_type != payload_type:
        raise Refused(Reason.WRONG_TYPE, envelope.payload_type)
    if not any(signature.keyid in public_keys for signature in envelope.signatures):
        raise Refused(Reason.UNKNOWN_KEY)
    payload = envelope.payload_bytes
    by = tuple(signers(envelope, payload, public_keys))
    if not by:
        raise Refused(Reason.FORGED)
    return payload, by


def parse(payload: bytes, kind: type[T]) -> T:
    """Decode a payload whose signature already held; raises Refused (malformed)."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except _UNREADABLE as error:
        raise Refused(Reason.MALFORMED, str(error)) from error
