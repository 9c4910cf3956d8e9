"""What the thief of each key or server can do, and what not: the rows of THREAT_MODEL.md, one by one."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from loa.connectors.bus.intake import Message
from loa.flow.receipts.models import Receipt
from loa.lib import clock
from loa.player.device import Device as Player
from loa.player.device import Taken
from loa.project.processes.receiver import Receiver
from loa.project.tests.way import MORNING, log_batch
from loa.registry.devices.models import DeviceState
from loa.registry.people import keyring
from loa.registry.people.errors import DocumentRefused
from loa.registry.people.models import ApprovalKey
from loa.registry.people.queries import opened_roster, present_root, waiting_draft
from loa.registry.people.rosters import (
    is_root_on_server,
    issue_roster,
    proposed_root,
    roster_under,
    take_root,
    take_roster,
)
from loa.wire import canonical, envelope, roots, rules
from loa.wire.cast import CITY, COMMUNE, NEIGHBOUR, NOW, Cast
from loa.wire.keys import SigningKey
from loa.wire.messages import (
    HEARTBEAT,
    LOG_RECEIPT,
    ROSTER,
    Event,
    Heartbeat,
    LogReceipt,
    Priority,
    QuietHours,
    RootKey,
)
from loa.wire.reasons import Reason, Refused
from tests.conformance.attacks import APPROVED, SWAPPED
from tests.conformance.conftest import Horn

pytestmark = pytest.mark.usefixtures("ten_o_clock")
NIGHT = (QuietHours(start="09:00", end="11:00"),)  # the wall says 10:00
EVERY_FILE = (APPROVED.sha256, SWAPPED.sha256)
DAY = timedelta(days=1)


@pytest.fixture
def horn(wire_cast) -> Horn:
    return Horn(wire_cast, ready=EVERY_FILE)


@pytest.fixture
def neighbours_horn(wire_cast) -> Horn:
    return Horn(wire_cast, ready=EVERY_FILE, place=NEIGHBOUR)


@dataclass
class Ordered:
    """What one handed-in document led to."""

    taken: Taken
    heard: list[str]
    reasons: list[str]


def order(
    horn: Horn,
    *,
    seq: int = 8,
    name: str = "o-1",
    by: str = "chair",
    ordered_by: str = "director",
    edition: dict[str, Any] | None = None,
    document: dict[str, Any] | None = None,
    **order: Any,
) -> Ordered:
    """Hand in a document of one order, signed with the keys a thief holds."""
    cast = horn.cast
    fields = {"media": (APPROVED,), "approver": by} | (edition or {})
    made = cast.edition(**fields)
    sha256, sealed = cast.sealed_edition(made, by)
    ordered = cast.order(sha256, **{"order": name, "priority": made.priority} | order)
    return hand_in(
        horn,
        cast.document(
            by=ordered_by,
            **{"seq": seq, "orders": (ordered,), "envelopes": {sha256: sealed}, "quiet_hours": ()}
            | {"place": horn.device.config.place}
            | (document or {}),
        ),
    )


def hand_in(horn: Horn, data: bytes) -> Ordered:
    heard, rows = len(horn.heard), len(horn.rows())
    taken = horn.device.take_desired(data, is_roster_fresh=True)
    horn.follow()
    reasons = [row.reason for row in horn.rows()[rows:] if row.reason]
    return Ordered(taken, horn.heard[heard:], reasons)


# -- the director's key


def test_stolen_director_key_cannot_voice_new_words(horn):
    for seq, by in enumerate(("director", "stranger", "device", "root"), start=8):
        done = order(horn, seq=seq, name=f"o-{seq}", by=by, edition={"media": (SWAPPED,)})
        assert (done.heard, done.reasons) == ([], [Reason.UNKNOWN_KEY])


def test_stolen_director_key_cannot_change_raise_or_outlive_what_was_approved(horn):
    raised = order(horn, priority=Priority.EMERGENCY)
    over = order(horn, seq=9, name="o-2", edition={"valid_until": NOW})
    elsewhere = order(horn, seq=10, name="o-3", by="neighbour", edition={"targets": (NEIGHBOUR,)})
    assert (raised.reasons, over.reasons, elsewhere.reasons) == (
        [Reason.FORGED],
        [Reason.EXPIRED],
        [Reason.WRONG_PLACE],
    )
    assert horn.heard == []


def test_stolen_director_key_cannot_move_a_device_to_where_another_sound_may(horn):
    moved = order(
        horn,
        by="neighbour",
        edition={"targets": (NEIGHBOUR,), "place": NEIGHBOUR},
        document={"place": NEIGHBOUR},
    )
    assert (moved.taken, moved.reasons) == (Taken.REFUSED, [Reason.WRONG_PLACE])


def test_stolen_director_key_can_repeat_what_was_approved_and_at_night(horn):
    assert order(horn).heard == ["o-1"]
    assert order(horn, seq=9).heard == []  # the same order never again
    assert order(horn, seq=10, name="o-2").heard == ["o-2"]
    kept_quiet = order(horn, seq=11, name="o-3", document={"quiet_hours": NIGHT})
    assert kept_quiet.reasons == [Reason.QUIET_HOURS]
    assert order(horn, seq=12, name="o-4").heard == ["o-4"]  # he leaves the quiet hours out


def test_stolen_director_key_can_withhold_and_deafen_a_device_for_good(horn):
    assert hand_in(horn, horn.cast.document(seq=2**53 - 1)).taken is Taken.NEW
    genuine = order(horn, seq=9)
    assert (genuine.taken, genuine.reasons) == (Taken.REFUSED, [Reason.ROLLED_BACK])
    assert horn.device.take_roster(horn.cast.roster(version=3)) is Taken.NEW
    assert order(horn, seq=9, name="o-2").heard == []  # a new roster does not help


def test_stolen_director_key_can_set_a_devices_clock_ahead_so_that_only_emergencies_sound(horn):
    far = {"issued_at": NOW + 3650 * DAY, "expires_at": NOW + 9000 * DAY}
    assert Reason.CLOCK in order(horn, document=far).reasons
    assert order(horn, seq=9, name="o-2").reasons == [Reason.EXPIRED]
    assert horn.heard == []


def test_stolen_director_key_cannot_stop_the_loop_of_a_device(horn):
    end = datetime(9999, 12, 1, tzinfo=UTC)
    wedge = order(horn, document={"issued_at": end, "expires_at": end})
    endless = order(horn, latest_start_at=end)
    assert (wedge.reasons, endless.reasons) == ([Reason.MALFORMED], [Reason.MALFORMED])
    assert order(horn).heard == ["o-1"]


def test_stolen_director_key_can_make_a_device_forget_its_log(horn):
    order(horn)
    assert horn.rows()
    message = LogReceipt(
        device="dn-0001", log=horn.device.journal.log, upto=horn.device.journal.last_seq
    )
    sealed = envelope.seal(LOG_RECEIPT, canonical.encode(message), horn.cast.keys["director"])
    horn.device.take_receipt(sealed)
    assert horn.rows() == []


def test_ended_director_key_can_still_order_by_dating_back(horn):
    """Its row stays in the roster with an end, and the document says itself when it was issued."""
    ended = {"issued_at": NOW - 300 * DAY, "expires_at": NOW + DAY}
    assert order(horn, ordered_by="old").reasons == [Reason.NO_MANDATE]
    assert order(horn, ordered_by="old", document=ended).heard == ["o-1"]


# -- the broker


def carried(cast: Cast) -> list[bytes]:
    """Return what a broker may have kept: ten documents, each with one order of its own."""
    kept = []
    for seq in range(1, 11):
        sha256, sealed = cast.sealed_edition(cast.edition(media=(APPROVED,), edition=f"e-{seq}"))
        made = cast.order(sha256, order=f"o-{seq}")
        kept.append(cast.document(seq=seq, orders=(made,), envelopes={sha256: sealed}))
    return kept


def test_stolen_broker_that_replays_in_any_order_makes_nothing_sound_twice_or_come_back(wire_cast):
    kept = carried(wire_cast)
    for seed in range(20):
        horn, highest = Horn(wire_cast, ready=EVERY_FILE), 0
        for seq in random.Random(seed).choices(range(1, 11), k=40):
            done = hand_in(horn, kept[seq - 1])
            assert done.heard == ([f"o-{seq}"] if seq > highest else [])
            highest = max(highest, seq)
        assert len(horn.heard) == len(set(horn.heard))


def test_stolen_broker_that_holds_a_document_back_too_long_gains_nothing(horn):
    data = carried(horn.cast)[7]
    with clock.at(NOW + 15 * DAY):
        done = hand_in(horn, data)
    assert (done.taken, done.heard, done.reasons) == (Taken.REFUSED, [], [Reason.EXPIRED])


def test_stolen_broker_that_drops_everything_cannot_silence_what_the_device_holds(horn):
    at = NOW + timedelta(hours=3)
    assert order(horn, start_at=at).heard == []
    with clock.at(at):
        horn.follow()
    assert horn.heard == ["o-1"]


def test_stolen_broker_cannot_sign_for_the_city(horn):
    order(horn)
    message = LogReceipt(device="dn-0001", log=horn.device.journal.log, upto=3)
    for by in ("stranger", "device", "chair"):
        sealed = envelope.seal(LOG_RECEIPT, canonical.encode(message), horn.cast.keys[by])
        with pytest.raises(Refused):
            horn.device.take_receipt(sealed)
    assert len(horn.rows()) > 3


def test_stolen_broker_cannot_make_a_dead_device_look_alive(cast, keys):
    """A heartbeat counts the seconds of its boot: said again, it says nothing."""
    beat = Heartbeat(device="DN-0001", boot="b", at=MORNING, uptime_s=1, desired_seq=1)
    old = envelope.seal(HEARTBEAT, canonical.encode(beat), keys[0])
    for instant in (MORNING, MORNING + DAY):
        with clock.at(instant):
            Receiver().store_heartbeats([Message("DN-0001", old, "")])
    assert DeviceState.objects.get().seen_at == MORNING


# -- a commune's approver key


@pytest.mark.parametrize("targets", [(COMMUNE,), (NEIGHBOUR,), (COMMUNE, NEIGHBOUR), (CITY,), ()])
def test_stolen_commune_key_cannot_reach_another_commune(neighbours_horn, targets):
    """Not even together with the director's key."""
    done = order(neighbours_horn, edition={"targets": targets, "place": COMMUNE})
    assert done.heard == []
    assert done.reasons in ([Reason.NO_MANDATE], [Reason.WRONG_PLACE])


def test_stolen_commune_key_alone_moves_no_device(horn):
    done = order(horn, ordered_by="chair")
    assert (done.taken, done.heard, done.reasons) == (Taken.REFUSED, [], [Reason.UNKNOWN_KEY])


def test_stolen_commune_key_makes_no_emergency(horn):
    done = order(horn, edition={"priority": Priority.EMERGENCY})
    assert (done.heard, done.reasons) == ([], [Reason.NO_MANDATE])


def test_stolen_commune_key_with_the_directors_can_say_anything_in_its_commune(horn):
    assert order(horn, edition={"media": (SWAPPED,)}).heard == ["o-1"]


def test_commune_key_cannot_confirm_its_own_edition_for_the_night(horn):
    cast = horn.cast
    sha256, sealed = cast.sealed_edition(cast.edition(media=(APPROVED,)))
    name, given = cast.sealed_confirmation(cast.confirmation(sha256, confirmer="chair"), "chair")
    data = cast.document(
        orders=(cast.order(sha256, confirmation=name),),
        envelopes={sha256: sealed, name: given},
        quiet_hours=NIGHT,
    )
    done = hand_in(horn, data)
    assert (done.heard, done.reasons) == ([], [Reason.ONE_PERSON])


def roster_with(cast: Cast, **rows: Any) -> bytes:
    """Seal the cast's roster, newer by one, with other `keys`."""
    plain = json.loads(envelope.read(cast.roster(version=3)).payload_bytes)
    return envelope.seal(ROSTER, canonical.encode(plain | rows), cast.keys["root"])


def test_ended_commune_key_is_refused_but_can_date_its_approval_back(horn):
    plain = json.loads(envelope.read(horn.cast.roster()).payload_bytes)
    ended = (NOW - DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    keys = [k | {"valid_until": ended} if k["holder"] == "chair" else k for k in plain["keys"]]
    assert horn.device.take_roster(roster_with(horn.cast, keys=keys)) is Taken.NEW
    assert order(horn).reasons == [Reason.NO_MANDATE]
    back = order(horn, seq=9, name="o-2", edition={"approved_at": NOW - 2 * DAY})
    assert back.heard == ["o-2"]


def test_commune_key_that_the_roster_leaves_out_is_worth_nothing(horn):
    assert horn.device.take_roster(horn.cast.roster(version=3, without="chair")) is Taken.NEW
    back = order(horn, edition={"approved_at": NOW - 2 * DAY})
    assert (back.heard, back.reasons) == ([], [Reason.UNKNOWN_KEY])


# -- one device's key


def test_stolen_device_key_can_lie_for_its_own_device_and_no_other(cast, keys):
    said = [(1, Event.FINISHED, "00000000-0000-4000-8000-000000000000")]
    as_itself = log_batch(keys[0], "DN-0001", said)
    as_another = log_batch(keys[0], "DN-0002", said)
    batch = [
        Message("DN-0001", as_itself, "a"),
        Message("DN-0002", as_itself, "b"),
        Message("DN-0002", as_another, "c"),
        Message("DN-0001", as_another, "d"),
    ]
    assert list(Receiver().store_logs(batch)) == [0]
    assert [row.device_id for row in Receipt.objects.all()] == ["DN-0001"]


def test_stolen_device_key_makes_no_horn_sound(horn):
    assert order(horn, ordered_by="device").reasons == [Reason.UNKNOWN_KEY]
    assert order(horn, by="device").reasons == [Reason.UNKNOWN_KEY]
    assert horn.device.take_roster(horn.cast.roster(by="device", version=3)) is Taken.REFUSED


# -- the root key


def test_stolen_root_key_can_do_everything(horn):
    thief = SigningKey.from_seed(b"t" * 32)
    horn.cast.keys["thief"] = thief
    row = {
        "key_id": thief.key_id,
        "public": thief.public_hex,
        "holder": "thief",
        "places": [CITY],
        "emergency": True,
        "valid_from": "2020-01-01T00:00:00Z",
    }
    keys = [row | {"role": role} for role in ("director", "approver")]
    assert horn.device.take_roster(roster_with(horn.cast, keys=keys)) is Taken.NEW
    alarm = {"priority": Priority.EMERGENCY, "media": (SWAPPED,)}
    assert order(horn, by="thief", ordered_by="thief", edition=alarm).heard == ["o-1"]


def test_no_other_key_makes_a_roster(horn):
    for by in set(horn.cast.keys) - {"root"}:
        assert horn.device.take_roster(horn.cast.roster(by=by, version=9)) is Taken.REFUSED


# -- the database


def rows_of_all_tables() -> Iterator[str]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')  # noqa: S608 - a table of ours
            yield from (row[0] for row in cursor.fetchall())


def spellings(secret: bytes) -> set[str]:
    return {secret.hex(), secret.hex().encode().hex()}


def test_stolen_copy_of_the_database_holds_no_private_key(way, settings):
    with clock.at(MORNING):
        way.place()
        issue_roster()
    everything = "\n".join(rows_of_all_tables())
    files = list(Path(settings.LOA_KEYS).rglob("*.key"))
    assert len(files) >= 4
    for file in files:
        seed = bytes.fromhex(file.read_text().strip())
        assert not any(word in everything for word in spellings(seed)), file.name
    assert keyring.key_for_person("hung").public_hex in everything  # the search would find one


def a_thief_in_the_table(cast) -> SigningKey:
    thief = SigningKey.from_seed(b"t" * 32)
    ApprovalKey.objects.create(
        key_id=thief.key_id,
        person=cast["hung"],
        public_hex=thief.public_hex,
        valid_from=MORNING - DAY,
    )
    return thief


def listed_in(issue) -> set[str]:
    return {row.key_id for row in opened_roster(issue).keys}


def test_who_writes_into_the_database_of_an_embedded_city_is_given_a_key_by_its_root(cast):
    """Where the root lies on the server, its tables are as precious as the root key."""
    with clock.at(MORNING):
        assert is_root_on_server()
        thief = a_thief_in_the_table(cast)
        assert thief.key_id in listed_in(issue_roster())


def test_who_writes_into_the_database_gets_no_key_once_officers_hold_the_root(cast):
    officers = [SigningKey.from_seed(letter.encode() * 32) for letter in "xyz"]
    with clock.at(MORNING):
        issue_roster()
        keys = [RootKey(key_id=one.key_id, public=one.public_hex) for one in officers]
        sealed, root = proposed_root(keys, 2)
        roster = roster_under(root)
        for one in officers[:2]:
            sealed, roster = roots.countersign(sealed, one), roots.countersign(roster, one)
        take_root(sealed)
        take_roster(roster)

        thief = a_thief_in_the_table(cast)
        assert thief.key_id not in listed_in(issue_roster())
        draft = waiting_draft()
        assert draft is not None  # it waits for officers, to whom signing shows the new key
        assert thief.public_hex.encode() in bytes(draft.payload)
        forged = envelope.seal(ROSTER, bytes(draft.payload), keyring.root_key(), thief)
        with pytest.raises(DocumentRefused) as refused:
            take_roster(forged)
        assert refused.value.refused.reason is Reason.UNKNOWN_KEY
        # Written past the deed, straight into the table, no device believes it either.
        with pytest.raises(Refused):
            rules.open_roster(forged, present_root())


def test_one_officer_alone_makes_neither_a_roster_nor_a_root(horn):
    cast = horn.cast
    three, two = ("first", "second", "third"), ("first", "second")
    assert horn.device.take_root(cast.root(2, keys=three, threshold=2, by=("root", *two)))
    assert horn.device.take_roster(cast.roster(by="first", version=3)) is Taken.REFUSED
    assert not horn.device.take_root(cast.root(3, keys=("first",), by=("first",)))
    assert not horn.device.take_root(cast.root(3, keys=("root",), by=("root",)))
    assert horn.device.take_roster(cast.roster(by="root", version=3)) is Taken.REFUSED
    assert horn.device.take_roster(cast.roster(by="first third", version=3)) is Taken.NEW


def test_stolen_old_root_key_leads_only_devices_that_have_not_heard_of_the_next(horn, wire_cast):
    """Who was cut off since before the officers took over follows whoever holds the old key."""
    three, two = ("first", "second", "third"), ("first", "second")
    true = horn.cast.root(2, keys=three, threshold=2, by=("root", *two))
    false = horn.cast.root(2, keys=("stranger",), by=("root", "stranger"))
    cut_off = Horn(wire_cast)
    assert horn.device.take_root(true)
    assert not horn.device.take_root(false)
    assert cut_off.device.take_root(false)


def test_stolen_root_threshold_can_freeze_rosters_by_the_highest_number(horn):
    """As with a director's sequence: no rotation heals it, since a device never goes back."""
    assert horn.device.take_roster(horn.cast.roster(version=2**53 - 1)) is Taken.NEW
    assert horn.device.take_roster(horn.cast.roster(version=3)) is Taken.REFUSED


def test_clock_of_a_device_is_moved_by_no_one_but_a_signer(horn):
    player: Player = horn.device
    before = player.now()
    hand_in(horn, horn.cast.document(by="stranger", issued_at=NOW + 300 * DAY))
    assert player.now() - before < timedelta(minutes=1)
