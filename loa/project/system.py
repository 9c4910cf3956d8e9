"""Which processes make up Loa, and how they find one another."""

from __future__ import annotations

import asyncio
import os
import sys
import urllib.request
from pathlib import Path

from loa.project import paths
from loa.project.certificates import Tls
from loa.project.servers.nats import NatsServer
from loa.project.servers.ports import choose_port, is_free
from loa.project.servers.postgres import PostgresServer
from loa.project.supervisor.program import Program

RECEIVER = "receiver"


class PortTaken(RuntimeError):
    """The port the operator asked for is in use."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is in use; choose another with --port, or leave it out.")


class System:
    """The servers of this state folder (or those the environment names) and our processes."""

    def __init__(self, *, web_port: int | None = None) -> None:
        ports = paths.run_folder() / "ports.json"
        if web_port is not None and not is_free(web_port):
            raise PortTaken(web_port)
        self.web_port = web_port or choose_port("web", ports)
        self.tls = Tls(paths.keys_folder() / "tls")
        # Where devices and browsers from outside come; the plain address stays for what is beside it.
        self.web_tls_port = choose_port("web-tls", ports) if self.tls.is_made else 0
        self.postgres = (
            None if os.environ.get("LOA_DATABASE_URL") else PostgresServer(paths.VAR / "postgres")
        )
        self.nats = (
            None
            if os.environ.get("LOA_NATS_URL")
            else NatsServer(paths.nats_folder(), keys=paths.keys_folder(), ports=ports)
        )

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def database_url(self) -> str:
        return self.postgres.url if self.postgres else os.environ["LOA_DATABASE_URL"]

    @property
    def nats_url(self) -> str:
        return self.nats.server_url if self.nats else os.environ["LOA_NATS_URL"]

    @property
    def nats_system_url(self) -> str:
        """For who ends the connections of devices; of a server elsewhere only if it was told."""
        return self.nats.system_url if self.nats else os.environ.get("LOA_NATS_SYSTEM_URL", "")

    @property
    def device_nats_url(self) -> str:
        """Where devices connect: with their own keys, and fewer rights than the servers."""
        told = os.environ.get("LOA_DEVICE_NATS_URL")
        if told:
            return told
        return self.nats.device_url if self.nats else os.environ["LOA_NATS_URL"]

    def prepare(self) -> None:
        """Make ready what the servers need and leave their addresses for commands beside us."""
        for server in (self.postgres, self.nats):
            if server is not None:
                server.ensure_initialised()
        os.environ["LOA_DATABASE_URL"], os.environ["LOA_NATS_URL"] = (
            self.database_url,
            self.nats_url,
        )
        for name, url in (("database.url", self.database_url), ("nats.url", self.nats_url)):
            path = paths.run_folder() / name
            path.touch(mode=0o600)
            path.write_text(url)

    def servers(self) -> list[Program]:
        return [server.program() for server in (self.postgres, self.nats) if server is not None]

    def processes(self) -> list[Program]:
        """Our own four; each needs the servers, which may be elsewhere."""
        needs = [program.name for program in self.servers()]
        return [
            Program(
                "web",
                self._web_argv(self.web_port),
                env=self._environment(),
                ready=self._web_answers,
                depends_on=needs,
                essential=False,
            ),
            *self._web_tls(needs),
            *(
                Program(
                    name,
                    [sys.executable, "-P", "-m", "loa.project.cli", "run", name],
                    env=self._environment(),
                    depends_on=needs,
                    # Nobody enters the bus before the receiver keeps its gate.
                    ready_line="receiver ready" if name == RECEIVER else "",
                )
                for name in ("dispatcher", RECEIVER, "worker")
            ),
        ]

    def _environment(self) -> dict[str, str]:
        return {
            "LOA_DATABASE_URL": self.database_url,
            "LOA_NATS_URL": self.nats_url,
            "LOA_NATS_SYSTEM_URL": self.nats_system_url,
            "LOA_DEVICE_NATS_URL": self.device_nats_url,
            # Browsers make passkeys for names, not for numbers: localhost, not 127.0.0.1.
            "LOA_ORIGIN": os.environ.get("LOA_ORIGIN") or f"http://localhost:{self.web_port}",
            "LOA_MFA": os.environ.get("LOA_MFA") or "required",
            "LOA_VAR": str(paths.VAR),
            "DJANGO_SETTINGS_MODULE": "loa.project.settings",
            "PYTHONUNBUFFERED": "1",
            # One arena is enough for small processes and keeps the idle city small.
            "MALLOC_ARENA_MAX": "2",
        }

    def _web_argv(self, port: int) -> list[str]:
        argv = [sys.executable, "-P", "-m", "granian", "--interface", "wsgi", "--host", web_host()]
        argv += ["--port", str(port), "--workers", "1", "--blocking-threads", "8"]
        return [*argv, "--no-ws", "--log-level", "warning", "loa.project.wsgi:application"]

    def _web_tls(self, needs: list[str]) -> list[Program]:
        """The same pages by TLS, in a process of its own, once there is a certificate."""
        if not self.tls.is_made:
            return []
        argv = self._web_argv(self.web_tls_port)
        argv[-1:-1] = ["--ssl-certificate", str(self.tls.certificate)]
        argv[-1:-1] = ["--ssl-keyfile", str(self.tls.key)]
        return [
            Program(
                "web-tls",
                argv,
                env=self._environment() | {"LOA_TLS": "1"},
                depends_on=needs,
                essential=False,
            )
        ]

    async def _web_answers(self) -> bool:
        return await asyncio.to_thread(_answers, f"{self.web_url}/health/live")


def web_host() -> str:
    return os.environ.get("LOA_WEB_HOST", "127.0.0.1")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def player_program(name: str, argument: str, file: Path, *, needs: list[str]) -> Program:
    """A reference device, or a fleet of light ones, as a process of the demo."""
    return Program(
        name,
        [sys.executable, "-P", "-m", "loa.player", argument, str(file)],
        env={"PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2"},
        depends_on=needs,
    )
