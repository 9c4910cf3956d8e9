"""The devices of `bench storm` and `bench receipts` do what is measured."""

from __future__ import annotations

import asyncio

import nats
import pytest

from loa.project.benches.receipts_rows import Plan, key_of, rows_of
from loa.project.benches.storm_city import TlsNatsServer
from loa.project.benches.storm_clients import Asked, Storm
from loa.project.servers.running import running
from loa.wire import subjects

DEVICES = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("storm")
    server = TlsNatsServer(folder / "nats", keys=folder / "keys", ports=folder / "ports.json")
    with running(server, folder / "nats.log"):
        yield server


@pytest.mark.parametrize("is_tls", [False, True])
def test_bare_clients_come_in_and_get_what_they_ask_for(server, is_tls):
    asked = Asked(
        url=server.server_url,
        first=1,
        count=DEVICES,
        place="20242",
        parents=["48"],
        roster_sha256="",
        at_once=8,
        bare=True,
        certificate=str(server.certificate) if is_tls else "",
    )
    assert asyncio.run(answered(server.server_url, asked)) == 2 * DEVICES


async def answered(url, asked):
    """Answer in the place of the bucket; return how often it was asked."""
    client = await nats.connect(url)
    count = 0

    async def answer(message):
        nonlocal count
        count += 1
        await client.publish(message.reply, b"something", headers={"Nats-Sequence": "1"})

    await client.subscribe(subjects.direct_get_subject(">"), cb=answer)
    await client.flush()
    async with asyncio.timeout(20):
        await Storm(asked).run()
    await client.close()
    return count


def test_every_device_writes_a_whole_log_of_its_own():
    plan = Plan.of(4_000, 10)
    assert (plan.rows, plan.rows_each) == (4_000, 400)
    assert [row.seq for row in rows_of(3, plan)] == list(range(1, 401))
    assert not {row.order for row in rows_of(3, plan)} & {row.order for row in rows_of(4, plan)}
    assert key_of(3).public_hex != key_of(4).public_hex
