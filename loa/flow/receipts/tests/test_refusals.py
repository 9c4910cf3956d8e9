"""What comes in a device's name and is refused is counted by reason; the third in an hour is a fact."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loa.connectors.bus.intake import Message
from loa.flow.receipts.actions import count_refusals
from loa.flow.receipts.models import RefusedMessage
from loa.flow.receipts.queries import devices_under_attack
from loa.lib import clock
from loa.project.processes.receiver import Receiver
from loa.project.tests.way import MORNING, log_batch
from loa.registry.ledger.models import Fact
from loa.wire.messages import Event
from loa.wire.reasons import Reason

ONE, TWO = "DN-0001", "DN-0002"
FORGED = (ONE, Reason.FORGED)


def alarms() -> list[tuple[str, dict]]:
    facts = Fact.objects.filter(kind="refusals_alarmed").order_by("seq")
    return [(fact.subject, fact.body) for fact in facts]


def after(**parts: int):
    return clock.at(MORNING + timedelta(**parts))


@pytest.mark.usefixtures("cast")
def test_the_third_refusal_within_an_hour_raises_one_alarm() -> None:
    for minutes in (0, 30):
        with after(minutes=minutes):
            count_refusals([FORGED])
    assert alarms() == []
    with after(minutes=45):
        count_refusals([(ONE, Reason.MALFORMED)])
        count_refusals([FORGED, FORGED])
    assert alarms() == [(ONE, {"refusals": 3, "reasons": {"forged": 2, "malformed": 1}})]


@pytest.mark.usefixtures("cast")
def test_refusals_far_apart_or_of_different_devices_raise_none() -> None:
    for hours in range(4):
        with after(hours=hours):
            count_refusals([FORGED, (TWO, Reason.EXPIRED)])
    assert alarms() == []


@pytest.mark.usefixtures("cast")
def test_an_attack_that_goes_on_is_told_again_after_an_hour() -> None:
    for minutes in (0, 59, 61):
        with after(minutes=minutes):
            count_refusals([FORGED] * 3)
    assert [subject for subject, _ in alarms()] == [ONE, ONE]


@pytest.mark.usefixtures("cast")
def test_refusals_of_one_minute_are_one_row_for_each_reason() -> None:
    with after(seconds=0):
        count_refusals([FORGED, FORGED, (ONE, Reason.OVERSIZE)])
    with after(seconds=20):
        count_refusals([FORGED, ("nobody", Reason.FORGED)])
    rows = RefusedMessage.objects.values_list("device_id", "reason", "count")
    assert set(rows) == {(ONE, "forged", 3), (ONE, "oversize", 1)}


def test_what_devices_tell_they_refused_counts_too_but_not_their_own_clock(cast, keys) -> None:
    said = [(seq, Event.REFUSED, "") for seq in (1, 2, 3)]
    with after(minutes=1):
        for number, (device, reason) in enumerate(((ONE, Reason.FORGED), (TWO, Reason.CLOCK))):
            body = log_batch(keys[number], device, said, reason=reason)
            assert Receiver().store_logs([Message(device, body, "answer")])
        assert set(devices_under_attack([ONE, TWO], clock.now())) == {ONE}
    assert alarms() == [(ONE, {"refusals": 3, "reasons": {"forged": 3}})]


def test_receiver_counts_logs_and_heartbeats_and_nobody_who_is_no_device(cast, keys) -> None:
    bad = [Message(device, b"{}", "answer") for device in (ONE, ONE, "nobody", "no\0body")]
    good = Message(TWO, log_batch(keys[1], TWO, [(1, Event.PULLED, "")]), "answer")
    with after(minutes=1):
        assert list(Receiver().store_logs([*bad, good])) == [4]
        assert alarms() == []
        Receiver().store_heartbeats(bad[1:])
    assert [(subject, body["refusals"]) for subject, body in alarms()] == [(ONE, 3)]
