"""The proof in a terminal."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from rich.table import Table

from loa.flow.evaluation.evidence import Evidence, Horn, Link
from loa.lib import clock

WHAT = {
    "roster": "roster of keys",
    "source": "source text",
    "bulletin": "written",
    "rendition": "sound",
    "submission": "submitted",
    "approval": "approved",
    "placement": "placed",
    "ledger": "ledger",
}


def print_proof(console: Console, proof: Evidence) -> None:
    """Print the chain, then the horns, silent ones first."""
    console.print(f"\n[bold]{proof.title}[/bold]  ({proof.bulletin})")
    console.print(_chain(proof.links))
    console.print(_horns(proof.horns))
    total = len(proof.horns)
    if proof.is_proved:
        console.print(
            f"[green]Proved:[/green] {total} of {total} devices, every signature and hash verified just now."
        )
    else:
        console.print(
            f"[red]Not proved:[/red] {proof.horns_proved} of {total} devices; see the rows above."
        )


def _chain(links: list[Link]) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    for name in ("step", "who", "when", "bytes (SHA-256)", "verified now"):
        table.add_column(name, overflow="fold")
    for link in links:
        table.add_row(
            WHAT.get(link.kind, link.kind),
            _who(link),
            _when(link.at),
            link.sha256[:16],
            _checks(link),
        )
    return table


def _who(link: Link) -> str:
    who = f"{link.who}, {link.title}" if link.title else link.who
    if confirmed := link.facts.get("confirmed_by"):
        who += f"; confirmed by {confirmed} ({', '.join(link.facts['grounds'])})"
    return who


def _checks(link: Link) -> str:
    if not link.checks:
        return ""
    return " ".join(
        f"[green]✓[/green] {c.name}" if c.holds else f"[red]✗ {c.name} {c.detail}[/red]"
        for c in link.checks
    )


def _horns(horns: list[Horn]) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    for name in (
        "device",
        "place",
        "planned",
        "started",
        "ended",
        "late",
        "sound",
        "result",
        "verified",
    ):
        table.add_column(name, overflow="fold")
    for horn in horns:
        table.add_row(
            horn.device,
            horn.place,
            _when(horn.planned_at),
            _when(horn.started_at),
            _when(horn.ended_at),
            f"{horn.late_ms} ms" if horn.late_ms is not None else "",
            f"{horn.sounded_ms / 1000:.1f} s" if horn.sounded_ms else "",
            " ".join((horn.result or "nothing yet", horn.reason, _pace(horn))).strip(),
            "[green]✓[/green]" if horn.is_proved else "[red]✗[/red]",
        )
    return table


def _pace(horn: Horn) -> str:
    return "" if horn.rate_percent == 100 else "(not in real time)"


def _when(at: datetime | None) -> str:
    return f"{clock.local(at):%H:%M:%S}.{at.microsecond // 1000:03d}" if at else ""
