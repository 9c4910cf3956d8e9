"""The embedded PostgreSQL: prepared, described, asked whether it answers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from loa.project.servers.errors import ServerStillRunning, ServerUnavailable
from loa.project.servers.postgres_place import ROOTS_HOME, Place, find_place
from loa.project.servers.postgres_programs import copy_wheel, find_programs
from loa.project.servers.readiness import wait_until_ready
from loa.project.supervisor.process_table import is_alive, pids_working_in, wait_until
from loa.project.supervisor.program import Program

DATABASE = "loa"
ROLE = "loa"
# A database without its PG_VERSION is half made; initdb writes it early, so the rename counts.
_VERSION_FILE = "PG_VERSION"
_BUILTIN_LOCALE_SINCE = 17
_IO_METHOD_SINCE = 18

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "2",
    "jit": "off",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_checkpoints": "off",
    "lc_messages": "C",
}
FORGETFUL_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class PostgresServer:
    """One server for one state folder; `durable=False` trades crash safety for speed in tests."""

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        bin_folder: Path | None = None,
        roots_home: Path = ROOTS_HOME,
        predecessor_seconds_max: float = 10,
    ) -> None:
        self._folder = folder
        self._durable = durable
        self._bin_folder = bin_folder
        self._roots_home = roots_home
        self._predecessor_seconds_max = predecessor_seconds_max
        self._place: Place | None = None

    @property
    def place(self) -> Place:
        """Where the server lives; asking claims the place."""
        if self._place is None:
            self._place = find_place(self._folder, roots_home=self._roots_home)
        return self._place

    @property
    def url(self) -> str:
        """Return the address for psycopg and Django: the socket's folder is the host."""
        host = quote(str(self.place.socket_folder()), safe="")
        return f"postgresql://{ROLE}@{host}/{DATABASE}"

    def ensure_initialised(self) -> None:
        """Make folders and the database if they are not there; repeating it changes nothing."""
        self._programs = copy_wheel(find_programs(self._bin_folder), self.place.folder)
        self._version_major = self._programs.version_major()
        self.place.make_private(self.place.socket_folder())
        self._write_access_rules()
        if self.place.data.exists():
            self._check_version()
        else:
            self._make_database_folder()
        self._settle_predecessor()

    def command(self) -> list[str]:
        """Return the server's command line; `ensure_initialised` comes first."""
        return [
            str(self._programs.postgres),
            "-D",
            str(self.place.data),
            *(f"--{name}={value}" for name, value in self._settings().items()),
        ]

    def environment(self) -> Mapping[str, str]:
        return {"LC_ALL": "C", "PGDATA": str(self.place.data), "TZ": "UTC"}

    def program(self, name: str = "postgres") -> Program:
        """Return what the supervisor needs; call `ensure_initialised` first."""
        account = self.place.account
        return Program(
            name=name,
            argv=self.command(),
            env=self.environment(),
            prepare=self.ensure_initialised,
            ready=self.is_ready,
            # A smart shutdown would wait for every client; a fast one ends their sessions.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGQUIT,
            essential=True,
            uid=account.uid if account.changes else None,
            gid=account.gid if account.changes else None,
            folder=self.place.folder,
            grace_seconds=20,
        )

    async def is_ready(self) -> bool:
        try:
            connection = await psycopg.AsyncConnection.connect(self.url, connect_timeout=2)
        except psycopg.OperationalError:
            return False
        await connection.close()
        return True

    def wait_ready(
        self, *, seconds_max: float = 30, has_ended: Callable[[], bool] | None = None
    ) -> None:
        """Return once the server takes connections."""
        what = f"PostgreSQL in {self.place.data}"
        wait_until_ready(what, self.is_ready, seconds_max=seconds_max, has_ended=has_ended)

    def _settings(self) -> dict[str, str]:
        settings = {
            **SETTINGS,
            "unix_socket_directories": str(self.place.socket_folder()),
            "hba_file": str(self.place.folder / "pg_hba.conf"),
            "ident_file": str(self.place.folder / "pg_ident.conf"),
        }
        if self._version_major >= _IO_METHOD_SINCE:
            settings["io_method"] = "sync"
        return settings if self._durable else settings | FORGETFUL_SETTINGS

    def _write_access_rules(self) -> None:
        """Let only the users of this checkout in, as the one role, without a password."""
        users = {self.place.account.name, "root"} if os.getuid() == 0 else {self.place.account.name}
        rules = {
            "pg_hba.conf": "local all all peer map=loa\n",
            "pg_ident.conf": "".join(f'loa "{user}" {ROLE}\n' for user in sorted(users)),
        }
        for name, text in rules.items():
            path = self.place.folder / name
            path.write_text(text)
            path.chmod(0o644)

    def _check_version(self) -> None:
        found = int((self.place.data / _VERSION_FILE).read_text())
        if found != self._version_major:
            raise ServerUnavailable(
                f"The data in {self.place.data} were made by PostgreSQL {found}, the program here is "
                f"{self._version_major}: point LOA_POSTGRES_BIN at a PostgreSQL {found}, or move the "
                "data folder away."
            )

    def _make_database_folder(self) -> None:
        """Make everything in a folder of another name, so a half-made one is never taken for whole."""
        fresh = self.place.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self.place.make_private(fresh)
        self._run_initdb(fresh)
        self._run(
            [str(self._programs.postgres), "--single", "-D", str(fresh), "template1"],
            text=f"CREATE DATABASE {DATABASE};\n",
        )
        fresh.rename(self.place.data)

    def _run_initdb(self, folder: Path) -> None:
        command = [str(self._programs.initdb), "-D", str(folder), "-U", ROLE, "-E", "UTF8"]
        command += ["--data-checksums", "--auth=reject", "--no-instructions"]
        command += [] if self._durable else ["--no-sync"]
        if self._version_major >= _BUILTIN_LOCALE_SINCE:
            builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            self._run([*command, *builtin])
            return
        try:
            self._run([*command, "--locale=C.UTF-8"])
        except ServerUnavailable:
            self._run([*command, "--locale=C"])

    def _run(self, command: list[str], *, text: str = "") -> None:
        account = self.place.account
        rights = (
            {"user": account.uid, "group": account.gid, "extra_groups": []}
            if account.changes
            else {}
        )
        answer = subprocess.run(  # type: ignore[call-overload]
            command,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.place.folder,
            env={**os.environ, **self.environment()},
            **rights,
        )
        if answer.returncode != 0:
            raise ServerUnavailable(f"{Path(command[0]).name} failed: {answer.stderr.strip()}")

    def _settle_predecessor(self) -> None:
        """Wait for an earlier server to end and remove the pid file it left.

        A number in a stale file may belong to a stranger by now, which would stop PostgreSQL from
        starting; so what counts is whether anybody still works in the data folder.
        """
        data = self.place.data
        if wait_until(lambda: not pids_working_in(data), seconds_max=self._predecessor_seconds_max):
            (data / "postmaster.pid").unlink(missing_ok=True)
            return
        pids = pids_working_in(data)
        if self._postmaster_pid() in pids:
            raise ServerStillRunning(
                f"PostgreSQL already runs in {data} as process {self._postmaster_pid()}; stop it first."
            )
        for pid in filter(is_alive, pids):
            os.kill(pid, signal.SIGQUIT)
        raise ServerStillRunning(f"Processes {pids} of a dead PostgreSQL still end in {data}.")

    def _postmaster_pid(self) -> int:
        try:
            return int((self.place.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return 0
