"""Log rows a second from the bus into PostgreSQL, beside COPY of the same rows; then with a death."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from loa.project import paths
from loa.project.benches.play_figures import MeasurementFailed
from loa.project.benches.process_groups import cpu_seconds, groups_of
from loa.project.benches.receipts_rows import Plan, write_logs
from loa.project.running import end_left_over, make_supervisor
from loa.project.servers.errors import ServerUnavailable
from loa.project.servers.running import running
from loa.project.supervisor.instance import AlreadyRunning, SingleInstance
from loa.project.supervisor.run import LOCK_FILE, Supervisor
from loa.project.system import RECEIVER, System

AIM_ROWS_A_SECOND = 40_000
UP_SECONDS_MAX = 120.0
SENDER = "loa.project.benches.receipts_sender"
console = Console(highlight=False)


def run(*, rows: int, devices: int, json_file: Path | None) -> int:
    """Measure and print; returns 0 if the aim was met and no row was lost."""
    try:
        with SingleInstance(paths.run_folder() / LOCK_FILE):
            figures = _figures(Plan.of(rows, devices))
    except (AlreadyRunning, ServerUnavailable, MeasurementFailed) as error:
        print(error, file=sys.stderr)
        return 1
    _print(figures)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    is_whole = not figures["lost"] and not figures["after_a_kill"]["lost"]
    return 0 if is_whole and figures["rows_a_second"] >= AIM_ROWS_A_SECOND else 1


def _figures(plan: Plan) -> dict[str, Any]:
    import django

    end_left_over()
    system = System()
    system.prepare()
    django.setup()
    logs = paths.run_folder() / "logs.msgpack"
    console.print(f"{plan.devices} devices sign {plan.rows} rows beforehand")
    write_logs(logs, plan)
    _enter(system, plan)
    try:
        return asyncio.run(_measured(system, plan, logs))
    finally:
        logs.unlink()


def _enter(system: System, plan: Plan) -> None:
    from django.db import connection
    from django_scopes import scopes_disabled

    from loa.project.benches.receipts_city import enter
    from loa.project.database import bring_up_to_date

    if system.postgres is None:
        raise MeasurementFailed("a measurement runs on a server of its own")
    with running(system.postgres, paths.log_folder() / "postgres-start.log"), scopes_disabled():
        bring_up_to_date()
        enter(plan)
        connection.close()


async def _measured(system: System, plan: Plan, logs: Path) -> dict[str, Any]:
    receiver = [program for program in system.processes() if program.name == RECEIVER]
    supervisor = make_supervisor([*system.servers(), *receiver])
    keeping = asyncio.create_task(supervisor.run())
    try:
        await asyncio.wait_for(supervisor.wait_running(), UP_SECONDS_MAX)
        rounds = Rounds(supervisor, system.nats_url, plan, logs)
        return await asyncio.to_thread(rounds.run)
    except TimeoutError as error:
        raise MeasurementFailed(f"The city did not start; see {paths.log_folder()}.") from error
    finally:
        supervisor.stop()
        await keeping


class Rounds:
    """The same rows three times: through the bus, by COPY, and through a receiver that dies."""

    def __init__(self, supervisor: Supervisor, url: str, plan: Plan, logs: Path) -> None:
        self._supervisor = supervisor
        self._url = url
        self._plan = plan
        self._logs = logs

    def run(self) -> dict[str, Any]:
        from django.db import connections

        from loa.project.benches.receipts_city import copy_seconds, forget

        try:
            figures = self._round(lambda _: None)
            seconds = copy_seconds(self._plan)
            figures["copy_rows_a_second"] = round(self._plan.rows / seconds)
            forget()
            figures["after_a_kill"] = self._round(self._kill_at_half())
        finally:
            connections.close_all()
        return {"rows": self._plan.rows, "devices": self._plan.devices, **figures}

    def _round(self, on_answered: Callable[[int], None]) -> dict[str, Any]:
        from loa.project.benches.receipts_city import kept

        groups = groups_of(self._supervisor)
        before = cpu_seconds(groups)
        said = self._send(on_answered)
        after = cpu_seconds(groups)
        cpu = {name: round(after[name] - before[name], 2) for name in groups}
        cpu["sender"] = round(said["cpu_seconds"], 2)
        found, plan = kept(), self._plan
        lost = plan.rows - min(found.rows, found.signed_for)
        return {
            "rows_a_second": round(plan.rows / said["seconds"]),
            "seconds": round(said["seconds"], 2),
            "batches_sent_again": said["resent"],
            "lost": lost,
            "play_logs": found.play_logs,
            "cpu_seconds": cpu,
        }

    def _send(self, on_answered: Callable[[int], None]) -> dict[str, Any]:
        argv = [sys.executable, "-P", "-m", SENDER, "--url", self._url, "--logs", str(self._logs)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None  # noqa: S101 - asked for one line above
            for line in process.stdout:
                if line.startswith("{"):
                    return dict(json.loads(line))
                if line.startswith("answered"):
                    on_answered(int(line.split()[1]))
        raise MeasurementFailed("The sender ended before everything was signed for.")

    def _kill_at_half(self) -> Callable[[int], None]:
        half = self._plan.devices * self._plan.batches_each // 2
        killed: list[int] = []

        def kill(answered: int) -> None:
            pid = self._supervisor.status()[RECEIVER].pid
            if answered >= half and not killed and pid:
                killed.append(pid)
                os.kill(pid, signal.SIGKILL)

        return kill


def _print(figures: dict[str, Any]) -> None:
    table = Table("", "sustained", "with a kill -9", title=f"{figures['rows']} log rows")
    killed = figures["after_a_kill"]
    for name in ("rows_a_second", "seconds", "batches_sent_again", "lost", "play_logs"):
        table.add_row(name.replace("_", " "), f"{figures[name]:,}", f"{killed[name]:,}")
    for name, seconds in figures["cpu_seconds"].items():
        table.add_row(f"CPU of {name}, s", f"{seconds}", "")
    table.add_row("bare COPY, rows a second", f"{figures['copy_rows_a_second']:,}", "")
    share = figures["rows_a_second"] / figures["copy_rows_a_second"]
    table.add_row("of COPY", f"{share:.0%}", "")
    console.print(table)
