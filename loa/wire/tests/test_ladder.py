"""One sound an output, the highest that may; and the answer depends on nothing else than it says."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loa.wire.ladder import Ladder, next_change, resolve
from loa.wire.messages import Clock, QuietHours
from loa.wire.policies import StartKind
from loa.wire.rules import is_quiet
from loa.wire.tests import random_ladders
from loa.wire.timeline import (
    EMERGENCIES,
    HEIGHT,
    Faults,
    Occurrence,
    Rung,
    Source,
    State,
    Timeline,
    WeekSlot,
    Why,
)

MS = timedelta(milliseconds=1)
seeds = st.integers(min_value=0, max_value=2**32)
some = settings(max_examples=150, deadline=None, derandomize=True)


def drawn(seed):
    return random_ladders.case(random.Random(seed))


def winners(outcomes):
    return [(one.output, one.occurrence, one.source) for one in outcomes]


def slots_of(timeline):
    return {slot.id: slot for slot in (*timeline.occurrences, *timeline.week)}


def slot_of(timeline, name):
    return slots_of(timeline)[name.partition("@")[0]]


def test_ten_thousand_random_ladders_equal_the_naive_one():
    for seed in range(10_000):
        random_ladders.compare(seed)


def test_random_ladders_meet_every_reason_to_sound_or_not():
    met = Counter()
    for seed in range(2_000):
        for one in resolve(*drawn(seed)):
            met[one.why] += 1
            met.update(passed.reason for passed in one.passed_over)
    assert set(met) == set(Why) - {Why.ENDED, Why.NOT_NEEDED}


@some
@given(seeds)
def test_each_output_sounds_one_thing_or_nothing(seed):
    timeline, now, faults = drawn(seed)
    outcomes = resolve(timeline, now, faults)
    assert tuple(one.output for one in outcomes) == timeline.outputs
    for one in outcomes:
        assert (one.occurrence == "") == (one.rung is Rung.SILENCE) == (one.source is Source.NONE)


@some
@given(seeds)
def test_what_is_higher_and_silent_has_a_reason(seed):
    timeline, now, faults = drawn(seed)
    for one in resolve(timeline, now, faults):
        passed = {row.occurrence: row.reason for row in one.passed_over}
        for slot in timeline.occurrences:
            if slot.outputs and one.output not in slot.outputs:
                continue
            is_higher = HEIGHT[slot.rung] > HEIGHT[one.rung] and slot.start_at <= now < slot.end_at
            row = next(
                (p for p in faults.progress if (p.output, p.occurrence) == (one.output, slot.id)),
                None,
            )
            has_ended = row is not None and row.state in (State.ENDED, State.PLAYING, State.CUT)
            if is_higher and not has_ended and slot.rung is not Rung.FALLBACK:
                assert slot.id in passed
            if passed.get(slot.id) is Why.WAITS:
                assert slot.start.kind is not StartKind.HARD or slot.rung in EMERGENCIES


@some
@given(seeds)
def test_an_emergency_that_has_begun_on_time_always_wins(seed):
    timeline, now, faults = drawn(seed)
    alert = Occurrence(
        id="alert",
        rung=Rung.EMERGENCY_LIFE,
        rank=0,
        breadth="device",
        decided_at=now - timedelta(days=1),
        sources=("http://a/",),
        start_at=now,
        end_at=now + timedelta(minutes=5),
    )
    others = tuple(one for one in timeline.occurrences if one.rung is not Rung.EMERGENCY_LIFE)
    timeline = msgspec.structs.replace(timeline, occurrences=(*others, alert))
    for one in resolve(timeline, now, faults):
        assert one.occurrence == "alert"
        assert one.source is (Source.STAND_IN if "http://a/" in faults.silent else Source.PRIMARY)


@some
@given(seeds)
def test_quiet_hours_let_only_emergencies_and_the_confirmed_through(seed):
    timeline, now, faults = drawn(seed)
    if faults.clock in (Clock.FLOOR, Clock.NONE) or not is_quiet(now, timeline.quiet_hours):
        return
    for one in resolve(timeline, now, faults):
        if one.occurrence:
            assert one.rung in EMERGENCIES or slot_of(timeline, one.occurrence).confirmed


@some
@given(seeds, st.randoms(use_true_random=False))
def test_the_order_of_insertion_changes_nothing(seed, draw):
    timeline, now, faults = drawn(seed)

    def shuffled(rows):
        return tuple(draw.sample(rows, len(rows)))

    mixed = msgspec.structs.replace(
        timeline, occurrences=shuffled(timeline.occurrences), week=shuffled(timeline.week)
    )
    other = msgspec.structs.replace(
        faults, progress=shuffled(faults.progress), recalled=shuffled(faults.recalled)
    )
    assert resolve(mixed, now, other) == resolve(timeline, now, faults)
    assert next_change(mixed, now, other) == next_change(timeline, now, faults)


def test_doing_what_it_says_and_asking_again_changes_nothing():
    for seed in range(1_500):
        timeline, now, faults = drawn(seed)
        ladder = Ladder(timeline)
        done = ladder.obeyed(now, faults)
        first, again = ladder.resolve(now, faults), ladder.resolve(now, done)
        assert winners(first) == winners(again), seed
        assert [one.position_ms for one in first] == [one.position_ms for one in again], seed
        assert all(one.why in (Why.GOES_ON, Why.NOTHING_DUE) for one in again), seed
        assert ladder.obeyed(now, done) == done, seed


def test_until_the_next_change_nothing_changes_obeyed_or_not():
    for seed in range(1_500):
        draw = random.Random(seed)
        timeline, now, faults = random_ladders.case(draw)
        ladder = Ladder(timeline)
        outcomes, change = ladder.resolve(now, faults), ladder.next_change(now, faults)
        done = ladder.obeyed(now, faults)
        until = change or now + timedelta(days=30)
        assert until > now, seed
        inside = (until - now) // MS - 1
        for later in {0, inside, draw.randint(0, inside), draw.randint(0, inside)}:
            for known in (faults, done):
                assert winners(ladder.resolve(now + later * MS, known)) == winners(outcomes), seed


def test_a_day_is_foreseen_without_gaps_and_in_few_steps():
    for seed in range(150):
        timeline, now, faults = drawn(seed)
        ladder = Ladder(timeline)
        for output in timeline.outputs:
            end = now + timedelta(days=8)
            stretches = list(ladder.foreseen(output, now, end, faults))
            assert stretches[0].begin == now
            assert stretches[-1].end == end
            for one, following in pairwise(stretches):
                assert one.end == following.begin
                assert winners([one.outcome]) != winners([following.outcome])
            assert len(stretches) < 80


def test_what_is_foreseen_is_what_a_ticking_device_sounds():
    for seed in range(8):
        timeline, now, faults = drawn(seed)
        ladder, known = Ladder(timeline), faults
        end = now + timedelta(minutes=20)
        foreseen = {
            output: list(ladder.foreseen(output, now, end, faults)) for output in timeline.outputs
        }
        while now < end:
            known = ladder.obeyed(now, known)
            for one in ladder.resolve(now, known):
                there = next(s for s in foreseen[one.output] if s.begin <= now < s.end)
                # A device that ticks every 500 ms changes at most that much later.
                if now - there.begin >= timedelta(milliseconds=500):
                    assert winners([one]) == winners([there.outcome]), (seed, now)
            now += timedelta(milliseconds=500)


# -- what a timeline refuses


FIELDS = {"id": "a", "rung": "programme", "decided_at": "2026-11-22T00:00:00Z"}
HOUR = {"start_at": "2026-11-23T03:00:00Z", "end_at": "2026-11-23T04:00:00Z"}


@pytest.mark.parametrize(
    ("shape", "fields", "words"),
    [
        (Occurrence, HOUR, "either items or sources"),
        (Occurrence, {**HOUR, "sources": ["http://a/"], "loops": True}, "only items loop"),
        (Occurrence, {**HOUR, "sources": ["http://a/"], "rung": "silence"}, "not placed"),
        (Occurrence, {**HOUR, "sources": ["a", "b", "c"]}, "length <= 2"),
        (
            Occurrence,
            {"start_at": HOUR["end_at"], "end_at": HOUR["end_at"], "sources": ["a"]},
            "ends before it starts",
        ),
        (WeekSlot, {"sources": ["http://a/"]}, "does not repeat every week"),
        (
            WeekSlot,
            {"rung": "evergreen", "items": [{"sha256": "0" * 64, "duration_ms": 1}]},
            "loops or streams",
        ),
    ],
)
def test_a_slot_that_makes_no_sense_is_refused_with_words(shape, fields, words):
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert({**FIELDS, **fields}, shape)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"outputs": ("main", "main")}, "two outputs of one name"),
        ({"names": ("a", "a")}, "two slots of one id"),
        ({"names": ("w@2026-11-23",)}, "named like a weekly slot"),
        ({"weekly": "w@x"}, "holds no @"),
        ({"weekly": "a"}, "two slots of one id"),
    ],
)
def test_a_timeline_in_which_names_clash_is_refused(changes, words):
    slot = {**FIELDS, "sources": ["http://a/"]}
    weekly = {**slot, "id": changes.get("weekly", "w"), "rung": "relay"}
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(
            {
                "device": "d",
                "place": "20194",
                "version": 1,
                "issued_at": HOUR["start_at"],
                "begins_at": HOUR["start_at"],
                "ends_at": HOUR["end_at"],
                "outputs": changes.get("outputs", ("main",)),
                "occurrences": [
                    {**slot, **HOUR, "id": name} for name in changes.get("names", ("a",))
                ],
                "week": [weekly],
            },
            Timeline,
        )


@pytest.mark.parametrize("states", [("playing", "playing"), ("cut", "ended")])
def test_faults_that_contradict_themselves_are_refused(states):
    names = ("a", "b") if states[0] == "playing" else ("a", "a")
    at = HOUR["start_at"]
    rows = [
        {"output": "main", "occurrence": name, "state": state, "since": at, "at": at}
        for name, state in zip(names, states, strict=True)
    ]
    with pytest.raises(msgspec.ValidationError, match="two"):
        msgspec.convert({"progress": rows}, Faults)


def test_quiet_hours_that_end_when_they_begin_are_none():
    timeline, now, _ = drawn(1)
    empty = (QuietHours(start="21:00", end="21:00"),)
    without = msgspec.structs.replace(timeline, quiet_hours=())
    assert resolve(msgspec.structs.replace(timeline, quiet_hours=empty), now) == resolve(
        without, now
    )


def test_the_end_of_the_calendar_is_no_change():
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    timeline, _, _ = drawn(1)
    item = {"sha256": "0" * 64, "duration_ms": 86_400_000}
    fields = {
        **FIELDS,
        "items": [item],
        "start_at": end,
        "end_at": end + timedelta(milliseconds=999),
    }
    last = msgspec.convert(fields, Occurrence)
    timeline = msgspec.structs.replace(timeline, occurrences=(last,), week=(), quiet_hours=())
    assert resolve(timeline, end)[0].occurrence == "a"
    assert next_change(timeline, end) == last.end_at
    assert next_change(timeline, last.end_at) is None
    ended = next_change(timeline, end, Faults(recalled=("a",)))
    assert ended is None
