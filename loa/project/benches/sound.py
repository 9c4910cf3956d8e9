"""How a device sounds, read off its recordings: start times, pre-emption, lost streams, memory.

The player measures itself, in processes of its own; liquidsoap hears the same streams beside it when
the machine has it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

AT_ONCE = 4  # devices that play scheduled items beside one another
START_P99_MS, SILENT_MS, RESIDENT_MB, CPU_PERCENT = 50.0, 300.0, 120.0, 5.0


class MeasurementFailed(RuntimeError):
    """The player could not measure; the message is what it said."""


def run(*, items: int, rounds: int, json_file: Path | None) -> None:
    """Measure start times, what is silent at a pre-emption and at the loss of a stream."""
    console = Console(highlight=False)
    console.print(f"{items} items on {AT_ONCE} devices at once; a few minutes.")
    starts = _starts(items)
    preempt = _measured("preempt", rounds)
    relay = _measured("relay", rounds)
    peer = _measured("peer")
    figures = {"starts": starts, "preempt": preempt, "relay": relay, "liquidsoap": peer}
    table = Table("figure", "Loa", "liquidsoap", title="milliseconds, from recorded samples")
    errors = starts["errors_ms"]
    table.add_row(f"start error of {len(errors)} items, median", _shown(_at(errors, 50)), "-")
    table.add_row("start error, 99 %", _shown(_at(errors, 99)), "-")
    table.add_row("start error, worst", _shown(max(errors)), "-")
    for name, own, theirs in (
        ("emergency: silent before it, worst", preempt["silent_ms"], "urgent_silent_ms"),
        ("emergency: told to heard, worst", preempt["told_to_heard_ms"], "urgent_told_to_heard_ms"),
        ("stream broke off: silent, worst", relay["broke_off_silent_ms"], "broke_off_silent_ms"),
        ("stream fell mute: silent, worst", relay["fell_mute_silent_ms"], "fell_mute_silent_ms"),
    ):
        table.add_row(name, _shown(max(own)), _shown(max(peer[theirs])) if peer else "absent")
    console.print(table)
    _aim(console, f"99 % of starts within {START_P99_MS} ms", _at(errors, 99) <= START_P99_MS)
    worst = max(
        [*preempt["silent_ms"], *relay["broke_off_silent_ms"], *relay["fell_mute_silent_ms"]]
    )
    _aim(console, f"at most {SILENT_MS} ms silent", worst <= SILENT_MS)
    _kept(figures, json_file)


def run_player(*, seconds: int, json_file: Path | None) -> None:
    """Measure what a device takes while it sounds an MP3 file, beside liquidsoap on a stream."""
    own, peer = _measured("cost", seconds), _measured("peer")
    console = Console(highlight=False)
    table = Table("process", "resident MB", "% of a core", title=f"while sounding, {seconds} s")
    for name, cost in own.items():
        table.add_row(name, _shown(cost["resident_mb"]), _shown(cost["cpu_percent"]))
    memory = sum(cost["resident_mb"] for cost in own.values())
    cpu = sum(cost["cpu_percent"] for cost in own.values())
    table.add_row("both", _shown(memory), _shown(cpu))
    if peer:
        table.add_row("liquidsoap", _shown(peer["resident_mb"]), _shown(peer["cpu_percent"]))
    console.print(table)
    _aim(console, f"at most {RESIDENT_MB} MB", memory <= RESIDENT_MB)
    _aim(console, f"at most {CPU_PERCENT} % of a core", cpu <= CPU_PERCENT)
    _kept({"player": own, "liquidsoap": peer}, json_file)


def _starts(items: int) -> dict[str, Any]:
    each = -(-items // AT_ONCE)
    running = [_started("starts", each) for _ in range(AT_ONCE)]
    parts = [_ended(process) for process in running]
    wrong = [part for part in parts if part["heard"] != part["items"]]
    if wrong:
        raise MeasurementFailed(f"not every item was heard: {wrong[0]['heard']} of {each}")
    errors = [abs(error) for part in parts for error in part["errors_ms"]]
    return {"items": len(errors), "errors_ms": errors}


def _measured(what: str, count: int = 0) -> dict[str, Any]:
    return _ended(_started(what, count))


def _started(what: str, count: int) -> subprocess.Popen[str]:
    line = [sys.executable, "-P", "-m", "loa.player.measure", what, "--count", str(count)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    said, trouble = process.communicate()
    if process.returncode:
        raise MeasurementFailed(trouble[-2000:])
    found: dict[str, Any] = json.loads(said)
    return found


def _at(values: Sequence[float], percent: int) -> float:
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def _shown(value: float) -> str:
    return f"{value:.1f}"


def _aim(console: Console, aim: str, is_met: bool) -> None:
    console.print(f"Aim: {aim}; {'met' if is_met else 'not met'}")


def _kept(figures: dict[str, Any], json_file: Path | None) -> None:
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
