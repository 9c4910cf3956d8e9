"""Canonical JSON: the one byte string a hash or a signature is taken over.

Keys sorted, no spaces, UTF-8, integers only (a float has more than one spelling).
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

MESSAGE_BYTES_MAX = 16_384
# All approvers and places of a city: some hundred keys, some thousand villages.
ROSTER_BYTES_MAX = 524_288


def encode(message: Any) -> bytes:
    """Return the canonical bytes of a message or a plain JSON value."""
    return msgspec.json.encode(message, order="sorted")


def content_hash(data: bytes) -> str:
    """Return the name of these bytes: lower-case hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()
