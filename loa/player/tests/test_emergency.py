"""An emergency on one device: obeyed at once, once, by whichever way it came, and never again when over."""

import uuid
from datetime import timedelta

import msgspec
import pytest

from loa.player.device import Taken
from loa.player.outputs import Played
from loa.player.stand_in import Wanted
from loa.player.state import Start, Wait
from loa.wire import emergency as lane
from loa.wire.canonical import content_hash
from loa.wire.cast import COMMUNE, NEIGHBOUR
from loa.wire.emergency import EmergencyKind, RepeatPlan, StandIn
from loa.wire.messages import Media, Priority

TEXT = "Nước sông đang lên nhanh."
STORM = str(uuid.UUID(int=1))
FLOOD = str(uuid.UUID(int=2))


@pytest.fixture
def alarm(cast, town):
    """Make sealed emergencies of the cast: an alert that differs from a good one where asked."""

    def make(name=STORM, *, number=5, by="director", edition=None, **changes):
        media = {"media": (town.media,), "priority": Priority.EMERGENCY, "approver": "leader"}
        made = cast.edition(
            **media | {"spoken_sha256": content_hash(TEXT.encode())} | (edition or {})
        )
        sha256, sealed = cast.sealed_edition(made, made.approver)
        fields = {"edition_sha256": sha256, "envelopes": {sha256: sealed}}
        return cast.emergency(name, number=number, by=by, **fields | changes)

    return make


@pytest.fixture
def cancel(cast):
    def make(*names, number=6, **changes):
        return cast.emergency(
            str(uuid.UUID(int=9)), number=number, kind=EmergencyKind.CANCEL, supersedes=names,
            start_at=None, latest_start_at=None, **changes,
        )  # fmt: skip

    return make


@pytest.fixture
def orders(alarm, cancel):
    return alarm, cancel


@pytest.fixture
def device(town):
    device = town.boot()
    device.note_media_ready(town.media.sha256)
    return device


def order(device, number=0, name=STORM):
    return lane.order_name(name, device.config.device, number)


def test_an_emergency_sounds_before_any_document_was_ever_held(device, ear, alarm, ladder):
    assert device.take_emergency(alarm()) is Taken.NEW
    ear.follow(device)
    assert ear.heard == [order(device)]
    steps = [line.split()[0] for line in ladder(device)]
    assert steps == ["pulled", "verified", "media_ready", "started", "finished"]


def test_said_again_every_few_seconds_it_sounds_once_and_says_nothing_more(
    device, ear, alarm, ladder
):
    said = alarm()
    device.take_emergency(said)
    ear.follow(device)
    rows = ladder(device)
    assert {device.take_emergency(said) for _ in range(20)} == {Taken.SAME}
    ear.follow(device)
    assert (ear.heard, ladder(device)) == ([order(device)], rows)


def test_what_comes_by_the_lane_and_later_in_the_document_sounds_once(
    device, town, ear, alarm, cast
):
    device.take_emergency(alarm())
    ear.follow(device)
    emergency = {
        "by": "leader",
        "edition": {"priority": Priority.EMERGENCY},
        "order": order(device),
    }
    assert device.take_desired(town.desired(emergency)) is Taken.NEW
    ear.follow(device)
    assert ear.heard == [order(device)]


def test_the_document_first_and_the_lane_after_it_sound_once_too(device, town, ear, alarm):
    emergency = {
        "by": "leader",
        "edition": {"priority": Priority.EMERGENCY},
        "order": order(device),
    }
    device.take_desired(town.desired(emergency))
    ear.follow(device)
    device.take_emergency(alarm())
    ear.follow(device)
    assert ear.heard == [order(device)]


def test_it_cuts_what_sounds_and_a_document_without_it_takes_nothing_back(device, town, ear, alarm):
    device.take_desired(town.desired({"order": "o-1"}))
    ear.follow(device, finish=False)
    device.take_emergency(alarm())
    ear.follow(device, finish=False)
    assert ear.heard == ["o-1", order(device)]
    device.take_desired(town.desired({"order": "o-2"}, seq=9))
    assert isinstance(device.next_step(), Wait)
    assert device.playing == order(device)


def test_a_repeat_plan_sounds_so_many_times_each_of_its_own_order(device, ear, alarm, watch):
    device.take_emergency(alarm(repeat=RepeatPlan(every_s=90, times=3)))
    for _ in range(10):
        ear.follow(device)
        watch.pass_by(seconds=30)
    assert ear.heard == [order(device, number) for number in range(3)]


def test_who_comes_late_hears_the_present_time_and_not_all_in_a_row(
    device, ear, alarm, watch, ladder
):
    watch.pass_by(seconds=200)
    device.take_emergency(alarm(repeat=RepeatPlan(every_s=90, times=3)))
    ear.follow(device)
    assert ear.heard == [order(device, 2)]
    assert [line for line in ladder(device) if line.startswith("skipped")] == [
        f"skipped {order(device, number)} late" for number in range(2)
    ]


def test_a_cancel_silences_at_once_and_every_later_time(device, ear, orders, watch, ladder):
    alarm, cancel = orders
    device.take_emergency(alarm(repeat=RepeatPlan(every_s=90, times=3)))
    ear.follow(device, finish=False)
    assert device.take_emergency(cancel(STORM)) is Taken.NEW
    ear.follow(device)
    for _ in range(5):
        watch.pass_by(seconds=60)
        ear.follow(device)
    assert ear.heard == [order(device)]
    ends = {line for line in ladder(device) if line.startswith("skipped")}
    assert ends == {f"skipped {order(device, number)} recalled" for number in range(3)}
    assert device.take_emergency(cancel(STORM)) is Taken.SAME


def test_a_cancelled_alert_stays_over_replayed_after_a_boot_and_in_the_document(
    town, device, ear, alarm, cancel
):
    said = alarm()
    device.take_emergency(cancel(STORM))
    for one in (device, town.boot()):
        one.note_media_ready(town.media.sha256)
        assert one.take_emergency(said) is Taken.REFUSED
        emergency = {
            "by": "leader",
            "edition": {"priority": Priority.EMERGENCY},
            "order": order(one),
        }
        one.take_desired(town.desired(emergency))
        ear.follow(one)
    assert ear.heard == []


def test_an_update_takes_the_place_of_what_sounds(device, ear, alarm):
    device.take_emergency(alarm())
    ear.follow(device, finish=False)
    update = alarm(FLOOD, number=6, kind=EmergencyKind.UPDATE, supersedes=(STORM,))
    assert device.take_emergency(update) is Taken.NEW
    ear.follow(device)
    assert ear.heard == [order(device), order(device, name=FLOOD)]
    assert device.take_emergency(alarm()) is Taken.REFUSED


def test_two_emergencies_live_side_by_side_in_whichever_order_they_come(device, ear, alarm):
    device.take_emergency(alarm(FLOOD, number=6))
    assert device.take_emergency(alarm(STORM, number=5)) is Taken.NEW
    ear.follow(device)
    assert sorted(ear.heard) == sorted(order(device, name=name) for name in (STORM, FLOOD))


def test_who_missed_a_cancel_learns_it_from_the_floor_of_the_next(device, ear, alarm):
    old = alarm()
    device.take_emergency(old)
    device.take_emergency(alarm(FLOOD, number=9, floor=9))
    ear.follow(device)
    assert ear.heard == [order(device, name=FLOOD)]
    assert device.take_emergency(old) is Taken.REFUSED


def test_another_emergency_of_the_same_number_is_refused(device, alarm):
    device.take_emergency(alarm())
    assert device.take_emergency(alarm(FLOOD, number=5)) is Taken.REFUSED
    assert device.take_emergency(alarm(volume_percent=10)) is Taken.REFUSED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"by": "stranger"}, "unknown_key"),
        ({"by": "leader"}, "unknown_key"),
        ({"by": "old"}, "no_mandate"),
        ({"edition": {"priority": Priority.NORMAL}}, "forged"),
        ({"edition": {"approver": "chair"}}, "no_mandate"),
        ({"edition": {"targets": (NEIGHBOUR,)}}, "wrong_place"),
        ({"targets": (NEIGHBOUR,)}, "wrong_place"),
        ({"stand_in": StandIn(spoken="Mọi người hãy ra đường.")}, "forged"),
        ({"envelopes": {}}, "edition_missing"),
        ({"supersedes": (FLOOD,)}, "malformed"),
        ({"floor": 6}, "malformed"),
        ({"start_at": None}, "malformed"),
    ],
)
def test_what_does_not_hold_is_refused_and_says_why(device, alarm, ladder, changes, reason):
    assert device.take_emergency(alarm(**changes), is_roster_fresh=True) is Taken.REFUSED
    assert isinstance(device.next_step(), Wait)
    assert ladder(device) == [f"refused {reason}"]


def test_the_list_of_all_that_are_live_may_tell_of_other_places(device, alarm, ladder):
    said = alarm(targets=(NEIGHBOUR,))
    assert device.take_emergency(said, is_listed=True) is Taken.SAME
    assert ladder(device) == []


def test_one_that_is_over_is_refused(device, alarm, watch):
    said = alarm()
    watch.pass_by(days=2)
    assert device.take_emergency(said) is Taken.REFUSED


def test_an_unknown_signer_asks_for_the_newest_roster_first(device, alarm):
    assert device.take_emergency(alarm(by="stranger")) is Taken.NEEDS_ROSTER


def test_a_clock_of_long_ago_lets_an_emergency_sound(town, watch, cast, ear, alarm):
    watch.now = cast.now - timedelta(days=20_000)
    device = town.boot()
    device.note_media_ready(town.media.sha256)
    device.take_emergency(alarm())
    ear.follow(device)
    assert ear.heard == [order(device)]


def test_a_boot_goes_on_with_what_was_taken(town, device, ear, alarm, watch):
    device.take_emergency(alarm(repeat=RepeatPlan(every_s=90, times=2)))
    ear.follow(device)
    again = town.boot()
    again.note_media_ready(town.media.sha256)
    watch.pass_by(seconds=91)
    ear.follow(again)
    assert ear.heard == [order(device), order(device, 1)]


def test_it_is_as_loud_as_it_says_whatever_the_device_is_set_to(device, alarm):
    device.take_emergency(alarm(volume_percent=85))
    step = device.next_step()
    assert isinstance(step, Start)
    assert step.entry.volume_percent == 85


# -- without its sound


def made(kind):
    media = Media(sha256="9" * 64, bytes=44, codec="wav", duration_ms=4_000)
    return lambda device: device.stand_ins.note_made(Wanted(TEXT), media, kind)


@pytest.fixture
def mute(town, alarm):
    """A device that took an emergency of two times, and has no sound for it."""
    device = town.boot()
    device.take_emergency(
        alarm(repeat=RepeatPlan(every_s=60, times=2), stand_in=StandIn(spoken=TEXT))
    )
    return device


def test_without_its_sound_a_stand_in_is_heard_three_seconds_after_it_is_due(
    mute, ear, watch, ladder
):
    assert set(mute.stand_ins.wanted(mute.entries)) == {Wanted(TEXT)}
    made("speech")(mute)
    watch.pass_by(seconds=2.9)
    ear.follow(mute)
    assert ear.heard == []
    watch.pass_by(seconds=0.2)
    ear.follow(mute)
    assert ear.heard == [lane.stand_in_name(order(mute))]
    row = next(row for row in mute.journal.unacknowledged(100) if row.event == "started")
    assert row.detail == {"stand_in": "speech", "for": order(mute)}


def test_the_sound_itself_follows_when_it_came_and_at_the_next_time(mute, ear, watch, town):
    made("tone")(mute)
    watch.pass_by(seconds=4)
    ear.follow(mute)
    mute.note_media_ready(town.media.sha256)
    ear.follow(mute)
    watch.pass_by(seconds=60)
    ear.follow(mute)
    assert ear.heard == [lane.stand_in_name(order(mute)), order(mute), order(mute, 1)]


def test_a_stand_in_that_was_not_needed_leaves_no_trace(mute, ear, watch, town, ladder):
    made("speech")(mute)
    mute.note_media_ready(town.media.sha256)
    for _ in range(3):
        watch.pass_by(seconds=31)
        ear.follow(mute)
    watch.pass_by(hours=1)
    ear.follow(mute)
    names = {line.split()[1] for line in ladder(mute)}
    assert names == {order(mute), order(mute, 1)}


def test_a_stand_in_falls_silent_with_the_emergency(mute, ear, watch, cancel):
    made("tone")(mute)
    watch.pass_by(seconds=4)
    ear.follow(mute, finish=False)
    mute.take_emergency(cancel(STORM))
    ear.follow(mute)
    watch.pass_by(seconds=60)
    ear.follow(mute)
    assert ear.heard == [lane.stand_in_name(order(mute))]
    assert mute.playing == ""


def test_without_a_stand_in_allowed_the_device_waits_for_the_sound(town, alarm, ear, watch):
    device = town.boot()
    device.take_emergency(alarm())
    assert not list(device.stand_ins.wanted(device.entries))
    watch.pass_by(seconds=30)
    ear.follow(device)
    assert ear.heard == []


def test_stored_phrases_stand_in_where_no_voice_speaks(town, alarm, ear, watch, cast):
    stored = msgspec.structs.replace(town.media, sha256="7" * 64)
    phrases = cast.edition(media=(stored,), priority=Priority.EMERGENCY, approver="leader")
    name, sealed = cast.sealed_edition(phrases, "leader")
    plain = alarm()
    kept = lane.open_emergency(plain, cast_roster(town), place=COMMUNE).envelopes
    device = town.boot()
    said = alarm(stand_in=StandIn(phrases=name), envelopes=kept | {name: sealed})
    assert device.take_emergency(said) is Taken.NEW
    assert (stored.sha256, stored.bytes) in set(device.media_wanted())
    device.note_media_ready(stored.sha256)
    watch.pass_by(seconds=4)
    ear.follow(device)
    assert ear.heard == [lane.stand_in_name(order(device))]


def cast_roster(town):
    return town.boot().roster


def test_played_to_its_end_a_stand_in_is_over(mute, watch):
    made("tone")(mute)
    watch.pass_by(seconds=4)
    start = mute.next_step()
    mute.note_started(start)
    mute.note_finished(start.entry.name, Played(4_000))
    assert isinstance(mute.next_step(), Wait)
