"""A power cut takes the device and nothing that was on disk; afterwards no code of it goes on."""

import asyncio
import random
from pathlib import Path
from types import SimpleNamespace

import pytest

from loa.lib.faults import Faults
from loa.player.faults.blackbox import BlackBox, WitnessedOutput
from loa.player.faults.line import Line
from loa.player.faults.power import PowerCut, PoweredFile, Supply
from loa.player.journal import Journal, JournalFile
from loa.player.outputs import Sound
from loa.wire.messages import Event, LogRow, Media


@pytest.fixture
def file(tmp_path):
    file = JournalFile(str(tmp_path / "journal.db"), durable=False)
    yield file
    file.close()


def row(cast):
    return LogRow(seq=0, at=cast.now, monotonic_ms=1, clock="good", event=Event.PULLED, order="o-1")


def powered(file, seed=1):
    supply = Supply(Faults(), random.Random(seed))
    return supply, Journal(PoweredFile(file, supply), "dn-0001")


def test_a_write_that_dies_is_on_disk_whole_or_not_at_all(file, cast):
    seen = set()
    for seed in range(30):
        supply, journal = powered(file, seed)
        before = journal.last_seq
        supply._is_failing = True
        with pytest.raises(PowerCut):
            journal.write([row(cast), row(cast)])
        after = Journal(file, "dn-0001")
        seen.add(after.last_seq - before)
        assert len(after.unacknowledged(1000)) == after.last_seq
    assert seen == {0, 2}


def test_the_dead_write_nothing_and_say_nothing(file, cast):
    supply, journal = powered(file)
    supply.cut()
    with pytest.raises(PowerCut):
        journal.write([row(cast)])
    said = []

    async def deliver():
        said.append(1)

    asyncio.run(Line(Faults(), random.Random(1), supply).carry(deliver))
    assert said == []
    assert Journal(file, "dn-0001").last_seq == 0


def test_a_disk_that_refuses_now_and_then_loses_no_row(file, cast):
    supply, journal = powered(file)
    supply.faults = Faults(disk=0.5)
    for _ in range(50):
        journal.write([row(cast)])
        journal.forget_upto(journal.last_seq // 2)
        assert journal.remember_refusal(f"{random.random()}") is True
    supply.recover()
    journal.save()
    assert journal.last_seq == 50
    journal.forget_upto(49)
    assert [row.seq for row in journal.unacknowledged(100)] == [50]


def test_the_black_box_keeps_what_the_journal_forgets(file, cast):
    BlackBox(file)
    _, journal = powered(file)
    journal.write([row(cast), row(cast)])
    journal.forget_upto(2)
    assert journal.unacknowledged(10) == []
    assert file.rows("SELECT seq FROM written ORDER BY seq") == [(1,), (2,)]


def test_the_black_box_notes_the_document_that_decided_not_one_that_came_meanwhile(file):
    output = WitnessedOutput(BlackBox(file), Supply(Faults(), random.Random(1)), rate=0.0)
    told = SimpleNamespace(seq=7)
    output.device = SimpleNamespace(
        config=SimpleNamespace(device="DN-0001"), boot="b", desired=told
    )
    sound = Sound("a", Media(sha256="0" * 64, bytes=1, codec="opus", duration_ms=5), Path("a"))
    output.load(sound)
    told.seq = 9
    asyncio.run(output.play(sound, from_ms=0))
    assert file.rows("SELECT order_id, desired_seq, to_ms FROM sounded") == [("a", 7, 5)]


def test_a_line_loses_doubles_and_delays_as_often_as_it_should(file):
    supply, _ = powered(file)
    line = Line(Faults(loss=0.2, double=0.1), random.Random(3), supply)
    arrived = []

    async def run():
        for number in range(2000):

            async def deliver(number=number):
                arrived.append(number)

            await line.carry(deliver)

    asyncio.run(run())
    assert 1500 < len(set(arrived)) < 1700
    assert 120 < len(arrived) - len(set(arrived)) < 200
