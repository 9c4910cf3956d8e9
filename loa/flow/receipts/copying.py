"""Batches and rows on their way into the database: in bulk, the way it takes them fastest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import tuple_row

from loa.flow.receipts import statements
from loa.flow.receipts.arrivals import Arrival
from loa.wire import canonical

# COPY ends fields and lines with these; a zero character was refused before.
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def keep_batches(arrivals: Sequence[Arrival], hashes: Sequence[str], now: datetime) -> list[int]:
    """Store the batches as they were signed, each once; return their ids by position."""
    with _bare_cursor() as cursor:
        given = {
            "now": now,
            "devices": [arrival.batch.device for arrival in arrivals],
            "hashes": list(hashes),
            "envelopes": [arrival.sealed for arrival in arrivals],
        }
        cursor.execute(statements.KEEP_BATCHES, given)
        cursor.execute(statements.BATCH_IDS, {"hashes": list(hashes)})
        ids: dict[str, int] = dict(cursor.fetchall())
    return [ids[sha256] for sha256 in hashes]


def keep_rows(arrivals: Sequence[Arrival], ids: Sequence[int]) -> None:
    """Store the rows of all batches, each (device, log, seq) once."""
    with _bare_cursor() as cursor:
        cursor.execute(statements.ARRIVING)
        cursor.execute(statements.EMPTY_ARRIVING)
        with cursor.copy(statements.COPY_ARRIVING) as copy:
            copy.write("".join(_lines(arrivals, ids)))
        cursor.execute(statements.KEEP_RECEIPTS)


def _bare_cursor() -> psycopg.Cursor[tuple[Any, ...]]:
    """Return a cursor that sends values beside the statement: megabytes are not written into it."""
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection, row_factory=tuple_row)


def _lines(arrivals: Sequence[Arrival], ids: Sequence[int]) -> Iterator[str]:
    """Yield each row as COPY reads it, cut to what the table holds."""
    # In the order of the index: pages are touched one after another.
    for position in sorted(range(len(arrivals)), key=lambda n: arrivals[n].log):
        batch = arrivals[position].batch
        head = f"{_plain(batch.device)}\t{_plain(batch.log)}\t{ids[position]}\t"
        for row in batch.rows:
            detail = _plain(canonical.encode(row.detail).decode()) if row.detail else "{}"
            yield (
                f"{head}{row.seq}\t{row.event}\t{_plain(row.order[:40])}\t"
                f"{_plain(row.reason[:32])}\t{row.at.isoformat()}\t{row.clock}\t{detail}\n"
            )


def _plain(text: str) -> str:
    # What devices of ours write needs no escape: asking is cheaper than doing.
    return (
        text
        if text.isascii() and text.isprintable() and "\\" not in text
        else text.translate(_ESCAPES)
    )
