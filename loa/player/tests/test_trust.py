"""A device follows the chain of roots, keeps it over a restart, and tells what expired or stays behind."""

from __future__ import annotations

import json

from loa.player.device import Taken
from loa.player.tests.conftest import rows_of
from loa.wire import canonical, envelope
from loa.wire.messages import Heartbeat

OFFICERS = ("first", "second", "third")
TWO = ("first", "second")


def second_root(cast, **changes):
    return cast.root(2, keys=OFFICERS, threshold=2, by=("root", *TWO), **changes)


def beat_of(device) -> Heartbeat:
    sealed = device.heartbeat(free_mb=0)
    return envelope.parse(envelope.read(sealed).payload_bytes, Heartbeat)


def test_chain_is_kept_over_a_restart_and_goes_on(town) -> None:
    device = town.boot()
    assert device.take_root(second_root(town.cast))
    assert device.take_roster(town.cast.roster(by="first third", version=3)) is Taken.NEW
    again = town.boot()
    assert (again.trust.version, again.roster.version) == (2, 3)
    third = town.cast.root(3, keys=("fourth",), by=(*TWO, "fourth"))
    assert again.take_root(third)
    assert town.boot().trust.version == 3


def test_new_root_takes_no_roster_away_not_even_over_a_restart(town) -> None:
    device = town.boot()
    device.take_desired(town.desired({}), is_roster_fresh=True)
    assert device.take_root(second_root(town.cast))
    assert device.take_root(town.cast.root(3, keys=OFFICERS, threshold=2, by=TWO))
    assert device.roster.version == 2
    again = town.boot()
    assert (again.trust.version, again.roster.version) == (3, 2)
    assert [entry.refusal for entry in again.entries.values()] == [None]
    assert again.take_roster(town.cast.roster(version=4), is_root_fresh=False) is Taken.NEEDS_ROOT
    assert again.take_roster(town.cast.roster(version=4)) is Taken.REFUSED


def test_device_may_begin_with_a_later_root(town) -> None:
    later = second_root(town.cast)
    pin = canonical.content_hash(envelope.read(later).payload_bytes)
    device = town.boot(roster=False, root_sha256=pin)
    assert (device.trust.root, device.trust.wanted) == (None, 2)  # root 1 was looked at
    assert device.take_root(later)
    assert device.trust.version == 2
    assert town.boot(roster=False, root_sha256=pin).trust.version == 2


def test_who_finds_no_root_of_its_pin_looks_from_the_first_on_again(town) -> None:
    device = town.boot(roster=False, root_sha256="0" * 64)
    assert device.trust.wanted == 2
    device.trust.note_none()
    assert device.trust.wanted == 1
    assert device.take_roster(town.cast.roster()) is Taken.REFUSED


def test_forged_root_is_refused_told_and_changes_nothing(town, ladder) -> None:
    device = town.boot()
    assert not device.take_root(town.cast.root(2, keys=("stranger",), by=("stranger",)))
    assert not device.take_root(town.cast.root(3, by=("root",)))
    assert device.trust.version == 1
    assert ladder(device) == ["refused unknown_key", "refused not_yet_valid"]


def test_expired_roster_stays_in_force_and_is_told_once(town, watch, ear, ladder) -> None:
    device = town.boot()
    beat_of(device)
    assert ladder(device) == []
    watch.pass_by(days=200)
    beat_of(device)
    beat_of(device)
    beat_of(town.boot())
    told = [row.detail for row in rows_of(device) if row.reason == "expired"]
    assert told == [{"document": "root", "version": 1}, {"document": "roster", "version": 2}]
    device.note_media_ready(town.media.sha256)
    fresh = {"approved_at": watch.now, "valid_until": watch.now.replace(year=2028)}
    order = {"edition": fresh, "start_at": watch.now}
    assert device.take_desired(town.desired(order, issued_at=watch.now)) is Taken.NEW
    ear.follow(device)
    assert ear.heard == ["o-1"]


def test_heartbeat_says_which_root_and_roster_are_held(town) -> None:
    device = town.boot()
    assert device.take_root(second_root(town.cast))
    beat = beat_of(device)
    assert (beat.root, beat.roster) == (2, 2)
    assert json.loads(envelope.read(device.heartbeat(free_mb=0)).payload_bytes)["root"] == 2


def test_document_made_under_a_newer_roster_asks_for_it_first(town) -> None:
    device = town.boot()
    document = town.desired({}, roster=3)
    assert device.take_desired(document) is Taken.NEEDS_ROSTER
    # It cannot be had: what the device holds decides.
    assert device.take_desired(document, is_roster_fresh=True) is Taken.NEW
