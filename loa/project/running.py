"""`loa up`: the system in the foreground, one for each state folder."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from loa.project import paths
from loa.project.servers.errors import ServerUnavailable
from loa.project.supervisor.instance import AlreadyRunning, SingleInstance
from loa.project.supervisor.program import Program
from loa.project.supervisor.run import LOCK_FILE, Supervisor
from loa.project.system import PortTaken, System

Say = Callable[[str, str], None]


def run_up(*, port: int | None, say: Say) -> int:
    """Run everything until asked to stop; returns the exit status."""
    try:
        with SingleInstance(paths.run_folder() / LOCK_FILE):
            system = System(web_port=port)
            system.prepare()
            return asyncio.run(_up(system, say))
    except (AlreadyRunning, PortTaken, ServerUnavailable) as error:
        print(error, file=sys.stderr)
        return 1


async def _up(system: System, say: Say) -> int:
    supervisor = make_supervisor([*system.servers(), *system.processes()], say)
    announcing = asyncio.create_task(_announce(system, supervisor))
    try:
        return await supervisor.run()
    finally:
        announcing.cancel()


async def _announce(system: System, supervisor: Supervisor) -> None:
    await supervisor.wait_running("web")
    supervisor.say("supervisor", f"the API is at {system.web_url}/api/v1/")


def make_supervisor(programs: list[Program], say: Say | None = None) -> Supervisor:
    return Supervisor(
        programs,
        log=paths.log_folder() / "loa.log",
        run_folder=paths.run_folder(),
        on_line=say,
    )
