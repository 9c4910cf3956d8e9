"""A whole city for tests: `loa up --devices N --fast` on a state folder of its own.

    def test_something(city):                  # the fixture of tests/conftest.py
        lan, binh = city.person("lan"), city.person("binh")
        code = lan.write("Lịch tiêm chủng", "Thứ bảy tiêm vắc xin tại trạm y tế.")
        edition = binh.approve(lan.submit(code))
        city.person("yen").confirm(lan.place(edition))  # only what waits for a second person
        city.wait_proved(code)

Everything is asked from outside, as people and operators do: HTTP, signals, the command line, and
the database for what only an auditor would count. A deed that gets no answer, or an answer that
the server is in trouble, is done again, as a person would press the button again.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg

from loa.project.servers.postgres import PostgresServer
from loa.project.supervisor import State, read_status
from loa.project.supervisor.process_table import end_marked, is_alive, pids_marked, wait_until
from tests.staff import Staff

UP_SECONDS_MAX = 120.0
DONE_SECONDS_MAX = 120.0


class City:
    """One running system, and what may be done to it."""

    def __init__(self, var: Path, *, devices: int = 4) -> None:
        self.var = var
        self.devices = devices
        self._people: dict[str, Staff] = {}
        self.start()

    # -- the processes

    def start(self) -> None:
        """Start the supervisor; `wait_up` returns once all of it runs."""
        self.output = self.var.with_suffix(".out").open("ab")
        self.process = subprocess.Popen(
            self._line("up", "--devices", str(self.devices), *(["--fast"] if self.devices else [])),
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            # As a terminal does: a signal to its group must not reach the tests.
            start_new_session=True,
        )

    def wait_up(self) -> None:
        """Return once every process runs and the desk answers."""
        assert self.until(self._is_up, UP_SECONDS_MAX), self.log()
        if self.devices:
            self._agree()

    def _agree(self) -> None:
        """Let every commune take the ordinary items of the city, as most tests place those."""
        self.rows(
            "INSERT INTO schedules_agreement"
            ' (place_id, start, "end", decision_number, agreed_by_id, agreed_at)'
            " SELECT c.code, '00:00', '00:00', '', p.id, now()"
            " FROM places_place c JOIN people_person p ON p.username = 'hung'"
            " WHERE c.parent_id = '48' AND NOT EXISTS"
            " (SELECT FROM schedules_agreement a WHERE a.place_id = c.code AND a.ended_at IS NULL)"
            " RETURNING place_id"
        )

    def _is_up(self) -> bool:
        assert self.process.poll() is None, self.said()
        status = self._status()
        return bool(status) and all(map(self.is_running, status)) and self._answers()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    @property
    def url(self) -> str:
        """Where the desk is served."""
        return f"http://127.0.0.1:{self.ports()['web']}"

    def ports(self) -> dict[str, int]:
        return json.loads((self.var / "run" / "ports.json").read_text())

    @property
    def names(self) -> list[str]:
        """The names of the processes, as the log and the status file have them."""
        return list(self._status())

    def _status(self) -> dict[str, Any]:
        return read_status(self.var / "run") or {}

    def pid(self, name: str) -> int:
        """Return the process of this name, or 0 while there is none."""
        return self._status()[name].pid or 0

    def is_running(self, name: str) -> bool:
        one = self._status().get(name)
        return one is not None and one.state is State.RUNNING and is_alive(one.pid)

    def kill(self, name: str) -> int:
        """kill -9 the process of this name; return what it was."""
        assert self.until(lambda: self.is_running(name), UP_SECONDS_MAX), self.log()
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_supervisor(self) -> None:
        """kill -9 what keeps everything running; `start` starts it again."""
        self.process.kill()
        self.process.wait()
        self.output.close()

    def wait_running(self, *names: str) -> None:
        """Return once each of the named processes runs."""
        assert self.until(lambda: all(map(self.is_running, names)), UP_SECONDS_MAX), self.log()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask the supervisor to stop; return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(60)
        self.output.close()
        return status

    def left_over(self) -> list[int]:
        """Return the processes of this city that live, its supervisor not counted."""
        return pids_marked(self._mark)

    @property
    def _mark(self) -> str:
        return str((self.var / "run").resolve())

    def end(self) -> None:
        """Leave nothing behind, however the tests ended; root's database lives elsewhere."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        end_marked(self._mark)
        shutil.rmtree(PostgresServer(self.var / "postgres").place.folder, ignore_errors=True)

    def log(self) -> str:
        path = self.var / "log" / "loa.log"
        return path.read_text() if path.exists() else self.said()

    def said(self) -> str:
        """Return what the supervisor printed."""
        return self.var.with_suffix(".out").read_text()

    # -- the command line

    def run_command(self, *words: str, var: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run `loa WORDS` beside the running city, as its operator would; or in another folder."""
        return subprocess.run(
            self._line(*words),
            env=self._environment() | ({"LOA_VAR": str(var)} if var else {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def _line(self, *words: str) -> list[str]:
        return [sys.executable, "-P", "-m", "loa.project.cli", *words]

    def _environment(self) -> dict[str, str]:
        # The tests' own servers and folders must not become the city's.
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LOA_", "PYTEST_"))}
        return {**kept, "LOA_VAR": str(self.var)}

    # -- what people see

    def person(self, username: str) -> Staff:
        """Return somebody of the demo's cast, signed in."""
        if username not in self._people:
            self._people[username] = Staff(self.url, username)
        return self._people[username]

    def evidence(self, code: str) -> dict[str, Any]:
        """Return the proof of a bulletin, verified just now."""
        return self.person("lan").get(f"/bulletins/{code}/evidence")

    def wait_proved(self, code: str) -> dict[str, Any]:
        """Return the proof once every device has proved its sound."""
        found: dict[str, Any] = {}

        def is_proved() -> bool:
            found.update(self.evidence(code))
            return bool(found["proved"])

        done = self.until(is_proved, DONE_SECONDS_MAX, every_seconds=0.2)
        assert done, json.dumps(found, ensure_ascii=False, indent=1) + self.log()
        return found

    def sounded_files(self, code: str) -> dict[str, Path]:
        """Return what the full players sounded of a bulletin: device → WAV file."""
        devices = self.var / "devices"
        paths = {
            horn["device"]: devices / horn["device"] / "sounded" / f"{horn['order']}.wav"
            for horn in self.evidence(code)["devices"]
        }
        return {device: path for device, path in paths.items() if path.parent.exists()}

    # -- what an auditor counts

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database of the city; wait while it is away."""
        found: list[list[tuple[Any, ...]]] = []

        def is_answered() -> bool:
            url = (self.var / "run" / "database.url").read_text()
            try:
                with psycopg.connect(url) as connection:
                    found.append(connection.execute(query, values).fetchall())
            except psycopg.OperationalError:
                return False
            return True

        assert self.until(is_answered, UP_SECONDS_MAX), self.log()
        return found[0]

    @staticmethod
    def until(
        is_so: Callable[[], bool], seconds_max: float, *, every_seconds: float = 0.05
    ) -> bool:
        return wait_until(is_so, seconds_max=seconds_max, every_seconds=every_seconds)
