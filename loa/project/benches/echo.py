"""Bare clients: each holds one connection, and answers what it gets with bytes of a given length.

Run as a process: the other half of the bare round trip in `bare.py`.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

CONNECTING_AT_ONCE = 64


TO_ALL = "bare.all"


def subject_of(number: int) -> str:
    return f"bare.{number}"


async def answer(url: str, numbers: range) -> None:
    """Connect one client for each number and answer until cancelled."""
    connecting = asyncio.Semaphore(CONNECTING_AT_ONCE)
    await asyncio.gather(*(_connect(url, number, connecting) for number in numbers))
    print("bare clients ready", flush=True)
    await asyncio.Event().wait()


async def _connect(url: str, number: int, connecting: asyncio.Semaphore) -> None:
    async with connecting:
        client = await nats.connect(url, name=f"bare-{number}", max_reconnect_attempts=-1)
        await client.subscribe(subject_of(number), cb=_replier(client))
        await client.subscribe(TO_ALL, cb=_replier(client))
        await client.flush()


def _replier(client: Client) -> Callable[[Msg], Awaitable[None]]:
    async def reply(message: Msg) -> None:
        # The last four bytes say how long the answer is to be.
        length = int.from_bytes(message.data[-4:], "big")
        await client.publish(message.reply, bytes(length))

    return reply


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    wanted = parser.parse_args()
    asyncio.run(answer(wanted.url, range(wanted.first, wanted.first + wanted.count)))


if __name__ == "__main__":
    main()
