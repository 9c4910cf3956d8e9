"""All devices come back at once: until each is fresh again, plain and by TLS, beside the bare bus."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from loa.project import paths
from loa.project.benches.play_figures import MeasurementFailed
from loa.project.benches.process_groups import cpu_seconds, groups_of
from loa.project.benches.storm_clients import Asked
from loa.project.running import end_left_over, make_supervisor
from loa.project.servers.errors import ServerUnavailable
from loa.project.servers.running import running
from loa.project.supervisor.instance import AlreadyRunning, SingleInstance
from loa.project.supervisor.run import LOCK_FILE, Supervisor
from loa.project.system import RECEIVER, System

PROCESSES = 2
AIM_PLAIN, AIM_TLS_A_CORE = 3_000, 1_000
UP_SECONDS_MAX = 120.0
CLIENTS = "loa.project.benches.storm_clients"
CITY_SIDE = ("nats", RECEIVER, "postgres")
console = Console(highlight=False)


@dataclass(frozen=True)
class Way:
    """One way to come back."""

    name: str
    is_bare: bool = False
    is_tls: bool = False


WAYS = (
    Way("bare, plain", is_bare=True),
    Way("devices, plain"),
    Way("bare, TLS", is_bare=True, is_tls=True),
    Way("devices, TLS", is_tls=True),
)


def run(*, devices: int, at_once: int, json_file: Path | None) -> int:
    """Measure and print; returns 0 if the aims were met."""
    try:
        with SingleInstance(paths.run_folder() / LOCK_FILE):
            figures = _figures(devices, at_once)
    except (AlreadyRunning, ServerUnavailable, MeasurementFailed) as error:
        print(error, file=sys.stderr)
        return 1
    _print(figures)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    plain, tls = figures["ways"]["devices, plain"], figures["ways"]["devices, TLS"]
    has_met = plain["a_second"] >= AIM_PLAIN and tls["a_core_of_the_city"] >= AIM_TLS_A_CORE
    return 0 if has_met else 1


def _figures(devices: int, at_once: int) -> dict[str, Any]:
    import django

    end_left_over()
    system = System()
    system.prepare()
    django.setup()
    from loa.project.benches.storm_city import TlsNatsServer

    ports = paths.run_folder() / "ports.json"
    server = TlsNatsServer(paths.nats_folder(), keys=paths.keys_folder(), ports=ports)
    system.nats = server
    server.ensure_initialised()
    console.print(f"{devices} devices are entered and a document is signed for each")
    _enter(system, devices)
    return asyncio.run(_measured(system, server.certificate, devices, at_once))


def _enter(system: System, devices: int) -> None:
    from django.db import connection
    from django_scopes import scopes_disabled

    from loa.project.benches.storm_city import enter
    from loa.project.database import bring_up_to_date

    if system.postgres is None:
        raise MeasurementFailed("a measurement runs on a server of its own")
    with running(system.postgres, paths.log_folder() / "postgres-start.log"), scopes_disabled():
        bring_up_to_date()
        enter(devices)
        connection.close()


async def _measured(
    system: System, certificate: Path, devices: int, at_once: int
) -> dict[str, Any]:
    receiver = [program for program in system.processes() if program.name == RECEIVER]
    supervisor = make_supervisor([*system.servers(), *receiver])
    keeping = asyncio.create_task(supervisor.run())
    try:
        await asyncio.wait_for(supervisor.wait_running(), UP_SECONDS_MAX)
        rounds = Rounds(supervisor, system, certificate, devices, at_once)
        return await asyncio.to_thread(rounds.run)
    except TimeoutError as error:
        raise MeasurementFailed(f"The city did not start; see {paths.log_folder()}.") from error
    finally:
        supervisor.stop()
        await keeping


class Rounds:
    """Each way once, one after another, against the same servers."""

    def __init__(
        self, supervisor: Supervisor, system: System, certificate: Path, devices: int, at_once: int
    ) -> None:
        self._supervisor = supervisor
        self._system = system
        self._certificate = certificate
        self._devices = devices
        self._at_once = at_once

    def run(self) -> dict[str, Any]:
        from django.db import connections
        from django_scopes import scopes_disabled

        from loa.project.benches import storm_city

        try:
            with scopes_disabled():
                storm_city.put_on_the_bus()
                self._roster_sha256 = storm_city.verified_roster_sha256()
                ways = {way.name: self._storm(way) for way in WAYS}
                own = storm_city.own_cost()._asdict()
        finally:
            connections.close_all()
        return {"devices": self._devices, "ways": ways, "own_cost_ms": own}

    def _storm(self, way: Way) -> dict[str, Any]:
        groups = groups_of(self._supervisor)
        clients = [self._clients(way, share) for share in range(PROCESSES)]
        try:
            for client in clients:
                _line(client)
            before = cpu_seconds(groups)
            for client in clients:
                _go_on(client)
            said = [json.loads(_line(client)) for client in clients]
            after = cpu_seconds(groups)
        finally:
            for client in clients:
                client.kill()
                client.wait()
        return self._report(said, {name: after[name] - before[name] for name in groups})

    def _report(self, said: list[dict[str, Any]], cpu: dict[str, float]) -> dict[str, Any]:
        seconds = max(one["seconds"] for one in said)
        city = sum(cpu[name] for name in CITY_SIDE)
        return {
            "seconds": round(seconds, 2),
            "a_second": round(self._devices / seconds),
            "tried_again": sum(one["again"] for one in said),
            "a_core_of_the_city": round(self._devices / city) if city else 0,
            "cpu_seconds": {
                "clients": round(sum(one["cpu_seconds"] for one in said), 2),
                **{name: round(value, 2) for name, value in cpu.items()},
            },
        }

    def _clients(self, way: Way, share: int) -> subprocess.Popen[str]:
        from loa.project.benches.storm_city import where

        each = -(-self._devices // PROCESSES)
        first = share * each + 1
        place, parents = where()
        asked = Asked(
            url=self._system.nats_url if way.is_bare else self._system.device_nats_url,
            first=first,
            count=min(each, self._devices - first + 1),
            place=place,
            parents=parents,
            roster_sha256=self._roster_sha256,
            at_once=max(1, self._at_once // PROCESSES),
            bare=way.is_bare,
            certificate=str(self._certificate) if way.is_tls else "",
        )
        path = paths.run_folder() / f"storm-{share}.json"
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.encode(asked))
        argv = [sys.executable, "-P", "-m", CLIENTS, str(path)]
        return subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101 - asked for above
    line = process.stdout.readline()
    if not line:
        raise MeasurementFailed("The devices ended before all were fresh.")
    return line


def _go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None  # noqa: S101 - asked for above
    process.stdin.write("\n")
    process.stdin.flush()


def _print(figures: dict[str, Any]) -> None:
    ways = figures["ways"]
    table = Table("", *ways, title=f"{figures['devices']} devices from nothing to fresh")
    for name in ("seconds", "a_second", "tried_again", "a_core_of_the_city"):
        words = name.replace("a_core_of_the_city", "a second and core of the city's side")
        table.add_row(words.replace("_", " "), *(f"{way[name]:,}" for way in ways.values()))
    for name in next(iter(ways.values()))["cpu_seconds"]:
        spent = (f"{way['cpu_seconds'][name]}" for way in ways.values())
        table.add_row(f"CPU of {name}, s", *spent)
    console.print(table)
    own = ", ".join(f"{k.replace('_', ' ')} {v} ms" for k, v in figures["own_cost_ms"].items())
    console.print(f"What one device spends on its own, measured apart: {own}")
