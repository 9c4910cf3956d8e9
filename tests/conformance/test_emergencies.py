"""The emergency lane under attack: what the thief of the bus or of the director's key can do there, and what not."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest

from loa.lib import clock
from loa.player.device import Taken
from loa.wire import canonical, envelope
from loa.wire import emergency as lane
from loa.wire.cast import NEIGHBOUR, NOW
from loa.wire.emergency import EMERGENCY
from loa.wire.messages import Priority
from loa.wire.reasons import Reason
from loa.wire.vector_emergencies import FLOOD, STORM, alert, cancel
from tests.conformance.attacks import APPROVED, DAMAGE, OUTSIDERS, SEED, SWAPPED
from tests.conformance.conftest import Horn
from tests.conformance.damage import damaged

pytestmark = pytest.mark.usefixtures("ten_o_clock")
SOUND = {"media": (APPROVED,)}
FIRST = lane.order_name(STORM, "dn-0001", 0)


@pytest.fixture
def horn(wire_cast) -> Horn:
    return Horn(wire_cast, ready=(APPROVED.sha256, SWAPPED.sha256))


def said(horn: Horn, data: bytes) -> list[str]:
    """Say it to the horn; return the reasons it gave."""
    before = horn.refusals.copy()
    horn.device.take_emergency(data, is_roster_fresh=True)
    horn.follow()
    return list((horn.refusals - before).elements())


def good(horn: Horn, name: str = STORM, **changes) -> bytes:
    return alert(horn.cast, name, **{"edition": SOUND} | changes)


# -- whatever else comes


def test_a_good_emergency_sounds_where_nobody_touched_it(horn):
    assert said(horn, good(horn)) == []
    assert horn.heard == [FIRST]


def test_damaged_emergencies_are_refused_named_and_silent(horn):
    dice, wrong, count = random.Random(SEED), [], 0
    for kind, data in damaged(good(horn), 1_500, dice):
        count += 1
        reasons = said(horn, data)
        if len(reasons) != 1 or Reason(reasons[0]) not in DAMAGE:
            wrong.append((kind, reasons))
    assert (wrong, horn.heard) == ([], [])
    assert horn.refusals.total() == count == horn.refusals_told()
    assert said(horn, good(horn)) == []
    assert horn.heard == [FIRST]


def test_damaged_editions_within_are_refused_whole(horn):
    dice = random.Random(SEED)
    plain = json.loads(envelope.read(good(horn)).payload_bytes)
    (name,) = plain["envelopes"]
    inner = canonical.encode(plain["envelopes"][name])
    for _, data in damaged(inner, 700, dice):
        try:
            broken = json.loads(data)
        except (ValueError, RecursionError):
            continue
        payload = json.dumps(plain | {"envelopes": {name: broken}}).encode()
        sealed = envelope.seal(EMERGENCY, payload, horn.cast.keys["director"])
        (reason,) = said(horn, sealed)
        assert Reason(reason) in DAMAGE | {Reason.OVERSIZE}
    assert horn.heard == []


# -- the broker


def test_stolen_broker_cannot_raise_an_emergency(horn):
    for by in OUTSIDERS:
        assert said(horn, good(horn, by=by)) == [Reason.UNKNOWN_KEY]
    assert said(horn, good(horn, by="old")) == [Reason.NO_MANDATE]
    assert horn.heard == []


def test_stolen_broker_cannot_bring_back_a_cancelled_emergency(horn):
    first, end = good(horn), cancel(horn.cast, STORM)
    said(horn, first)
    said(horn, end)
    dice = random.Random(SEED)
    for _ in range(300):
        said(horn, dice.choice((first, end)))
    assert horn.heard == [FIRST]


def test_stolen_broker_that_dropped_the_end_loses_it_with_the_next_emergency(horn):
    first = good(horn)
    said(horn, first)
    said(horn, good(horn, FLOOD, number=9, floor=9))
    assert said(horn, first) == [Reason.ROLLED_BACK]
    assert horn.heard == [FIRST, lane.order_name(FLOOD, "dn-0001", 0)]


def test_stolen_broker_that_holds_an_emergency_back_beyond_its_end_gains_nothing(horn):
    with clock.at(NOW + timedelta(hours=1)):
        assert said(horn, good(horn)) == [Reason.EXPIRED]


def test_stolen_broker_that_drops_and_mixes_cannot_make_an_emergency_sound_twice(horn):
    messages = [
        good(horn, name, number=number, edition=SOUND | {"edition": f"e-{number}"})
        for number, name in enumerate((STORM, FLOOD), start=5)
    ]
    dice = random.Random(SEED)
    for _ in range(300):
        said(horn, dice.choice(messages))
    assert len(horn.heard) == len(set(horn.heard)) == 2


def test_stolen_broker_can_hold_back_an_end_until_the_next_emergency_or_its_expiry(horn):
    """What it hides is not there: the horn sounds on until the alert ends by itself."""
    said(horn, good(horn))
    assert horn.heard == [FIRST]
    assert horn.device.alarms.live.keys() == {STORM}


# -- the director's key


def test_stolen_director_key_cannot_raise_what_no_one_approved_as_an_emergency(horn):
    normal, chair = {"priority": Priority.NORMAL}, {"approver": "chair"}
    assert said(horn, good(horn, edition=SOUND | normal)) == [Reason.FORGED]
    assert said(horn, good(horn, edition=SOUND | chair)) == [Reason.NO_MANDATE]
    assert said(horn, good(horn, envelopes={})) == [Reason.EDITION_MISSING]
    assert horn.heard == []


def test_stolen_director_key_cannot_have_a_device_speak_other_words(horn):
    words = lane.StandIn(spoken="Mọi người hãy ra bờ sông.")
    assert said(horn, good(horn, stand_in=words)) == [Reason.FORGED]
    phrases = lane.StandIn(phrases="0" * 64)
    assert said(horn, good(horn, stand_in=phrases)) == [Reason.EDITION_MISSING]


def test_stolen_director_key_cannot_take_an_emergency_elsewhere(horn):
    away = SOUND | {"targets": (NEIGHBOUR,), "place": NEIGHBOUR}
    assert said(horn, good(horn, edition=away)) == [Reason.WRONG_PLACE]


def test_stolen_director_key_can_sound_an_approved_emergency_again_until_it_ends(horn):
    said(horn, good(horn))
    said(horn, good(horn, FLOOD, number=6))
    assert horn.heard == [FIRST, lane.order_name(FLOOD, "dn-0001", 0)]
    over = SOUND | {"valid_until": NOW}
    said(horn, good(horn, "0" * 8 + "-0000-0000-0000-" + "7" * 12, number=7, edition=over))
    assert len(horn.heard) == 2


def test_stolen_director_key_can_end_and_with_the_highest_floor_deafen_for_emergencies(horn):
    assert horn.device.take_emergency(cancel(horn.cast, STORM)) is Taken.NEW
    assert said(horn, good(horn)) == [Reason.ROLLED_BACK]
    highest = 2**53 - 1
    deaf = cancel(horn.cast, FLOOD, number=highest, floor=highest)
    assert horn.device.take_emergency(deaf) is Taken.NEW
    later = good(horn, "0" * 8 + "-0000-0000-0000-" + "8" * 12, number=9)
    assert said(horn, later) == [Reason.ROLLED_BACK]
