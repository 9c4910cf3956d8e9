"""A horn of the cast without a network: documents are handed to it, and what it sounds is remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from loa.lib import clock
from loa.player.config import DeviceConfig
from loa.player.device import Device
from loa.player.journal import MEMORY, Journal, JournalFile
from loa.player.outputs import NullOutput, Played
from loa.player.state import Skip, Start, Stop, Wait
from loa.wire.cast import COMMUNE, NOW, Cast
from loa.wire.messages import LogRow


class Horn:
    """One device that believes the cast's roster, with every file an attacker might wish for."""

    def __init__(self, cast: Cast, *, ready: tuple[str, ...] = (), place: str = COMMUNE) -> None:
        self.cast = cast
        config = DeviceConfig(
            device="dn-0001",
            place=place,
            key_file="",
            root_sha256=cast.pin,
            state="",
            rate=0,
            journal=MEMORY,
        )
        journal = Journal(JournalFile(MEMORY, durable=False), config.device)
        self.device = Device(config, cast.keys["device"], journal, NullOutput(rate=0))
        self.device.take_root(cast.root())
        self.device.take_roster(cast.roster())
        for sha256 in ready:
            self.device.note_media_ready(sha256)
        self.heard: list[str] = []
        self.refusals: Counter[str] = Counter()
        self._log_refusal = self.device.telling.refuse
        self.device.telling.refuse = self._count_refusal

    def _count_refusal(self, document, sha256, refusal) -> None:
        self.refusals[str(refusal.reason)] += 1
        self._log_refusal(document, sha256, refusal)

    def follow(self) -> None:
        """Do what the device decides until it waits."""
        while True:
            match self.device.next_step():
                case Start() as start:
                    self.device.note_started(start)
                    self.heard.append(start.entry.name)
                    self.device.note_finished(start.entry.name, Played(60_000, start.from_ms))
                case Skip(order, reason) | Stop(order, reason):
                    self.device.note_skipped(order, reason)
                case Wait():
                    return

    def rows(self) -> list[LogRow]:
        return self.device.journal.unacknowledged(100_000)

    def refusals_told(self) -> int:
        """Return how many refusals the log tells of, each row and those it only counts."""
        rows = [row for row in self.rows() if row.event == "refused"]
        more = sum(int(row.detail.get("more", 0)) for row in rows)
        return len(rows) + more + self.device.telling._unlogged_refusals


@pytest.fixture
def wire_cast() -> Cast:
    return Cast()


@pytest.fixture
def ten_o_clock() -> Iterator[None]:
    with clock.at(NOW):
        yield
