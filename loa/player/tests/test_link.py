"""Devices on a real bus, with a small city behind it."""

import asyncio
import contextlib
import threading
import time
import uuid

import msgspec
import nats
import pytest
from nats.js.api import KeyValueConfig, StorageType

from loa.player.fleet import Fleet
from loa.wire import canonical, envelope, subjects
from loa.wire.cast import COMMUNE, NEIGHBOUR
from loa.wire.emergency import listed, order_name
from loa.wire.keys import SigningKey
from loa.wire.messages import LOG, LOG_RECEIPT, LogBatch, LogReceipt, Priority


class City:
    """What the server does for devices: keeps documents, hints, signs for log rows."""

    def __init__(self, bus, kv, town):
        self.bus, self.kv, self.town = bus, kv, town
        self.rows = {}  # (device, seq) -> row
        self.batches = 0
        self.deaf_for = 0  # so many batches get no answer, though the rows were kept
        self.forges = False
        self.beats = set()
        self.news = asyncio.Event()

    async def listen(self):
        await self.bus.subscribe(subjects.ALL_LOGS, cb=self.take_log)
        await self.bus.subscribe(subjects.ALL_HEARTBEATS, cb=self.take_beat)
        await self.bus.flush()

    async def take_beat(self, message):
        self.beats.add(message.subject)
        self.news.set()

    async def take_log(self, message):
        self.batches += 1
        batch = msgspec.json.decode(envelope.read(message.data).payload_bytes, type=LogBatch)
        envelope.open_payload(message.data, LOG, self.device_keys(batch.device))
        for row in batch.rows:
            found = self.rows.setdefault((batch.device, row.seq), row)
            assert found == row
        self.news.set()
        if self.deaf_for:
            self.deaf_for -= 1
            return
        receipt = LogReceipt(device=batch.device, log=batch.log, upto=batch.rows[-1].seq)
        by = self.town.cast.keys["stranger" if self.forges else "director"]
        await message.respond(envelope.seal(LOG_RECEIPT, canonical.encode(receipt), by))

    def device_keys(self, device):
        key = SigningKey.load(self.town.folder / f"{device}.key")
        return {key.key_id: key.public_hex}

    async def put_roster(self):
        """Give the roster, and each device an empty document: who holds it has pulled once."""
        for player in self.fleet.players:
            device, place = player.device.config.device, player.device.config.place
            empty = self.town.cast.document(device=device, place=place, seq=7)
            await self.kv.put(subjects.desired_key(device), empty)
        await self.kv.put(subjects.root_key(1), self.town.cast.root())
        await self.kv.put(subjects.ROSTER_KEY, self.town.cast.roster())

    async def order(self, device="dn-0001", *orders, hint=True, seq=8, place=COMMUNE):
        document = self.town.desired(*orders, device=device, seq=seq, place=place)
        await self.kv.put(subjects.desired_key(device), document)
        if hint:
            await self.bus.publish(subjects.hint_for_device(device), b"{}")

    def events(self, device="dn-0001"):
        found = sorted((seq, row.event) for (name, seq), row in self.rows.items() if name == device)
        return [str(event) for _, event in found]

    async def until(self, holds, seconds_max=60):
        async with asyncio.timeout(seconds_max):
            while not holds():
                assert not (self.running and self.running.done()), self.running
                self.news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.news.wait(), 0.05)


@pytest.fixture
def live(town, nats_urls, media_server):
    """Run a test inside a city with these many devices."""

    def config_of(number, **changes):
        device = f"dn-{number:04}"
        return msgspec.structs.replace(
            town.config,
            **{
                "device": device,
                "key_file": str(town.folder / f"{device}.key"),
                "state": str(town.folder / device),
                "journal": str(town.folder / "fleet.db"),
                "store": str(town.folder / "media"),
                "nats_url": nats_urls.device,
                "http_url": media_server.url,
                "reconnect_seconds_max": 0.2,
            }
            | changes,
        )

    def run(scenario, *, devices=1, **changes):
        async def within():
            bus = await nats.connect(nats_urls.server)
            jetstream = bus.jetstream()
            with contextlib.suppress(nats.js.errors.NotFoundError):
                await jetstream.delete_key_value(subjects.DESIRED_BUCKET)
            kv = await jetstream.create_key_value(
                KeyValueConfig(
                    bucket=subjects.DESIRED_BUCKET, direct=True, storage=StorageType.MEMORY
                )
            )
            city = City(bus, kv, town)
            await city.listen()
            lines = []
            fleet = Fleet(
                [config_of(number + 1, **changes) for number in range(devices)], say=lines.append
            )
            city.fleet, city.lines = fleet, lines
            city.running = None

            def start():
                city.running = asyncio.create_task(fleet.run())

            city.start = start
            try:
                await scenario(city)
            finally:
                if city.running is not None:
                    city.running.cancel()
                    found = await asyncio.gather(city.running, return_exceptions=True)
                    assert isinstance(found[0], asyncio.CancelledError), found
                await bus.close()

        asyncio.run(within())

    return run


LADDER = ["hinted", "pulled", "verified", "media_ready", "started", "finished"]


def all_finished(city, devices):
    return lambda: sum(row.event == "finished" for row in city.rows.values()) >= devices


def is_connected(city):
    return lambda: (
        len(city.beats) >= len(city.fleet.players)
        and all(player.device.desired for player in city.fleet.players)
    )


def test_hint_brings_the_whole_ladder(live):
    async def scenario(city):
        await city.put_roster()
        city.start()
        await city.until(is_connected(city))
        await city.order()
        await city.until(all_finished(city, 1))
        assert [e for e in city.events() if e != "hinted"] == LADDER[1:]

    live(scenario)


def test_order_placed_while_the_device_was_off_is_found_at_boot(live):
    async def scenario(city):
        await city.put_roster()
        await city.order()
        city.start()
        await city.until(all_finished(city, 1))
        assert [e for e in city.events() if e != "hinted"] == LADDER[1:]

    live(scenario)


def test_lost_hint_is_made_good_by_the_poll(live):
    async def scenario(city):
        await city.put_roster()
        city.start()
        await city.until(is_connected(city))
        await city.order(hint=False)
        await city.until(all_finished(city, 1))
        assert [e for e in city.events() if e != "hinted"] == LADDER[1:]

    live(scenario, poll_seconds=0.2)


def test_roster_that_came_after_the_boot_is_fetched_when_needed(live):
    async def scenario(city):
        city.start()
        await city.until(lambda: city.beats)
        await city.put_roster()
        await city.order()
        await city.until(all_finished(city, 1))

    live(scenario)


def test_places_above_are_heard_as_soon_as_the_roster_names_them(live, town):
    village = f"{COMMUNE}-01"
    town.cast.parents[village] = COMMUNE

    async def scenario(city):
        city.start()
        await city.until(lambda: city.beats)
        link = city.fleet.players[0].link
        assert subjects.hint_for_place(COMMUNE) not in link._heard
        await city.put_roster()
        await city.bus.publish(subjects.hint_for_all(), b"{}")
        await city.until(lambda: subjects.hint_for_place(COMMUNE) in link._heard)
        await city.order(hint=False, place=village)
        await city.bus.publish(subjects.hint_for_place(COMMUNE), b"{}")
        await city.until(all_finished(city, 1))
        assert city.events()[-5:] == LADDER[1:]

    live(scenario, place=village)


def test_place_that_is_no_longer_above_is_heard_no_more(live, town):
    async def scenario(city):
        await city.put_roster()
        city.start()
        await city.until(is_connected(city))
        link = city.fleet.players[0].link
        assert subjects.hint_for_place(NEIGHBOUR) not in link._heard
        town.cast.parents[COMMUNE] = NEIGHBOUR
        await city.kv.put(subjects.ROSTER_KEY, town.cast.roster(version=3))
        await city.bus.publish(subjects.hint_for_all(), b"{}")
        await city.until(lambda: subjects.hint_for_place(NEIGHBOUR) in link._heard)
        del town.cast.parents[COMMUNE]
        await city.kv.put(subjects.ROSTER_KEY, town.cast.roster(version=4))
        await city.bus.publish(subjects.hint_for_place(NEIGHBOUR), b"{}")
        await city.bus.publish(subjects.hint_for_all(), b"{}")
        await city.until(lambda: subjects.hint_for_place(NEIGHBOUR) not in link._heard)

    live(scenario)


def test_unanswered_log_is_handed_in_again_in_order(live):
    async def scenario(city):
        await city.put_roster()
        city.start()
        await city.until(is_connected(city))
        city.deaf_for = 1
        await city.order()
        journal = city.fleet.players[0].device.journal
        await city.until(lambda: all_finished(city, 1)() and not journal.unacknowledged(9))
        assert [e for e in city.events() if e != "hinted"] == LADDER[1:]
        assert city.batches >= 2

    live(scenario)


def test_forged_receipt_deletes_nothing(live):
    async def scenario(city):
        await city.put_roster()
        city.start()
        await city.until(is_connected(city))
        city.forges = True
        await city.order()
        await city.until(lambda: any("not the city's receipt" in line for line in city.lines))
        journal = city.fleet.players[0].device.journal
        assert journal.upto == 0
        city.forges = False
        await city.until(lambda: journal.upto == journal.last_seq == 6)

    live(scenario)


def test_broken_connection_is_made_again_and_nothing_is_lost(live):
    async def scenario(city):
        await city.put_roster()
        city.start()
        await city.until(is_connected(city))
        link = city.fleet.players[0].link
        city.beats.clear()
        link._bus._transport.close()
        await city.order()  # the hint may go unheard
        await city.until(all_finished(city, 1))
        assert [event for event in city.events() if event != "hinted"] == LADDER[1:]

    live(scenario)


def test_a_connection_that_ended_without_telling_is_made_anew(live):
    async def scenario(city):
        await city.put_roster()
        city.start()
        await city.until(is_connected(city))
        lost = city.fleet.players[0].link._bus
        lost._closed_cb = None
        await lost.close()
        await city.until(lambda: city.fleet.players[0].link._bus is not lost)
        await city.order()
        await city.until(all_finished(city, 1))

    live(scenario, heartbeat_seconds=0.2)


def test_forged_hints_cause_few_pulls(live):
    async def scenario(city):
        await city.put_roster()
        await city.order()
        city.start()
        await city.until(all_finished(city, 1))
        link = city.fleet.players[0].link
        pulls = []
        ask = link._ask_bus

        async def counted(key):
            pulls.append(key)
            return await ask(key)

        link._ask_bus = counted
        for _ in range(500):
            await city.bus.publish(subjects.hint_for_place(COMMUNE), b"not even JSON")
        await city.bus.flush()
        await city.until(lambda: pulls)
        assert len(pulls) <= 3

    live(scenario)


def test_device_without_bus_lives_on_http(live, media_server, town):
    media_server.files["1"] = town.cast.root()
    media_server.files["roster"] = town.cast.roster()
    media_server.files["desired"] = town.desired()

    async def scenario(city):
        city.start()
        device = city.fleet.players[0].device
        await city.until(lambda: device.journal.last_seq == 5)
        assert device.journal.upto == 0
        assert [row.event for row in device.journal.unacknowledged(9)] == LADDER[1:]

    live(scenario, nats_url="nats://127.0.0.1:9", reserve_mb=0)


def test_hundred_devices_in_one_process_each_prove_their_order(live):
    async def scenario(city):
        await city.put_roster()
        city.start()
        await city.until(is_connected(city))
        for player in city.fleet.players:
            await city.order(player.device.config.device, hint=False)
        began = time.monotonic()
        await city.bus.publish(subjects.hint_for_place(COMMUNE), b"{}")
        await city.until(all_finished(city, 100))
        assert time.monotonic() - began < 10
        for player in city.fleet.players:
            assert city.events(player.device.config.device) == LADDER

    live(scenario, devices=100)


def sealed_emergency(town, **changes):
    fields = {"media": (town.media,), "priority": Priority.EMERGENCY, "approver": "leader"}
    sha256, sealed = town.cast.sealed_edition(town.cast.edition(**fields), "leader")
    rests = {"edition_sha256": sha256, "envelopes": {sha256: sealed}}
    return town.cast.emergency(str(uuid.UUID(int=1)), **rests | changes)


def test_an_emergency_said_on_the_bus_is_obeyed_without_any_document(live, town):
    async def scenario(city):
        await city.put_roster()
        city.start()
        await city.until(is_connected(city))
        for _ in range(3):
            await city.bus.publish(subjects.emergency_for_place(COMMUNE), sealed_emergency(town))
        await city.until(lambda: "finished" in city.events())
        assert sorted(city.events()) == sorted(LADDER[1:])

    live(scenario)


def test_an_emergency_that_went_by_unheard_is_fetched_from_the_bus_first(live, town):
    async def scenario(city):
        await city.put_roster()
        await city.kv.put(subjects.EMERGENCY_KEY, listed([sealed_emergency(town)]))
        city.start()
        await city.until(lambda: "finished" in city.events())

    live(scenario)


def test_an_emergency_by_a_new_director_waits_for_the_newest_roster_and_no_longer(live, town):
    async def scenario(city):
        await city.put_roster()
        await city.kv.put(subjects.ROSTER_KEY, town.cast.roster(without="director"))
        city.start()
        device = city.fleet.players[0].device
        link = city.fleet.players[0].link
        await city.until(lambda: device.roster is not None and COMMUNE in str(link._heard))
        said = sealed_emergency(town)
        await city.kv.put(subjects.ROSTER_KEY, town.cast.roster(version=3))
        await city.kv.put(subjects.EMERGENCY_KEY, listed([said]))
        await city.bus.publish(subjects.emergency_for_place(COMMUNE), said)
        await city.until(lambda: "finished" in city.events())

    live(scenario)


def test_without_a_bus_an_emergency_comes_by_http(live, town, media_server):
    media_server.files |= {
        "1": town.cast.root(),
        "roster": town.cast.roster(),
        "emergency": listed([sealed_emergency(town)]),
    }

    async def scenario(city):
        city.start()
        device = city.fleet.players[0].device
        await city.until(lambda: any(row.event == "finished" for row in rows_of(device)))
        assert [row.event for row in rows_of(device)] == LADDER[1:]

    def rows_of(device):
        return device.journal.unacknowledged(100)

    live(scenario, nats_url="")


def test_the_sound_of_an_emergency_waits_behind_no_other_file(live, town, media_server):
    """Two files that never come hold both places of the downloads."""
    stuck = [msgspec.structs.replace(town.media, sha256=letter * 64) for letter in "78"]
    held = threading.Event()
    given = media_server.answer

    def answer(request):
        if request.path.rpartition("/")[2] in {one.sha256 for one in stuck}:
            held.wait(30)
        given(request)

    media_server.answer = answer

    async def scenario(city):
        await city.put_roster()
        orders = [
            {"order": f"o-{n}", "edition": {"media": (one,)}}
            for n, one in enumerate(stuck, start=1)
        ]
        await city.order("dn-0001", *orders, {"order": "o-3"}, hint=False)
        city.start()
        await city.until(lambda: city.events().count("pulled") == 3)
        link = city.fleet.players[0].link
        await city.until(lambda: subjects.emergency_for_place(COMMUNE) in link._heard)
        await city.bus.publish(subjects.emergency_for_place(COMMUNE), sealed_emergency(town))
        name = order_name(str(uuid.UUID(int=1)), "dn-0001", 0)
        await city.until(
            lambda: any(r.order == name and r.event == "finished" for r in city.rows.values())
        )
        held.set()

    try:
        live(scenario)
    finally:
        held.set()


def test_an_emergency_nobody_may_sign_is_named_and_counted_once_the_roster_is_fresh(live, town):
    async def scenario(city):
        await city.put_roster()
        city.start()
        await city.until(is_connected(city))
        forged = sealed_emergency(town, by="stranger")
        await city.bus.publish(subjects.emergency_for_place(COMMUNE), forged)
        await city.until(lambda: "refused" in city.events())
        (row,) = [row for row in city.rows.values() if row.event == "refused"]
        assert (row.reason, row.detail["document"]) == ("unknown_key", "emergency")

    live(scenario)
