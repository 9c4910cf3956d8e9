"""Readiness before air time: ten minutes ahead every device has its order and its sound, or somebody is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django_scopes import scopes_disabled

from loa.flow.deliveries.models import PlayOrder
from loa.flow.receipts.models import ReadinessAlarm, Receipt
from loa.flow.receipts.rules import Unready, unready_because
from loa.flow.schedules.models import Occurrence
from loa.registry.devices.models import SILENT_AFTER, DeviceState
from loa.registry.devices.queries import quarantined
from loa.registry.ledger.actions import hold_ledger, record_fact
from loa.wire.messages import Event

LOOK_AHEAD = timedelta(minutes=10)
# What was ordered only now is still on its way.
UNDER_WAY = timedelta(seconds=60)
OCCURRENCES_MAX = 1_000
READINESS_ALARMED = "readiness_alarmed"
_TOLD = (Event.PULLED, Event.MEDIA_READY, Event.SKIPPED)


@dataclass(frozen=True)
class Ordered:
    """One device that is to sound an occurrence, and how far its order got."""

    device: str
    why: Unready | None


def watch_readiness(now: datetime) -> int:
    """Look at what sounds within ten minutes; raise and clear alarms; return how many are new.

    Looking again changes nothing: an occurrence has one alarm, told once.
    """
    near = list(_near(now))
    if not near:
        return 0
    standing = _standing_of(near, now)
    return sum(_note(one, standing[one.pk], now) for one in near if standing.get(one.pk))


def _near(now: datetime) -> Iterable[Occurrence]:
    rows = Occurrence._base_manager.filter(  # noqa: SLF001 - the watch sees the whole city
        start_at__gt=now,
        start_at__lte=now + LOOK_AHEAD,
        called_off_at=None,
        orders__dispatched_at__lte=now - UNDER_WAY,
    ).distinct()
    return rows.select_related("edition__bulletin", "readiness").order_by("start_at")[
        :OCCURRENCES_MAX
    ]


def _standing_of(near: Sequence[Occurrence], now: datetime) -> Mapping[object, list[Ordered]]:
    rows = PlayOrder.objects.filter(
        occurrence__in=[one.pk for one in near], device__retired_at=None
    ).values_list("id", "occurrence", "device")
    orders = [(str(order), occurrence, device) for order, occurrence, device in rows]
    rungs = _rungs_of([order for order, _, _ in orders])
    devices = {device for _, _, device in orders}
    silent, doubtful = _silent(devices, now), quarantined(devices)
    found: dict[object, list[Ordered]] = defaultdict(list)
    for order, occurrence, device in sorted(orders, key=lambda row: row[2]):
        why = unready_because(
            rungs[order], is_silent=device in silent, is_quarantined=device in doubtful
        )
        found[occurrence].append(Ordered(device, why))
    return found


def _rungs_of(orders: Collection[str]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    told = Receipt.objects.filter(order__in=orders, event__in=_TOLD)
    for order, event in told.values_list("order", "event"):
        found[order].add(event)
    return found


def _silent(devices: set[str], now: datetime) -> set[str]:
    fresh = DeviceState.objects.filter(device__in=devices, seen_at__gte=now - SILENT_AFTER)
    return devices - set(fresh.values_list("device", flat=True))


def _note(occurrence: Occurrence, ordered: Sequence[Ordered], now: datetime) -> bool:
    """Keep what is known of an occurrence; True when an alarm was raised."""
    missing = [{"device": one.device, "why": str(one.why)} for one in ordered if one.why]
    ready = len(ordered) - len(missing)
    known: ReadinessAlarm | None = getattr(occurrence, "readiness", None)
    if known is None:
        return bool(missing) and _raise(occurrence, len(ordered), missing, now)
    cleared_at = None if missing else known.cleared_at or now
    if (known.targeted, known.missing, known.cleared_at) != (len(ordered), missing, cleared_at):
        ReadinessAlarm.objects.filter(pk=known.pk).update(
            targeted=len(ordered), ready=ready, missing=missing, cleared_at=cleared_at
        )
    return False


@transaction.atomic
def _raise(
    occurrence: Occurrence, targeted: int, missing: list[dict[str, str]], now: datetime
) -> bool:
    # Two dispatchers may look at once: the ledger lets one be first.
    hold_ledger()
    _, is_new = ReadinessAlarm.objects.get_or_create(
        occurrence=occurrence,
        defaults={
            "raised_at": now,
            "targeted": targeted,
            "ready": targeted - len(missing),
            "missing": missing,
        },
    )
    if is_new:
        record_fact(
            READINESS_ALARMED,
            actor=None,
            subject=occurrence.edition.bulletin.code,
            place=occurrence.place_id,
            body={
                "occurrence": str(occurrence.pk),
                "devices": targeted,
                "missing": {one["device"]: one["why"] for one in missing},
            },
        )
    return is_new


def alarms_ahead(places: Collection[str], now: datetime) -> list[ReadinessAlarm]:
    """Return the alarms of what is yet to begin at these places; the caller answers for the codes."""
    rows = ReadinessAlarm.objects.filter(
        Q(occurrence__place__in=places) | Q(occurrence__place__parent__in=places),
        cleared_at=None,
        occurrence__start_at__gt=now,
        occurrence__called_off_at=None,
    )
    with scopes_disabled():
        return list(
            rows.select_related("occurrence__edition__bulletin", "occurrence__place").order_by(
                "occurrence__start_at"
            )
        )
