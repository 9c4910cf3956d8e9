"""The city that is measured: its database, its light devices, and as many bare clients."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nats
from django.db import connection, transaction
from django_scopes import scopes_disabled
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from loa.project import paths
from loa.project.cast import agree_with_city, seat_cast
from loa.project.database import bring_up_to_date
from loa.project.demo_city import device_config, enter_devices, light_config
from loa.project.servers.running import running
from loa.project.supervisor.program import Program
from loa.project.system import System, player_program
from loa.registry.devices.models import Device
from loa.wire import subjects

# A process more costs its own Python; one that is too full answers its last device late.
DEVICES_A_PROCESS = 500
PROCESSES_MAX = 4
HEARTBEAT_SECONDS = 30.0  # as the protocol says
BUCKET_SECONDS_MAX = 60.0


def prepare_city(system: System, devices: int) -> dict[str, str]:
    """Enter the city, its cast and its devices; return device code → place."""
    if system.postgres is None:
        raise RuntimeError("a measurement runs on a server of its own")
    log = paths.log_folder() / "postgres-start.log"
    with running(system.postgres, log):
        with scopes_disabled():
            bring_up_to_date()
            # When a receipt was committed, only the database knows; it says so after a restart.
            with connection.cursor() as cursor:
                cursor.execute("ALTER SYSTEM SET track_commit_timestamp = on")
            places = _enter(devices)
            # What devices are told of the city stands in its database.
            _write_fleets(system, places)
        connection.close()
    return places


def _enter(devices: int) -> dict[str, str]:
    seat_cast()
    agree_with_city()
    with transaction.atomic():
        codes = enter_devices(devices)
        # An earlier run may have had more: they are not here, so nothing is sent to them.
        Device.objects.exclude(code__in=codes).update(retired_at="2000-01-01T00:00:00+00:00")
        here = Device.objects.filter(code__in=codes)
        here.update(retired_at=None)
    return {device.code: str(device.village_id or device.place_id) for device in here}


def fleet_programs(system: System, places: dict[str, str]) -> list[Program]:
    """Return the processes of the light devices, each with its share of them; see `prepare_city`."""
    # A city that was just switched on asks for everything at once: that is another measurement.
    needs = [*_servers(system), "web", "dispatcher", "receiver"]
    programs = [
        player_program(f"fleet-{share}", "--fleet", _fleet_file(share), needs=needs)
        for share, _ in enumerate(_shares(range(len(places))), start=1)
    ]
    return [replace(program, prepare=lambda: wait_for_bucket(system)) for program in programs]


def wait_for_bucket(system: System) -> None:
    """Return once the dispatcher has made the place where devices look."""
    asyncio.run(_wait_for_bucket(system.nats_url))


async def _wait_for_bucket(url: str) -> None:
    client = await nats.connect(url, name="bare-bucket")
    try:
        async with asyncio.timeout(BUCKET_SECONDS_MAX):
            while not await _has_bucket(client):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.1)
    finally:
        await client.close()


async def _has_bucket(client: Client) -> bool:
    try:
        await client.jetstream().key_value(subjects.DESIRED_BUCKET)
    except NotFoundError:
        return False
    return True


def echo_programs(system: System, clients: int) -> list[Program]:
    """Return the processes of the bare clients, split like the fleet."""
    return [
        Program(
            f"bare-{share}",
            [
                *(sys.executable, "-P", "-m", "loa.project.benches.echo"),
                *("--url", system.nats_url, "--first", str(chunk[0]), "--count", str(len(chunk))),
            ],
            env={"PYTHONUNBUFFERED": "1"},
            depends_on=_servers(system),
        )
        for share, chunk in enumerate(_shares(range(clients)), start=1)
    ]


def _shares(items: Sequence[Any]) -> list[Sequence[Any]]:
    size = _share_size(len(items))
    return [items[start : start + size] for start in range(0, len(items), size)]


def _share_size(count: int) -> int:
    return max(DEVICES_A_PROCESS, -(-count // PROCESSES_MAX))


def _servers(system: System) -> list[str]:
    return [program.name for program in system.servers()]


def _config(
    system: System, number: int, code: str, place: str, *, share_size: int
) -> dict[str, Any]:
    shared = _share_folder((number - 1) // share_size + 1)
    return {
        **device_config(system, number, code, place),
        **light_config(shared),
        "heartbeat_seconds": HEARTBEAT_SECONDS,
    }


def _share_folder(share: int) -> Path:
    return paths.devices_folder() / f"fleet-{share}"


def media_stores(devices: int) -> list[Path]:
    """Where each fleet process keeps what it fetched."""
    shares = enumerate(_shares(range(devices)), start=1)
    return [_share_folder(share) / "media" for share, _ in shares]


def _fleet_file(share: int) -> Path:
    return _share_folder(share) / "fleet.json"


def _write_fleets(system: System, places: dict[str, str]) -> None:
    configs = [
        _config(system, number, code, place, share_size=_share_size(len(places)))
        for number, (code, place) in enumerate(places.items(), start=1)
    ]
    for share, chunk in enumerate(_shares(configs), start=1):
        path = _fleet_file(share)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(chunk))
