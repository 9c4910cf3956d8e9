"""`loa up`: the system in the foreground, one for each state folder."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

from loa.project import paths
from loa.project.servers.errors import ServerUnavailable
from loa.project.supervisor.instance import AlreadyRunning, SingleInstance
from loa.project.supervisor.process_table import end_marked
from loa.project.supervisor.program import Program
from loa.project.supervisor.run import LOCK_FILE, Supervisor
from loa.project.system import PortTaken, System

Say = Callable[[str, str], None]
# How much faster than the ear the outputs of the demo's devices run; 0 is without any pace.
REAL_TIME = 1.0
FAST = 10.0
AS_FAST_AS_POSSIBLE = 0.0


def run_up(*, port: int | None, devices: int = 0, is_fast: bool = False, say: Say) -> int:
    """Run everything until asked to stop; returns the exit status."""
    try:
        with SingleInstance(paths.run_folder() / LOCK_FILE):
            end_left_over()
            system = System(web_port=port)
            system.prepare()
            players = demo_devices(system, devices, rate=FAST if is_fast else REAL_TIME)
            return asyncio.run(_up(system, players, say))
    except (AlreadyRunning, PortTaken, ServerUnavailable) as error:
        print(error, file=sys.stderr)
        return 1


def end_left_over() -> None:
    """End what a killed supervisor left, before ports are chosen: it may still hold them."""
    end_marked(str(paths.run_folder().resolve()))


def demo_devices(system: System, devices: int, *, rate: float) -> list[Program]:
    """Seat the demo's cast and enter so many of its devices; return what plays them."""
    if not devices:
        return []
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loa.project.settings")
    # A make-believe city: its passwords are printed where everybody sees them.
    os.environ.setdefault("LOA_MFA", "training")
    django.setup()
    from loa.project.demo_city import stand_city

    return stand_city(system, devices, rate=rate)


async def _up(system: System, players: list[Program], say: Say) -> int:
    supervisor = make_supervisor([*system.servers(), *system.processes(), *players], say)
    announcing = asyncio.create_task(_announce(system, supervisor, has_cast=bool(players)))
    try:
        return await supervisor.run()
    finally:
        announcing.cancel()


async def _announce(system: System, supervisor: Supervisor, *, has_cast: bool) -> None:
    await supervisor.wait_running("web")
    supervisor.say("supervisor", f"the desk is at {system.web_url}/")
    if not has_cast:
        return
    from loa.project.demo_city import sign_in_lines

    for line in sign_in_lines():
        supervisor.say("supervisor", line)


def make_supervisor(programs: list[Program], say: Say | None = None) -> Supervisor:
    return Supervisor(
        programs,
        log=paths.log_folder() / "loa.log",
        run_folder=paths.run_folder(),
        on_line=say,
    )
