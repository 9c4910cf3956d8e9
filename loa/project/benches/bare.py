"""The bare round trip: one document-sized message to every client, and the last of their answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import nats
from nats.aio.msg import Msg

from loa.lib import clock
from loa.project.benches.echo import TO_ALL, subject_of

SECONDS_MAX = 300.0
FLUSH_EVERY = 500


@dataclass(frozen=True)
class BareTrip:
    """How long each answer took, from the first publication, in seconds."""

    down_bytes: int
    up_bytes: int
    seconds: list[float]


def round_trip(url: str, clients: int, *, down_bytes: int, up_bytes: int) -> BareTrip:
    """Send `down_bytes` to every client at once and wait until each answered `up_bytes`."""
    return asyncio.run(_round_trip(url, clients, down_bytes, up_bytes))


async def _round_trip(url: str, clients: int, down_bytes: int, up_bytes: int) -> BareTrip:
    client = await nats.connect(url, name="bare")
    seconds: list[float] = []
    have_all = asyncio.Event()
    began = 0.0

    async def take(message: Msg) -> None:
        if len(message.data) == up_bytes:
            seconds.append(clock.monotonic() - began)
        if len(seconds) == clients:
            have_all.set()

    inbox = client.new_inbox()
    await client.subscribe(inbox, cb=take)
    await client.flush()
    body = bytes(down_bytes - 4) + up_bytes.to_bytes(4, "big")
    began = clock.monotonic()
    for number in range(clients):
        await client.publish(subject_of(number), body, reply=inbox)
        if number % FLUSH_EVERY == FLUSH_EVERY - 1:
            await client.flush()
    await client.flush()
    await asyncio.wait_for(have_all.wait(), SECONDS_MAX)
    await client.close()
    return BareTrip(down_bytes, up_bytes, seconds)


def fan_out(url: str, clients: int, *, down_bytes: int, up_bytes: int) -> list[float]:
    """Say `down_bytes` once to all clients; return how long each answer of `up_bytes` took."""
    return asyncio.run(_fan_out(url, clients, down_bytes, up_bytes))


async def _fan_out(url: str, clients: int, down_bytes: int, up_bytes: int) -> list[float]:
    client = await nats.connect(url, name="bare")
    seconds: list[float] = []
    have_all = asyncio.Event()
    began = clock.monotonic()

    async def take(message: Msg) -> None:
        if len(message.data) == up_bytes:
            seconds.append(clock.monotonic() - began)
        if len(seconds) == clients:
            have_all.set()

    inbox = client.new_inbox()
    await client.subscribe(inbox, cb=take, pending_bytes_limit=-1)
    await client.flush()
    began = clock.monotonic()
    body = bytes(down_bytes - 4) + up_bytes.to_bytes(4, "big")
    await client.publish(TO_ALL, body, reply=inbox)
    await client.flush()
    await asyncio.wait_for(have_all.wait(), SECONDS_MAX)
    await client.close()
    return seconds
