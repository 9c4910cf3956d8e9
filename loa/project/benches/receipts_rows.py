"""Signed log batches as devices write them, made before anything is measured."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from loa.wire import canonical, envelope
from loa.wire.keys import SigningKey
from loa.wire.messages import LOG, Clock, Event, LogBatch, LogRow

ROWS_A_BATCH = 40  # as many as a device puts into one
_BEGIN = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
_LADDER: tuple[tuple[Event, dict[str, str | int]], ...] = (
    (Event.HINTED, {}),
    (Event.PULLED, {"seq": 812}),
    (Event.VERIFIED, {}),
    (Event.MEDIA_READY, {}),
    (Event.STARTED, {}),
    (
        Event.FINISHED,
        {"duration_ms": 41_250, "rate_percent": 100, "resumed_from_ms": 0, "samples": 990_000},
    ),
)
_EDITION = "5d1f3c0b" * 8


class Log(msgspec.Struct):
    """One device's part: its batches in order, and the last row of each."""

    device: str
    batches: list[bytes]
    lasts: list[int]


@dataclass(frozen=True)
class Plan:
    """How much is written; every device writes the same number of whole batches."""

    devices: int
    batches_each: int

    @classmethod
    def of(cls, rows: int, devices: int) -> Plan:
        return cls(devices, max(1, round(rows / devices / ROWS_A_BATCH)))

    @property
    def rows_each(self) -> int:
        return self.batches_each * ROWS_A_BATCH

    @property
    def rows(self) -> int:
        return self.devices * self.rows_each

    @property
    def orders_each(self) -> int:
        return -(-self.rows_each // len(_LADDER))


def code_of(number: int) -> str:
    return f"DN-{number:04d}"


def key_of(number: int) -> SigningKey:
    return SigningKey.from_seed(number.to_bytes(32, "big"))


def order_of(device: int, number: int) -> uuid.UUID:
    return uuid.UUID(int=(device << 64) + number, version=4)


def rows_of(device: int, plan: Plan) -> Iterator[LogRow]:
    """Yield what a device tells: every order climbs the whole ladder."""
    for number in range(plan.rows_each):
        event, detail = _LADDER[number % len(_LADDER)]
        yield LogRow(
            seq=number + 1,
            at=_BEGIN + timedelta(milliseconds=number * 137 + device),
            monotonic_ms=number * 137,
            clock=Clock.GOOD,
            event=event,
            order=str(order_of(device, number // len(_LADDER))),
            edition_sha256=_EDITION,
            detail=detail,
        )


def write_logs(path: Path, plan: Plan) -> None:
    logs = [_log(number, plan) for number in range(1, plan.devices + 1)]
    path.write_bytes(msgspec.msgpack.encode(logs))


def read_logs(path: Path) -> list[Log]:
    return msgspec.msgpack.decode(path.read_bytes(), type=list[Log])


def _log(number: int, plan: Plan) -> Log:
    rows, key = list(rows_of(number, plan)), key_of(number)
    batches = [
        LogBatch(
            device=code_of(number), log="bench", boot="b", rows=tuple(rows[n : n + ROWS_A_BATCH])
        )
        for n in range(0, len(rows), ROWS_A_BATCH)
    ]
    sealed = [envelope.seal(LOG, canonical.encode(batch), key) for batch in batches]
    return Log(code_of(number), sealed, [batch.rows[-1].seq for batch in batches])
