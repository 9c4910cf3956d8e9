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
from loa.registry.devices.rules import BOOTS_KEPT
from loa.registry.ledger.models import Fact
from loa.wire.messages import Clock, Heartbeat


def beat(device: str = "DN-0001", **fields) -> Heartbeat:
    said = {"boot": "b1", "uptime_s": 5, **fields}
    return Heartbeat(device=device, at=MORNING, desired_seq=1, **said)


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
    newer, older = beat(volume_percent=90, uptime_s=15), beat(volume_percent=10)
    note_heartbeats([(newer, later), (older, later)])
    assert DeviceState.objects.get().volume_percent == 90
    latest = beat(playing="x", clock=Clock.HOLD, uptime_s=25)
    note_heartbeats([(latest, later + timedelta(seconds=10))])
    state = DeviceState.objects.get()
    assert (state.playing, state.clock) == ("x", "hold")


def test_what_was_said_before_does_not_make_a_dead_device_look_alive(cast) -> None:
    first = beat(boot="a", uptime_s=100)
    rebooted = beat(boot="b", uptime_s=1)
    note_heartbeats([(first, MORNING), (rebooted, MORNING)])
    for replayed in (first, rebooted, beat(boot="a", uptime_s=7)):
        note_heartbeats([(replayed, MORNING + timedelta(hours=1))])
    state = DeviceState.objects.get()
    assert (state.seen_at, state.boot, state.cloned_at) == (MORNING, "b", None)
    note_heartbeats([(beat(boot="b", uptime_s=2), MORNING + timedelta(hours=2))])
    assert DeviceState.objects.get().seen_at == MORNING + timedelta(hours=2)


def test_two_machines_with_one_key_are_noted_once(cast) -> None:
    for second in range(1, 5):
        pair = [beat(boot="card", uptime_s=second), beat(boot="copy", uptime_s=second)]
        note_heartbeats([(one, MORNING + timedelta(seconds=second)) for one in pair])
    assert DeviceState.objects.get().cloned_at == MORNING + timedelta(seconds=2)
    fact = Fact.objects.get(kind="device_cloned")
    assert (fact.subject, fact.place) == ("DN-0001", HAI_CHAU)


def test_a_device_may_boot_as_often_as_it_likes(cast) -> None:
    for number in range(30):
        beats = [beat(boot=f"b{number}", uptime_s=second) for second in (1, 30)]
        note_heartbeats([(one, MORNING) for one in beats])
    state = DeviceState.objects.get()
    assert (state.boot, state.uptime_s, state.cloned_at) == ("b29", 30, None)
    assert len(state.left_boots) == BOOTS_KEPT


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
