"""Files on disk under the SHA-256 of their content: what is there is whole, or it is not there."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from pathlib import Path

from django.conf import settings

from loa.wire.canonical import content_hash


class NoSpaceLeft(OSError):
    """The disk is full; nothing was kept."""


def path_of(sha256: str) -> Path:
    return Path(settings.LOA_MEDIA) / sha256[:2] / sha256


def write(data: bytes) -> str:
    """Keep these bytes and return their name; raises NoSpaceLeft.

    Keeping again is cheap, and mends a file that was cut or changed on the disk.
    """
    sha256 = content_hash(data)
    if read(sha256) is None:
        try:
            _put(path_of(sha256), data)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise NoSpaceLeft(error.errno, "disk full") from error
            raise
    return sha256


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two threads may keep the same bytes at once: each writes a file of its own.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    _settle(path.parent)


def adopt(path: Path) -> str:
    """Keep a file that lies beside the store already, by moving it; returns its name."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    kept = path_of(sha256)
    kept.parent.mkdir(parents=True, exist_ok=True)
    path.rename(kept)
    _settle(kept.parent)
    return sha256


def arriving(name: str) -> Path:
    """Return where a file grows until all of it is here; it has no content hash yet."""
    folder = Path(settings.LOA_MEDIA) / "arriving"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _settle(folder: Path) -> None:
    """Have the name on the disk as well: a row may soon say that the file is here."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(sha256: str) -> bytes | None:
    """Return the bytes if they are here and still are what their name says."""
    try:
        data = path_of(sha256).read_bytes()
    except FileNotFoundError:
        return None
    return data if content_hash(data) == sha256 else None
