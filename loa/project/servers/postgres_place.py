"""Where an embedded PostgreSQL keeps its data, and as whom it runs.

An ordinary user's server lives in the checkout. PostgreSQL refuses to run as root, and an
unprivileged user cannot reach a checkout under /root; so root's server lives in /var/lib/loa,
and a small file in the checkout names its folder there. Nothing else changes its permissions.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loa.project.paths import private_folder
from loa.project.servers.errors import ServerUnavailable
from loa.project.supervisor.process_table import pids_working_in

ROOTS_HOME = Path("/var/lib/loa")
UNPRIVILEGED = "nobody"
# The kernel takes 107 bytes for a socket's whole path; the file name needs up to 20.
SOCKET_FOLDER_BYTES_MAX = 85
_MARKER = "place"
_OWNER = "checkout"


@dataclass(frozen=True)
class Account:
    """The user the server runs as; `changes` says whether that is not us."""

    name: str
    uid: int
    gid: int
    changes: bool


@dataclass(frozen=True)
class Place:
    """The folders of one server."""

    folder: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def socket_folder(self) -> Path:
        """Return the folder of the socket: ours, or a short private one when ours is too long."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside)) <= SOCKET_FOLDER_BYTES_MAX:
            return inside
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir(), f"loa-{self.account.uid}-{digest}")

    def make_private(self, folder: Path) -> None:
        """Make a folder only the server's user enters; refuse one somebody else put there."""
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.getuid(), self.account.uid}:
            raise ServerUnavailable(f"{folder} belongs to somebody else; remove it or set TMPDIR.")
        if self.account.changes:
            os.chown(folder, self.account.uid, self.account.gid)
        folder.chmod(0o700)


def find_place(folder: Path, *, roots_home: Path = ROOTS_HOME) -> Place:
    """Return where the server of `folder` lives, claiming a place if it has none yet."""
    private_folder(folder)
    if os.getuid() != 0:
        return Place(folder.resolve(), _own_account())
    account = _unprivileged_account()
    with _locked(roots_home):
        place = _claimed(folder.resolve(), roots_home)
        _remove_abandoned(roots_home)
    return Place(place, account)


def _own_account() -> Account:
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        raise ServerUnavailable(
            f"User id {os.getuid()} has no name, and PostgreSQL needs one: add it to /etc/passwd, "
            "or set LOA_DATABASE_URL to a running server."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, changes=False)


def _unprivileged_account() -> Account:
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise ServerUnavailable(
            "PostgreSQL does not run as root and there is no user `nobody`: run as an ordinary "
            "user, or set LOA_DATABASE_URL to a running server."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, changes=True)


def _claimed(folder: Path, home: Path) -> Path:
    """Return the place `folder` names, or a new one.

    A checkout that was moved takes its place along; one that was copied gets its own.
    """
    marker = folder / _MARKER
    named = home / marker.read_text().strip() if marker.exists() else None
    if named is None or named.parent != home or not named.is_dir() or _is_anothers(named, folder):
        name = f"{hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]}-{secrets.token_hex(2)}"
        named = home / name
        named.mkdir(mode=0o755)
        named.chmod(0o755)
        marker.write_text(f"{name}\n")
    (named / _OWNER).write_bytes(os.fsencode(folder) + b"\n")
    return named


def _is_anothers(place: Path, folder: Path) -> bool:
    owner = _owner_of(place)
    return owner is not None and owner != folder and _names(owner, place)


def _remove_abandoned(home: Path) -> None:
    """Remove places whose checkout is gone or names another place, unless a server still runs."""
    for place in home.iterdir():
        owner = _owner_of(place)
        if owner is None or _names(owner, place) or pids_working_in(place / "data"):
            continue
        shutil.rmtree(place, ignore_errors=True)


def _owner_of(place: Path) -> Path | None:
    try:
        return Path(os.fsdecode((place / _OWNER).read_bytes().rstrip(b"\n")))
    except OSError:
        return None


def _names(folder: Path, place: Path) -> bool:
    try:
        return (folder / _MARKER).read_text().strip() == place.name
    except OSError:
        return False


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Make root's home if needed and let one process at a time claim or remove places."""
    _make_home(home)
    descriptor = os.open(home / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make_home(home: Path) -> None:
    try:
        if not os.path.lexists(home):
            home.mkdir(mode=0o755)
            home.chmod(0o755)
    except OSError as error:
        raise ServerUnavailable(
            f"Cannot make {home} ({error.strerror}): run as an ordinary user, or set "
            "LOA_DATABASE_URL to a running server."
        ) from error
    found = home.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0:
        raise ServerUnavailable(f"{home} is not a folder of root; Loa will not use it.")
