"""The register of devices and what it keeps of what they say about themselves."""

from __future__ import annotations

from datetime import timedelta

from loa.project.cast import HAI_CHAU, HOA_VANG, stand_device
from loa.project.tests.way import MORNING
from loa.registry.devices.actions import note_heartbeats
from loa.registry.devices.models import (
    LATE_AFTER,
    SILENT_AFTER,
    Device,
    DeviceState,
    condition_of,
)
from loa.registry.devices.queries import loudspeakers_in, public_keys
from loa.registry.ledger.models import Fact
from loa.wire.messages import Clock, Heartbeat


def beat(device: str = "DN-0001", **fields) -> Heartbeat:
    return Heartbeat(device=device, boot="b1", at=MORNING, uptime_s=5, desired_seq=1, **fields)


def test_entering_a_device_again_changes_nothing(cast) -> None:
    facts = Fact.objects.count()
    again = stand_device(1, "ff" * 32)
    assert again.public_hex != "ff" * 32
    assert Fact.objects.count() == facts


def test_a_device_stands_in_its_commune_and_its_village(cast) -> None:
    def codes(*places: str) -> list[str]:
        return [device.code for device in loudspeakers_in(places)]

    assert codes(HAI_CHAU) == ["DN-0001", "DN-0003"]
    assert codes(f"{HAI_CHAU}-02") == ["DN-0003"]
    assert codes(f"{HAI_CHAU}-02", HOA_VANG) == ["DN-0002", "DN-0003"]
    Device.objects.filter(code="DN-0003").update(retired_at=MORNING)
    assert codes(HAI_CHAU) == ["DN-0001"]
    assert set(public_keys()) == {"DN-0001", "DN-0002"}


def test_the_newest_heartbeat_of_a_batch_is_kept(cast) -> None:
    later = MORNING + timedelta(seconds=10)
    note_heartbeats([(beat(volume_percent=90), later), (beat(volume_percent=10), MORNING)])
    assert DeviceState.objects.get().volume_percent == 90
    note_heartbeats([(beat(playing="x", clock=Clock.HOLD), later + timedelta(seconds=10))])
    state = DeviceState.objects.get()
    assert (state.playing, state.clock) == ("x", "hold")


def test_one_odd_device_does_not_hide_the_others(cast) -> None:
    odd = beat(
        "DN-0002",
        playing="\x00" * 50,
        player="p" * 99,
        free_mb=2**40,
        volume_percent=-5,
    )
    big = Heartbeat(device="DN-0003", boot="\x00", at=MORNING, uptime_s=0, desired_seq=2**80)
    note_heartbeats([(odd, MORNING), (big, MORNING), (beat(), MORNING)])
    assert DeviceState.objects.count() == 3
    assert DeviceState.objects.get(device="DN-0002").free_mb == 2**31 - 1
    assert DeviceState.objects.get(device="DN-0003").boot == ""


def test_a_device_is_ready_then_late_then_silent() -> None:
    moment = timedelta(seconds=1)
    ages = {
        timedelta(0): "ready",
        LATE_AFTER: "ready",
        LATE_AFTER + moment: "late",
        SILENT_AFTER: "late",
        SILENT_AFTER + moment: "silent",
    }
    assert {age: condition_of(MORNING, "", MORNING + age) for age in ages} == ages
    assert condition_of(MORNING, "order", MORNING) == "playing"
    assert condition_of(None, "order", MORNING) == "silent"
