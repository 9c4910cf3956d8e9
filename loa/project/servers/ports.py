"""Free ports on this machine, remembered so that addresses stay the same between runs."""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path

from loa.project.servers.errors import ServerUnavailable

# Below the range the kernel hands to outgoing connections: a client that keeps calling a port of
# that range while the server is down can connect to itself and keep the server out.
PORTS = range(21_000, 31_000)
_TRIES = 200


def choose_port(name: str, memory: Path) -> int:
    """Return the port `name` had before if it is free, else a new one, and remember it."""
    known = _remembered(memory)
    port = known.get(name)
    if port is None or not is_free(port):
        port = _find_free(taken=set(known.values()))
        _remember(memory, known | {name: port})
    return port


def remembered_port(name: str, memory: Path) -> int | None:
    """Return the port `name` has, in use or not."""
    return _remembered(memory).get(name)


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _find_free(*, taken: set[int]) -> int:
    for port in random.sample(PORTS, _TRIES):
        if port not in taken and is_free(port):
            return port
    raise ServerUnavailable(f"No free port between {PORTS.start} and {PORTS.stop}.")


def _remembered(memory: Path) -> dict[str, int]:
    try:
        found = json.loads(memory.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {name: port for name, port in found.items() if isinstance(port, int)}


def _remember(memory: Path, ports: dict[str, int]) -> None:
    memory.parent.mkdir(parents=True, exist_ok=True)
    fresh = memory.with_suffix(".new")
    fresh.write_text(json.dumps(ports))
    fresh.replace(memory)
