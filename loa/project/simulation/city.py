"""The city of a simulation: its database, and its devices in fleets that faults happen to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from loa.project import paths
from loa.project.benches.play_city import wait_for_bucket
from loa.project.demo_city import device_config, light_config
from loa.project.supervisor.program import Program
from loa.project.system import System, player_program

PROCESSES_MIN, PROCESSES_MAX = 2, 4
DEVICES_A_PROCESS = 1000
DEVICES_A_JOURNAL = 500
RATE = 10.0  # how much faster than the ear the sounds pass

Config = dict[str, Any]


def fleet_programs(
    system: System, places: dict[str, str], *, faults: str, seed: int
) -> list[Program]:
    """Return the processes of the devices (code → place), each with its share of them."""
    needs = [*(program.name for program in system.servers()), "web", "dispatcher", "receiver"]
    configs = [
        _config(system, number, code, place, len(places))
        for number, (code, place) in enumerate(places.items(), start=1)
    ]
    programs = []
    for share, chunk in enumerate(_shares(configs), start=1):
        file = _write(share, chunk)
        program = player_program(f"fleet-{share}", "--fleet", file, needs=needs)
        argv = [*program.argv, "--faults", faults, "--seed", str(seed)]
        programs.append(replace(program, argv=argv, prepare=lambda: wait_for_bucket(system)))
    return programs


def _config(system: System, number: int, code: str, place: str, count: int) -> Config:
    """Return a light device; the more there are, the more rarely each speaks."""
    return {
        **device_config(system, number, code, place, rate=RATE),
        **light_config(_folder(number)),
        "heartbeat_seconds": max(1.5, count / 500),
        "poll_seconds": max(3.0, count / 200),
        "reconnect_seconds_max": max(1.5, count / 1000),
    }


def _shares(configs: Sequence[Config]) -> Iterator[Sequence[Config]]:
    count = min(PROCESSES_MAX, max(PROCESSES_MIN, -(-len(configs) // DEVICES_A_PROCESS)))
    size = max(1, -(-len(configs) // count))
    for start in range(0, len(configs), size):
        yield configs[start : start + size]


def _write(share: int, configs: Sequence[Config]) -> Path:
    path = paths.devices_folder() / f"fleet-{share}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(configs))
    return path


def _folder(number: int) -> Path:
    # The next run may share the devices out otherwise: their journals stay where they are.
    return paths.devices_folder() / f"light-{number // DEVICES_A_JOURNAL}"


def journals() -> list[Path]:
    """Return the journal of every device there ever was in this state folder."""
    return sorted(paths.devices_folder().glob("light-*/journal.db"))
