"""Secrets that lie in the database are sealed with a key that does not lie there."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet
from django.conf import settings

FILE = "factors.key"


def sealed(text: str) -> str:
    return _seal(_path()).encrypt(text.encode()).decode()


def unsealed(text: str) -> str:
    """Return the secret; raises cryptography's InvalidToken when the key is another."""
    return _seal(_path()).decrypt(text.encode()).decode()


def _path() -> Path:
    return Path(settings.LOA_KEYS) / FILE


@lru_cache(maxsize=8)
def _seal(path: Path) -> Fernet:
    if not path.exists():
        _make(path)
    return Fernet(path.read_bytes())


def _make(path: Path) -> None:
    """Write a new key whole or not at all: two processes may come here at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{FILE}.{os.getpid()}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
