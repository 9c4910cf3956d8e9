"""Files on disk under the SHA-256 of their content: what is there is whole, or it is not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from django.conf import settings

from loa.wire.canonical import content_hash


class NoSpaceLeft(OSError):
    """The disk is full; nothing was kept."""


def path_of(sha256: str) -> Path:
    return Path(settings.LOA_MEDIA) / sha256[:2] / sha256


def write(data: bytes) -> str:
    """Keep these bytes and return their name; raises NoSpaceLeft. Keeping again is cheap."""
    sha256 = content_hash(data)
    path = path_of(sha256)
    if path.exists() and path.stat().st_size == len(data):
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{sha256}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoSpaceLeft(error.errno, "disk full") from error
        raise
    return sha256


def read(sha256: str) -> bytes | None:
    """Return the bytes if they are here and still are what their name says."""
    try:
        data = path_of(sha256).read_bytes()
    except FileNotFoundError:
        return None
    return data if content_hash(data) == sha256 else None
