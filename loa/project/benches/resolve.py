"""Fourteen days of every device, from the rules on, beside recurring-ical-events on the same rules.

Devices that stand in the same place and group have the same timeline; it is resolved once. What it
would cost without sharing is printed beside it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from loa.flow.schedules.recurrence import expand
from loa.flow.schedules.recurrence_text import parse
from loa.lib import clock
from loa.project.benches.own_state import state_folder
from loa.project.benches.resolve_rules import BEGIN, DAYS, Rule, Target, rules, targets
from loa.project.paths import ROOT
from loa.wire.ladder import Ladder
from loa.wire.messages import QuietHours
from loa.wire.timeline import (
    Item,
    Occurrence,
    Rung,
    Stretch,
    Timeline,
    WeekSlot,
)

END = BEGIN + timedelta(days=DAYS)
PEER = Path(__file__).with_name("peer_ical.py")
WITHIN_SECONDS = 3.0
TIMES_PEER = 10.0
_LOOP = WeekSlot(
    id="loop",
    rung=Rung.EVERGREEN,
    decided_at=BEGIN,
    items=(Item(sha256="0" * 64, duration_ms=1_800_000),),
    loops=True,
    begins_minute=None,
)
_QUIET = (QuietHours(start="21:00", end="05:00"), QuietHours(start="11:45", end="13:30"))


class PeerAbsent(RuntimeError):
    """The peer could not be installed or run; the message says why."""


def run(*, devices: int, rules_count: int, json_file: Path | None) -> None:
    """Measure and print a table; a peer that cannot be had is said to be absent."""
    placed, where = rules(rules_count), list(targets(devices))
    figures = _own(placed, where)
    console = Console()
    try:
        figures |= _beside_peer(placed, figures)
    except PeerAbsent as absence:
        console.print(f"recurring-ical-events is absent: {absence}")
    _print(console, figures)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _own(placed: Sequence[Rule], where: Sequence[Target]) -> dict[str, Any]:
    began = clock.monotonic()
    read = [parse(rule.text) for rule in placed]
    parsed = clock.monotonic()
    instants = [expand(one, BEGIN, END) for one in read]
    expanded = clock.monotonic()
    occurrences = [
        [rule.occurrence(start) for start in starts]
        for rule, starts in zip(placed, instants, strict=True)
    ]
    materialised = clock.monotonic()
    by_target = {target: _fortnight(target, placed, occurrences) for target in set(where)}
    of_device = [by_target[target] for target in where]
    resolved = clock.monotonic()
    kinds = len(by_target)
    return {
        "devices": len(of_device),
        "rules": len(placed),
        "occurrences": sum(map(len, instants)),
        "timelines": kinds,
        "stretches": sum(map(len, of_device)),
        "read_s": parsed - began,
        "expand_s": expanded - parsed,
        "materialise_s": materialised - expanded,
        "resolve_s": resolved - materialised,
        "whole_s": resolved - began,
        "device_ms": (resolved - materialised) / kinds * 1000,
        "unshared_s": (resolved - materialised) / kinds * len(of_device) + materialised - began,
        "instants": [[one.astimezone(UTC).isoformat() for one in starts] for starts in instants],
    }


def _fortnight(
    target: Target, placed: Sequence[Rule], occurrences: Sequence[Sequence[Occurrence]]
) -> list[Stretch]:
    """Return all that devices of this target sound in the fourteen days."""
    timeline = Timeline(
        device="any",
        place=str(target[0]),
        version=1,
        issued_at=BEGIN,
        begins_at=BEGIN,
        ends_at=END,
        quiet_hours=_QUIET,
        occurrences=tuple(_reaching(target, placed, occurrences)),
        week=(_LOOP,),
    )
    return list(Ladder(timeline).foreseen("main", BEGIN, END))


def _reaching(
    target: Target, placed: Sequence[Rule], occurrences: Sequence[Sequence[Occurrence]]
) -> Iterator[Occurrence]:
    for rule, mine in zip(placed, occurrences, strict=True):
        if rule.reaches(target):
            yield from mine


# -- the peer


def _beside_peer(placed: Sequence[Rule], figures: dict[str, Any]) -> dict[str, Any]:
    asked = {
        "rules": [rule.text for rule in placed],
        "begin": BEGIN.isoformat(),
        "end": END.isoformat(),
    }
    answer = json.loads(_of_peer(json.dumps(asked)))
    differing = sum(
        ours != theirs for ours, theirs in zip(figures["instants"], answer["instants"], strict=True)
    )
    return {
        "peer_read_s": answer["read_s"],
        "peer_expand_s": answer["expand_s"],
        "peer_over_expand": answer["expand_s"] / figures["expand_s"],
        "peer_over_whole": (answer["read_s"] + answer["expand_s"]) / figures["whole_s"],
        "rules_that_differ": differing,
    }


def _of_peer(asked: str) -> str:
    # Its own interpreter: it needs an older python-dateutil than the city, and it is LGPL.
    folder = state_folder("resolve") / "peer"
    lock = ROOT / "locks" / "peers.txt"
    python = folder / "bin" / "python"
    try:
        if not python.exists():
            _done([sys.executable, "-m", "venv", str(folder)])
        _done([str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(lock)])
        return _done([str(python), "-P", str(PEER)], asked)
    except (OSError, subprocess.CalledProcessError) as failure:
        raise PeerAbsent(getattr(failure, "stderr", "") or str(failure)) from failure


def _done(command: list[str], given: str = "") -> str:
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout


# -- telling


def _print(console: Console, figures: dict[str, Any]) -> None:
    del figures["instants"]
    for name, value in figures.items():
        if isinstance(value, float):
            figures[name] = round(value, 3)
    table = Table("figure", "value", title=f"{DAYS} days of {figures['devices']} devices")
    for name, value in figures.items():
        table.add_row(name, str(value))
    console.print(table)
    console.print(
        f"Aim: whole_s at most {WITHIN_SECONDS}; {_met(figures['whole_s'] <= WITHIN_SECONDS)}"
    )
    if "peer_over_whole" in figures:
        is_met = figures["peer_over_whole"] >= TIMES_PEER
        console.print(f"Aim: peer_over_whole at least {TIMES_PEER}; {_met(is_met)}")


def _met(is_met: bool) -> str:
    return "met" if is_met else "not met"
