"""Measure the sound of this machine by what a device records: `python -m loa.player.measure starts`.

`starts` counts start-time errors, `preempt` what an emergency leaves silent, `relay` what the loss of
a stream does, `cost` memory and processor, `peer` what liquidsoap does with the same streams. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from array import array
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from loa.lib import clock
from loa.player.audio.sinks import RATE_HZ
from loa.player.measure import peer
from loa.player.measure.bench import Bench
from loa.player.measure.costs import cpu_seconds, resident_mb
from loa.player.measure.sounds import HIGH, LOW, changes_to_low, edges, two_stations
from loa.wire.messages import Priority, Window

ITEM_MS, EVERY_MS = 200, 600
ORDERS_A_DOCUMENT = 25
ROUNDS = 10
WEEK = (Window(begins_minute=0, minutes=7 * 1440),)


def _run(way: Callable[[Bench], Coroutine[Any, Any, dict[str, Any]]]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(way(Bench(Path(folder))))


# -- when scheduled items begin


async def _starts(bench: Bench, count: int) -> dict[str, Any]:
    item = bench.sound(ITEM_MS, HIGH)
    wanted: list[datetime] = []

    async def way() -> None:
        for first in range(0, count, ORDERS_A_DOCUMENT):
            numbers = range(first, min(first + ORDERS_A_DOCUMENT, count))
            begin = clock.now() + timedelta(seconds=2)
            starts = [begin + timedelta(milliseconds=EVERY_MS * (n - first)) for n in numbers]
            wanted.extend(starts)
            named = zip(numbers, starts, strict=True)
            bench.give(*({"order": f"o-{n}", "start_at": at, "media": item} for n, at in named))
            await bench.until_ended(*(f"o-{n}" for n in numbers))

    to_wall = clock.now().timestamp() - clock.monotonic()
    await bench.during(way)
    samples, began = bench.heard()
    heard = [began + n / RATE_HZ + to_wall for n in edges(samples)]
    errors = [(at - due.timestamp()) * 1000 for at, due in zip(heard, wanted, strict=False)]
    return {"items": len(wanted), "heard": len(heard), "errors_ms": errors}


# -- what an emergency leaves silent


async def _preempt(bench: Bench, rounds: int) -> dict[str, Any]:
    long, alarm = bench.sound(20_000, HIGH), bench.sound(400, LOW)
    told: list[float] = []

    async def way() -> None:
        for n in range(rounds):
            normal = {"order": f"n-{n}", "start_at": clock.now(), "media": long}
            bench.give(dict(normal))
            await asyncio.sleep(1.5)
            told.append(clock.monotonic())
            urgent = {
                "order": f"e-{n}",
                "start_at": clock.now(),
                "media": alarm,
                "priority": Priority.EMERGENCY,
            }
            bench.give(dict(normal), urgent)
            await bench.until_ended(f"e-{n}", f"n-{n}")

    await bench.during(way)
    samples, began = bench.heard()
    firsts = changes_to_low(samples)
    return {
        "silent_ms": [silent for _, silent in firsts],
        "told_to_heard_ms": [
            (began + first / RATE_HZ - at) * 1000
            for (first, _), at in zip(firsts, told, strict=True)
        ],
    }


# -- what the loss of a stream leaves silent


async def _relay(bench: Bench, rounds: int) -> dict[str, Any]:
    async def lose(n: int, *, by_muting: bool) -> None:
        with two_stations() as (one, other):
            standing = bench.cast.standing(
                standing=f"r-{n}-{by_muting:d}",
                sources=(one.address, other.address),
                windows=WEEK,
                # Listened to before its hour, as every relay is.
                valid_from=clock.now() + timedelta(seconds=4),
            )
            sha256, sealed = bench.cast.sealed_standing(standing)
            bench.give(standings=(sha256,), envelopes={sha256: sealed})
            await _level_heard(bench, HIGH)
            one.is_mute = by_muting
            if not by_muting:
                one.end()
            await _level_heard(bench, LOW)
            bench.give()
            await asyncio.sleep(0.5)

    async def way() -> None:
        for n in range(rounds):
            await lose(n, by_muting=False)
            await lose(n, by_muting=True)

    await bench.during(way)
    samples, _ = bench.heard()
    silent = [ms for _, ms in changes_to_low(samples)]
    return {"broke_off_silent_ms": silent[::2], "fell_mute_silent_ms": silent[1::2]}


async def _level_heard(bench: Bench, level: int) -> None:
    """Return once the end of the recording has been of this level for half a second."""
    wanted = array("h", [level] * (RATE_HZ // 2)).tobytes()
    while True:
        if bench.recording.exists() and bench.recording.read_bytes()[-len(wanted) :] == wanted:
            return
        await asyncio.sleep(0.1)


# -- what it costs


async def _cost(bench: Bench, seconds: int) -> dict[str, Any]:
    """Sound an MP3 file and read memory and time off the kernel, of the device and of its process."""
    sound = bench.mp3((seconds + 10) * 1000)
    found: dict[str, Any] = {}

    async def way() -> None:
        bench.give({"order": "o-1", "start_at": clock.now(), "media": sound})
        while not bench.recording.exists():  # noqa: ASYNC110 - nobody tells of the first sample
            await asyncio.sleep(0.1)
        await asyncio.sleep(2)
        pids = {"device": os.getpid(), "sound_process": bench.output.keeper.pid}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        await asyncio.sleep(seconds)
        for name, pid in pids.items():
            spent = cpu_seconds(pid) - before[name]
            found[name] = {
                "resident_mb": round(resident_mb(pid), 1),
                "cpu_percent": round(spent / seconds * 100, 2),
            }

    await bench.during(way)
    return found


def main() -> int:
    """Measure one thing and print it."""
    parser = argparse.ArgumentParser(prog="python -m loa.player.measure", description=__doc__)
    parser.add_argument("what", choices=["starts", "preempt", "relay", "cost", "peer"])
    parser.add_argument("--count", type=int, default=0, help="items, rounds or seconds")
    options = parser.parse_args()
    if options.what == "peer":
        print(json.dumps(peer.measured()))
        return 0
    measure = {"starts": _starts, "preempt": _preempt, "relay": _relay, "cost": _cost}[options.what]
    count = options.count or {"starts": 100, "cost": 20}.get(options.what, ROUNDS)
    print(json.dumps(_run(lambda bench: measure(bench, count))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
