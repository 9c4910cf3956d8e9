"""One running system for each state folder: a lock the kernel releases at death."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class AlreadyRunning(RuntimeError):
    """Another process holds the lock; `pid` is 0 when it has not written its number yet."""

    def __init__(self, lock: Path, pid: int) -> None:
        super().__init__(
            f"Loa already runs for {lock.parent.parent} as process {pid}; stop it first."
        )
        self.pid = pid


class SingleInstance:
    """Hold `lock` while the block runs."""

    def __init__(self, lock: Path) -> None:
        self._lock = lock
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        if not _seize(descriptor, fcntl.LOCK_EX):
            pid = _pid_in(descriptor)
            os.close(descriptor)
            raise AlreadyRunning(self._lock, pid)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def holder_pid(lock: Path) -> int | None:
    """Return the process that holds the lock, or None when nobody does."""
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return None if _seize(descriptor, fcntl.LOCK_SH) else _pid_in(descriptor)
    finally:
        os.close(descriptor)


def _seize(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid_in(descriptor: int) -> int:
    text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    return int(text) if text.isdigit() else 0
