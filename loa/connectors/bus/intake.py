"""What devices publish, gathered in batches and answered after they are stored."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

# Many small ones rather than few large ones: the next is verified while one is written.
BATCH_MAX = 250
WAITING_MAX = 50_000
# Long enough to gather what arrives together, short enough that nobody notices.
GATHER_SECONDS = 0.02


@dataclass(frozen=True)
class Message:
    """Who the subject says it is from, and the bytes."""

    device: str
    body: bytes
    reply: str


Store = Callable[[Sequence[Message]], Awaitable[dict[int, bytes]]]


class Intake:
    """One subject pattern, one queue, one `store` that answers by position.

    `at_once` batches may be in the store together; where the order of arrival counts, one.
    """

    def __init__(self, client: Client, subject: str, store: Store, *, at_once: int = 1) -> None:
        self._client = client
        self._subject = subject
        self._store = store
        self._at_once = at_once
        self._waiting: asyncio.Queue[Message] = asyncio.Queue(WAITING_MAX)

    async def run(self) -> None:
        """Take messages until cancelled; what cannot be stored gets no answer and comes again."""
        await self._client.subscribe(self._subject, queue="receiver", cb=self._take)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._keep_storing())

    async def _keep_storing(self) -> None:
        while True:
            batch = await self._gather()
            answers = await self._store(batch)
            for position, body in answers.items():
                if batch[position].reply:
                    await self._client.publish(batch[position].reply, body)

    async def _take(self, message: Msg) -> None:
        device = message.subject.partition(".")[2]
        if not self._waiting.full():  # a full queue drops; the device still has its rows
            self._waiting.put_nowait(Message(device, message.data, message.reply))

    async def _gather(self) -> list[Message]:
        batch = [await self._waiting.get()]
        await asyncio.sleep(GATHER_SECONDS)
        while len(batch) < BATCH_MAX and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
        return batch


async def connect(url: str) -> Client:
    return await nats.connect(
        url, name="loa-receiver", max_reconnect_attempts=-1, reconnect_time_wait=0.5
    )


async def receive(
    url: str, stores: Mapping[str, Store], *, at_once: Mapping[str, int] | None = None
) -> None:
    """Take what is published to each of these subjects until cancelled.

    `at_once` names subjects of which several batches may be stored at the same time.
    """
    client = await connect(url)
    try:
        async with asyncio.TaskGroup() as group:
            for subject, store in stores.items():
                many = (at_once or {}).get(subject, 1)
                group.create_task(Intake(client, subject, store, at_once=many).run())
    finally:
        await client.close()
