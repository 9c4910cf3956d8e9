"""Where the server keeps private keys: one file each, readable by its owner alone.

Root signs rosters, the director signs orders and receipts, the gate lets devices onto the bus;
each approver has a key of his own.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from loa.registry.people.models import ApprovalKey
from loa.wire.keys import SigningKey

GATE_KEY = "gate.key"


def _folder() -> Path:
    return Path(settings.LOA_KEYS)


@lru_cache(maxsize=256)
def _load(path: Path) -> SigningKey:
    return SigningKey.load_or_create(path)


def root_key() -> SigningKey:
    return _load(_folder() / "root.key")


def director_key() -> SigningKey:
    return _load(_folder() / "director.key")


def gate_key() -> SigningKey:
    """Signs the passes with which devices enter the bus."""
    return _load(_folder() / GATE_KEY)


def key_for_person(username: str) -> SigningKey:
    return _load(_folder() / "people" / f"{username}.key")


def private_half(key: ApprovalKey) -> SigningKey:
    """Return the private half; raises KeyNotHere if the folder holds another key."""
    found = key_for_person(key.person.username)
    if found.key_id != key.key_id:
        raise KeyNotHere(key.key_id)
    return found


class KeyNotHere(LookupError):
    """The private half of this key is not in this server's folder."""
