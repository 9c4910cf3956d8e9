"""One device, its documents and its orders, with time set by hand."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from loa.player.device import Taken
from loa.player.outputs import Played
from loa.player.state import Start
from loa.wire import envelope
from loa.wire.messages import Clock, LogBatch, Priority
from loa.wire.reasons import Reason, Refused

EMERGENCY = {"by": "leader", "edition": {"priority": Priority.EMERGENCY}}
NIGHT = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)  # 22:30 in the city


def test_order_climbs_the_whole_ladder_once(town, ear, ladder, watch):
    device = town.boot()
    assert device.take_desired(town.desired(), hinted_at=watch.now) is Taken.NEW
    device.note_media_ready(town.media.sha256)
    ear.follow(device)
    assert ear.heard == ["o-1"]
    assert ladder(device) == [
        "hinted o-1", "pulled o-1", "verified o-1", "media_ready o-1", "started o-1", "finished o-1",
    ]  # fmt: skip


def test_nothing_is_hinted_that_a_poll_found(town, ladder):
    device = town.boot()
    device.take_desired(town.desired())
    assert ladder(device) == ["pulled o-1", "verified o-1"]


def test_second_delivery_changes_nothing(town, ear, ladder):
    device = town.boot()
    data = town.desired()
    device.take_desired(data)
    device.note_media_ready(town.media.sha256)
    ear.follow(device)
    before = ladder(device)
    assert device.take_desired(data) is Taken.SAME
    assert device.take_desired(town.desired(seq=9)) is Taken.NEW
    ear.follow(device)
    assert ear.heard == ["o-1"]
    assert ladder(device) == before


def test_disordered_documents_leave_the_newest(town, ladder):
    device = town.boot()
    device.take_desired(town.desired(seq=9))
    assert device.take_desired(town.desired({"order": "o-2"}, seq=8)) is Taken.REFUSED
    assert device.desired.seq == 9
    assert ladder(device)[-1] == "refused rolled_back"


def test_another_document_of_the_same_seq_is_refused(town):
    device = town.boot()
    device.take_desired(town.desired(seq=9))
    assert device.take_desired(town.desired({"order": "o-2"}, seq=9)) is Taken.REFUSED


def test_replay_is_refused_after_a_restart(town):
    town.boot().take_desired(town.desired(seq=9))
    assert town.boot().take_desired(town.desired({"order": "o-2"}, seq=8)) is Taken.REFUSED


def test_order_without_roster_asks_for_one(town):
    device = town.boot(roster=False)
    data = town.desired()
    assert device.take_desired(data) is Taken.NEEDS_ROSTER
    device.take_roster(town.cast.roster())
    assert device.take_desired(data, is_roster_fresh=True) is Taken.NEW


def test_edition_by_a_stranger_never_sounds(town, ear, ladder):
    device = town.boot()
    data = town.desired({"by": "stranger"})
    assert device.take_desired(data) is Taken.NEEDS_ROSTER
    device.take_desired(data, is_roster_fresh=True)
    device.note_media_ready(town.media.sha256)
    ear.follow(device)
    assert ear.heard == []
    assert ladder(device) == ["pulled o-1", "skipped o-1 unknown_key"]


def test_revoked_approver_silences_what_waits(town, ear, ladder):
    device = town.boot()
    device.take_desired(town.desired())
    device.take_roster(town.cast.roster(version=3, without="chair"))
    device.note_media_ready(town.media.sha256)
    ear.follow(device)
    assert ear.heard == []
    assert ladder(device)[-1] == "skipped o-1 unknown_key"


def test_late_order_is_skipped(town, ear, ladder, watch):
    device = town.boot()
    device.take_desired(town.desired())
    device.note_media_ready(town.media.sha256)
    watch.pass_by(minutes=11)
    ear.follow(device)
    assert ear.heard == []
    assert ladder(device)[-1] == "skipped o-1 late"


def test_order_without_sound_says_why_it_stayed_silent(town, ear, ladder, watch):
    device = town.boot()
    device.take_desired(town.desired())
    device.note_media_trouble(town.media.sha256, Reason.MEDIA_MISMATCH)
    ear.follow(device)
    watch.pass_by(minutes=11)
    ear.follow(device)
    assert ladder(device)[-1] == "skipped o-1 media_mismatch"


def test_quiet_hours_refuse_without_confirmation_and_allow_with_it(town, ear, ladder, watch):
    watch.now = NIGHT
    device = town.boot()
    plain = {"order": "o-1", "start_at": NIGHT}
    confirmed = {"order": "o-2", "start_at": NIGHT, "confirmed": True}
    device.take_desired(town.desired(plain, confirmed))
    device.note_media_ready(town.media.sha256)
    ear.follow(device)
    assert ear.heard == ["o-2"]
    assert "skipped o-1 quiet_hours" in ladder(device)


def test_order_waits_for_the_end_of_quiet_hours_inside_its_window(town, ear, watch):
    watch.now = datetime(2026, 11, 23, 22, 25, tzinfo=UTC)  # 05:25 in the city
    device = town.boot()
    device.take_desired(town.desired({"start_at": watch.now}))
    device.note_media_ready(town.media.sha256)
    while not ear.heard:
        # It may look more often than needed, never too late.
        wait = ear.follow(device)
        assert wait.until is not None or ear.heard
        began_at, watch.now = watch.now, wait.until
    assert ear.heard == ["o-1"]
    assert began_at == datetime(2026, 11, 23, 22, 30, tzinfo=UTC)


def test_emergency_ignores_quiet_hours(town, ear, watch):
    watch.now = NIGHT
    device = town.boot()
    device.take_desired(town.desired({"start_at": NIGHT, **EMERGENCY}))
    device.note_media_ready(town.media.sha256)
    ear.follow(device)
    assert ear.heard == ["o-1"]


def test_recall_before_and_while_sounding(town, ear, ladder, watch):
    device = town.boot()
    later = {"order": "o-2", "start_at": watch.now + timedelta(hours=1)}
    device.take_desired(town.desired({}, later))
    device.note_media_ready(town.media.sha256)
    ear.follow(device, finish=False)
    assert device.playing == "o-1"
    device.take_desired(town.desired({}, later, seq=9, recalls=("o-1", "o-2")))
    ear.follow(device)
    assert device.playing == ""
    assert ladder(device)[-2:] == ["skipped o-1 recalled", "skipped o-2 recalled"]


def test_recall_of_an_order_that_left_the_document(town, ear, ladder):
    device = town.boot()
    device.take_desired(town.desired())
    device.note_media_ready(town.media.sha256)
    ear.follow(device, finish=False)
    device.take_desired(town.desired({"order": "o-2"}, seq=9, recalls=("o-1",)))
    ear.follow(device)
    assert ear.heard == ["o-1", "o-2"]
    assert ladder(device).count("skipped o-1 recalled") == 1


def test_emergency_cuts_what_sounds(town, ear, ladder):
    device = town.boot()
    device.take_desired(town.desired())
    device.note_media_ready(town.media.sha256)
    ear.follow(device, finish=False)
    device.take_desired(town.desired({}, {"order": "o-2", **EMERGENCY}, seq=9))
    ear.follow(device)
    assert ear.heard == ["o-1", "o-2"]
    assert ladder(device)[-3:] == ["skipped o-1 pre_empted", "started o-2", "finished o-2"]


def test_one_order_sounds_at_a_time_emergency_first(town, ear):
    device = town.boot()
    device.take_desired(
        town.desired({}, {"order": "o-2", "edition": {"priority": Priority.PRIORITY}},
                     {"order": "o-3", **EMERGENCY})
    )  # fmt: skip
    device.note_media_ready(town.media.sha256)
    ear.follow(device)
    assert ear.heard == ["o-3", "o-2", "o-1"]


def test_clock_set_back_sounds_only_the_emergency(town, ear, ladder, watch):
    device = town.boot()
    watch.now -= timedelta(days=400)
    assert device.clock_state() is Clock.FLOOR
    device.take_desired(town.desired({}, {"order": "o-2", **EMERGENCY}, seq=9))
    device.note_media_ready(town.media.sha256)
    ear.follow(device)
    assert ear.heard == ["o-2"]
    assert ladder(device).count("refused clock") == 1
    watch.now += timedelta(days=400)
    ear.follow(device)
    assert ear.heard == ["o-2", "o-1"]


def test_clock_set_back_after_a_sound_does_not_repeat_it(town, ear, watch):
    device = town.boot()
    device.take_desired(town.desired())
    device.note_media_ready(town.media.sha256)
    ear.follow(device)
    watch.now -= timedelta(minutes=4)
    again = town.boot()
    again.note_media_ready(town.media.sha256)
    ear.follow(again)
    assert ear.heard == ["o-1"]


def test_clock_set_forward_skips_as_late(town, ear, ladder, watch):
    device = town.boot()
    device.take_desired(town.desired())
    device.note_media_ready(town.media.sha256)
    watch.pass_by(hours=3)
    ear.follow(device)
    assert ladder(device)[-1] == "skipped o-1 late"


def test_cut_off_for_fourteen_days_it_plays_what_was_approved(town, ear, watch):
    device = town.boot()
    days = [
        {"order": f"o-{day}", "start_at": watch.now + timedelta(days=day),
         "edition": {"valid_until": watch.now + timedelta(days=20)}}
        for day in (0, 7, 15)
    ]  # fmt: skip
    device.take_desired(town.desired(*days))
    device.note_media_ready(town.media.sha256)
    for _ in range(16):
        ear.follow(device)
        watch.pass_by(days=1)
    assert ear.heard == ["o-0", "o-7", "o-15"]


@pytest.mark.parametrize("step", ["pulled", "ready", "started", "finished", "acknowledged"])
def test_abandoned_at_any_step_it_goes_on_and_repeats_nothing(town, ear, ladder, watch, step):
    device = town.boot()
    device.take_desired(town.desired(), hinted_at=watch.now)
    if step != "pulled":
        device.note_media_ready(town.media.sha256)
    if step == "started":
        ear.follow(device, finish=False)
    if step in ("finished", "acknowledged"):
        ear.follow(device)
    if step == "acknowledged":
        device.take_receipt(town.receipt(device, 4))
    watch.pass_by(seconds=20)
    again = town.boot()
    again.note_media_ready(town.media.sha256)
    ear.follow(again)
    told = ladder(again)
    assert len(set(told)) == len(told)
    assert told[-1] == "finished o-1"
    assert ear.heard == (["o-1", "o-1"] if step == "started" else ["o-1"])
    assert ("resumed o-1" in told) is (step == "started")


def test_null_output_faster_than_the_ear_goes_on_where_it_would_be(town, ear, watch):
    town.output.rate = 10
    device = town.boot()
    device.take_desired(town.desired())
    device.note_media_ready(town.media.sha256)
    ear.follow(device, finish=False)
    watch.pass_by(seconds=3)
    again = town.boot(roster=False)
    again.note_media_ready(town.media.sha256)
    assert 29_000 <= again.next_step().from_ms <= 31_000


def test_null_output_goes_on_where_the_clock_says(town, ear, watch):
    town.output.rate = 1
    device = town.boot()
    device.take_desired(town.desired())
    device.note_media_ready(town.media.sha256)
    ear.follow(device, finish=False)
    watch.pass_by(seconds=20)
    again = town.boot()
    again.note_media_ready(town.media.sha256)
    step = again.next_step()
    assert isinstance(step, Start)
    assert 19_000 <= step.from_ms <= 21_000


def test_tail_of_something_old_is_not_sounded(town, ear, ladder, watch):
    device = town.boot()
    device.take_desired(town.desired())
    device.note_media_ready(town.media.sha256)
    ear.follow(device, finish=False)
    watch.pass_by(minutes=30)
    again = town.boot()
    again.note_media_ready(town.media.sha256)
    ear.follow(again)
    assert ladder(again)[-1] == "skipped o-1 interrupted"


def test_cut_sound_does_not_go_on_into_quiet_hours(town, ear, ladder, watch):
    watch.now = datetime(2026, 11, 23, 13, 58, tzinfo=UTC)  # 20:58
    device = town.boot()
    device.take_desired(town.desired({"start_at": watch.now}))
    device.note_media_ready(town.media.sha256)
    ear.follow(device, finish=False)
    watch.pass_by(minutes=5)
    again = town.boot()
    again.note_media_ready(town.media.sha256)
    ear.follow(again)
    assert ladder(again)[-1] == "skipped o-1 quiet_hours"


def test_damaged_document_on_disk_falls_back_to_the_one_before(town, ear):
    device = town.boot()
    device.take_desired(town.desired({"order": "o-1"}, seq=8))
    device.take_desired(town.desired({"order": "o-2"}, seq=9))
    with device.journal._file.changes() as db:
        db.execute("UPDATE document SET body = x'00' WHERE kind = 'desired' AND age = 0")
    again = town.boot()
    assert again.desired.seq == 8
    assert again.take_desired(town.desired({"order": "o-3"}, seq=8)) is Taken.REFUSED
    assert again.take_desired(town.desired({"order": "o-2"}, seq=9)) is Taken.NEW


def test_log_leaves_only_what_the_city_signed_for(town, ladder):
    device = town.boot()
    device.take_desired(town.desired())
    with pytest.raises(Refused) as refused:
        device.take_receipt(town.receipt(device, 2, by="stranger"))
    assert refused.value.reason is Reason.UNKNOWN_KEY
    assert len(ladder(device)) == 2
    device.take_receipt(town.receipt(device, 1))
    assert ladder(device) == ["verified o-1"]
    device.take_receipt(town.receipt(device, 99))
    assert ladder(device) == ["verified o-1"]


def test_batches_are_signed_small_and_without_gaps(town):
    device = town.boot()
    for seq in range(8, 40):
        device.take_desired(town.desired(*({"order": f"o-{seq}-{i}"} for i in range(4)), seq=seq))
    seen = []
    while data := device.log_batch():
        assert len(data) <= 16_384
        payload, _ = envelope.open_payload(
            data, "application/vnd.loa.log+json", {device.key.key_id: device.key.public_hex}
        )
        batch = msgspec.json.decode(payload, type=LogBatch)
        assert len(batch.rows) <= 40
        seen += [row.seq for row in batch.rows]
        device.take_receipt(town.receipt(device, seen[-1]))
    assert seen == list(range(1, 257))


def test_output_that_breaks_ends_the_order_with_a_reason(town, ear, ladder):
    device = town.boot()
    device.take_desired(town.desired())
    device.note_media_ready(town.media.sha256)
    ear.follow(device, finish=False)
    device.note_skipped("o-1", Reason.OUTPUT_FAILED)
    ear.follow(device)
    assert ladder(device)[-1] == "skipped o-1 output_failed"


def test_heartbeat_says_how_it_is(town, ear):
    device = town.boot()
    device.take_desired(town.desired())
    payload, _ = envelope.open_payload(
        device.heartbeat(free_mb=7),
        "application/vnd.loa.heartbeat+json",
        {device.key.key_id: device.key.public_hex},
    )
    beat = msgspec.json.decode(payload)
    assert (beat["desired_seq"], beat["free_mb"], beat["clock"]) == (8, 7, "good")


def test_finished_row_tells_how_it_sounded(town):
    device = town.boot()
    device.take_desired(town.desired())
    device.note_media_ready(town.media.sha256)
    device.note_started(device.next_step())
    device.note_finished("o-1", Played(60_000, 20_000, 1_440_000))
    row = device.journal.unacknowledged(100)[-1]
    assert row.detail == {
        "duration_ms": 60_000, "rate_percent": 0, "resumed_from_ms": 20_000, "samples": 1_440_000,
    }  # fmt: skip
