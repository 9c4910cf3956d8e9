"""What each side says happened: the city in its database, the devices in their journals."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from loa.flow.deliveries.models import DesiredDocument
from loa.wire import envelope
from loa.wire.messages import Desired, LogRow

Codes = frozenset[str]


class RowName(NamedTuple):
    device: str
    log: str
    seq: int


class Row(NamedTuple):
    """What a log row says; both sides have it in this shape."""

    event: str
    order: str
    reason: str
    at: dt.datetime
    clock: str
    detail: dict[str, Any]


class PlayLogLine(NamedTuple):
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    result: str
    reason: str


class State(NamedTuple):
    """A device as its last heartbeat says."""

    boot: str
    desired_seq: int
    playing: str
    is_cloned: bool


class Sounding(NamedTuple):
    """One time that an output began; `to_ms` is unknown when the power failed in the middle."""

    number: int
    device: str
    boot: str
    order: str
    desired_seq: int
    from_ms: int
    to_ms: int | None


@dataclass
class CitySide:
    """What the database holds."""

    rows: dict[RowName, Row] = field(default_factory=dict)
    positions: dict[tuple[str, str], int] = field(default_factory=dict)
    play_logs: dict[str, PlayLogLine] = field(default_factory=dict)
    orders: dict[str, tuple[str, bool]] = field(default_factory=dict)  # → device, has it ended
    emergencies: set[str] = field(default_factory=set)  # orders that need no document to sound
    newest: dict[str, int] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    documents: dict[tuple[str, int], Desired] = field(default_factory=dict)


@dataclass
class DeviceSide:
    """What all journals hold, with what the devices truly did beside it."""

    rows: dict[RowName, Row] = field(default_factory=dict)
    lasts: dict[tuple[str, str], int] = field(default_factory=dict)
    unsent: dict[str, int] = field(default_factory=dict)
    ended: dict[tuple[str, str], bool] = field(default_factory=dict)
    highest: dict[str, int] = field(default_factory=dict)
    boots: dict[str, str] = field(default_factory=dict)
    boot_count: int = 0
    soundings: list[Sounding] = field(default_factory=list)


class _Progress(msgspec.Struct):
    has_ended: bool = False


def devices_know(journals: Iterable[Path], codes: Codes) -> DeviceSide:
    """Read what these devices know; they may run meanwhile."""
    side = DeviceSide()
    for path in journals:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            db.execute("BEGIN")  # one moment for all tables
            _read_journal(db, codes, side)
        finally:
            db.close()
    return side


def _read_journal(db: sqlite3.Connection, codes: Codes, side: DeviceSide) -> None:
    def of_these(query: str, device_at: int = 0) -> Iterator[tuple[Any, ...]]:
        return (row for row in db.execute(query) if row[device_at] in codes)

    logs = {}
    for device, log, last in of_these("SELECT device, log, last FROM log"):
        logs[device] = log
        side.lasts[device, log] = last
    for device, seq, body in of_these("SELECT device, seq, body FROM written"):
        side.rows[RowName(device, logs[device], seq)] = _row(msgspec.json.decode(body, type=LogRow))
    for device, count in of_these("SELECT device, count(*) FROM row GROUP BY device"):
        side.unsent[device] = count
    for device, order, body in of_these("SELECT device, order_id, body FROM progress"):
        side.ended[device, order] = msgspec.msgpack.decode(body, type=_Progress).has_ended
    for device, number in of_these("SELECT device, number FROM highest WHERE kind = 'desired'"):
        side.highest[device] = number
    for device, boot in of_these("SELECT device, boot FROM boots ORDER BY rowid"):
        side.boots[device] = boot
        side.boot_count += 1
    side.soundings += map(
        Sounding._make,
        of_these(
            "SELECT number, device, boot, order_id, desired_seq, from_ms, to_ms FROM sounded "
            "ORDER BY number",
            device_at=1,
        ),
    )


def _row(row: LogRow) -> Row:
    # As much of it as the city keeps.
    return Row(row.event, row.order[:40], row.reason[:32], row.at, row.clock, row.detail)


def codes_here() -> Codes:
    """Return the devices of this run: those of an earlier, larger one are out of use."""
    return frozenset(
        code for (code,) in _ask("SELECT code FROM devices_device WHERE retired_at IS NULL")
    )


def city_knows(codes: Codes, soundings: Iterable[Sounding]) -> CitySide:
    """Read what the city knows of these devices, with the documents these soundings rested on."""
    side, here = CitySide(), list(codes)
    for device, log, seq, event, order, reason, at, clock, detail in _ask(
        'SELECT device_id, log, seq, event, "order", reason, at, clock, detail::text '
        "FROM receipts_receipt WHERE device_id = ANY(%s)",
        here,
    ):
        said = Row(event, order, reason, at, clock, msgspec.json.decode(detail))
        side.rows[RowName(device, log, seq)] = said
    for device, log, upto in _ask(
        "SELECT device_id, log, upto FROM receipts_logposition WHERE device_id = ANY(%s)", here
    ):
        side.positions[device, log] = upto
    for order, device, ended_at in _ask(
        "SELECT id::text, device_id, ended_at FROM deliveries_playorder WHERE device_id = ANY(%s)",
        here,
    ):
        side.orders[order] = device, ended_at is not None
    side.emergencies = {
        order
        for (order,) in _ask(
            "SELECT ordered.id::text FROM deliveries_playorder ordered "
            "JOIN schedules_occurrence occurrence ON occurrence.id = ordered.occurrence_id "
            "JOIN approvals_edition edition ON edition.id = occurrence.edition_id "
            "WHERE edition.priority = 'emergency' AND ordered.device_id = ANY(%s)",
            here,
        )
    }
    for order, *line in _ask(
        "SELECT order_id::text, started_at, log.ended_at, result, reason FROM receipts_playlog log "
        "JOIN deliveries_playorder ordered ON ordered.id = order_id WHERE device_id = ANY(%s)",
        here,
    ):
        side.play_logs[order] = PlayLogLine(*line)
    for device, seq in _ask(
        "SELECT device_id, max(seq) FROM deliveries_desireddocument "
        "WHERE device_id = ANY(%s) GROUP BY device_id",
        here,
    ):
        side.newest[device] = seq
    for device, *state in _ask(
        "SELECT device_id, boot, desired_seq, playing, cloned_at IS NOT NULL "
        "FROM devices_devicestate WHERE device_id = ANY(%s)",
        here,
    ):
        side.states[device] = State(*state)
    side.documents = _documents({(s.device, s.desired_seq) for s in soundings})
    return side


def _documents(wanted: set[tuple[str, int]]) -> dict[tuple[str, int], Desired]:
    found = DesiredDocument.objects.filter(
        device__in={device for device, _ in wanted}, seq__in={seq for _, seq in wanted}
    )
    return {
        (device, seq): _opened(bytes(sealed))
        for device, seq, sealed in found.values_list("device_id", "seq", "envelope").iterator()
        if (device, seq) in wanted
    }


def _opened(sealed: bytes) -> Desired:
    # Our own, out of our own database: what it says is looked at, not whether it is genuine.
    return msgspec.json.decode(envelope.read(sealed).payload_bytes, type=Desired)


def _ask(query: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
