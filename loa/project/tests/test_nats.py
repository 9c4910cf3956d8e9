"""The embedded NATS, started for real."""

from __future__ import annotations

import asyncio
import socket
import stat

import nats
import nats.errors
import pytest
from nats.js.api import KeyValueConfig, StorageType

from loa.project.servers.errors import ServerUnavailable
from loa.project.servers.nats import NatsServer, refuse_unsafe
from loa.project.servers.ports import choose_port
from loa.project.servers.running import running, start
from loa.wire.canonical import MESSAGE_BYTES_MAX
from loa.wire.subjects import desired_subject


@pytest.fixture
def server(tmp_path):
    return NatsServer(tmp_path / "nats", keys=tmp_path / "keys", ports=tmp_path / "ports.json")


def test_what_was_stored_is_there_after_kill_9_at_the_same_address(server, tmp_path):
    async def put():
        client = await nats.connect(server.server_url)
        bucket = await client.jetstream().create_key_value(bucket="desired", direct=True)
        await bucket.put("loa-1", b"signed")
        await client.close()

    async def get():
        client = await nats.connect(server.server_url)
        subject = "$JS.API.DIRECT.GET.KV_desired.$KV.desired.loa-1"
        answer = await client.request(subject, b"", timeout=2)
        await client.close()
        return answer.data

    process = start(server, tmp_path / "log")
    server.wait_ready(has_ended=lambda: process.poll() is not None)
    address = server.server_url
    asyncio.run(put())
    process.kill()
    process.wait()
    again = NatsServer(tmp_path / "nats", keys=tmp_path / "keys", ports=tmp_path / "ports.json")
    with running(again, tmp_path / "log"):
        assert again.server_url == address
        assert asyncio.run(get()) == b"signed"


def test_who_only_asks_gets_the_address_of_the_running_server(server, tmp_path):
    other = NatsServer(tmp_path / "nats", keys=tmp_path / "keys", ports=tmp_path / "ports.json")
    with pytest.raises(ServerUnavailable, match="start Loa first"):
        assert other.server_url
    with running(server, tmp_path / "log"):
        assert other.server_url == server.server_url


def test_wrong_password_does_not_enter(server, tmp_path):
    async def enter():
        await nats.connect(
            f"nats://server:wrong@127.0.0.1:{server.port}", allow_reconnect=False, connect_timeout=2
        )

    with running(server, tmp_path / "log"), pytest.raises(nats.errors.Error):
        asyncio.run(enter())


def test_passwords_and_configuration_are_closed_to_others(server, tmp_path):
    server.ensure_initialised()
    paths = [tmp_path / "nats" / "nats.conf", *(tmp_path / "keys").iterdir()]
    assert len(paths) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert "@" not in server.device_url


def test_taken_port_is_replaced_and_the_new_one_remembered(tmp_path):
    memory = tmp_path / "ports.json"
    first = choose_port("nats", memory)
    assert choose_port("nats", memory) == first
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", first))
        taker.listen()
        second = choose_port("nats", memory)
        assert second != first
    assert choose_port("nats", memory) == second


def test_spoiled_memory_of_ports_is_forgotten(tmp_path):
    memory = tmp_path / "ports.json"
    memory.write_text("{")
    assert choose_port("web", memory) == choose_port("web", memory)


@pytest.mark.parametrize("version", ["v2.10.4", "v2.12.11", "v2.13.9", "v2.14.2", "unknown"])
def test_version_that_breaks_permissions_is_refused(version):
    with pytest.raises(ServerUnavailable, match=r"2\.14\.3"):
        refuse_unsafe(version, "/usr/bin/nats-server")


@pytest.mark.parametrize("version", ["v2.12.12", "2.12.14", "v2.14.3", "v2.15.1", "v3.0.0"])
def test_version_that_keeps_permissions_is_taken(version):
    refuse_unsafe(version, "/usr/bin/nats-server")


def test_the_bus_holds_a_full_document_for_each_of_ten_thousand_devices(server, tmp_path):
    async def fill():
        client = await nats.connect(server.server_url)
        bucket = KeyValueConfig(bucket="desired", history=1, storage=StorageType.MEMORY)
        await client.jetstream().create_key_value(bucket)
        document = bytes(MESSAGE_BYTES_MAX)
        for number in range(10_000):
            await client.publish(desired_subject(f"dev.DN-{number}"), document)
            if number % 200 == 199:
                await client.flush()
        await client.jetstream().publish(desired_subject("roster"), b"the last", timeout=20)
        await client.close()

    with running(server, tmp_path / "nats.log"):
        asyncio.run(fill())
