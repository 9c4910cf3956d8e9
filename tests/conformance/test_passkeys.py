"""Where horns believe passkeys only, and where two must answer: what a thief can do, and what not.

The thief of these tests owns the server: the director's key and every key the server keeps for
people. He does not hold the root, nor what lies in people's own devices.
"""

from __future__ import annotations

import base64
import random
from itertools import combinations
from typing import Any

import msgspec
import pytest

from loa.wire import canonical, envelope, rules
from loa.wire.authenticator import ORIGIN
from loa.wire.cast import CITY, COMMUNE, NEIGHBOUR, NOW
from loa.wire.envelope import Signature
from loa.wire.messages import EDITION, Edition, Priority
from loa.wire.reasons import Reason, Refused
from loa.wire.vector_passkeys import THIRD, Holders, by_server_key
from tests.conformance.attacks import APPROVED, SWAPPED
from tests.conformance.conftest import Horn

pytestmark = pytest.mark.usefixtures("ten_o_clock")
EVERY_FILE = (APPROVED.sha256, SWAPPED.sha256)
ON_THE_SERVER = ("chair", "leader", "deputy")
SEED = 20_261_125
DAMAGED = 1_500


class Thief:
    """Orders whatever he likes of a horn, as the director."""

    def __init__(self, horn: Horn, holders: Holders) -> None:
        self.horn, self.holders, self.cast = horn, holders, holders.cast
        self.seq = 8

    def order(self, edition: Edition, *signatures: Signature) -> tuple[list[str], list[str]]:
        """Order an edition signed so; return what sounded, and why not."""
        self.seq += 1
        body = canonical.encode(edition)
        sealed = envelope.sealed_with(EDITION, body, *signatures)
        name = canonical.content_hash(body)
        made = self.cast.order(name, order=f"o-{self.seq}", priority=edition.priority)
        place = self.horn.device.config.place
        heard, rows = len(self.horn.heard), len(self.horn.rows())
        self.horn.device.take_desired(
            self.cast.document(
                seq=self.seq,
                place=place,
                orders=(made,),
                envelopes={name: msgspec.Raw(sealed)},
                quiet_hours=(),
            ),
            is_roster_fresh=True,
        )
        self.horn.follow()
        reasons = [row.reason for row in self.horn.rows()[rows:] if row.reason]
        return self.horn.heard[heard:], reasons

    def with_keys(self, edition: Edition, *names: str) -> list[Signature]:
        return [by_server_key(self.cast, name, EDITION, edition) for name in names]

    def with_chairs_passkey(self, edition: Edition, **odd: Any) -> Signature:
        return self.holders.chair.signature(EDITION, canonical.encode(edition), **odd)


def thief_at(cast, *, place: str = COMMUNE, **roster: Any) -> Thief:
    holders = Holders(cast)
    horn = Horn(cast, ready=EVERY_FILE, place=place)
    horn.device.take_roster(holders.roster(version=3, **roster))
    return Thief(horn, holders)


@pytest.fixture
def strict(wire_cast) -> Thief:
    """A thief before a horn that believes passkeys only."""
    return thief_at(wire_cast, passkey_only={COMMUNE: "all"})


@pytest.fixture
def thief(wire_cast) -> Thief:
    """A thief before a horn that believes the server's keys too."""
    return thief_at(wire_cast)


# -- a stolen server


@pytest.mark.parametrize("priority", list(Priority))
@pytest.mark.parametrize("targets", [(COMMUNE,), (CITY,)])
def test_stolen_server_cannot_voice_new_words_where_only_passkeys_are_believed(
    strict, priority, targets
):
    for count in (1, 2, 3):
        for names in combinations(ON_THE_SERVER, count):
            for named in names:
                new = strict.cast.edition(
                    media=(SWAPPED,), priority=priority, targets=targets, approver=named
                )
                heard, reasons = strict.order(new, *strict.with_keys(new, *names))
                assert heard == []
                assert set(reasons) <= {Reason.NO_PASSKEY, Reason.NO_MANDATE, Reason.FORGED}
                assert reasons
    approved = strict.cast.edition(media=(APPROVED,))
    assert strict.order(approved, strict.with_chairs_passkey(approved))[0]  # the horn is well


def test_stolen_server_cannot_lend_an_old_assertion_to_new_words(strict):
    old = strict.cast.edition(media=(APPROVED,))
    new = strict.cast.edition(media=(SWAPPED,))
    kept = strict.with_chairs_passkey(old)
    assert strict.order(old, kept)[0]
    assert strict.order(new, kept) == ([], [Reason.FORGED])
    beside = strict.with_keys(new, "chair")
    assert strict.order(new, *beside, kept) == ([], [Reason.NO_PASSKEY])


def test_stolen_server_where_its_own_keys_are_believed_can_say_anything(thief):
    new = thief.cast.edition(media=(SWAPPED,))
    assert thief.order(new, *thief.with_keys(new, "chair"))[0]


def test_stolen_server_can_lay_other_words_under_the_finger_of_who_approves(strict):
    """The authenticator shows no text: what is signed is what the server asked for."""
    laid_under = strict.cast.edition(media=(SWAPPED,))
    assert strict.order(laid_under, strict.with_chairs_passkey(laid_under))[0]


def test_page_that_fishes_for_an_assertion_gains_nothing(strict):
    new = strict.cast.edition(media=(SWAPPED,))
    for odd in (
        {"origin": "https://1oa.example"},
        {"origin": ORIGIN + ".example.net"},
        {"rp_id": "1oa.example"},
        {"crossOrigin": True},
        {"flags": 0x01},  # a found key without its PIN
    ):
        assert strict.order(new, strict.with_chairs_passkey(new, **odd)) == ([], [Reason.FORGED])


def test_no_damaged_assertion_is_believed(strict):
    """A bit in every part of it; the device asks the very rule that is asked here."""
    dice = random.Random(SEED)
    edition = strict.cast.edition(media=(APPROVED,))
    body, good = canonical.encode(edition), strict.with_chairs_passkey(edition)
    roster = strict.horn.device.roster
    for number in range(DAMAGED):
        part = ("sig", "authenticator_data", "client_data")[number % 3]
        raw = bytearray(base64.b64decode(getattr(good, part)))
        raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
        spoiled = msgspec.structs.replace(good, **{part: base64.b64encode(raw).decode()})
        with pytest.raises(Refused) as refused:
            rules.open_edition(envelope.sealed_with(EDITION, body, spoiled), roster)
        assert refused.value.reason is Reason.FORGED
    assert strict.order(edition, spoiled) == ([], [Reason.FORGED])
    assert strict.order(edition, good)[0]


# -- one leader


def test_one_leaders_keys_cannot_raise_an_alarm_in_the_whole_city(thief):
    alarm = thief.cast.edition(
        media=(SWAPPED,), priority=Priority.EMERGENCY, targets=(CITY,), approver="leader"
    )
    by_passkey = thief.holders.leader.signature(EDITION, canonical.encode(alarm))
    both = [*thief.with_keys(alarm, "leader"), by_passkey]
    for signatures in ([by_passkey], both[:1], both, both * 3):
        assert thief.order(alarm, *signatures) == ([], [Reason.ONE_PERSON])
    with_another = [by_passkey, *thief.with_keys(alarm, "deputy")]
    assert thief.order(alarm, *with_another)[0]


def test_one_leaders_key_can_raise_an_alarm_everywhere_but_in_one_commune(thief):
    fields = {"media": (SWAPPED,), "priority": Priority.EMERGENCY, "approver": "leader"}
    everywhere = thief.cast.edition(targets=(COMMUNE, NEIGHBOUR, THIRD), **fields)
    assert thief.order(everywhere, *thief.with_keys(everywhere, "leader")) == (
        [],
        [Reason.ONE_PERSON],
    )
    all_but_one = thief.cast.edition(targets=(COMMUNE, NEIGHBOUR), **fields)
    assert thief.order(all_but_one, *thief.with_keys(all_but_one, "leader"))[0]


def test_passkey_of_one_commune_reaches_no_other(wire_cast):
    neighbours = thief_at(wire_cast, place=NEIGHBOUR)
    for targets in ((COMMUNE,), (NEIGHBOUR,), (CITY,)):
        new = wire_cast.edition(media=(SWAPPED,), targets=targets)
        heard, reasons = neighbours.order(new, neighbours.with_chairs_passkey(new))
        assert heard == []
        assert reasons in ([Reason.NO_MANDATE], [Reason.WRONG_PLACE])


def test_ended_passkey_is_refused(wire_cast):
    holders = Holders(wire_cast)
    roster = envelope.read(holders.roster(version=3)).payload_bytes
    rows = msgspec.json.decode(roster)["keys"]
    keys = [
        row | {"valid_until": "2026-11-22T00:00:00Z"}
        if row["key_id"] == holders.chair.key_id
        else row
        for row in rows
    ]
    thief = thief_at(wire_cast, keys=keys)
    new = wire_cast.edition(media=(APPROVED,), approved_at=NOW)
    assert thief.order(new, thief.with_chairs_passkey(new)) == ([], [Reason.NO_MANDATE])
