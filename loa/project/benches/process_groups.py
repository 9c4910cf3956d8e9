"""What the processes of the running system use; each program is a process group of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from loa.project.supervisor.run import Supervisor

_PROC = Path("/proc")
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PARENT, _GROUP, _TIMES = 1, 2, slice(11, 15)  # places in /proc/PID/stat, counted after the name


def groups_of(supervisor: Supervisor) -> dict[str, int]:
    """Return program → process group, which is the number of its first process."""
    return {name: one.pid for name, one in supervisor.status().items() if one.pid}


def cpu_seconds(groups: dict[str, int]) -> dict[str, float]:
    """Return how long each program has kept a core busy, its children included."""
    ticks = dict.fromkeys(groups.values(), 0)
    for fields in _stats():
        # A server of PostgreSQL makes a group of its own, but remains a child.
        for owner in {int(fields[_GROUP]), int(fields[_PARENT])} & ticks.keys():
            ticks[owner] += sum(map(int, fields[_TIMES]))
    return {name: ticks[group] / _TICKS_A_SECOND for name, group in groups.items()}


def _stats() -> Iterator[list[str]]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                yield (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
