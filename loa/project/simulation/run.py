"""A run from the empty city to the verdict."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from loa.lib import clock
from loa.project import paths
from loa.project.running import end_left_over, make_supervisor
from loa.project.servers.errors import ServerUnavailable
from loa.project.servers.postgres import PostgresServer
from loa.project.supervisor.instance import AlreadyRunning, SingleInstance
from loa.project.supervisor.process_table import wait_until
from loa.project.supervisor.program import Program
from loa.project.supervisor.run import LOCK_FILE, Supervisor
from loa.project.system import System

SHOWN_MAX = 10
UP_SECONDS_MAX = 300.0
console = Console(highlight=False)


class SimulationFailed(RuntimeError):
    """The run did not come to its end; the message says where it stopped."""


@dataclass(frozen=True)
class Wish:
    """What is to be simulated."""

    devices: int
    faults: str
    seconds: float
    notices: int
    seed: int
    storms: int

    @property
    def heal_seconds_max(self) -> float:
        return 60.0 + self.devices / 20


def run(wish: Wish | None, *, json_file: Path | None) -> int:
    """Simulate, compare and print; without a wish compare again what the last run left."""
    try:
        with SingleInstance(paths.run_folder() / LOCK_FILE):
            end_left_over()
            if wish is not None:
                _begin_anew()
            figures = _figures(wish)
    except (AlreadyRunning, ServerUnavailable, SimulationFailed) as error:
        print(error, file=sys.stderr)
        return 1
    _print(figures)
    if json_file is not None:
        text = json.dumps(figures, ensure_ascii=False, indent=1)
        json_file.write_text(text + "\n", encoding="utf-8")
    return 1 if any(figures["differences"].values()) else 0


def _begin_anew() -> None:
    """Forget the last run; `run/` stays, it holds the lock."""
    shutil.rmtree(PostgresServer(paths.VAR / "postgres").place.folder, ignore_errors=True)
    for name in ("postgres", "nats", "devices", "media", "log"):
        shutil.rmtree(paths.VAR / name, ignore_errors=True)


def _figures(wish: Wish | None) -> dict[str, Any]:
    import django

    system = System()
    system.prepare()
    django.setup()
    if wish is None:
        with _database(system):
            return {"differences": _compared()[0]}
    from loa.project.benches.play_city import prepare_city
    from loa.project.simulation.city import fleet_programs

    console.print(f"A city of its own with {wish.devices} devices, under {paths.VAR}")
    places = prepare_city(system, wish.devices)
    with _database(system):  # what devices are told of the city stands there
        fleets = fleet_programs(system, places, faults=wish.faults, seed=wish.seed)
    return asyncio.run(_simulated(system, fleets, wish))


@contextmanager
def _database(system: System) -> Iterator[None]:
    from django.db import connections
    from django_scopes import scopes_disabled

    from loa.project.servers.running import running

    assert system.postgres is not None  # noqa: S101 - its own, always
    with running(system.postgres, paths.log_folder() / "postgres-start.log"), scopes_disabled():
        yield
        connections.close_all()


async def _simulated(system: System, fleets: list[Program], wish: Wish) -> dict[str, Any]:
    supervisor = make_supervisor([*system.servers(), *system.processes(), *fleets])
    keeping = asyncio.create_task(supervisor.run())
    running = asyncio.create_task(_run(supervisor, wish))
    await asyncio.wait({keeping, running}, return_when=asyncio.FIRST_COMPLETED)
    supervisor.stop()
    await keeping
    if not running.done():
        running.cancel()
        raise SimulationFailed(f"The city stopped; see {paths.log_folder()}.")
    return running.result()


async def _run(supervisor: Supervisor, wish: Wish) -> dict[str, Any]:
    try:
        await asyncio.wait_for(supervisor.wait_running(), UP_SECONDS_MAX)
    except TimeoutError as error:
        raise SimulationFailed(f"The city did not start; see {paths.log_folder()}.") from error
    return await asyncio.to_thread(Course(supervisor, wish).run)


class Course:
    """What happens in which order, once everything runs."""

    def __init__(self, supervisor: Supervisor, wish: Wish) -> None:
        from loa.project.simulation.deeds import Newsroom

        self._supervisor = supervisor
        self._wish = wish
        self._newsroom_of = Newsroom

    def run(self) -> dict[str, Any]:
        from django.db import connections
        from django_scopes import scopes_disabled

        try:
            with scopes_disabled():
                return self._run()
        finally:
            connections.close_all()

    def _run(self) -> dict[str, Any]:
        newsroom = self._newsroom_of()
        mark = f"{clock.local(clock.now()):%H:%M:%S}"
        submissions = newsroom.write_all(self._wish.notices, mark)
        begun = clock.monotonic()
        self._trouble(newsroom, submissions, begun)
        self._signal(signal.SIGUSR1)
        healed = clock.monotonic()
        newsroom.recall_what_left()
        is_settled = wait_until(
            _is_settled, seconds_max=self._wish.heal_seconds_max, every_seconds=0.25
        )
        found, counts = self._agreement(healed)
        died = [n for n, one in self._supervisor.status().items() if one.restarts]
        return {
            "devices": self._wish.devices,
            "faults": self._wish.faults,
            "seed": self._wish.seed,
            "deeds": dict(newsroom.done),
            **counts,
            "trouble_seconds": round(healed - begun, 1),
            "agreed_after_seconds": round(clock.monotonic() - healed, 1),
            "differences": {
                **found,
                "every order came to its end": [] if is_settled else ["some orders are open"],
                "no process died": [f"{name} died" for name in died],
            },
        }

    def _trouble(self, newsroom: Any, submissions: list[Any], begun: float) -> None:
        """Spread the deeds and the storms over the time."""
        steps = self._wish.seconds / (len(submissions) + 1)
        storms = [
            (n + 1) * self._wish.seconds / (self._wish.storms + 1) for n in range(self._wish.storms)
        ]
        deeds = [(n * steps, deed) for n, deed in enumerate(submissions)]
        while (passed := clock.monotonic() - begun) < self._wish.seconds:
            if deeds and passed >= deeds[0][0]:
                newsroom.do(*deeds.pop(0)[1])
            if storms and passed >= storms[0]:
                storms.pop(0)
                self._signal(signal.SIGUSR2)
            newsroom.recall_what_left()
            wait_until(lambda: False, seconds_max=0.1)
        for _, deed in deeds:
            newsroom.do(*deed)

    def _signal(self, number: signal.Signals) -> None:
        for name, one in self._supervisor.status().items():
            if name.startswith("fleet-") and one.pid:
                os.kill(one.pid, number)

    def _agreement(self, since: float) -> tuple[dict[str, list[str]], dict[str, int]]:
        while True:
            found, counts = _compared()
            left = self._wish.heal_seconds_max - (clock.monotonic() - since)
            if not any(found.values()) or left <= 0:
                return found, counts
            wait_until(lambda: False, seconds_max=1.0)


def _is_settled() -> bool:
    from loa.project.benches.play_deeds import is_newest_held_by_all
    from loa.project.simulation.deeds import orders_open

    return not orders_open() and is_newest_held_by_all()


def _compared() -> tuple[dict[str, list[str]], dict[str, int]]:
    from loa.project.simulation.city import journals
    from loa.project.simulation.comparison import differences
    from loa.project.simulation.sides import city_knows, codes_here, devices_know

    codes = codes_here()
    devices = devices_know(journals(), codes)
    city = city_knows(codes, devices.soundings)
    counts = {
        "boots": devices.boot_count,
        "rows": len(devices.rows),
        "orders": len(city.orders),
        "soundings": len(devices.soundings),
    }
    return differences(city, devices), counts


def _print(figures: dict[str, Any]) -> None:
    done = Table("what happened", "", title="loa simulate")
    for name, value in figures.items():
        if name == "differences":
            continue
        said = (
            ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else value
        )
        done.add_row(name.replace("_", " "), str(said))
    console.print(done)
    agreed = Table("what must agree", "differences")
    for name, found in figures["differences"].items():
        agreed.add_row(name, str(len(found)) if found else "none")
    console.print(agreed)
    for name, found in figures["differences"].items():
        for line in found[:SHOWN_MAX]:
            console.print(f"{name}: {line}", style="red")
        if len(found) > SHOWN_MAX:
            console.print(f"{name}: … and {len(found) - SHOWN_MAX} more", style="red")
