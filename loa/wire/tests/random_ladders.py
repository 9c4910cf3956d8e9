"""Small random timelines around the corners of the week, beside the naive ladder.

`python -m loa.wire.tests.random_ladders 100000` compares as many and prints how long it took.
"""

import random
import sys
from datetime import UTC, datetime, timedelta

from loa.lib import clock
from loa.wire.ladder import Ladder
from loa.wire.messages import Clock, QuietHours
from loa.wire.policies import LateKind, LatePolicy, Resume, StartKind, StartPolicy
from loa.wire.tests.naive_ladder import naive
from loa.wire.timeline import (
    Breadth,
    Faults,
    Item,
    Occurrence,
    Progress,
    Rung,
    State,
    Timeline,
    WeekSlot,
)

MIDNIGHT = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # Monday 00:00 in the city
SECOND = timedelta(seconds=1)
SPAN_S = 1800
HASHES = [f"{number:064x}" for number in range(6)]
SOURCES = ["http://a/", "http://b/", "http://c/"]
PLACED = [rung for rung in Rung if rung is not Rung.SILENCE]


def instant(draw):
    """Return an instant near the midnight; half of them on a whole five minutes."""
    seconds = draw.randrange(-SPAN_S, SPAN_S)
    if draw.random() < 0.5:
        return MIDNIGHT + (seconds // 300 * 300) * SECOND
    return MIDNIGHT + seconds * SECOND + timedelta(milliseconds=draw.choice([0, 0, 1, 500, 999]))


def slot_fields(draw, rungs):
    """Return the fields that occurrences and weekly slots share."""
    streams = draw.random() < 0.3
    items = [
        Item(
            sha256=draw.choice(HASHES),
            duration_ms=draw.choice([500, 1000, 60_000, 150_000, 400_000]),
        )
        for _ in range(draw.randint(1, 3))
    ]
    return {
        "rule": draw.choice(["a", "b"]),
        "rung": draw.choice(rungs),
        "rank": draw.choice([0, 0, 1]),
        "breadth": draw.choice(list(Breadth)),
        "decided_at": MIDNIGHT - draw.randint(0, 2) * SECOND,
        "outputs": draw.choice([(), (), ("left",), ("right",)]),
        "items": () if streams else tuple(items),
        "sources": tuple(draw.sample(SOURCES, draw.randint(1, 2))) if streams else (),
        "loops": not streams and draw.random() < 0.4,
        "confirmed": draw.random() < 0.2,
        "start": StartPolicy(
            kind=draw.choice(list(StartKind)), wait_s=draw.choice([0, 5, 60, 200])
        ),
        "late": LatePolicy(
            kind=draw.choice(list(LateKind)), within_s=draw.choice([None, 1, 30, 600])
        ),
        "resume": draw.choice(list(Resume)),
    }


def occurrence(draw, number):
    start = instant(draw)
    length = draw.choice([1, 60, 120, 600, 1800])
    return Occurrence(
        id=f"o{number}", start_at=start, end_at=start + length * SECOND, **slot_fields(draw, PLACED)
    )


def week_slot(draw, number):
    fields = slot_fields(draw, [Rung.RELAY, Rung.EVERGREEN, Rung.FALLBACK])
    begins = draw.choice([None, 0, 10, 10_070, 10_079])
    if begins is None and not fields["sources"]:
        fields["loops"] = True
    minutes = draw.choice([1, 15, 40, 10_080])
    return WeekSlot(id=f"w{number}", begins_minute=begins, minutes=minutes, **fields)


def timeline(draw):
    ends_at = MIDNIGHT + draw.choice([-600, -1, 0, 300, 86_400]) * SECOND
    quiet = [("21:00", "05:30"), ("23:50", "00:05"), ("00:00", "00:00"), ("00:10", "00:12")]
    return Timeline(
        device="d",
        place="20194",
        version=1,
        issued_at=MIDNIGHT,
        begins_at=ends_at - timedelta(days=14),
        ends_at=ends_at,
        outputs=draw.choice([("left",), ("left", "right")]),
        quiet_hours=tuple(
            QuietHours(start=start, end=end)
            for start, end in draw.sample(quiet, draw.choice([0, 0, 1, 1, 2]))
        ),
        occurrences=tuple(occurrence(draw, number) for number in range(draw.randint(0, 6))),
        week=tuple(week_slot(draw, number) for number in range(draw.randint(0, 3))),
    )


def faults(draw, of, now):
    """Return faults; what each occurrence did so far is anything a device might say."""
    names = [one.id for one in of.occurrences]
    names += [
        one.id if one.begins_minute is None else f"{one.id}@{day}"
        for one in of.week
        for day in draw.sample(["2026-11-22", "2026-11-23"], 1)
    ]
    return Faults(
        clock=draw.choice([Clock.GOOD] * 6 + [Clock.HOLD, Clock.FLOOR, Clock.NONE]),
        missing=tuple(draw.sample(HASHES, draw.choice([0, 0, 1, 3]))),
        silent=tuple(draw.sample(SOURCES, draw.choice([0, 0, 1, 3]))),
        recalled=tuple(draw.sample(names, min(len(names), draw.choice([0, 0, 0, 1])))),
        progress=tuple(row for output in of.outputs for row in progress(draw, names, output, now)),
    )


def progress(draw, names, output, now):
    chosen = draw.sample(names, min(len(names), draw.choice([0, 0, 1, 2, 3])))
    states = [State.CUT, State.INTERRUPTED, State.ENDED]
    for number, name in enumerate(chosen):
        state = State.PLAYING if number == 0 and draw.random() < 0.7 else draw.choice(states)
        at = now - draw.choice([0, 1, 30, 300, 900, 901]) * SECOND
        since = at - draw.choice([0, 10, 200]) * SECOND
        yield Progress(
            output=output,
            occurrence=name,
            state=state,
            since=since,
            at=at,
            position_ms=draw.choice([0, 500, 10_000, 200_000]),
            stand_in=draw.random() < 0.1,
        )


def case(draw):
    of = timeline(draw)
    now = instant(draw)
    return of, now, faults(draw, of, now)


def plain(outcomes):
    """Return outcomes as the naive ladder writes them."""
    return [
        (
            one.output,
            one.occurrence,
            str(one.source),
            one.position_ms,
            str(one.why),
            [(passed.occurrence, str(passed.reason)) for passed in one.passed_over],
        )
        for one in outcomes
    ]


def compare(seed):
    """Hold the ladder to the naive one on the case of this seed."""
    of, now, wrong = case(random.Random(seed))
    found, expected = plain(Ladder(of).resolve(now, wrong)), naive(of, now, wrong)
    assert found == expected, f"seed {seed}: {found} instead of {expected}"


def main():
    """Compare as many cases as asked for; raises AssertionError with the seed of a difference."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    began = clock.monotonic()
    for seed in range(count):
        compare(seed)
    print(f"{count} random ladders agree, {clock.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
