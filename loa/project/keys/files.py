"""Files of the ceremony: an officer's key, his card, and what goes round to be signed.

Nothing here needs the database or Django: signing is done on a machine without a network.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from loa.wire.envelope import Envelope
from loa.wire.keys import SigningKey
from loa.wire.messages import RootKey

T = TypeVar("T")
PASSPHRASE_LENGTH_MIN = 10


class FileUnusable(ValueError):
    """A file of the ceremony that cannot be used; the message says why, in the clerk's language."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """The public half of an officer's key: it may be copied and shown to anybody."""

    loa: str = "loa/officer/1"
    holder: str
    public: str
    key_id: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One document to sign, and what it would replace."""

    document: Envelope
    before: Envelope | None = None
    root: Envelope | None = None  # of a roster: the root under which it is signed


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What goes from officer to officer and back: documents that collect signatures."""

    loa: str = "loa/signing/1"
    items: tuple[Item, ...]


def create_key(path: Path, holder: str, passphrase: str) -> Card:
    """Make an officer's key, encrypted, and his card beside it; raises FileUnusable."""
    if len(passphrase) < PASSPHRASE_LENGTH_MIN:
        raise FileUnusable(f"Mật khẩu phải dài ít nhất {PASSPHRASE_LENGTH_MIN} ký tự.")
    private = Ed25519PrivateKey.generate()
    key = SigningKey(private)
    pem = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FileUnusable(f"Đã có tệp {path}. Không ghi đè lên một khóa.") from None
    except OSError as error:
        raise FileUnusable(f"Không ghi được {path}: {error.strerror}.") from error
    with os.fdopen(fd, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    card = Card(holder=holder, public=key.public_hex, key_id=key.key_id)
    write(card_path(path), card)
    return card


def card_path(key_path: Path) -> Path:
    return key_path.with_name(f"{key_path.name}.card.json")


def open_key(path: Path, passphrase: str) -> SigningKey:
    """Return an officer's key; raises FileUnusable."""
    try:
        private = load_pem_private_key(path.read_bytes(), passphrase.encode())
    except OSError as error:
        raise FileUnusable(f"Không đọc được {path}: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise FileUnusable(f"Sai mật khẩu, hoặc {path} không phải tệp khóa.") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise FileUnusable(f"{path} không phải khóa của Loa.")
    return SigningKey(private)


def officer_of(path: Path) -> RootKey:
    """Return the officer a card names; raises FileUnusable."""
    card = _read(path, Card)
    try:
        return RootKey(key_id=card.key_id, public=card.public, holder=card.holder)
    except msgspec.ValidationError as error:
        raise FileUnusable(f"{path} không phải thẻ khóa.") from error


def read_errand(path: Path) -> Errand:
    """Return what is to be signed; raises FileUnusable."""
    errand = _read(path, Errand)
    if not errand.items:
        raise FileUnusable(f"{path} không có văn bản nào để ký.")
    return errand


def write(path: Path, value: msgspec.Struct) -> None:
    """Replace the file in one go: a stick pulled out leaves the old one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise FileUnusable(f"Không ghi được {path}: {error.strerror}.") from error


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise FileUnusable(f"Không đọc được {path}: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FileUnusable(f"{path} không phải tệp của lễ trao khóa.") from error
