"""From the commit of an alert to the last device's verified receipt, beside bare NATS.

Each instant comes from one clock: commits by the database's own commit times, what a device did by
its word in its receipt, all on one machine. A receipt is a row the device signed, committed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from loa.project import paths
from loa.project.benches.alert_figures import print_figures, report
from loa.project.benches.play_figures import MeasurementFailed
from loa.project.servers.errors import ServerUnavailable
from loa.project.supervisor.instance import AlreadyRunning, SingleInstance
from loa.project.supervisor.run import LOCK_FILE
from loa.project.system import System

console = Console(highlight=False)


def run(*, devices: int, rounds: int, is_storm: bool, json_file: Path | None) -> int:
    """Measure and print; returns the exit status."""
    try:
        with SingleInstance(paths.run_folder() / LOCK_FILE):
            figures = _figures(devices, rounds, is_storm=is_storm)
    except (AlreadyRunning, ServerUnavailable, MeasurementFailed) as error:
        print(error, file=sys.stderr)
        return 1
    print_figures(console, figures)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def _figures(devices: int, rounds: int, *, is_storm: bool) -> dict[str, Any]:
    system = System()
    system.prepare()
    import django

    django.setup()
    from loa.project.benches.alert_rounds import measured
    from loa.project.benches.play_city import prepare_city

    console.print(f"A city of its own with {devices} devices, under {paths.VAR}")
    places = prepare_city(system, devices)
    return report(asyncio.run(measured(system, places, rounds, is_storm=is_storm)), devices)
