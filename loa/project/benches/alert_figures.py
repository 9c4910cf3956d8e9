"""What was measured of alerts, as figures and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from loa.project.benches.play_figures import CPU_SECONDS_SHOWN

WITHIN_BARE = 1.5
WITHIN_SECONDS = 1.5
PARTS = ("p50", "p99", "max")


@dataclass(frozen=True)
class Round:
    """One alert: seconds since its commit; lists hold one value for each device."""

    signed: float
    verified: list[float]
    started: list[float]
    verified_receipt: list[float]
    started_receipt: list[float]
    alert_bytes: int
    log_bytes: int
    bare: list[float]
    own_ms: float
    cpu: dict[str, float]
    is_storm: bool = False


LISTS = ("verified", "started", "verified_receipt", "started_receipt", "bare")


def report(rounds: Sequence[Round], devices: int) -> dict[str, Any]:
    """Return the figures of all rounds but the first, which warms up."""
    counted = rounds[1:] or rounds
    figures: dict[str, Any] = {
        "devices": devices,
        "rounds": len(counted),
        "during_a_reconnect_storm": counted[0].is_storm,
        "alert_bytes": counted[-1].alert_bytes,
        "log_bytes": counted[-1].log_bytes,
        "signed": [round(one.signed, 4) for one in counted],
        "a_device_alone_verifies_ms": [round(one.own_ms, 3) for one in counted],
        "cpu_seconds": {
            name: [round(one.cpu[name], 2) for one in counted] for name in counted[0].cpu
        },
        "last_receipt_over_bare": [
            round(max(one.verified_receipt) / max(one.bare), 2) for one in counted
        ],
    }
    for name in LISTS:
        figures[name] = [_spread(getattr(one, name)) for one in counted]
    return figures


def _spread(seconds: Iterable[float]) -> dict[str, float]:
    ranked = sorted(seconds)
    return {
        "p50": round(ranked[(len(ranked) - 1) // 2], 4),
        "p99": round(ranked[max(0, -(-len(ranked) * 99 // 100) - 1)], 4),
        "max": round(ranked[-1], 4),
    }


def print_figures(console: Console, figures: dict[str, Any]) -> None:
    storm = ", while all reconnect" if figures["during_a_reconnect_storm"] else ""
    table = Table(title=f"{figures['devices']} devices, seconds since the alert's commit{storm}")
    table.add_column("round")
    for number in range(figures["rounds"]):
        table.add_column(f"{number + 2}", justify="right")
    table.add_row("signed, ordered and stored", *(f"{value:.3f}" for value in figures["signed"]))
    for name in LISTS:
        for part in PARTS:
            table.add_row(f"{name} {part}", *(f"{one[part]:.3f}" for one in figures[name]))
    for name, spent in _by_kind(figures["cpu_seconds"]).items():
        if max(spent) >= CPU_SECONDS_SHOWN:
            table.add_row(f"CPU of {name}", *(f"{value:.2f}" for value in spent))
    alone = figures["a_device_alone_verifies_ms"]
    table.add_row("a device alone verifies it in ms", *(f"{value:.2f}" for value in alone))
    ratios = figures["last_receipt_over_bare"]
    table.add_row("last verified receipt ÷ bare", *(f"{value:.2f}" for value in ratios))
    console.print(table)
    last = max(one["max"] for one in figures["verified_receipt"])
    met = last <= WITHIN_SECONDS and max(ratios) <= WITHIN_BARE
    console.print(
        f"Aim (last verified receipt within {WITHIN_SECONDS} s and {WITHIN_BARE} × bare): "
        f"{'met' if met else 'not met'}"
    )


def _by_kind(cpu: dict[str, list[float]]) -> dict[str, list[float]]:
    """Sum the processes that are many of one kind."""
    found: dict[str, list[float]] = {}
    for name, spent in cpu.items():
        kind = "all devices" if name.startswith("fleet-") else name
        kind = "bare clients" if name.startswith("bare-") else kind
        before = found.get(kind, [0.0] * len(spent))
        found[kind] = [one + other for one, other in zip(before, spent, strict=True)]
    return found
