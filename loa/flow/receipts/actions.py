from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from loa.flow.deliveries.actions import note_ended
from loa.flow.receipts import statements
from loa.flow.receipts.arrivals import Arrival
from loa.flow.receipts.copying import keep_batches, keep_rows
from loa.flow.receipts.queries import ATTACK_WITHIN, devices_under_attack
from loa.lib import clock
from loa.registry.devices.models import Device
from loa.registry.ledger.actions import hold_ledger, record_fact
from loa.registry.ledger.queries import facts_about
from loa.registry.people import keyring
from loa.wire import canonical, envelope, messages
from loa.wire.keys import key_id_of
from loa.wire.messages import Event, LogBatch
from loa.wire.reasons import Reason, Refused

LOG_NAME_CHARACTERS_MAX = 40
# A clock that was never set says 1970; the ends of the calendar overflow in another time zone.
YEARS = range(1970, 9999)
_NUL = rb"\u0000"
ENDS = (Event.FINISHED, Event.SKIPPED)


def open_log_batch(data: bytes, device: str, public_keys: Mapping[str, str]) -> Arrival:
    """Verify that this device signed these rows; raises Refused."""
    public_hex = public_keys.get(device)
    known = {key_id_of(public_hex): public_hex} if public_hex else {}
    payload, _ = envelope.open_payload(data, messages.LOG, known)
    batch = envelope.parse(payload, LogBatch)
    if batch.device != device:
        raise Refused(Reason.WRONG_DEVICE, batch.device)
    # The database takes or gives back none of these, and one such batch must not hold up others.
    if len(batch.log) > LOG_NAME_CHARACTERS_MAX or _NUL in payload:
        raise Refused(Reason.MALFORMED, "a name too long, or a zero character")
    if not all(row.at.year in YEARS for row in batch.rows):
        raise Refused(Reason.MALFORMED, "a time of no calendar")
    return Arrival(data, batch)


@transaction.atomic
def record_receipts(arrivals: Sequence[Arrival]) -> dict[tuple[str, str], int]:
    """Store rows once, whatever arrives twice or out of order; returns (device, log) → upto.

    `upto` is the last row before the first gap: a device may delete no further.
    """
    hashes = [canonical.content_hash(arrival.sealed) for arrival in arrivals]
    told = _told(arrivals)
    logs = {arrival.log for arrival in arrivals}
    named = {"devices": [device for device, _ in logs], "logs": [log for _, log in logs]}
    with connection.cursor() as cursor:
        cursor.execute(statements.OPEN_LOGS, named)
        cursor.execute(statements.HOLD_LOGS, named)
        keep_rows(arrivals, keep_batches(arrivals, hashes, clock.now()))
        of_orders: dict[str, Any] = {
            "orders": [o for o, _ in told],
            "devices": [device for _, device in told],
        }
        cursor.execute(statements.KEEP_PLAY_LOGS, of_orders)
        note_ended(pair for pair, has_ended in told.items() if has_ended)
        cursor.execute(statements.ADVANCE_LOGS, named)
        cursor.execute(statements.POSITIONS, named)
        return {(device, log): upto for device, log, upto in cursor.fetchall()}


def _told(arrivals: Sequence[Arrival]) -> dict[tuple[uuid.UUID, str], bool]:
    """Return (order, device) → did it end, of every order these rows tell of."""
    told: dict[tuple[str, str], bool] = {}
    for arrival in arrivals:
        device = arrival.batch.device
        for row in arrival.batch.rows:
            if row.event in ENDS:
                told[row.order, device] = True
            else:
                told.setdefault((row.order, device), False)
    return {
        (order, device): has_ended
        for (name, device), has_ended in told.items()
        if (order := _uuid(name))
    }


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def count_refusals(refused: Sequence[tuple[str, Reason]], arrivals: Sequence[Arrival] = ()) -> None:
    """Count what came in a device's name and was refused, and what devices tell they refused.

    The third within an hour is recorded as a fact, once an hour for a device.
    """
    counts = Counter(refused)
    told = {a.batch.device for a in arrivals if any(map(_is_refusal, a.batch.rows))}
    concerned = {device for device, _ in counts} | told
    if not concerned:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        named: dict[str, Any] = {
            "now": clock.now(),
            "devices": [device for device, _ in counts],
            "reasons": [str(reason) for _, reason in counts],
            "counts": list(counts.values()),
        }
        cursor.execute(statements.COUNT_REFUSALS, named)
        _alarm(concerned)


def _is_refusal(row: messages.LogRow) -> bool:
    return row.event is Event.REFUSED


def _alarm(devices: set[str]) -> None:
    if not devices_under_attack(devices, clock.now()):
        return
    # Two receivers may come to the third at once: the ledger lets one look first.
    hold_ledger()
    since = clock.iso(clock.now() - ATTACK_WITHIN)
    for device, reasons in sorted(devices_under_attack(devices, clock.now()).items()):
        if facts_about([device]).filter(kind="refusals_alarmed", at__gt=since).exists():
            continue
        place = Device._base_manager.get(pk=device).place_id  # noqa: SLF001 - whoever's it is
        body = {"refusals": reasons.total(), "reasons": dict(reasons)}
        record_fact("refusals_alarmed", actor=None, subject=device, place=place, body=body)


def sealed_receipt(device: str, log: str, upto: int) -> bytes:
    """Return the signed word to a device that its rows are kept up to `upto`."""
    receipt = messages.LogReceipt(device=device, log=log, upto=upto)
    return envelope.seal(messages.LOG_RECEIPT, canonical.encode(receipt), keyring.director_key())
