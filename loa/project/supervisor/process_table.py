"""Reading the process table: who works in a folder, who was left over by a dead supervisor."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from loa.lib import clock
from loa.project.supervisor.program import MARK

_PROC = Path("/proc")


def is_alive(pid: int) -> bool:
    """Say whether the process exists and is more than a zombie."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def pids_working_in(folder: Path) -> list[int]:
    """Return living processes whose working folder this is."""
    wanted = str(folder.resolve())
    return [pid for pid in _pids() if _working_folder(pid) == wanted and is_alive(pid)]


def pids_marked(mark: str) -> list[int]:
    """Return living processes started under the supervisor with this mark, without our own line."""
    wanted = f"{MARK}={mark}".encode()
    own = set(_own_line())
    return [pid for pid in _pids() if pid not in own and _has(pid, wanted) and is_alive(pid)]


def end_marked(mark: str, *, grace_seconds: float = 2.0) -> list[int]:
    """End what a supervisor that was killed left over; return what it was."""
    found = pids_marked(mark)
    _send(found, signal.SIGTERM)
    if found and not wait_until(lambda: not pids_marked(mark), seconds_max=grace_seconds):
        _send(pids_marked(mark), signal.SIGKILL)
        wait_until(lambda: not pids_marked(mark), seconds_max=grace_seconds)
    return found


def wait_until(
    is_so: Callable[[], bool], *, seconds_max: float, every_seconds: float = 0.02
) -> bool:
    """Ask again and again until it is so; say whether it became so in time."""
    deadline = clock.monotonic() + seconds_max
    while not is_so():
        if clock.monotonic() > deadline:
            return False
        time.sleep(every_seconds)
    return True


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())


def _working_folder(pid: int) -> str:
    try:
        return str((_PROC / str(pid) / "cwd").readlink())
    except OSError:
        return ""


def _has(pid: int, entry: bytes) -> bool:
    try:
        return entry in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _own_line() -> Iterator[int]:
    pid = os.getpid()
    while pid > 0:
        yield pid
        pid = _parent(pid)


def _parent(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue
