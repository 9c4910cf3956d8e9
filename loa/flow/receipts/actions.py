from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from loa.flow.deliveries.models import PlayOrder
from loa.flow.receipts.models import LogPosition, PlayLog, Receipt, ReceiptBatch
from loa.lib import clock
from loa.registry.people import keyring
from loa.wire import canonical, envelope, messages
from loa.wire.keys import key_id_of
from loa.wire.messages import Event, LogBatch
from loa.wire.reasons import Reason, Refused


@dataclass(frozen=True)
class Arrival:
    """A log batch that passed: whose it is, its bytes and its rows."""

    sealed: bytes
    batch: LogBatch

    @property
    def log(self) -> tuple[str, str]:
        return self.batch.device, self.batch.log


def open_log_batch(data: bytes, device: str, public_keys: Mapping[str, str]) -> Arrival:
    """Verify that this device signed these rows; raises Refused."""
    public_hex = public_keys.get(device)
    known = {key_id_of(public_hex): public_hex} if public_hex else {}
    payload, _ = envelope.open_payload(data, messages.LOG, known)
    batch = envelope.parse(payload, LogBatch)
    if batch.device != device:
        raise Refused(Reason.WRONG_DEVICE, batch.device)
    return Arrival(data, batch)


@transaction.atomic
def record_receipts(arrivals: Sequence[Arrival]) -> dict[tuple[str, str], int]:
    """Store rows once, whatever arrives twice or out of order; returns (device, log) → upto.

    `upto` is the last row before the first gap: a device may delete no further.
    """
    batches = _keep_batches(arrivals)
    rows = [
        _receipt(arrival.batch.device, arrival.batch.log, row, batches[arrival.sealed])
        for arrival in arrivals
        for row in arrival.batch.rows
    ]
    Receipt.objects.bulk_create(rows, ignore_conflicts=True, batch_size=5_000)
    _update_play_logs({row.order for row in rows if row.order})
    return _advance({arrival.log for arrival in arrivals}, rows)


def _keep_batches(arrivals: Sequence[Arrival]) -> dict[bytes, ReceiptBatch]:
    now = clock.now()
    wanted = {canonical.content_hash(a.sealed): a for a in arrivals}
    ReceiptBatch.objects.bulk_create(
        [
            ReceiptBatch(device_id=a.batch.device, sha256=sha, envelope=a.sealed, received_at=now)
            for sha, a in sorted(wanted.items())
        ],
        ignore_conflicts=True,
    )
    kept = ReceiptBatch.objects.filter(sha256__in=list(wanted)).only("id", "sha256")
    return {wanted[row.sha256].sealed: row for row in kept}


def _receipt(device: str, log: str, row: messages.LogRow, batch: ReceiptBatch) -> Receipt:
    return Receipt(
        device_id=device,
        log=log[:40],
        seq=row.seq,
        batch=batch,
        event=row.event,
        order=row.order[:40],
        reason=row.reason[:32],
        at=row.at,
        clock=row.clock,
        detail=dict(row.detail),
    )


def _advance(logs: set[tuple[str, str]], rows: Sequence[Receipt]) -> dict[tuple[str, str], int]:
    devices = {device for device, _ in logs}
    LogPosition.objects.bulk_create(
        [LogPosition(device_id=device, log=log) for device, log in sorted(logs)],
        ignore_conflicts=True,
    )
    positions = {
        (p.device_id, p.log): p
        for p in LogPosition.objects.select_for_update().filter(device__in=devices).order_by("id")
        if (p.device_id, p.log) in logs
    }
    arrived: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in rows:
        arrived[(row.device_id, row.log)].add(row.seq)
    moved = []
    for key, position in positions.items():
        upto = _contiguous(position, arrived[key])
        if upto != position.upto:
            position.upto = upto
            moved.append(position)
    LogPosition.objects.bulk_update(moved, ["upto"])
    return {key: position.upto for key, position in positions.items()}


def _contiguous(position: LogPosition, arrived: set[int]) -> int:
    upto = position.upto
    beyond = {seq for seq in arrived if seq > upto}
    while upto + 1 in beyond:
        upto += 1
    # Rows that came before their turn are already stored: look there only if there may be some.
    if any(seq > upto for seq in beyond) or upto > position.upto:
        stored = Receipt.objects.filter(
            device=position.device_id, log=position.log, seq__gt=upto
        ).order_by("seq")
        for seq in stored.values_list("seq", flat=True):
            if seq != upto + 1:
                break
            upto = seq
    return upto


def _update_play_logs(orders: set[str]) -> None:
    known = PlayOrder.objects.in_bulk([_uuid(order) for order in orders if _uuid(order)])
    if not known:
        return
    ladders: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in Receipt.objects.filter(order__in=[str(pk) for pk in known]).order_by(
        "at", "seq"
    ):
        ladders[receipt.order].append(receipt)
    PlayLog.objects.bulk_create(
        [play_log_of(known[uuid.UUID(order)], rows) for order, rows in sorted(ladders.items())],
        update_conflicts=True,
        unique_fields=["order"],
        update_fields=["started_at", "ended_at", "result", "reason", "duration_ms", "rate_percent"],
    )


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def play_log_of(order: PlayOrder, rows: Sequence[Receipt]) -> PlayLog:
    """Put together what the receipts of one order say; only its own device is believed."""
    own = [row for row in rows if row.device_id == order.device_id]
    started = next((row.at for row in own if row.event == Event.STARTED), None)
    end = next((row for row in own if row.event in {Event.FINISHED, Event.SKIPPED}), None)
    return PlayLog(
        order=order,
        started_at=started,
        ended_at=end.at if end else None,
        result=end.event if end else "",
        reason=end.reason if end else "",
        duration_ms=_number(end, "duration_ms", 0),
        rate_percent=_number(end, "rate_percent", 100),
    )


def _number(row: Receipt | None, name: str, default: int) -> int:
    value = row.detail.get(name, default) if row else default
    return value if isinstance(value, int) and 0 <= value < 2**31 else default


def sealed_receipt(device: str, log: str, upto: int) -> bytes:
    """Return the signed word to a device that its rows are kept up to `upto`."""
    receipt = messages.LogReceipt(device=device, log=log, upto=upto)
    return envelope.seal(messages.LOG_RECEIPT, canonical.encode(receipt), keyring.director_key())
