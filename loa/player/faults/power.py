"""Power that fails in the middle of a deed, and a disk that refuses: under the real journal."""

from __future__ import annotations

import asyncio
import errno
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from loa.lib.faults import Faults
from loa.player.journal import JournalFile

# A device that writes nothing dies anyway.
DIES_WITHIN_SECONDS = 1.0
DARK_SECONDS_MAX = 2.0


class PowerCut(BaseException):
    """The device is dead: no code of it may go on, whatever it catches."""


class Supply:
    """The power of one device between two boots."""

    def __init__(self, faults: Faults, dice: random.Random) -> None:
        self.faults = faults
        self._dice = dice
        self._is_failing = False
        self._cut = asyncio.Event()

    @property
    def is_cut(self) -> bool:
        return self._cut.is_set()

    def cut(self) -> None:
        self._cut.set()

    def go_on(self) -> None:
        """Be there for the next boot."""
        self._is_failing = False
        self._cut.clear()

    def recover(self) -> None:
        """Fail no more; a cut that happened already stays one."""
        self.faults, self._is_failing = Faults(), False

    async def wait_cut(self) -> None:
        """Return once the power failed: inside a write of the journal if one comes, else soon."""
        while not self.is_cut:
            if await self._lasts(self._seconds_to_next()):
                self._is_failing = bool(self.faults.cuts_a_minute)
                if await self._lasts(DIES_WITHIN_SECONDS) and self._is_failing:
                    self.cut()

    def _seconds_to_next(self) -> float:
        rate = self.faults.cuts_a_minute
        # Without any it looks again now and then: nobody wakes it when that changes.
        return self._dice.expovariate(rate / 60) if rate else 60.0

    async def _lasts(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._cut.wait()
        except TimeoutError:
            return True
        return False

    def seconds_dark(self) -> float:
        return self._dice.uniform(0.0, DARK_SECONDS_MAX)

    @contextmanager
    def over(self, file: JournalFile) -> Iterator[sqlite3.Connection]:
        """Let a write through, refuse it, or die before or after it is on disk."""
        if self.is_cut:
            raise PowerCut
        if self.faults.disk and self._dice.random() < self.faults.disk:
            raise OSError(errno.ENOSPC, "no room, on purpose")
        dies, is_kept = self._is_failing, self._dice.random() < 0.5
        with file.changes() as db:
            yield db
            if dies and not is_kept:
                self._die()
        if dies:
            self._die()

    def _die(self) -> None:
        self.cut()
        raise PowerCut


class PoweredFile(JournalFile):
    """The journal file as one device sees it through its power."""

    def __init__(self, file: JournalFile, supply: Supply) -> None:
        self._file = file
        self._supply = supply

    @contextmanager
    def changes(self) -> Iterator[sqlite3.Connection]:
        with self._supply.over(self._file) as db:
            yield db

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        return self._file.rows(query, *values)

    def close(self) -> None:
        self._file.close()
