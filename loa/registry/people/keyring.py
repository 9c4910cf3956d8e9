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
ROOT_KEY = "root.key"
DIRECTOR_KEY = "director.key"
NEXT_DIRECTOR_KEY = "director-next.key"


def _folder() -> Path:
    return Path(settings.LOA_KEYS)


@lru_cache(maxsize=256)
def _read(path: Path, _inode: int, _mtime_ns: int) -> SigningKey:
    return SigningKey.load(path)


def _load(path: Path) -> SigningKey:
    # Every process must see it when a key was replaced: a file of another birth is another key.
    try:
        stat = path.stat()
    except FileNotFoundError:
        SigningKey.load_or_create(path)
        stat = path.stat()
    return _read(path, stat.st_ino, stat.st_mtime_ns)


def root_key() -> SigningKey:
    """The root of the embedded city, which lies on the server until officers take it over."""
    return _load(_folder() / ROOT_KEY)


def root_key_if_here() -> SigningKey | None:
    return root_key() if (_folder() / ROOT_KEY).exists() else None


def forget_root_key() -> None:
    """Delete the server's root key: officers hold the root now."""
    (_folder() / ROOT_KEY).unlink(missing_ok=True)


def director_key() -> SigningKey:
    return _load(_folder() / DIRECTOR_KEY)


def next_director_key() -> SigningKey | None:
    """Return the director key that waits to stand in a signed roster, if one was made."""
    path = _folder() / NEXT_DIRECTOR_KEY
    return _load(path) if path.exists() else None


def make_next_director_key() -> SigningKey:
    return _load(_folder() / NEXT_DIRECTOR_KEY)


def change_director_key() -> None:
    """Let the next director key sign from now on; the old one is gone for good."""
    (_folder() / NEXT_DIRECTOR_KEY).replace(_folder() / DIRECTOR_KEY)


def gate_key() -> SigningKey:
    """Signs the passes with which devices enter the bus."""
    return _load(_folder() / GATE_KEY)


def key_for_person(username: str) -> SigningKey:
    return _load(_folder() / "people" / f"{username}.key")


def put_aside(username: str) -> None:
    """Keep a person's key file under the name of its key, so that a new one can be made."""
    path = _folder() / "people" / f"{username}.key"
    if path.exists():
        path.replace(path.with_name(f"{username}.{_load(path).key_id}.old"))


def private_half(key: ApprovalKey) -> SigningKey:
    """Return the private half; raises KeyNotHere if the folder holds another key."""
    found = key_for_person(key.person.username)
    if found.key_id != key.key_id:
        raise KeyNotHere(key.key_id)
    return found


class KeyNotHere(LookupError):
    """The private half of this key is not in this server's folder."""
