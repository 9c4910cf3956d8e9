"""The server's end of the bus for synchronous processes: one connection on a thread of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

import nats
from nats.aio.client import Client
from nats.js.api import KeyValueConfig, StorageType
from nats.js.errors import NotFoundError

from loa.wire import canonical, subjects
from loa.wire.messages import Hint

T = TypeVar("T")
ANSWER_SECONDS_MAX = 15.0
KEEPER_SECONDS_MAX = 5.0
FLUSH_EVERY = 500


class NatsFleetBus:
    """Puts documents and hints; connects at first use and again whenever needed."""

    def __init__(self, url: str, system_url: str = "") -> None:
        self._url = url
        self._system_url = system_url
        self._client: Client | None = None
        self._has_forgotten = False
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="fleet-bus", daemon=True).start()

    def put(self, documents: Iterable[tuple[str, bytes]]) -> None:
        self._do(self._put(list(documents)))

    def hint(self, subjects: Iterable[str], seq: int) -> None:
        self._do(self._hint(list(subjects), seq))

    def say(self, messages: Iterable[tuple[str, bytes]]) -> None:
        self._do(self._say(list(messages)))

    def put_out(self, devices: Iterable[str]) -> None:
        """End the connections of these devices; without the keeper's address there is no way to."""
        names = list(devices)
        if names and self._system_url:
            self._do(self._put_out(names))

    def has_forgotten(self) -> bool:
        """Say, once, that the store was made anew: what was put before is gone."""
        found, self._has_forgotten = self._has_forgotten, False
        return found

    def close(self) -> None:
        if self._client is not None:
            self._do(self._client.close())

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_SECONDS_MAX)

    async def _connected(self) -> Client:
        if self._client is None or self._client.is_closed:
            self._client = await nats.connect(
                self._url,
                name="loa-dispatcher",
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.5,
                reconnected_cb=self._look_again,
            )
            await ensure_bucket(self._client)
        return self._client

    async def _look_again(self) -> None:
        """Make the store if the bus lost it, and remember that it was lost."""
        if self._client is not None and await ensure_bucket(self._client):
            self._has_forgotten = True

    async def _put(self, documents: list[tuple[str, bytes]]) -> None:
        """The stream takes one connection's messages in order: the last answer covers them all."""
        if not documents:
            return
        client = await self._connected()
        for number, (key, data) in enumerate(documents[:-1]):
            await client.publish(subjects.desired_subject(key), data)
            if number % FLUSH_EVERY == FLUSH_EVERY - 1:
                await client.flush()
        key, data = documents[-1]
        try:
            await client.jetstream().publish(subjects.desired_subject(key), data)
        except (NotFoundError, nats.js.errors.NoStreamResponseError):
            await self._look_again()  # the bus lost its store: make it, and put all again
            await self._put(documents)

    async def _hint(self, names: list[str], seq: int) -> None:
        client = await self._connected()
        body = canonical.encode(Hint(seq=seq))
        for name in names:
            await client.publish(name, body)
        await client.flush()

    async def _say(self, messages: list[tuple[str, bytes]]) -> None:
        client = await self._connected()
        for subject, body in messages:
            await client.publish(subject, body)
        await client.flush()

    async def _put_out(self, devices: list[str]) -> None:
        keeper = await nats.connect(self._system_url, name="loa-keeper", allow_reconnect=False)
        try:
            for device in devices:
                for server, connection in await _connections_of(keeper, device):
                    body = canonical.encode({"cid": connection})
                    await keeper.request(f"$SYS.REQ.SERVER.{server}.KICK", body, KEEPER_SECONDS_MAX)
        finally:
            await keeper.close()


async def _connections_of(keeper: Client, device: str) -> list[tuple[str, int]]:
    """Return (server, connection) of everything that entered under this name.

    One server answers; in a cluster this asks the one that is nearest, and the pass ends the rest.
    """
    asked = canonical.encode({"auth": True, "user": device})
    answer = await keeper.request("$SYS.REQ.SERVER.PING.CONNZ", asked, KEEPER_SECONDS_MAX)
    found = json.loads(answer.data)
    connections = found.get("data", {}).get("connections") or []
    return [(found["server"]["id"], one["cid"]) for one in connections]


async def ensure_bucket(client: Client) -> bool:
    """Make the bucket of desired documents unless it is there; say whether it was made.

    Direct get needs no consumer.
    """
    js = client.jetstream()
    try:
        await js.key_value(subjects.DESIRED_BUCKET)
    except NotFoundError:
        # In memory: the database holds the truth and puts it here again after a restart.
        await js.create_key_value(
            KeyValueConfig(
                bucket=subjects.DESIRED_BUCKET,
                history=1,
                storage=StorageType.MEMORY,
                direct=True,
                max_value_size=canonical.ROSTER_BYTES_MAX,
            )
        )
        return True
    return False
