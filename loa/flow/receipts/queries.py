from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F, Min, QuerySet

from loa.flow.deliveries.models import PlayOrder
from loa.flow.receipts.models import LogPosition, PlayLog, Receipt, RefusedMessage
from loa.lib import clock
from loa.registry.devices.models import Device
from loa.wire.messages import Event
from loa.wire.reasons import Reason


def receipts_of_orders(orders: list[str]) -> QuerySet[Receipt]:
    return (
        Receipt.objects.filter(order__in=orders)
        .select_related("batch")
        .order_by("device_id", "log", "seq")
    )


def position_of(device: str, log: str) -> int:
    row = LogPosition.objects.filter(device=device, log=log).first()
    return row.upto if row else 0


# A device that fell silent while it sounded never tells the end: after its last possible second
# and this much more, it is no longer taken to sound.
END_TOLD_WITHIN = timedelta(minutes=2)


def sounding_now() -> QuerySet[PlayLog]:
    """Return what has started and not ended on devices in scope."""
    over = F("order__occurrence__end_at") - F("order__occurrence__start_at")
    return (
        PlayLog.objects.filter(
            started_at__isnull=False, result="", order__device__in=Device.objects.all()
        )
        .alias(sounds_until=ExpressionWrapper(F("started_at") + over, DateTimeField()))
        .filter(sounds_until__gt=clock.now() - END_TOLD_WITHIN)
        .select_related(
            "order__occurrence__edition", "order__occurrence__placement", "order__device__place"
        )
    )


def play_log_of_device(device: Device, limit: int = 50) -> list[PlayLog]:
    rows = PlayLog.objects.filter(order__device=device).select_related("order__occurrence__edition")
    return list(rows.order_by("-order__occurrence__start_at")[:limit])


ATTACK_WITHIN = timedelta(hours=1)
REFUSALS_ALARM_AT = 3


def refusals_within(devices: Iterable[str], now: datetime) -> dict[str, Counter[str]]:
    """Return device → reason → refusals of the last hour: by the city, and told by the device.

    A device that says its own clock is wrong was not attacked.
    """
    codes, since = list(devices), now - ATTACK_WITHIN
    found: dict[str, Counter[str]] = {}
    here = RefusedMessage.objects.filter(device__in=codes, minute__gt=since)
    for device, reason, count in here.values_list("device", "reason", "count"):
        found.setdefault(device, Counter())[reason] += count
    told = Receipt.objects.filter(device__in=codes, event=Event.REFUSED, at__gt=since, at__lte=now)
    for device, reason in told.exclude(reason=Reason.CLOCK).values_list("device", "reason"):
        found.setdefault(device, Counter())[reason] += 1
    return found


def devices_under_attack(devices: Iterable[str], now: datetime) -> dict[str, Counter[str]]:
    """Return those of the devices with three refusals or more within the last hour."""
    found = refusals_within(devices, now)
    return {d: reasons for d, reasons in found.items() if reasons.total() >= REFUSALS_ALARM_AT}


def receipts_lag(now: datetime) -> timedelta:
    """Return how long the longest waiting order of the last day should have been answered."""
    unanswered = PlayOrder.objects.filter(
        play_log=None,
        occurrence__called_off_at=None,
        occurrence__start_at__gt=now - timedelta(days=1),
        occurrence__start_at__lte=now,
    )
    since = unanswered.aggregate(since=Min("occurrence__start_at"))["since"]
    return now - since if since else timedelta(0)
