"""What a device truly did, kept beside its journal where neither it nor a power cut can unsay it.

The journal forgets rows the city holds. A simulation must know them all: a trigger copies each row
in the transaction that writes it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from loa.lib import clock
from loa.player.device import Device
from loa.player.faults.power import PowerCut, Supply
from loa.player.journal import JournalFile
from loa.player.outputs import NullOutput, Played, Sound

_WRITTEN = """CREATE TABLE IF NOT EXISTS written (
    device TEXT, seq INTEGER, body BLOB NOT NULL, PRIMARY KEY (device, seq)
) WITHOUT ROWID"""
_KEEP_WRITTEN = """CREATE TRIGGER IF NOT EXISTS keep_written AFTER INSERT ON row BEGIN
    INSERT INTO written VALUES (new.device, new.seq, new.body);
END"""
_BOOTS = "CREATE TABLE IF NOT EXISTS boots (device TEXT, boot TEXT)"
_SOUNDED = """CREATE TABLE IF NOT EXISTS sounded (
    number INTEGER PRIMARY KEY, device TEXT, boot TEXT, order_id TEXT, desired_seq INTEGER,
    from_ms INTEGER, to_ms INTEGER
)"""


class BlackBox:
    """One for each journal file."""

    def __init__(self, file: JournalFile) -> None:
        self._file = file
        with file.changes() as db:
            for statement in (_WRITTEN, _KEEP_WRITTEN, _BOOTS, _SOUNDED):
                db.execute(statement)

    def note_boot(self, device: Device) -> None:
        self._do("INSERT INTO boots VALUES (?, ?)", device.config.device, device.boot)

    def note_start(self, device: Device, order: str, from_ms: int, *, desired_seq: int) -> int:
        """Return the number of this sounding, for its end."""
        return self._do(
            "INSERT INTO sounded (device, boot, order_id, desired_seq, from_ms) "
            "VALUES (?, ?, ?, ?, ?)",
            *(device.config.device, device.boot, order, desired_seq, from_ms),
        )

    def note_end(self, number: int, to_ms: int) -> None:
        self._do("UPDATE sounded SET to_ms = ? WHERE number = ?", to_ms, number)

    def _do(self, statement: str, *values: Any) -> int:
        with self._file.changes() as db:
            return db.execute(statement, values).lastrowid or 0


class WitnessedOutput(NullOutput):
    """Sounds nothing, in the time it would take, and has it noted."""

    def __init__(self, box: BlackBox, supply: Supply, *, rate: float) -> None:
        super().__init__(rate=rate)
        self._box = box
        self._supply = supply
        self.device: Device | None = None
        self._decided_by_seq = 0

    def load(self, sound: Sound) -> None:
        # The device decides here; its next document may come before the sound begins.
        desired = self.device.desired if self.device else None
        self._decided_by_seq = desired.seq if desired else 0
        super().load(sound)

    async def play(self, sound: Sound, *, from_ms: int, at: float | None = None) -> Played:
        assert self.device is not None  # noqa: S101 - given before the device runs
        if self._supply.is_cut:
            raise PowerCut
        number = self._box.note_start(
            self.device, sound.order, from_ms, desired_seq=self._decided_by_seq
        )
        began = clock.monotonic()
        try:
            played = await super().play(sound, from_ms=from_ms, at=at)
        except asyncio.CancelledError:
            # Cut off; without power nobody knows any more how far it came.
            if not self._supply.is_cut:
                passed_ms = int((clock.monotonic() - began) * 1000 * self.rate)
                self._box.note_end(number, from_ms + passed_ms)
            raise
        if self._supply.is_cut:
            raise PowerCut
        self._box.note_end(number, played.duration_ms)
        return played
