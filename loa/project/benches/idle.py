"""Memory of the idle system, summed over its processes, with and without the demo's loudspeakers.

PSS counts a page that several processes share once in all; where a process may not be asked for
it, its RSS is taken, which can only be more.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from loa.project import paths
from loa.project.supervisor.process_table import wait_until
from loa.project.supervisor.program import State
from loa.project.supervisor.run import read_status

UP_SECONDS_MAX = 120.0
STEADY_SECONDS_MAX = 30.0
STEADY_SHARE = 0.005
AIM_MB = 700
_KB = re.compile(r"^(Pss|VmRSS):\s+(\d+) kB", re.MULTILINE)

console = Console(highlight=False)


def run(*, devices: int, json_file: Path | None) -> int:
    """Measure and print; returns 0 if the system alone stays below the aim."""
    figures: dict[str, Any] = {
        "aim_mb": AIM_MB,
        "kind": "PSS" if Path("/proc/self/smaps_rollup").exists() else "RSS",
        "system": _idle(0),
        f"with_{devices}_devices": _idle(devices),
    }
    _print(figures)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if figures["system"]["all_mb"] < AIM_MB else 1


def _idle(devices: int) -> dict[str, Any]:
    """Start a system, wait until it runs and its memory no longer moves, and read it."""
    argv = [sys.executable, "-P", "-m", "loa.project.cli", "up", "--devices", str(devices)]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        if not wait_until(_is_up, seconds_max=UP_SECONDS_MAX, every_seconds=0.2):
            raise RuntimeError(f"The system did not start; see {paths.log_folder()}.")
        return _steady(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def _is_up() -> bool:
    status = read_status(paths.run_folder()) or {}
    return bool(status) and all(one.state is State.RUNNING for one in status.values())


def _steady(supervisor: int) -> dict[str, Any]:
    seen: list[dict[str, Any]] = [_memory(supervisor)]

    def is_steady() -> bool:
        seen.append(_memory(supervisor))
        before, now = seen[-2]["all_mb"], seen[-1]["all_mb"]
        return bool(abs(now - before) <= STEADY_SHARE * now)

    wait_until(is_steady, seconds_max=STEADY_SECONDS_MAX, every_seconds=5.0)
    return seen[-1]


def _memory(supervisor: int) -> dict[str, Any]:
    status = read_status(paths.run_folder()) or {}
    names = {one.pid: name for name, one in status.items()}
    by_name: dict[str, float] = {"supervisor": _megabytes(supervisor)}
    for pid, line in _below(supervisor).items():
        name = next((names[step] for step in line if step in names), "other")
        by_name[name] = by_name.get(name, 0.0) + _megabytes(pid)
    rounded = {name: round(value, 1) for name, value in sorted(by_name.items())}
    return {"all_mb": round(sum(by_name.values()), 1), "processes": rounded}


def _below(ancestor: int) -> dict[int, list[int]]:
    """Return every process below this one with the line that leads up from it."""
    parents = dict(_parents())
    found: dict[int, list[int]] = {}
    for pid in parents:
        line = [pid]
        while line[-1] in parents and line[-1] != ancestor:
            line.append(parents[line[-1]])
        if line[-1] == ancestor and pid != ancestor:
            found[pid] = line
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            yield int(entry.name), int(stat.rpartition(")")[2].split()[1])


def _megabytes(pid: int) -> float:
    for name in ("smaps_rollup", "status"):
        try:
            found = _KB.search(Path(f"/proc/{pid}/{name}").read_text())
        except OSError:
            continue
        if found:
            return int(found[2]) / 1024
    return 0.0


def _print(figures: dict[str, Any]) -> None:
    columns = [name for name in figures if name not in {"aim_mb", "kind"}]
    table = Table(f"process ({figures['kind']}, MB)", *columns)
    everything = sorted({p for c in columns for p in figures[c]["processes"]})
    for process in everything:
        row = (figures[c]["processes"].get(process, "") for c in columns)
        table.add_row(process, *(str(value) for value in row))
    table.add_row("all", *(str(figures[c]["all_mb"]) for c in columns))
    console.print(table)
