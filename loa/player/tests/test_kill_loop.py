"""A thousand power cuts at any step: nothing wrong sounds, nothing sounds twice, no row is lost."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest

from loa.player.outputs import Played
from loa.player.state import Pause, Skip, Start, Stop, Wait
from loa.wire.messages import Event, Priority
from loa.wire.policies import Resume

CUTS = 1000
MINUTE = timedelta(minutes=1)


class City:
    """Gives documents with ever new orders, keeps every row it is shown, and signs for some."""

    def __init__(self, town, watch, dice: random.Random) -> None:
        self.town, self.watch, self.dice = town, watch, dice
        self.rows: dict[int, object] = {}
        self.approved: set[str] = set()
        self.recalled: set[str] = set()
        self.seq = 8

    def document(self) -> bytes:
        self.seq += 1
        given = [self._order(number) for number in range(self.dice.randint(1, 3))]
        recalls = [one["order"] for one in given if self.dice.random() < 0.2]
        self.recalled |= set(recalls)
        return self.town.desired(*given, seq=self.seq, recalls=tuple(recalls))

    def _order(self, number: int) -> dict:
        name = f"o-{self.seq}-{number}"
        self.approved.add(name)
        urgent = self.dice.random() < 0.2
        return {
            "order": name,
            "start_at": self.watch.now + self.dice.randint(-2, 5) * MINUTE,
            "resume": self.dice.choice([None, Resume.PAUSE, Resume.RESTART]),
            **({"by": "leader", "edition": {"priority": Priority.EMERGENCY}} if urgent else {}),
        }

    def hear(self, device) -> None:
        """Take in what the device may send: only what is on its disk."""
        for row in device.journal.unacknowledged(10_000):
            held = self.rows.setdefault(row.seq, row)
            assert held == row, "one number, two rows"

    def sign(self, device) -> None:
        if self.rows:
            device.take_receipt(self.town.receipt(device, max(self.rows)))


def steps_of(device, city, heard: list[str]) -> None:
    """Do some of what the device decides; where it stops, the power is cut."""
    for _ in range(city.dice.randint(0, 4)):
        match device.next_step():
            case Start() as start:
                assert start.entry.name in city.approved
                device.note_started(start)
                heard.append(start.entry.name)
                city.watch.pass_by(seconds=city.dice.randint(0, 60))
                if city.dice.random() < 0.5:
                    device.note_finished(start.entry.name, Played(60_000, start.from_ms))
            case Pause(order):
                device.note_paused(order, city.dice.randint(0, 59_000))
            case Skip(order, reason) | Stop(order, reason):
                device.note_skipped(order, reason)
            case Wait():
                city.watch.pass_by(seconds=city.dice.randint(1, 200))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_power_cuts(town, watch, seed):
    city, heard = City(town, watch, random.Random(seed)), []
    town.output.position_ms = lambda order: city.dice.randint(0, 59_000)
    logs = set()
    for _ in range(CUTS // 2):
        device = town.boot(roster=city.dice.random() < 0.3)
        logs.add(device.journal.log)
        if device.roster is None:
            device.take_roster(town.cast.roster())
        if city.dice.random() < 0.5:
            device.take_desired(city.document())
        if city.dice.random() < 0.8:
            device.note_media_ready(town.media.sha256)
        steps_of(device, city, heard)
        city.hear(device)
        if city.dice.random() < 0.3:
            city.sign(device)
    assert len(logs) == 1
    assert sorted(city.rows) == list(range(1, len(city.rows) + 1))
    told: dict[str, Counter] = {}
    for _, row in sorted(city.rows.items()):
        told.setdefault(row.order, Counter())[row.event] += 1
    assert len(heard) > 100
    assert set(heard) <= set(told)
    for order, events in told.items():
        assert events[Event.STARTED] <= 1, (order, events)
        assert events[Event.FINISHED] + events[Event.SKIPPED] <= 1, (order, events)
        # What ended never begins again, and what goes on was begun.
        assert not events[Event.RESUMED] or events[Event.STARTED], (order, events)
    rows = [row for _, row in sorted(city.rows.items()) if row.order]
    for number, row in enumerate(rows):
        if row.event in (Event.FINISHED, Event.SKIPPED):
            later = {other.event for other in rows[number + 1 :] if other.order == row.order}
            assert not later, (row.order, later)
