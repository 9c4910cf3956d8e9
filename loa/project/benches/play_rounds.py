"""The rounds of `bench play`: everything runs, one bulletin after another is timed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from django.db import connections
from django_scopes import scopes_disabled
from rich.console import Console

from loa.lib import clock
from loa.project import paths
from loa.project.benches import play_deeds as deeds
from loa.project.benches.bare import round_trip
from loa.project.benches.play_city import echo_programs, fleet_programs, media_stores
from loa.project.benches.play_figures import MeasurementFailed, Round
from loa.project.benches.process_groups import cpu_seconds, groups_of
from loa.project.running import make_supervisor
from loa.project.supervisor.process_table import wait_until
from loa.project.supervisor.run import Supervisor
from loa.project.system import System

SECONDS_MAX = 180.0
console = Console(highlight=False)


async def measured(system: System, places: dict[str, str], rounds: int) -> list[Round]:
    """Run the whole system with its devices and the bare clients while rounds are measured."""
    programs = [
        *system.servers(),
        *system.processes(),
        *echo_programs(system, len(places)),
        *fleet_programs(system, places),
    ]
    supervisor = make_supervisor(programs)
    keeping = asyncio.create_task(supervisor.run())
    measuring = asyncio.create_task(_measure(supervisor, system, len(places), rounds))
    await asyncio.wait({keeping, measuring}, return_when=asyncio.FIRST_COMPLETED)
    supervisor.stop()
    await keeping
    if not measuring.done():
        measuring.cancel()
        raise MeasurementFailed("The city stopped before it was measured.")
    return measuring.result()


async def _measure(
    supervisor: Supervisor, system: System, devices: int, rounds: int
) -> list[Round]:
    try:
        await asyncio.wait_for(supervisor.wait_running(), SECONDS_MAX)
    except TimeoutError as error:
        raise MeasurementFailed(f"The city did not start; see {paths.log_folder()}.") from error
    groups = groups_of(supervisor)
    return await asyncio.to_thread(_rounds, system, groups, devices, rounds)


def _rounds(system: System, groups: dict[str, int], devices: int, rounds: int) -> list[Round]:
    try:
        with scopes_disabled():
            return [_round(system, groups, devices, number) for number in range(rounds)]
    finally:
        connections.close_all()


def _round(system: System, groups: dict[str, int], devices: int, number: int) -> Round:
    _wait(f"{devices} devices online", lambda: deeds.online_count() == devices)
    submission = deeds.submitted(f"{number + 1}, {clock.local(clock.now()):%H:%M:%S}")
    sound = submission.rendition.opus_id
    _wait("documents that name the sound", deeds.is_newest_held_by_all)
    _wait(
        "the sound on the devices", lambda: all((s / sound).exists() for s in media_stores(devices))
    )
    before = cpu_seconds(groups)
    edition = deeds.approved_and_placed(submission)
    _wait("all to start", lambda: deeds.started_count(edition) == devices)
    after = cpu_seconds(groups)
    _wait("all to end", lambda: deeds.ended_count(edition) == devices)
    times = deeds.instants(edition)
    bare = round_trip(
        system.nats_url, devices, down_bytes=times.document_bytes, up_bytes=times.log_bytes
    )
    since = _since(times.approved)
    console.print(
        f"Round {number + 1}: last started after {since(max(times.started)):.3f} s, "
        f"its receipt after {since(max(times.committed)):.3f} s; bare {max(bare.seconds):.3f} s"
    )
    return Round(
        placed=since(times.placed),
        dispatched=since(times.dispatched),
        pushed=since(times.pushed),
        pulled=sorted(map(since, times.pulled)),
        started=sorted(map(since, times.started)),
        committed=sorted(map(since, times.committed)),
        document_bytes=times.document_bytes,
        log_bytes=times.log_bytes,
        bare=bare,
        cpu={name: after[name] - before[name] for name in groups},
    )


def _since(begin: datetime) -> Callable[[datetime], float]:
    return lambda instant: (instant - begin).total_seconds()


def _wait(what: str, is_so: Callable[[], bool]) -> None:
    if not wait_until(is_so, seconds_max=SECONDS_MAX, every_seconds=0.5):
        raise MeasurementFailed(f"Waited {SECONDS_MAX:.0f} s for {what}; see {paths.log_folder()}.")
