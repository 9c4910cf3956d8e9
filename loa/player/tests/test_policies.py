"""What an order asks for beside others: cut or wait, join or begin, pause or be over."""

from datetime import timedelta

import pytest

from loa.player.outputs import Played
from loa.player.state import Start, Wait
from loa.wire.messages import Priority
from loa.wire.policies import LateKind, LatePolicy, Resume, StartKind, StartPolicy

EMERGENCY = {"by": "leader", "edition": {"priority": Priority.EMERGENCY}}
PRIORITY = {"edition": {"priority": Priority.PRIORITY}}
HARD = {"start": StartPolicy(kind=StartKind.HARD)}


@pytest.fixture
def playing(town, ear, watch):
    """A device that sounds o-1, placed with this resume policy, and has come to 20 of 60 seconds."""

    def begin(resume=None, **rest):
        device = town.boot()
        given = {"resume": resume, **rest}
        device.take_desired(town.desired(given))
        device.note_media_ready(town.media.sha256)
        ear.follow(device, finish=False)
        assert device.playing == "o-1"
        watch.pass_by(seconds=20)
        town.output.position_ms = lambda order: 20_000 if order == "o-1" else 0
        return device, given

    return begin


def test_a_hard_start_of_a_higher_class_cuts_and_a_plain_one_waits(town, ear, playing, watch):
    device, first = playing()
    plain = {"order": "o-2", **PRIORITY, "start_at": watch.now}
    device.take_desired(town.desired(first, plain, seq=9))
    assert isinstance(ear.follow(device, finish=False), Wait)
    assert device.playing == "o-1"
    device.take_desired(town.desired(first, plain | HARD, seq=10))
    ear.follow(device, finish=False)
    assert device.playing == "o-2"


def test_it_waits_so_many_seconds_and_then_cuts(town, ear, playing, watch):
    device, first = playing()
    patient = {"order": "o-2", **PRIORITY, "start_at": watch.now}
    patient["start"] = StartPolicy(kind=StartKind.WAIT, wait_s=15)
    device.take_desired(town.desired(first, patient, seq=9))
    wait = ear.follow(device, finish=False)
    assert device.playing == "o-1"
    assert wait.until <= watch.now + timedelta(seconds=15)
    watch.pass_by(seconds=15)
    town.output.position_ms = lambda order: 35_000
    ear.follow(device, finish=False)
    assert device.playing == "o-2"


def test_what_was_cut_without_a_policy_is_over(town, ear, ladder, playing):
    device, first = playing()
    device.take_desired(town.desired(first, {"order": "o-2", **EMERGENCY}, seq=9))
    ear.follow(device)
    assert ear.heard == ["o-1", "o-2"]
    assert "skipped o-1 pre_empted" in ladder(device)


@pytest.mark.parametrize(
    ("resume", "from_ms"),
    [(Resume.PAUSE, 20_000), (Resume.RESTART, 0), (Resume.CONTINUE_UNDERNEATH, 30_000)],
)
def test_what_was_paused_goes_on_where_its_policy_says(  # noqa: PLR0917 - fixtures and two cases
    town, ear, ladder, playing, watch, resume, from_ms
):
    device, first = playing(resume)
    device.take_desired(town.desired(first, {"order": "o-2", **EMERGENCY}, seq=9))
    ear.follow(device, finish=False)
    assert device.playing == "o-2"
    watch.pass_by(seconds=10)
    device.note_finished("o-2", Played(10_000))
    step = device.next_step()
    assert isinstance(step, Start)
    assert (step.entry.name, step.from_ms) == ("o-1", from_ms)
    device.note_started(step)
    device.note_finished("o-1", Played(60_000, from_ms))
    assert [row for row in ladder(device) if "o-1" in row][-4:] == [
        "started o-1", "paused o-1 pre_empted", "resumed o-1", "finished o-1",
    ]  # fmt: skip


def test_what_ran_underneath_to_its_end_is_over(town, ear, ladder, playing, watch):
    device, first = playing(Resume.CONTINUE_UNDERNEATH)
    device.take_desired(town.desired(first, {"order": "o-2", **EMERGENCY}, seq=9))
    ear.follow(device, finish=False)
    watch.pass_by(seconds=41)
    device.note_finished("o-2", Played(41_000))
    ear.follow(device)
    assert ladder(device)[-1] == "skipped o-1 pre_empted"
    assert ear.heard == ["o-1", "o-2"]


def test_a_pause_outlives_a_power_cut(town, ear, playing, watch):
    device, first = playing(Resume.PAUSE)
    device.take_desired(town.desired(first, {"order": "o-2", **EMERGENCY}, seq=9))
    ear.follow(device, finish=False)
    assert device.playing == "o-2"
    watch.pass_by(seconds=5)
    again = town.boot()
    again.note_media_ready(town.media.sha256)
    ear.follow(again, finish=False)
    assert again.playing == "o-2"
    again.note_finished("o-2", Played(60_000))
    step = again.next_step()
    assert isinstance(step, Start)
    assert (step.entry.name, step.from_ms) == ("o-1", 20_000)


def test_a_pause_that_outlasts_the_slot_is_the_end(town, ear, ladder, playing, watch):
    device, first = playing(Resume.PAUSE)
    device.take_desired(town.desired(first, {"order": "o-2", **EMERGENCY}, seq=9))
    ear.follow(device, finish=False)
    watch.pass_by(hours=2)
    device.note_finished("o-2", Played(60_000))
    ear.follow(device)
    assert ladder(device)[-1] == "skipped o-1 pre_empted"


def test_a_recall_reaches_what_is_paused(town, ear, ladder, playing):
    device, first = playing(Resume.PAUSE)
    device.take_desired(town.desired(first, {"order": "o-2", **EMERGENCY}, seq=9))
    ear.follow(device, finish=False)
    device.take_desired(
        town.desired(first, {"order": "o-2", **EMERGENCY}, seq=10, recalls=("o-1",))
    )
    ear.follow(device)
    assert "skipped o-1 recalled" in ladder(device)


def test_what_joins_begins_where_it_would_be_by_now(town, watch):
    device = town.boot()
    late = LatePolicy(kind=LateKind.JOIN)
    device.take_desired(town.desired({"late": late, "start_at": watch.now}))
    watch.pass_by(seconds=25)
    device.note_media_ready(town.media.sha256)
    step = device.next_step()
    assert isinstance(step, Start)
    assert step.from_ms == 25_000


def test_rank_orders_equals(town, ear):
    device = town.boot()
    device.take_desired(
        town.desired({"order": "o-1", "rank": 2}, {"order": "o-2", "rank": 1}, {"order": "o-3"})
    )
    device.note_media_ready(town.media.sha256)
    ear.follow(device)
    assert ear.heard == ["o-3", "o-2", "o-1"]
