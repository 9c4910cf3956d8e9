"""A passkey in software, for vectors and tests: it answers as an authenticator and a browser do.

Its keys are made of fixed seeds and its signatures are deterministic (RFC 6979); no real key is here.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from loa.wire import envelope, passkeys
from loa.wire.keys import key_id_of
from loa.wire.messages import KeyRole, RosterKey

RP_ID = "loa.example"
ORIGIN = "https://loa.example"
PRESENT_AND_VERIFIED = 0x05


class Authenticator:
    """One person's passkey for one site."""

    def __init__(self, seed: bytes) -> None:
        number = int.from_bytes(hashlib.sha256(seed).digest()[:31]) + 1
        self._private: EllipticCurvePrivateKey = derive_private_key(number, SECP256R1())
        point = self._private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        self.public_hex = point.hex()
        self.key_id = key_id_of(self.public_hex)

    def assertion(
        self,
        message: bytes,
        *,
        rp_id: str = RP_ID,
        flags: int = PRESENT_AND_VERIFIED,
        challenge: bytes | None = None,
        **said: Any,
    ) -> passkeys.Assertion:
        """Answer for a message; each argument makes one thing other than it should be."""
        asked = passkeys.challenge_of(message) if challenge is None else challenge
        client_data = {
            "type": "webauthn.get",
            "challenge": base64.urlsafe_b64encode(asked).rstrip(b"=").decode(),
            "origin": ORIGIN,
            "crossOrigin": False,
        }
        client = json.dumps(client_data | said, separators=(",", ":")).encode()
        data = hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + (7).to_bytes(4)
        return passkeys.Assertion(data, client, self.sign(data, client))

    def sign(self, authenticator_data: bytes, client_data: bytes) -> bytes:
        signed = authenticator_data + hashlib.sha256(client_data).digest()
        return self._private.sign(signed, ECDSA(SHA256(), deterministic_signing=True))

    def signature(self, payload_type: str, payload: bytes, **odd: Any) -> envelope.Signature:
        """Answer for a document, as it stands in its envelope."""
        message = envelope.pre_authentication(payload_type, payload)
        return envelope.signature_of_passkey(self.key_id, self.assertion(message, **odd))

    def row(
        self,
        holder: str,
        places: tuple[str, ...],
        valid_from: datetime,
        *,
        emergency: bool = False,
        **changes: Any,
    ) -> RosterKey:
        """Return this key's row of a roster."""
        fields: dict[str, Any] = {
            "key_id": self.key_id,
            "public": self.public_hex,
            "kind": passkeys.ES256,
            "role": KeyRole.APPROVER,
            "holder": holder,
            "custody": "passkey",
            "rp_id": RP_ID,
            "origins": (ORIGIN,),
            "places": places,
            "emergency": emergency,
            "valid_from": valid_from,
        }
        return RosterKey(**(fields | changes))
