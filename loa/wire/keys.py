"""Ed25519 keys (RFC 8032) and how they are named.

A public key travels as 64 hexadecimal digits; its id is the first 16 of the SHA-256 over its 32 raw bytes.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

ED25519 = "ed25519"


def key_id_of(public_hex: str) -> str:
    """Return the short name of a public key."""
    return hashlib.sha256(bytes.fromhex(public_hex)).hexdigest()[:16]


# Neither 0 and O nor 1, I and L: an installer reads it off a label and types it.
_CLAIM_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CLAIM_LENGTH = 8


def claim_code_of(public_hex: str) -> str:
    """Return what a device shows to be claimed by: `XXXX-XXXX`, about 40 bits of its key's hash."""
    number = int.from_bytes(hashlib.sha256(b"claim:" + bytes.fromhex(public_hex)).digest())
    letters = []
    for _ in range(_CLAIM_LENGTH):
        number, rest = divmod(number, len(_CLAIM_LETTERS))
        letters.append(_CLAIM_LETTERS[rest])
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"


@lru_cache(maxsize=4096)
def _public_key(public_hex: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))


# One edition reaches a thousand devices of a test fleet; its signature is worked out once.
@lru_cache(maxsize=256)
def is_signature_valid(public_hex: str, message: bytes, signature: bytes) -> bool:
    """Say whether `signature` over `message` was made by the holder of this key."""
    try:
        _public_key(public_hex).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class SigningKey:
    """A private key in memory, and its public names."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public_hex = raw.hex()
        self.key_id = key_id_of(self.public_hex)

    @classmethod
    def generate(cls) -> SigningKey:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """Make the key of a 32-byte seed; tests and vectors only."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Read a key file; raises FileNotFoundError or ValueError when it is not one."""
        return cls.from_seed(bytes.fromhex(path.read_text().strip()))

    @classmethod
    def load_or_create(cls, path: Path) -> SigningKey:
        """Read the key of this file, or make one that only its owner may read.

        Two processes may come at once: the file that is linked first is the key of both.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = path.with_name(f".{path.name}.{os.getpid()}")
            seed = Ed25519PrivateKey.generate().private_bytes(
                Encoding.Raw, PrivateFormat.Raw, NoEncryption()
            )
            fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "w") as file:
                file.write(seed.hex() + "\n")
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return cls.load(path)

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)
