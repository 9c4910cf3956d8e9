"""The database of `bench receipts`: registered devices and the orders their rows are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connection

from loa.lib import clock
from loa.project.benches.receipts_rows import Plan, code_of, key_of, order_of, rows_of
from loa.project.cast import HAI_CHAU, seat_cast
from loa.registry.devices.models import Device
from loa.wire import canonical

_TABLES = "receipts_receipt, receipts_receiptbatch, receipts_logposition, receipts_playlog"
_COLUMNS = 'device_id, log, seq, batch_id, event, "order", reason, at, clock, detail'


class Kept(NamedTuple):
    """What the city holds after a run; all of it must be as written."""

    rows: int
    signed_for: int
    play_logs: int


def enter(plan: Plan) -> None:
    """Enter the devices and their orders; what an earlier run left is forgotten."""
    seat_cast()
    devices = [
        Device(
            code=code_of(number),
            name=code_of(number),
            place_id=HAI_CHAU,
            public_hex=key_of(number).public_hex,
            entered_at=clock.now(),
        )
        for number in range(1, plan.devices + 1)
    ]
    Device._base_manager.bulk_create(devices, ignore_conflicts=True)  # noqa: SLF001
    forget()
    with connection.cursor() as cursor:
        # Orders of no occurrence: receipts look at nothing above an order.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("TRUNCATE deliveries_playorder CASCADE")
        with cursor.copy(
            "COPY deliveries_playorder (id, occurrence_id, device_id, dispatched_at) FROM STDIN"
        ) as copy:
            for row in _orders(plan):
                copy.write_row(row)
        cursor.execute("RESET session_replication_role")
        cursor.execute("ANALYZE deliveries_playorder, devices_device")


def _orders(plan: Plan) -> Iterator[tuple[Any, ...]]:
    for device in range(1, plan.devices + 1):
        for number in range(plan.orders_each):
            order = order_of(device, number)
            yield str(order), str(order), code_of(device), clock.now()


def forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {_TABLES}")
        cursor.execute("UPDATE deliveries_playorder SET ended_at = NULL WHERE ended_at IS NOT NULL")
        cursor.execute("CHECKPOINT")


def kept() -> Kept:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM receipts_receipt), "
            "(SELECT coalesce(sum(upto), 0)::bigint FROM receipts_logposition), "
            "(SELECT count(*) FROM receipts_playlog WHERE started_at IS NOT NULL)"
        )
        return Kept(*cursor.fetchone())


def copy_seconds(plan: Plan) -> float:
    """Return how long the bare COPY of the same rows takes, into a table with the same indexes."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_copied")
        cursor.execute("CREATE TABLE bench_copied (LIKE receipts_receipt INCLUDING ALL)")
        text = "".join(_lines(plan)).encode()
        began = clock.monotonic()
        with cursor.copy(f"COPY bench_copied ({_COLUMNS}) FROM STDIN") as copy:
            copy.write(text)
        seconds = clock.monotonic() - began
        cursor.execute("DROP TABLE bench_copied")
    return seconds


def _lines(plan: Plan) -> Iterator[str]:
    for device in range(1, plan.devices + 1):
        for row in rows_of(device, plan):
            fields = (code_of(device), "bench", row.seq, device, row.event, row.order, "")
            detail = canonical.encode(row.detail).decode()
            yield "\t".join(map(str, (*fields, row.at.isoformat(), row.clock, detail))) + "\n"
