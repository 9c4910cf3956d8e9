"""What one device was told and did: its days, what comes next, and its own words about it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from loa.flow.deliveries.models import DesiredDocument, PlayOrder
from loa.flow.evaluation.tallies import Outcome, Tally, outcome_of
from loa.flow.receipts.models import PlayLog, Receipt
from loa.flow.schedules.models import Occurrence
from loa.flow.schedules.queries import day_bounds
from loa.lib import clock
from loa.registry.devices.models import Device

ORDERS_MAX = 200


@dataclass(frozen=True)
class Deed:
    """One order on one device with what became of it."""

    order: PlayOrder
    occurrence: Occurrence
    log: PlayLog | None
    outcome: Outcome

    @property
    def late_ms(self) -> int | None:
        if self.log is None or self.log.started_at is None:
            return None
        return int((self.log.started_at - self.occurrence.start_at).total_seconds() * 1000)


def deeds_between(device: Device, first: date, last: date) -> list[Deed]:
    """Return what a device was ordered to sound on these local days, newest first."""
    begin, end = day_bounds(first)[0], day_bounds(last)[1]
    rows = PlayOrder.objects.filter(
        device=device, occurrence__start_at__gte=begin, occurrence__start_at__lt=end
    ).select_related(
        "occurrence__edition__bulletin", "occurrence__refusal", "occurrence__placement", "play_log"
    )
    now = clock.now()
    return [_deed(order, now) for order in rows.order_by("-occurrence__start_at")[:ORDERS_MAX]]


def _deed(order: PlayOrder, now: datetime) -> Deed:
    log: PlayLog | None = getattr(order, "play_log", None)
    return Deed(order, order.occurrence, log, outcome_of(order.occurrence, _tally(log), now))


def _tally(log: PlayLog | None) -> Tally:
    if log is None:
        return Tally(ordered=1)
    return Tally(
        ordered=1,
        sounded=int(log.started_at is not None),
        finished=int(log.result == "finished"),
        ended=int(bool(log.result)),
        last_start=None if log.result else log.started_at,
    )


@dataclass(frozen=True)
class Next:
    """Something this device will sound; it may still have to be ordered."""

    occurrence: Occurrence
    is_ordered: bool


def next_for(device: Device, limit: int) -> list[Next]:
    """Return what is planned where a device stands, nearest first."""
    places = [code for code in (device.place_id, device.village_id) if code]
    rows = Occurrence._base_manager.filter(  # noqa: SLF001 - the caller may see the device
        place__in=places, start_at__gt=clock.now(), called_off_at=None, refusal=None
    ).select_related("edition__bulletin", "placement")
    coming = list(rows.order_by("start_at")[:limit])
    ordered = set(
        PlayOrder.objects.filter(device=device, occurrence__in=coming).values_list(
            "occurrence", flat=True
        )
    )
    return [Next(occurrence, occurrence.pk in ordered) for occurrence in coming]


def order_named(device: Device, name: str) -> PlayOrder | None:
    """Return the order of this device that a heartbeat names as playing, if there is one."""
    return _orders(device, [name]).get(name)


def newest_document_seq(device: Device) -> int:
    row = DesiredDocument.objects.filter(device=device).order_by("-seq").first()
    return row.seq if row else 0


@dataclass(frozen=True)
class Ladder:
    """The rungs a device told of one order, or of a document it refused."""

    order: PlayOrder | None
    rungs: Sequence[Receipt]


def latest_ladders(device: Device, limit: int) -> list[Ladder]:
    """Return the last rows of a device's log, those of one order together, newest first."""
    rows = list(Receipt.objects.filter(device=device).order_by("-id")[: limit * 8])
    groups: dict[str, list[Receipt]] = {}
    for row in rows:
        groups.setdefault(row.order or f"document {row.pk}", []).append(row)
    orders = _orders(device, groups)
    newest = list(groups.items())[:limit]
    return [Ladder(orders.get(name), _in_order(rungs)) for name, rungs in newest]


def _orders(device: Device, names: Iterable[str]) -> dict[str, PlayOrder]:
    """Return name → order, of those names that are orders of this device."""
    keys = [key for name in names if (key := _order_key(name)) is not None]
    rows = PlayOrder.objects.filter(pk__in=keys, device=device)
    return {str(row.pk): row for row in rows.select_related("occurrence__edition")}


def _order_key(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name)
    except ValueError:
        return None


def _in_order(rungs: Iterable[Receipt]) -> list[Receipt]:
    return sorted(rungs, key=lambda row: (row.at, row.seq))
