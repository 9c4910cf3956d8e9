"""What a device must not forget, in SQLite: its log, the documents it holds, how far each order got.

One file may serve many light devices; each has its own `Journal` over the shared `JournalFile`.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from loa.wire.messages import LogRow

UNSAVED_ROWS_MAX = 2_000
REFUSALS_REMEMBERED_MAX = 256
MEMORY = ":memory:"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS log (
    device TEXT PRIMARY KEY, log TEXT NOT NULL, last INTEGER NOT NULL, upto INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS row (
    device TEXT, seq INTEGER, body BLOB NOT NULL, PRIMARY KEY (device, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document (
    device TEXT, kind TEXT, age INTEGER, body BLOB NOT NULL, PRIMARY KEY (device, kind, age)
);
CREATE TABLE IF NOT EXISTS highest (
    device TEXT, kind TEXT, number INTEGER NOT NULL, PRIMARY KEY (device, kind)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS progress (
    device TEXT, order_id TEXT, body BLOB NOT NULL, PRIMARY KEY (device, order_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refusal (
    device TEXT, sha256 TEXT, number INTEGER, PRIMARY KEY (device, sha256)
) WITHOUT ROWID;
"""


class Progress(msgspec.Struct, kw_only=True):
    """How far one order got on this device."""

    rungs: list[str] = []
    edition_sha256: str = ""
    started_at: str = ""
    paused_at: str = ""
    paused_ms: int = 0  # how far it had come then
    has_ended: bool = False


class JournalFile:
    """The open database; its changes are written together at the end of `changes`."""

    def __init__(self, path: str, *, durable: bool) -> None:
        if path != MEMORY:
            Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._depth = 0
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        self._db.executescript(_SCHEMA)

    @contextmanager
    def changes(self) -> Iterator[sqlite3.Connection]:
        """Write all of it or nothing; changes inside changes belong to the outer ones."""
        if self._depth:
            yield self._db
            return
        self._depth += 1
        try:
            self._begin()
            yield self._db
            self._keep()
        except BaseException:
            # A full disk may already have ended the transaction by itself.
            if self._db.in_transaction:
                self._undo()
            raise
        finally:
            self._depth -= 1

    def _begin(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def _keep(self) -> None:
        self._db.execute("COMMIT")

    def _undo(self) -> None:
        self._db.execute("ROLLBACK")

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._db.execute(query, values).fetchall()

    def close(self) -> None:
        self._db.close()


class FleetFile(JournalFile):
    """The file of many light devices: what they write in one turn of the loop reaches it together.

    Each still writes all of its change or nothing. Only a light fleet may do so: a real device has
    on disk what it says it has.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, durable=False)
        self._is_gathering = False

    def _begin(self) -> None:
        if not self._db.in_transaction:
            super()._begin()
            self._is_gathering = self._commit_soon()
        self._db.execute("SAVEPOINT change")

    def _commit_soon(self) -> bool:
        """Commit before anything that this turn hands to a socket leaves; False without a loop."""
        try:
            asyncio.get_running_loop().call_soon(self._commit)
        except RuntimeError:
            return False
        return True

    def _keep(self) -> None:
        self._db.execute("RELEASE change")
        if not self._is_gathering:
            self._commit()

    def _undo(self) -> None:
        self._db.execute("ROLLBACK TO change")
        self._db.execute("RELEASE change")

    def _commit(self) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def close(self) -> None:
        self._commit()
        super().close()


class Journal:
    """One device's part. When the disk refuses, the newest things stay in memory until it agrees."""

    def __init__(self, file: JournalFile, device: str) -> None:
        self._file = file
        self._device = device
        self._unsaved: deque[LogRow] = deque()
        self._changed: dict[str, Progress] = {}
        self._kept: dict[str, tuple[bytes, int]] = {}
        self._is_gathering = False
        self.trouble = ""
        self.dropped = 0
        found = file.rows("SELECT log, last, upto FROM log WHERE device = ?", device)
        if found:
            log, last, upto = found[0]
            self.log, self._last, self.upto = str(log), int(last), int(upto)
        else:
            self.log, self._last, self.upto = secrets.token_hex(8), 0, 0
            with file.changes() as db:
                db.execute("INSERT INTO log VALUES (?, ?, 0, 0)", (device, self.log))
        self._progress = {
            order: msgspec.msgpack.decode(body, type=Progress)
            for order, body in file.rows(
                "SELECT order_id, body FROM progress WHERE device = ?", device
            )
        }

    # -- the log

    def write(self, rows: Sequence[LogRow], orders: Sequence[str] = ()) -> bool:
        """Number and keep rows and the named orders' progress; False when only in memory."""
        for row in rows:
            if len(self._unsaved) >= UNSAVED_ROWS_MAX:
                self.dropped += 1
                continue
            self._last += 1
            self._unsaved.append(msgspec.structs.replace(row, seq=self._last))
        # What stands every week has rows and no progress: it is judged by the hour alone.
        self._changed.update({o: self._progress[o] for o in orders if o in self._progress})
        return self.save()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Put on disk in one go all that is kept and written in the block, or none of it."""
        self._is_gathering = True
        try:
            yield
        finally:
            self._is_gathering = False
            self.save()

    def save(self) -> bool:
        """Try to put on disk what is only in memory."""
        if self._is_gathering or not (self._unsaved or self._changed or self._kept):
            return True
        try:
            with self._file.changes() as db:
                self._write_documents(db)
                db.executemany(
                    "INSERT INTO row VALUES (?, ?, ?)",
                    [(self._device, row.seq, msgspec.json.encode(row)) for row in self._unsaved],
                )
                db.executemany(
                    "REPLACE INTO progress VALUES (?, ?, ?)",
                    [
                        (self._device, order, msgspec.msgpack.encode(progress))
                        for order, progress in self._changed.items()
                    ],
                )
                db.execute("UPDATE log SET last = ? WHERE device = ?", (self._last, self._device))
        except (sqlite3.Error, OSError) as error:
            self.trouble = str(error)
            return False
        self._unsaved.clear()
        self._changed.clear()
        self._kept.clear()
        self.trouble = ""
        return True

    def unacknowledged(self, rows_max: int) -> list[LogRow]:
        """Return the oldest rows the city does not hold yet; only what is on disk may leave.

        A row sent from memory and then lost would leave its number to another row.
        """
        return [
            msgspec.json.decode(body, type=LogRow)
            for (body,) in self._file.rows(
                "SELECT body FROM row WHERE device = ? ORDER BY seq LIMIT ?", self._device, rows_max
            )
        ]

    def forget_upto(self, upto: int) -> None:
        """Delete rows the city holds; a receipt beyond the last row is not about this log."""
        if upto <= self.upto or upto > self._last:
            return

        def forget(db: sqlite3.Connection) -> bool:
            db.execute("DELETE FROM row WHERE device = ? AND seq <= ?", (self._device, upto))
            db.execute("UPDATE log SET upto = ? WHERE device = ?", (upto, self._device))
            return True

        # Rows that could not be deleted are sent once more, and the same receipt deletes them then.
        if self._try(forget, otherwise=False):
            self.upto = upto

    def _try(self, change: Callable[[sqlite3.Connection], bool], *, otherwise: bool) -> bool:
        """Change what may be done again later: a disk that refuses is noted, and nothing stops."""
        try:
            with self._file.changes() as db:
                return change(db)
        except (sqlite3.Error, OSError) as error:
            self.trouble = str(error)
            return otherwise

    @property
    def last_seq(self) -> int:
        return self._last

    # -- orders

    def progress(self, order: str) -> Progress | None:
        return self._progress.get(order)

    def begin(self, order: str, edition_sha256: str) -> Progress:
        """Return the order's progress, made new when it was never heard of."""
        return self._progress.setdefault(order, Progress(edition_sha256=edition_sha256))

    def unended(self) -> list[str]:
        return [order for order, progress in self._progress.items() if not progress.has_ended]

    # -- documents

    def keep_document(self, kind: str, body: bytes, number: int) -> None:
        """Make this the newest of its kind; the one before stays beside it."""
        self._kept[kind] = (body, number)
        self.save()

    def _write_documents(self, db: sqlite3.Connection) -> None:
        for kind, (body, number) in self._kept.items():
            key = (self._device, kind)
            db.execute("DELETE FROM document WHERE device = ? AND kind = ? AND age = 1", key)
            db.execute("UPDATE document SET age = 1 WHERE device = ? AND kind = ?", key)
            db.execute("INSERT INTO document VALUES (?, ?, 0, ?)", (*key, body))
            db.execute(
                "INSERT INTO highest VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET number = max(number, excluded.number)",
                (*key, number),
            )

    def documents(self, kind: str) -> list[bytes]:
        """Return the newest document of a kind, then the one before it."""
        found = self._file.rows(
            "SELECT body FROM document WHERE device = ? AND kind = ? ORDER BY age",
            self._device,
            kind,
        )
        return [bytes(body) for (body,) in found]

    def highest(self, kind: str) -> int:
        """Return the highest number ever taken of a kind: what lies below is a replay."""
        found = self._file.rows(
            "SELECT number FROM highest WHERE device = ? AND kind = ?", self._device, kind
        )
        number: int = found[0][0] if found else 0
        return max(number, self._kept[kind][1]) if kind in self._kept else number

    def remember_refusal(self, sha256: str) -> bool:
        """Return True the first time these bytes are refused; memory of them is bounded."""

        def remember(db: sqlite3.Connection) -> bool:
            key = (self._device, sha256)
            known = db.execute("SELECT 1 FROM refusal WHERE device = ? AND sha256 = ?", key)
            if known.fetchone():
                return False
            newest = db.execute(
                "SELECT coalesce(max(number), 0) FROM refusal WHERE device = ?", (self._device,)
            ).fetchone()[0]
            db.execute("INSERT INTO refusal VALUES (?, ?, ?)", (*key, newest + 1))
            db.execute(
                "DELETE FROM refusal WHERE device = ? AND number <= ?",
                (self._device, newest + 1 - REFUSALS_REMEMBERED_MAX),
            )
            return True

        return self._try(remember, otherwise=True)
