"""Nothing sounds that was not approved: every hostile message is refused, named and counted."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict

import pytest

from loa.connectors.bus.intake import Message
from loa.flow.receipts.models import Receipt, ReceiptBatch
from loa.lib import clock
from loa.player.device import Taken
from loa.project.processes import receiver
from loa.project.processes.receiver import Receiver
from loa.registry.devices.models import Device, DeviceState
from loa.registry.places.models import Place
from loa.wire.cast import NOW, Cast
from loa.wire.messages import Priority
from loa.wire.reasons import Reason
from tests.conformance.attacks import (
    APPROVED,
    DEVICE,
    SEQ,
    SWAPPED,
    Forge,
    at_door,
    corpus,
    order_of,
)
from tests.conformance.conftest import Horn

pytestmark = pytest.mark.usefixtures("ten_o_clock")
EVERY_FILE = (APPROVED.sha256, SWAPPED.sha256)


@pytest.fixture
def horn(wire_cast) -> Horn:
    return Horn(wire_cast, ready=EVERY_FILE)


def approved_document(cast: Cast, *, seq: int, order: str = "o-1") -> bytes:
    sha256, sealed = cast.sealed_edition(cast.edition(media=(APPROVED,), edition=order))
    made = cast.order(sha256, order=order)
    return cast.document(seq=seq, orders=(made,), envelopes={sha256: sealed})


def still_hears(horn: Horn, seq: int) -> bool:
    """Say whether the horn, after all that came, still sounds what was approved."""
    horn.device.take_desired(approved_document(horn.cast, seq=seq, order="after"))
    horn.follow()
    return horn.heard[-1:] == ["after"]


def test_corpus_is_large_varied_and_the_same_every_time():
    attacks = corpus()
    assert len(attacks) >= 10_000
    assert len({(attack.door, attack.data) for attack in attacks}) >= 10_000
    assert len({attack.kind for attack in attacks}) >= 80
    again = Forge()
    assert [attack.data for attack in again.rosters()] == [a.data for a in at_door("roster")]


def test_what_the_attacks_are_made_of_sounds_when_nobody_touches_it(horn):
    forge = Forge()
    assert horn.device.take_desired(forge._good_document()) is Taken.NEW
    horn.follow()
    assert horn.heard == ["d-1"]


def test_hostile_documents_are_refused_and_nothing_sounds(horn):
    horn.device.take_desired(approved_document(horn.cast, seq=SEQ))
    horn.follow()
    assert horn.heard == ["o-1"]
    wrong = []
    attacks = at_door("desired")
    for attack in attacks:
        before = horn.refusals.copy()
        taken = horn.device.take_desired(attack.data, is_roster_fresh=True)
        named = [Reason(reason) for reason in horn.refusals - before]
        if taken is not Taken.REFUSED or not set(named) <= attack.reasons or len(named) != 1:
            wrong.append((attack.kind, taken, named))
        horn.follow()
    assert wrong == []
    assert horn.heard == ["o-1"]
    assert horn.refusals.total() == len(attacks) == horn.refusals_told()
    assert len([row for row in horn.rows() if row.event == "refused"]) <= 20
    assert still_hears(horn, SEQ + 1)


def test_hostile_rosters_are_refused_and_the_held_one_stays(horn):
    held = horn.device.roster
    wrong = []
    attacks = at_door("roster")
    for attack in attacks:
        before = horn.refusals.copy()
        taken = horn.device.take_roster(attack.data)
        named = [Reason(reason) for reason in horn.refusals - before]
        if taken is not Taken.REFUSED or not set(named) <= attack.reasons or len(named) != 1:
            wrong.append((attack.kind, taken, named))
    assert wrong == []
    assert horn.device.roster is held
    assert horn.refusals.total() == len(attacks) == horn.refusals_told()


def test_what_rests_on_no_approval_never_sounds_though_the_director_orders_it(horn):
    attacks = at_door("order")
    wrong, wanted = [], {}
    for attack in attacks:
        # It may be refused whole, when what was damaged is no JSON any more.
        if horn.device.take_desired(attack.data, is_roster_fresh=True) is not Taken.NEW:
            wrong.append((attack.kind, "the document was not taken"))
        wanted[order_of(attack).order] = attack
        horn.follow()
    skipped = {row.order: row.reason for row in horn.rows() if row.event == "skipped"}
    for order, attack in wanted.items():
        if skipped.get(order) not in attack.reasons:
            wrong.append((attack.kind, skipped.get(order)))
    assert wrong == []
    assert horn.heard == []
    assert len(skipped) == len(attacks)
    assert still_hears(horn, SEQ + 10**6)


def test_every_reason_an_attack_can_have_is_met():
    met = frozenset().union(*(attack.reasons for attack in corpus() if len(attack.reasons) == 1))
    assert met == {
        Reason.OVERSIZE, Reason.MALFORMED, Reason.WRONG_TYPE, Reason.FORGED, Reason.UNKNOWN_KEY,
        Reason.NO_MANDATE, Reason.WRONG_DEVICE, Reason.WRONG_PLACE, Reason.ROLLED_BACK,
        Reason.EXPIRED, Reason.EDITION_MISSING, Reason.MEDIA_MISSING, Reason.QUIET_HOURS,
        Reason.LATE, Reason.ONE_PERSON,
    }  # fmt: skip


def test_nothing_an_attack_says_is_an_emergency_without_a_leader(horn):
    """Who holds the director's key and any commune's key still cannot cut what sounds."""
    alarms = [a for a in at_door("order") if order_of(a).priority is Priority.EMERGENCY]
    assert {attack.kind for attack in alarms} == {"emergency by a chair", "raised to an emergency"}
    for attack in alarms:
        horn.device.take_desired(attack.data, is_roster_fresh=True)
        assert not any(entry.is_emergency for entry in horn.device.entries.values())


# -- the city's doors


@pytest.fixture
def register(db, whole_city, wire_cast) -> Device:
    place = Place.objects.create(
        code="20194", name="Hải Vân", kind=Place.Kind.WARD, valid_from=NOW.date()
    )
    return Device.objects.create(
        code=DEVICE, place=place, public_hex=wire_cast.keys["device"].public_hex, entered_at=NOW
    )


def messages_of(door: str) -> list[Message]:
    return [Message(DEVICE, attack.data, "") for attack in at_door(door)]


def reasons_logged(caplog) -> Counter[str]:
    return Counter(
        str(record.args[1]).partition(":")[0]
        for record in caplog.records
        if record.name == receiver.log.name
    )


def reasons_allowed(door: str) -> dict[frozenset[Reason], int]:
    allowed: dict[frozenset[Reason], int] = defaultdict(int)
    for attack in at_door(door):
        allowed[attack.reasons] += 1
    return allowed


@pytest.mark.parametrize("door", ["log", "heartbeat"])
def test_city_stores_nothing_hostile_and_names_each(register, caplog, door):
    caplog.set_level(logging.WARNING, receiver.log.name)
    good = Forge()
    with clock.at(NOW):
        if door == "log":
            batch = [*messages_of(door), Message(DEVICE, good.log_batch(), "answer")]
            answers = Receiver().store_logs(batch)
            assert list(answers) == [len(batch) - 1]
            assert (ReceiptBatch.objects.count(), Receipt.objects.count()) == (1, 1)
        else:
            batch = [*messages_of(door), Message(DEVICE, good.heartbeat(), "")]
            Receiver().store_heartbeats(batch)
            assert DeviceState.objects.get().boot == "b"
    found = reasons_logged(caplog)
    assert found.total() == len(batch) - 1
    # What may be refused for one reason only was refused for exactly that one.
    for reasons, count in reasons_allowed(door).items():
        if len(reasons) == 1:
            assert found[str(min(reasons))] >= count
    assert set(found) <= {str(reason) for reason in Reason}


def test_a_replayed_log_changes_nothing(register):
    said = Message(DEVICE, Forge().log_batch(), "answer")
    first = Receiver().store_logs([said])
    assert Receiver().store_logs([said, said]) == {0: first[0], 1: first[0]}
    assert (ReceiptBatch.objects.count(), Receipt.objects.count()) == (1, 1)


def test_one_devices_key_does_not_speak_for_another(register, wire_cast):
    Device.objects.create(
        code="dn-0002", place=register.place, entered_at=NOW,
        public_hex=wire_cast.keys["stranger"].public_hex,
    )  # fmt: skip
    forge = Forge()
    for said in (forge.log_batch(by="stranger"), forge.log_batch(by="stranger", device="dn-0002")):
        assert Receiver().store_logs([Message(DEVICE, said, "answer")]) == {}
    assert Receipt.objects.count() == 0
