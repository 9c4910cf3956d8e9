"""Readiness: ten minutes before air time, every device that may not sound is named with its reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loa.flow.deliveries.actions import dispatch_due
from loa.flow.deliveries.models import PlayOrder
from loa.flow.receipts.models import ReadinessAlarm, Receipt, ReceiptBatch
from loa.flow.receipts.readiness import LOOK_AHEAD, alarms_ahead, watch_readiness
from loa.flow.receipts.rules import Unready, unready_because
from loa.flow.schedules.actions import call_off_placement
from loa.lib import clock
from loa.project.cast import HAI_CHAU, HOA_VANG
from loa.project.tests.way import MORNING
from loa.registry.devices.models import Device, DeviceState
from loa.registry.ledger.models import Fact

START = MORNING + timedelta(hours=1)
T_MINUS_10 = START - LOOK_AHEAD


@pytest.fixture
def placed(way):
    """A notice for the two devices of Hải Châu, ordered an hour ahead; both are heard of."""
    with clock.at(MORNING):
        placement = way.place(way.edition(), at=START)
        dispatch_due()
    for device in Device.objects.filter(place=HAI_CHAU):
        DeviceState.objects.create(device=device, seen_at=T_MINUS_10, boot="b")
    return placement


def tell(device: str, *events: str) -> None:
    order = PlayOrder.objects.get(device=device)
    batch = ReceiptBatch.objects.create(
        device_id=device, sha256=f"{device}{events}"[:64], envelope=b"", received_at=MORNING
    )
    known = Receipt.objects.filter(device=device).count()
    for number, event in enumerate(events, start=known + 1):
        Receipt.objects.create(
            device_id=device,
            log="l",
            seq=number,
            batch=batch,
            event=event,
            order=str(order.pk),
            at=MORNING,
            clock="good",
        )


def facts() -> int:
    return Fact.objects.filter(kind="readiness_alarmed").count()


def test_who_is_not_ready_ten_minutes_ahead_is_named_with_the_reason(placed) -> None:
    tell("DN-0001", "pulled", "verified", "media_ready")
    tell("DN-0003", "pulled", "verified")
    assert watch_readiness(T_MINUS_10 - timedelta(seconds=1)) == 0
    assert watch_readiness(T_MINUS_10) == 1
    alarm = ReadinessAlarm.objects.get()
    assert (alarm.targeted, alarm.ready) == (2, 1)
    assert alarm.missing == [{"device": "DN-0003", "why": "no_sound"}]
    fact = Fact.objects.order_by("-seq")[0]
    assert (fact.kind, fact.body["missing"]) == ("readiness_alarmed", {"DN-0003": "no_sound"})


def test_looking_again_tells_nothing_twice_and_clears_when_all_are_ready(placed) -> None:
    tell("DN-0001", "pulled", "media_ready")
    assert [watch_readiness(T_MINUS_10), watch_readiness(T_MINUS_10)] == [1, 0]
    assert facts() == 1
    tell("DN-0003", "pulled", "media_ready")
    later = T_MINUS_10 + timedelta(minutes=3)
    assert watch_readiness(later) == 0
    alarm = ReadinessAlarm.objects.get()
    assert (alarm.ready, alarm.missing, alarm.cleared_at) == (2, [], later)
    assert alarms_ahead([HAI_CHAU], later) == []


def test_when_all_are_ready_nobody_is_told(placed) -> None:
    tell("DN-0001", "media_ready")
    tell("DN-0003", "media_ready")
    DeviceState.objects.filter(device="DN-0003").update(seen_at=MORNING)
    assert watch_readiness(T_MINUS_10) == 0
    assert not ReadinessAlarm.objects.exists()


def test_silent_cloned_and_refusing_devices_say_why(placed) -> None:
    DeviceState.objects.filter(device="DN-0001").update(cloned_at=MORNING)
    DeviceState.objects.filter(device="DN-0003").update(seen_at=MORNING)
    watch_readiness(T_MINUS_10)
    missing = {one["device"]: one["why"] for one in ReadinessAlarm.objects.get().missing}
    assert missing == {"DN-0001": "quarantined", "DN-0003": "silent"}


def test_alarms_are_of_their_place_and_of_what_is_yet_to_come(placed) -> None:
    watch_readiness(T_MINUS_10)
    assert [alarm.targeted for alarm in alarms_ahead([HAI_CHAU], T_MINUS_10)] == [2]
    assert alarms_ahead([HOA_VANG], T_MINUS_10) == []
    assert alarms_ahead([HAI_CHAU], START) == []


def test_what_was_called_off_or_only_just_ordered_alarms_nobody(placed) -> None:
    PlayOrder.objects.update(dispatched_at=T_MINUS_10 - timedelta(seconds=30))
    assert watch_readiness(T_MINUS_10) == 0
    PlayOrder.objects.update(dispatched_at=MORNING)
    with clock.at(T_MINUS_10):
        call_off_placement(placed)
    assert watch_readiness(T_MINUS_10) == 0


@pytest.mark.parametrize(
    ("rungs", "is_silent", "is_quarantined", "why"),
    [
        ({"pulled", "media_ready"}, False, False, None),
        ({"media_ready"}, True, False, None),
        ({"media_ready"}, False, True, Unready.QUARANTINED),
        ({"media_ready", "skipped"}, False, False, Unready.REFUSED),
        ({"pulled"}, True, False, Unready.SILENT),
        ({"pulled"}, False, False, Unready.NO_SOUND),
        (set(), False, False, Unready.NOT_PULLED),
    ],
)
def test_the_first_reason_that_holds_is_told(rungs, is_silent, is_quarantined, why) -> None:
    assert unready_because(rungs, is_silent=is_silent, is_quarantined=is_quarantined) is why
