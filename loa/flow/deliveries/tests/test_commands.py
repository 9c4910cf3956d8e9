"""What a person tells a device to do at once: signed, said until it is answered, kept with its answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loa.flow.deliveries.commands import (
    CommandIncomplete,
    command_device,
    latest_commands,
    record_answers,
    send_commands,
)
from loa.flow.deliveries.models import DeviceCommand
from loa.flow.deliveries.ports import fleet_bus
from loa.flow.deliveries.queries import document_for
from loa.lib import clock
from loa.project.tests.way import MORNING
from loa.registry.devices.actions import note_heartbeats, retire_device
from loa.registry.devices.errors import KeyRetired
from loa.registry.devices.models import Device
from loa.registry.devices.queries import public_keys
from loa.registry.devices.traffic import month_use_of
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.wire import canonical, envelope
from loa.wire.commands import COMMAND_RECEIPT, Command, CommandReceipt, Outcome, Verb
from loa.wire.messages import Desired, Heartbeat, Settings
from loa.wire.reasons import Reason

SECOND = timedelta(seconds=1)


class Listening:
    """A bus that remembers what was said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bytes]] = []

    def say(self, messages) -> None:
        self.said.extend(messages)


@pytest.fixture
def bus():
    before, listening = fleet_bus(), Listening()
    fleet_bus.provide(listening)
    yield listening
    fleet_bus.provide(before)


@pytest.fixture
def device(cast) -> Device:
    return Device.objects.get(pk="DN-0001")


def answer(command, key, *, outcome=Outcome.DONE, device="DN-0001", reason="") -> tuple[str, bytes]:
    receipt = CommandReceipt(
        device=device, id=str(command.pk), outcome=outcome, reason=reason, at=MORNING
    )
    return device, envelope.seal(COMMAND_RECEIPT, canonical.encode(receipt), key)


def opened(data: bytes) -> Command:
    return envelope.parse(envelope.read(data).payload_bytes, Command)


def settings_now() -> Settings | None:
    sealed = document_for("DN-0001")
    assert sealed is not None
    return envelope.parse(envelope.read(sealed).payload_bytes, Desired).settings


def test_a_command_is_said_until_it_is_answered_and_no_longer(cast, device, keys, bus) -> None:
    with clock.at(MORNING):
        command = command_device(device, Verb.IDENTIFY, by=cast["duc"])
        assert command.state_at(MORNING) == "waiting"
        assert [send_commands(), send_commands()] == [1, 0]
    with clock.at(MORNING + 6 * SECOND):
        assert send_commands() == 1
    (subject, first), (_, second) = bus.said
    assert (subject, first) == ("cmd.dev.DN-0001", second)
    assert opened(first).verb is Verb.IDENTIFY
    with clock.at(MORNING + 7 * SECOND):
        assert record_answers([answer(command, keys[0])], public_keys()) == []
    with clock.at(MORNING + 12 * SECOND):
        assert send_commands() == 0
    (kept,) = latest_commands(device)
    assert (kept.state_at(MORNING), kept.answered_at) == ("done", MORNING + 7 * SECOND)


def test_a_command_nobody_answered_is_not_kept_for_a_device_that_was_away(
    cast, device, bus
) -> None:
    with clock.at(MORNING):
        command = command_device(device, Verb.REBOOT, by=cast["duc"])
    with clock.at(MORNING + 61 * SECOND):
        assert send_commands() == 0
    assert command.state_at(MORNING + 66 * SECOND) == "silent"
    assert bus.said == []


def test_volume_and_mute_last_and_leave_a_fact(cast, device, bus) -> None:
    command_device(device, Verb.VOLUME, by=cast["duc"], percent=40)
    assert settings_now() == Settings(volume_percent=40)
    command_device(device, Verb.MUTE, by=cast["duc"], muted=True)
    assert settings_now() == Settings(volume_percent=40, muted=True)
    fact = Fact.objects.order_by("-seq")[0]
    assert (fact.kind, fact.actor, fact.subject) == ("device_commanded", "duc", "DN-0001")
    assert (fact.body["verb"], fact.body["args"]) == ("mute", {"muted": True})


def test_who_presses_twice_gives_one_command(cast, device, bus) -> None:
    with clock.at(MORNING):
        first = command_device(device, Verb.TEST_TONE, by=cast["duc"])
        again = command_device(device, Verb.TEST_TONE, by=cast["duc"])
        other = command_device(device, Verb.TEST_TONE, by=cast["duc"], confirmed=True)
    assert first.pk == again.pk
    assert (other.pk != first.pk, other.seq) == (True, first.seq + 1)


def test_only_who_tends_the_device_commands_it(cast, device) -> None:
    for username in ("mai", "hung", "la", "nga"):
        with pytest.raises(MandateMissing):
            command_device(device, Verb.REBOOT, by=cast[username])
    for percent in (None, -1, 101):
        with pytest.raises(CommandIncomplete):
            command_device(device, Verb.VOLUME, by=cast["duc"], percent=percent)
    retire_device(device, by=cast["duc"], reason="mất cắp")
    with pytest.raises(KeyRetired):
        command_device(device, Verb.REBOOT, by=cast["duc"])
    assert not DeviceCommand.objects.exists()


def test_what_no_such_device_signed_is_no_answer(cast, device, keys) -> None:
    command = command_device(device, Verb.REBOOT, by=cast["duc"])
    forged = answer(command, keys[1])
    foreign = ("DN-0002", answer(command, keys[1])[1])
    others = answer(command, keys[1], device="DN-0002")
    unknown = ("DN-0099", answer(command, keys[0])[1])
    found = record_answers([forged, foreign, others, unknown], public_keys())
    assert [refused.reason for _, refused in found] == [
        Reason.UNKNOWN_KEY,
        Reason.WRONG_DEVICE,
        Reason.UNKNOWN_KEY,
    ]
    assert DeviceCommand.objects.get().answered_at is None


def test_the_first_answer_stands(cast, device, keys) -> None:
    command = command_device(device, Verb.TEST_TONE, by=cast["duc"])
    busy = answer(command, keys[0], outcome=Outcome.REFUSED, reason="busy")
    record_answers([busy, answer(command, keys[0])], public_keys())
    kept = DeviceCommand.objects.get()
    assert (kept.outcome, kept.reason) == ("refused", "busy")


def beat(boot: str, uptime_s: int, came: int, went: int = 0) -> Heartbeat:
    counts = {"bytes_in": came, "bytes_out": went}
    return Heartbeat(
        device="DN-0001", boot=boot, at=MORNING, uptime_s=uptime_s, desired_seq=1, **counts
    )


def test_traffic_is_summed_by_month_over_boots_and_replays(cast, device) -> None:
    said = [beat("a", 1, 10_000_000), beat("a", 2, 25_000_000, 500_000), beat("b", 1, 2_000_000)]
    note_heartbeats([(one, MORNING) for one in said])
    note_heartbeats([(one, MORNING) for one in said])
    note_heartbeats([(beat("b", 9, 3_000_000), MORNING)])
    Device.objects.filter(pk="DN-0001").update(sim_month_mb=28)
    with clock.at(MORNING):
        use = month_use_of(Device.objects.get(pk="DN-0001"))
    assert (use.used_mb, use.limit_mb, use.is_over) == (29, 28, True)
    with clock.at(MORNING + timedelta(days=10)):
        assert month_use_of(device).used_mb == 0
