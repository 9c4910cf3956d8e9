"""The rounds of `bench alert`: everything runs, one alert after another is timed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import datetime
from statistics import median

from django.db import connections
from django_scopes import scopes_disabled
from rich.console import Console

from loa.flow.deliveries.models import EmergencyMessage
from loa.lib import clock
from loa.project import paths
from loa.project.benches import alert_deeds as deeds
from loa.project.benches.alert_figures import Round
from loa.project.benches.bare import fan_out
from loa.project.benches.play_city import echo_programs, fleet_programs, media_stores
from loa.project.benches.play_deeds import online_count
from loa.project.benches.play_figures import MeasurementFailed
from loa.project.benches.process_groups import cpu_seconds, groups_of
from loa.project.running import make_supervisor
from loa.project.supervisor.process_table import wait_until
from loa.project.supervisor.run import Supervisor
from loa.project.system import System
from loa.registry.people.queries import opened_roster, present_roster
from loa.wire import emergency as lane
from loa.wire import keys

SECONDS_MAX = 900.0
EACH_ALONE = 20
console = Console(highlight=False)


async def measured(
    system: System, places: dict[str, str], rounds: int, *, is_storm: bool
) -> list[Round]:
    """Run the whole system with its devices and the bare clients while alerts are measured."""
    programs = [
        *system.servers(),
        *system.processes(),
        *echo_programs(system, len(places)),
        *fleet_programs(system, places),
    ]
    supervisor = make_supervisor(programs)
    keeping = asyncio.create_task(supervisor.run())
    measuring = asyncio.create_task(_measure(supervisor, system, places, rounds, is_storm=is_storm))
    await asyncio.wait({keeping, measuring}, return_when=asyncio.FIRST_COMPLETED)
    supervisor.stop()
    await keeping
    if not measuring.done():
        measuring.cancel()
        raise MeasurementFailed("The city stopped before it was measured.")
    return measuring.result()


async def _measure(
    supervisor: Supervisor, system: System, places: dict[str, str], rounds: int, *, is_storm: bool
) -> list[Round]:
    try:
        await asyncio.wait_for(supervisor.wait_running(), SECONDS_MAX)
    except TimeoutError as error:
        raise MeasurementFailed(f"The city did not start; see {paths.log_folder()}.") from error
    return await asyncio.to_thread(_rounds, system, supervisor, places, rounds, is_storm)


def _rounds(
    system: System, supervisor: Supervisor, places: dict[str, str], rounds: int, is_storm: bool
) -> list[Round]:
    try:
        with scopes_disabled():
            return [
                # The bus that was killed is another process group in the next round.
                _round(system, groups_of(supervisor), places, number, is_storm)
                for number in range(rounds)
            ]
    finally:
        connections.close_all()


def _round(
    system: System, groups: dict[str, int], places: dict[str, str], number: int, is_storm: bool
) -> Round:
    devices = len(places)
    _wait(f"{devices} devices online", lambda: online_count() == devices)
    submission = deeds.submitted(f"{number + 1}, {clock.local(clock.now()):%H:%M:%S}")
    sound = submission.rendition.opus_id
    # Sounds of an emergency lie ready in time or not: here they do, the lane is what is measured.
    _wait(
        "the sound on the devices", lambda: all((s / sound).exists() for s in media_stores(devices))
    )
    edition = deeds.approved(submission)
    before = cpu_seconds(groups)
    if is_storm:
        os.killpg(groups["nats"], signal.SIGKILL)
    placement = deeds.placed(edition)
    _wait("all to say verified", lambda: deeds.committed_count(placement, "verified") >= devices)
    after = cpu_seconds(groups)
    _wait("all to say started", lambda: deeds.committed_count(placement, "started") >= devices)
    times = deeds.instants(placement)
    bare = fan_out(system.nats_url, devices, down_bytes=times.alert_bytes, up_bytes=times.log_bytes)
    since = _since(times.placed)
    receipts = sorted(map(since, times.committed["verified"]))
    console.print(
        f"Alert {number + 1}: last verified receipt after {receipts[-1]:.3f} s; "
        f"bare {max(bare):.3f} s"
    )
    return Round(
        signed=since(times.signed),
        verified=sorted(map(since, times.happened["verified"])),
        started=sorted(map(since, times.happened["started"])),
        verified_receipt=receipts,
        started_receipt=sorted(map(since, times.committed["started"])),
        alert_bytes=times.alert_bytes,
        log_bytes=times.log_bytes,
        bare=bare,
        own_ms=_alone_ms(EmergencyMessage.objects.get(placement=placement), places),
        cpu={name: after[name] - before[name] for name in groups},
        is_storm=is_storm,
    )


def _alone_ms(message: EmergencyMessage, places: dict[str, str]) -> float:
    """Return how long one device takes to verify the alert and what it rests on, by itself."""
    issue = present_roster()
    if issue is None:
        raise LookupError("no roster")
    roster = opened_roster(issue)
    device, place = next(iter(places.items()))
    spent = []
    for _ in range(EACH_ALONE):
        keys.is_signature_valid.cache_clear()
        began = clock.monotonic()
        said = lane.open_emergency(bytes(message.envelope), roster, place=place)
        lane.open_approved(said, roster, device=device, place=place)
        spent.append((clock.monotonic() - began) * 1000)
    return median(spent)


def _since(begin: datetime) -> Callable[[datetime], float]:
    return lambda instant: (instant - begin).total_seconds()


def _wait(what: str, is_so: Callable[[], bool]) -> None:
    if not wait_until(is_so, seconds_max=SECONDS_MAX, every_seconds=0.5):
        raise MeasurementFailed(f"Waited {SECONDS_MAX:.0f} s for {what}; see {paths.log_folder()}.")
