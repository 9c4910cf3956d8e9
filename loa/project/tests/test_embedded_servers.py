"""PostgreSQL and NATS under the supervisor, killed and started again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from loa.project.servers.postgres import PostgresServer
from loa.project.supervisor import State, read_status
from loa.project.supervisor.process_table import is_alive, pids_working_in, wait_until

SCRIPT = """
import asyncio, sys
from pathlib import Path
from loa.project.servers.nats import NatsServer
from loa.project.servers.postgres import PostgresServer
from loa.project.supervisor import SingleInstance, Supervisor

var = Path(sys.argv[1])
with SingleInstance(var / "run" / "lock"):
    servers = [
        PostgresServer(var / "postgres"),
        NatsServer(var / "nats", keys=var / "keys", ports=var / "run" / "ports.json"),
    ]
    for server in servers:
        server.ensure_initialised()
    programs = [server.program() for server in servers]
    supervisor = Supervisor(programs, log=var / "log" / "loa.log", run_folder=var / "run")
    sys.exit(asyncio.run(supervisor.run()))
"""


class System:
    def __init__(self, var: Path) -> None:
        self.var = var
        self.postgres = PostgresServer(var / "postgres")
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(self.var)])

    def pids(self) -> dict[str, int]:
        found = read_status(self.var / "run") or {}
        up = {name: one.pid for name, one in found.items() if one.state is State.RUNNING}
        return {name: pid for name, pid in up.items() if pid and is_alive(pid)}

    def wait_up(self, *, without: int = 0) -> dict[str, int]:
        def is_up() -> bool:
            pids = self.pids()
            return set(pids) == {"postgres", "nats"} and without not in pids.values()

        log = self.var / "log" / "loa.log"
        assert wait_until(is_up, seconds_max=20), log.exists() and log.read_text()
        return self.pids()

    def ask(self, query: str) -> object:
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            cursor = connection.execute(query)
            return cursor.fetchone()[0] if cursor.description else None


@pytest.fixture
def system(tmp_path):
    system = System(tmp_path / "var")
    yield system
    if system.process.poll() is None:
        system.process.send_signal(signal.SIGTERM)
        system.process.wait(30)
    assert wait_until(lambda: not pids_working_in(system.postgres.place.data), seconds_max=10)
    shutil.rmtree(system.postgres.place.folder)


def test_each_server_comes_back_after_kill_9_with_what_it_kept(system):
    system.wait_up()
    system.ask("CREATE TABLE said AS SELECT 1 AS number")
    for name in ("postgres", "nats"):
        victim = system.pids()[name]
        os.kill(victim, signal.SIGKILL)
        system.wait_up(without=victim)
        assert system.ask("SELECT number FROM said") == 1


def test_killed_supervisor_leaves_no_server_and_the_next_starts_clean(system):
    pids = system.wait_up()
    system.ask("CREATE TABLE said AS SELECT 1 AS number")
    ports = json.loads((system.var / "run" / "ports.json").read_text())
    system.process.kill()
    system.process.wait()
    assert wait_until(lambda: not any(map(is_alive, pids.values())), seconds_max=10)
    assert wait_until(lambda: not pids_working_in(system.postgres.place.data), seconds_max=10)
    system.start()
    system.wait_up()
    assert system.ask("SELECT number FROM said") == 1
    assert json.loads((system.var / "run" / "ports.json").read_text()) == ports


def test_term_stops_both_servers_cleanly(system):
    pids = system.wait_up()
    system.process.send_signal(signal.SIGTERM)
    assert system.process.wait(30) == 0
    assert not any(map(is_alive, pids.values()))
    assert "database system is shut down" in (system.var / "log" / "loa.log").read_text()
