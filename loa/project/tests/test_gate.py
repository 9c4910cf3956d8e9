"""Who enters the bus, and what it may say and hear there: with a real NATS and the real gate."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import nats
import nats.errors
import pytest
from nats.aio.client import Client

from loa.connectors.bus import gate
from loa.connectors.bus.fleet import NatsFleetBus
from loa.connectors.bus.gate import Knock, Rights
from loa.connectors.bus.intake import Intake
from loa.project.servers.nats import GATE_KEY, NatsServer
from loa.project.servers.running import running
from loa.wire import subjects
from loa.wire.keys import SigningKey, is_signature_valid

ONE, OTHER = "DN-0001", "DN-0002"
LINEAGE = ["20194-01", "20194", "48"]
KEY = SigningKey.from_seed(bytes(32))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gate")
    server = NatsServer(folder / "nats", keys=folder / "keys", ports=folder / "ports.json")
    server.gate_key = SigningKey.load_or_create(folder / "keys" / GATE_KEY)
    with running(server, folder / "log"):
        yield server


async def admit(knocks: Sequence[Knock]) -> dict[int, Rights]:
    """Know one device, as the receiver knows those of the register."""
    return {
        position: Rights(subjects.device_may_say(ONE), subjects.device_may_hear(ONE, LINEAGE))
        for position, knock in enumerate(knocks)
        if knock.device == ONE and is_signature_valid(KEY.public_hex, knock.nonce, knock.signature)
    }


@asynccontextmanager
async def kept(server: NatsServer, key: SigningKey | None = None) -> AsyncIterator[None]:
    """Keep the gate, with the key of the server's folder unless another is given."""
    client = await nats.connect(server.server_url)
    answer = gate.gate(admit, key or server.gate_key)
    keeping = asyncio.create_task(Intake(client, gate.SUBJECT, answer).run())
    await asyncio.sleep(0)  # it subscribes
    await client.flush()
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await client.close()


async def enter(
    server: NatsServer, device: str = ONE, key: SigningKey = KEY, **options: object
) -> Client:
    """Sign in as a device does; raises when it is not let in."""

    def sign(nonce: str) -> bytes:
        return base64.urlsafe_b64encode(key.sign(nonce.encode())).rstrip(b"=")

    client = await nats.connect(
        server.device_url,
        name=device,
        token=device,
        signature_cb=sign,
        inbox_prefix=subjects.inbox_of(device),
        allow_reconnect=False,
        **options,
    )
    # The library may say that it is connected before the server said so.
    await client.flush()
    return client


async def wait_for(seen: list[str], count: int) -> None:
    async with asyncio.timeout(5):
        while len(seen) < count:  # noqa: ASYNC110 - the client tells by callback only
            await asyncio.sleep(0.01)


def test_a_device_says_and_hears_its_own_and_nothing_else(server) -> None:
    refused: list[str] = []

    async def try_all() -> None:
        async def on_error(error: Exception) -> None:
            refused.append(str(error).lower())

        async with kept(server):
            device = await enter(server, error_cb=on_error)
            for subject in subjects.device_may_hear(ONE, LINEAGE):
                await device.subscribe(subject)
            for subject in subjects.device_may_say(ONE):
                await device.publish(subject, b"")
            await device.flush()
            assert refused == []
            foreign = [
                subjects.heartbeat_of(OTHER),
                subjects.log_of(OTHER),
                subjects.direct_get_subject(subjects.desired_key(OTHER)),
                subjects.hint_for_device(ONE),
                subjects.hint_for_all(),
                subjects.desired_subject(subjects.desired_key(ONE)),
                "$JS.API.STREAM.DELETE.KV_desired",
                gate.SUBJECT,
                f"{subjects.inbox_of(OTHER)}.1",
            ]
            others = ["log.>", "hb.>", ">", subjects.hint_for_place("20200"), "_INBOX.>", "$SYS.>"]
            for subject in foreign:
                await device.publish(subject, b"")
            for subject in others:
                await device.subscribe(subject)
            await wait_for(refused, len(foreign) + len(others))
            await device.close()

    asyncio.run(try_all())
    assert all("permissions violation" in said for said in refused)


@pytest.mark.parametrize(
    ("device", "key"),
    [(ONE, SigningKey.from_seed(bytes([1]) * 32)), (OTHER, KEY), ("", KEY), ("x" * 5000, KEY)],
    ids=["another key", "another name", "no name", "a very long name"],
)
def test_who_does_not_prove_itself_stays_outside(server, device, key) -> None:
    async def knock() -> None:
        async with kept(server):
            await (await enter(server)).close()
            with pytest.raises((nats.errors.Error, OSError)):
                await enter(server, device, key)

    asyncio.run(knock())


def test_a_pass_of_another_gate_opens_nothing(server) -> None:
    async def knock() -> None:
        async with kept(server, SigningKey.generate()):
            with pytest.raises((nats.errors.Error, OSError)):
                await enter(server)

    asyncio.run(knock())


def test_a_device_that_was_put_out_is_out_at_once(server) -> None:
    async def be_put_out() -> None:
        closed = asyncio.Event()

        async def on_closed() -> None:
            closed.set()

        async with kept(server):
            device = await enter(server, closed_cb=on_closed)
            bus = NatsFleetBus(server.server_url, server.system_url)
            await asyncio.to_thread(bus.put_out, [ONE, OTHER])
            async with asyncio.timeout(5):
                await closed.wait()
            assert device.is_closed
            await asyncio.to_thread(bus.close)

    asyncio.run(be_put_out())


def test_what_is_no_request_of_a_server_is_not_read() -> None:
    for data in (b"", b"a.b.c", b"a.eyJ9.c", b"a." + base64.urlsafe_b64encode(b'{"nats":{}}')):
        assert gate.read_knock(data) is None
