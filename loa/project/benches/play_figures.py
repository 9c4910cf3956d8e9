"""What was measured, as figures and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from loa.project.benches.bare import BareTrip

WITHIN_BARE_TRIPS = 3
WITHIN_SECONDS = 1.5
CPU_SECONDS_SHOWN = 0.05


class MeasurementFailed(RuntimeError):
    """Something did not come in time; the message says what."""


@dataclass(frozen=True)
class Round:
    """One bulletin: seconds since the approval's commit, the first two once, the others by device."""

    placed: float
    dispatched: float
    pushed: float
    pulled: list[float]
    started: list[float]
    committed: list[float]
    document_bytes: int
    log_bytes: int
    bare: BareTrip
    cpu: dict[str, float]


def report(rounds: Sequence[Round], devices: int) -> dict[str, Any]:
    """Return the figures of all rounds but the first, which warms up."""
    counted = rounds[1:] or rounds
    return {
        "devices": devices,
        "rounds": len(counted),
        "document_bytes": counted[-1].document_bytes,
        "log_bytes": counted[-1].log_bytes,
        "placed": [round(one.placed, 4) for one in counted],
        "dispatched": [round(one.dispatched, 4) for one in counted],
        "pushed": [round(one.pushed, 4) for one in counted],
        "pulled": [_spread(one.pulled) for one in counted],
        "started": [_spread(one.started) for one in counted],
        "receipt_committed": [_spread(one.committed) for one in counted],
        "bare_round_trip": [_spread(one.bare.seconds) for one in counted],
        "cpu_seconds": {
            name: [round(one.cpu[name], 2) for one in counted] for name in counted[0].cpu
        },
        "last_over_bare": [round(max(one.committed) / max(one.bare.seconds), 2) for one in counted],
    }


def _spread(seconds: Iterable[float]) -> dict[str, float]:
    ranked = sorted(seconds)
    return {
        "p50": round(ranked[(len(ranked) - 1) // 2], 4),
        "p99": round(ranked[max(0, -(-len(ranked) * 99 // 100) - 1)], 4),
        "max": round(ranked[-1], 4),
    }


def print_figures(console: Console, figures: dict[str, Any]) -> None:
    table = Table(title=f"{figures['devices']} devices, seconds since the approval's commit")
    table.add_column("round")
    for number in range(figures["rounds"]):
        table.add_column(f"{number + 2}", justify="right")
    for name in ("placed", "dispatched", "pushed"):
        table.add_row(name, *(f"{value:.3f}" for value in figures[name]))
    for name in ("pulled", "started", "receipt_committed", "bare_round_trip"):
        for part in ("p50", "p99", "max"):
            table.add_row(f"{name} {part}", *(f"{one[part]:.3f}" for one in figures[name]))
    for name, spent in figures["cpu_seconds"].items():
        if max(spent) >= CPU_SECONDS_SHOWN:
            table.add_row(f"CPU of {name}", *(f"{value:.2f}" for value in spent))
    table.add_row("last receipt ÷ bare", *(f"{value:.2f}" for value in figures["last_over_bare"]))
    console.print(table)
