"""The city of the demo: its cast, its devices with their keys, and the processes that play them.

Django must be set up before this module is imported.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connections
from django_scopes import scopes_disabled

from loa.project import paths
from loa.project.cast import (
    CAST,
    DEMO_PASSWORD,
    HAI_VAN,
    HOA_VANG,
    agree_with_city,
    device_code,
    seat_cast,
    stand_device,
)
from loa.project.database import bring_up_to_date
from loa.project.servers.running import running
from loa.project.supervisor.program import Program
from loa.project.system import RECEIVER, System, player_program
from loa.registry.devices.models import Device
from loa.registry.people.queries import first_root_sha256
from loa.wire.keys import SigningKey

FULL_PLAYERS = 2


def stand_city(system: System, devices: int, *, rate: float) -> list[Program]:
    """Enter the cast and its devices; return what plays them, at `rate` times real time."""
    with _database(system):
        seat_cast()
        # Hải Châu answers each item of the city for itself, so that both ways can be seen.
        agree_with_city(HOA_VANG, HAI_VAN)
        places = _places_of(enter_devices(devices))
        return device_programs(system, places, rate=rate)


@contextlib.contextmanager
def _database(system: System) -> Iterator[None]:
    """Have a database of the present shape for a moment: the supervisor starts its own later."""
    with contextlib.ExitStack() as stack:
        if system.postgres is not None:
            stack.enter_context(running(system.postgres, paths.log_folder() / "postgres-start.log"))
        stack.callback(connections.close_all)
        stack.enter_context(scopes_disabled())
        bring_up_to_date()
        yield


def _places_of(codes: list[str]) -> dict[str, str]:
    """Return device code → the place it stands in, in the order of the codes."""
    at = {d.code: d.village_id or d.place_id for d in Device.objects.filter(code__in=codes)}
    return {code: at[code] for code in codes}


def sign_in_lines() -> list[str]:
    """Say how the people of the demo sign in."""
    names = [f"{part.username:<6} {part.full_name}, {part.title}" for part in CAST]
    return [f"sign in with the password {DEMO_PASSWORD} as", *(f"  {name}" for name in names)]


def device_folder(number: int) -> Path:
    return paths.devices_folder() / device_code(number)


def enter_devices(count: int) -> list[str]:
    """Make each device's key if it has none, and enter it in the register; returns the codes."""
    return [
        stand_device(number, device_key(number).public_hex).code for number in range(1, count + 1)
    ]


def device_key(number: int) -> SigningKey:
    return SigningKey.load_or_create(device_folder(number) / "device.key")


def device_programs(system: System, places: dict[str, str], *, rate: float) -> list[Program]:
    """Return the processes of the devices: two full players, the rest one fleet of light ones.

    `places` is device code → place code, in the order of their numbers.
    """
    needs = [*(program.name for program in system.servers()), RECEIVER]
    configs = [
        device_config(system, number, code, place, rate=rate)
        for number, (code, place) in enumerate(places.items(), start=1)
    ]
    programs = [
        player_program(
            f"player-{config['device']}",
            "--config",
            _write(Path(config["state"]) / "config.json", config),
            needs=needs,
        )
        for config in configs[:FULL_PLAYERS]
    ]
    light = [
        {**config, **light_config(paths.devices_folder() / "light")}
        for config in configs[FULL_PLAYERS:]
    ]
    if light:
        file = _write(paths.devices_folder() / "fleet.json", light)
        programs.append(player_program("players-light", "--fleet", file, needs=needs))
    return programs


def device_config(
    system: System, number: int, code: str, place: str, *, rate: float = 1.0
) -> dict[str, Any]:
    """Return the configuration of a full player."""
    return {
        "device": code,
        "place": place,
        "key_file": str(device_folder(number) / "device.key"),
        "root_sha256": first_root_sha256(),
        "state": str(device_folder(number)),
        "nats_url": system.device_nats_url,
        "http_url": system.web_url,
        "output": "wav",
        "rate": rate,
        "codecs": ["opus", "mp3"],
        "heartbeat_seconds": 10.0,
        "reconnect_seconds_max": 5.0,
    }


def light_config(shared: Path) -> dict[str, Any]:
    """Light devices count the time instead of decoding, and share one journal and one store."""
    return {
        "output": "null",
        "durable": False,
        "journal": str(shared / "journal.db"),
        "store": str(shared / "media"),
    }


def _write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(content, ensure_ascii=False, indent=1))
    fresh.replace(path)
    return path


def sounded_file(code: str, order: str) -> Path:
    """Where a full player writes what it sounded for an order."""
    return paths.devices_folder() / code / "sounded" / f"{order}.wav"
