"""How NATS writes Ed25519 public keys: base32 of a kind byte, the key, and CRC-16/XMODEM."""

from __future__ import annotations

import base64
import binascii

ACCOUNT = 0  # reads "A…"
USER = 20 << 3  # reads "U…"


def encode(kind: int, public_hex: str) -> str:
    """Return the public key (64 hexadecimal digits) as NATS writes one of this kind."""
    body = bytes([kind]) + bytes.fromhex(public_hex)
    checksum = binascii.crc_hqx(body, 0).to_bytes(2, "little")
    return base64.b32encode(body + checksum).decode().rstrip("=")
