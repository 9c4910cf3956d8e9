"""An output that is told ahead begins on the sample; nothing else changes by it."""

from datetime import timedelta

import pytest

from loa.player.state import Start, Wait
from loa.wire.messages import Priority


@pytest.fixture
def device(town, watch):
    town.output.ahead_ms = 300
    device = town.boot()
    start_at = watch.now + timedelta(minutes=1)
    device.take_desired(town.desired({"start_at": start_at}))
    device.note_media_ready(town.media.sha256)
    return device


def test_it_is_told_a_moment_before_and_says_when(device, watch, ladder):
    due = watch.now + timedelta(minutes=1)
    step = device.next_step()
    assert step == Wait(due - timedelta(milliseconds=300))
    watch.now = due - timedelta(milliseconds=300)
    step = device.next_step()
    assert isinstance(step, Start)
    assert step.at == due
    device.note_started(step)
    (row,) = [row for row in device.journal.unacknowledged(99) if row.event == "started"]
    assert row.at == due


def test_what_is_recalled_in_that_moment_ends(device, town, watch, ear, ladder):
    watch.pass_by(seconds=59.8)
    device.note_started(device.next_step())
    device.take_desired(town.desired({}, seq=9, recalls=("o-1",)))
    ear.follow(device)
    assert ladder(device)[-1] == "skipped o-1 recalled"


def test_what_sounds_is_not_cut_a_moment_early(device, town, watch, ear):
    watch.pass_by(minutes=1)
    ear.follow(device, finish=False)
    alarm = {
        "order": "o-2", "by": "leader", "edition": {"priority": Priority.EMERGENCY},
        "start_at": watch.now + timedelta(seconds=1),
    }  # fmt: skip
    device.take_desired(town.desired({"start_at": watch.now}, alarm, seq=9))
    watch.pass_by(seconds=0.9)
    assert isinstance(device.next_step(), Wait)
    watch.pass_by(seconds=0.1)
    ear.follow(device, finish=False)
    assert device.playing == "o-2"
