"""Loudspeakers of the tests: they get their orders and tell, signed by their own keys, what they did."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django_scopes import scopes_disabled

from loa.flow.deliveries.actions import dispatch_due
from loa.flow.deliveries.models import PlayOrder
from loa.flow.receipts.actions import open_log_batch, record_receipts
from loa.lib import clock
from loa.project.cast import device_code, stand_device
from loa.registry.devices.actions import note_heartbeats
from loa.registry.devices.models import Device
from loa.wire import canonical, envelope, messages
from loa.wire.keys import SigningKey
from loa.wire.messages import Event, Heartbeat, LogBatch, LogRow

LADDER = (Event.PULLED, Event.VERIFIED, Event.MEDIA_READY, Event.STARTED)


def device_key(number: int) -> SigningKey:
    return SigningKey.from_seed(hashlib.sha256(f"desk test device {number}".encode()).digest())


class Fleet:
    """Devices 1, 3, 4 stand in Hải Châu, 2 in Hòa Vang, as in the demo."""

    def __init__(self) -> None:
        self._seqs: dict[str, int] = {}
        self._beats = 0

    def stand(self, *numbers: int) -> list[Device]:
        with scopes_disabled():
            return [stand_device(number, device_key(number).public_hex) for number in numbers]

    def dispatch(self) -> dict[str, PlayOrder]:
        """Order what is near; return device code → its newest order."""
        with scopes_disabled():
            dispatch_due()
            rows = PlayOrder.objects.select_related("occurrence__edition")
            return {row.device_id: row for row in rows.order_by("occurrence__start_at")}

    def beat(self, number: int, **fields: Any) -> None:
        """Say that a device is here, now."""
        now, code = clock.now(), device_code(number)
        self._beats += 1
        beat = Heartbeat(
            device=code, boot="b", at=now, uptime_s=self._beats, desired_seq=1, **fields
        )
        note_heartbeats([(beat, now)])

    def sound(self, order: PlayOrder, *, at: datetime) -> None:
        """Sound an order from `at` to its end, and tell."""
        self.start(order, at=at)
        length = order.occurrence.edition.duration
        detail: dict[str, str | int] = {"duration_ms": order.occurrence.edition.duration_ms}
        self.tell(order, Event.FINISHED, at=at + length, detail=detail)

    def start(self, order: PlayOrder, *, at: datetime) -> None:
        for rung in LADDER:
            self.tell(order, rung, at=at)

    def skip(self, order: PlayOrder, reason: str, *, at: datetime) -> None:
        self.tell(order, Event.SKIPPED, at=at, reason=reason)

    def tell(
        self,
        order: PlayOrder,
        event: Event,
        *,
        at: datetime,
        reason: str = "",
        detail: dict[str, str | int] | None = None,
    ) -> None:
        """Report one row of the log."""
        device = order.device_id
        self._seqs[device] = self._seqs.get(device, 0) + 1
        row = LogRow(
            seq=self._seqs[device],
            at=at,
            monotonic_ms=0,
            clock=messages.Clock.GOOD,
            event=event,
            order=str(order.pk),
            edition_sha256=order.occurrence.edition.sha256,
            reason=reason,
            detail=detail or {},
        )
        key = device_key(int(device.removeprefix("DN-")))
        batch = LogBatch(device=device, log="log", boot="b", rows=(row,))
        sealed = envelope.seal(messages.LOG, canonical.encode(batch), key)
        with scopes_disabled():
            record_receipts([open_log_batch(sealed, device, {device: key.public_hex})])


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
