"""A bad line between a device and the bus: messages are lost, doubled, late and out of order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from loa.lib.faults import Faults
from loa.player.faults.power import Supply

Deliver = Callable[[], Awaitable[None]]
OVERTAKEN_MS = 400.0  # how much later than others one comes that is out of order


class Line:
    """What becomes of each message, each way; drawn by the dice of one device."""

    def __init__(self, faults: Faults, dice: random.Random, supply: Supply) -> None:
        self.faults = faults
        self._dice = dice
        self._supply = supply
        self._under_way: set[asyncio.Task[None]] = set()

    async def carry(self, deliver: Deliver) -> None:
        """Deliver a message now or later, once, twice or never."""
        if self._supply.is_cut or self._happens(self.faults.loss):
            return
        for _ in range(1 + self._happens(self.faults.double)):
            delay_ms = self._dice.uniform(*self.faults.delay_ms)
            delay_ms += OVERTAKEN_MS * self._happens(self.faults.reorder)
            if delay_ms:
                self._send_later(deliver, delay_ms / 1000)
            else:
                await deliver()

    def _send_later(self, deliver: Deliver, seconds: float) -> None:
        async def wait_and_deliver() -> None:
            await asyncio.sleep(seconds)
            if not self._supply.is_cut:
                await deliver()

        task = asyncio.create_task(wait_and_deliver())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        # The connection may have ended meanwhile: then the message is lost.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _happens(self, share: float) -> bool:
        return bool(share) and self._dice.random() < share


class FaultyClient(Client):
    """The bus library with a bad line under it; requests and their answers pass it too."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    async def publish(self, subject: str, *words: Any, **named: Any) -> None:
        async def deliver() -> None:
            await super(FaultyClient, self).publish(subject, *words, **named)

        await self._line.carry(deliver)

    async def subscribe(  # type: ignore[override]
        self,
        subject: str,
        queue: str = "",
        cb: Callable[[Msg], Awaitable[None]] | None = None,
        **named: Any,
    ) -> Subscription:
        async def hear(message: Msg) -> None:
            async def deliver() -> None:
                assert cb is not None  # noqa: S101 - the device hears everything by a callback
                await cb(message)

            await self._line.carry(deliver)

        return await super().subscribe(subject, queue, cb=hear if cb else None, **named)

    def break_off(self) -> None:
        """End the connection as a pulled plug does: nothing more is written, nobody is told."""
        writer = getattr(self._transport, "_io_writer", None)
        if writer is not None:
            writer.transport.abort()


class FaultyTransport(httpx.AsyncHTTPTransport):
    """HTTP that now and then does not answer, or answers that it is in trouble."""

    def __init__(self, faults: Faults, dice: random.Random) -> None:
        super().__init__()
        self.faults = faults
        self._dice = dice

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.faults.http and self._dice.random() < self.faults.http:
            if self._dice.random() < 0.5:
                raise httpx.ConnectError("refused on purpose", request=request)
            return httpx.Response(503, request=request)
        return await super().handle_async_request(request)
