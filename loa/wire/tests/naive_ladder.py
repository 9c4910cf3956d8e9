"""The ladder once more, written to be read and not to be fast: sort everything, every time.

It shares the structures and the quiet-hours rule of the first protocol with the real one, no code.
"""

from datetime import UTC, datetime, timedelta

from loa.wire.messages import Clock
from loa.wire.policies import LateKind, Resume, StartKind
from loa.wire.rules import CITY_TIME, is_quiet, is_quiet_during
from loa.wire.timeline import Breadth, Rung, State, WeekSlot

MS = timedelta(milliseconds=1)
RUNGS = list(Rung)
BREADTHS = list(Breadth)
URGENT = (Rung.EMERGENCY_LIFE, Rung.EMERGENCY_LOCAL)
LONG_AGO, LONG_HENCE = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
SOUNDS = ("starts", "joins", "goes_on", "resumes", "restarts")


class Candidate:
    def __init__(self, slot, name, start, end):
        self.slot, self.name, self.start, self.end = slot, name, start, end
        self.total = sum((item.duration_ms for item in slot.items), 0) * MS
        self.is_any_time = isinstance(slot, WeekSlot) and slot.begins_minute is None
        self.is_urgent = slot.rung in URGENT
        self.order = (
            RUNGS.index(slot.rung),
            slot.rank,
            BREADTHS.index(slot.breadth),
            slot.decided_at,
            slot.rule,
            name,
        )


def candidates(timeline, output, around):
    """Return everything of this output, weeks before and after the instant included."""
    found = [Candidate(one, one.id, one.start_at, one.end_at) for one in timeline.occurrences]
    monday = around.astimezone(CITY_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=monday.weekday())
    for slot in timeline.week:
        if slot.begins_minute is None:
            start = timeline.ends_at if slot.rung is Rung.RELAY else LONG_AGO
            found.append(Candidate(slot, slot.id, start, LONG_HENCE))
            continue
        for week in (-1, 0, 1):
            start = monday + timedelta(days=7 * week, minutes=slot.begins_minute)
            end = start + timedelta(minutes=slot.minutes)
            name = f"{slot.id}@{start.date()}"
            if slot.rung is Rung.RELAY:
                start = max(start, timeline.ends_at)
            found.append(Candidate(slot, name, start, end))
    mine = [one for one in found if not one.slot.outputs or output in one.slot.outputs]
    return sorted(mine, key=lambda one: one.order)


class Naive:
    """One output at one instant."""

    def __init__(self, timeline, output, now, faults):
        self.timeline, self.now, self.faults = timeline, now, faults
        self.rows = {row.occurrence: row for row in faults.progress if row.output == output}
        self.all = candidates(timeline, output, now)
        self.failed_above = False
        self.playing = next(
            (c for c in self.all if self.state(c) is State.PLAYING and c.start <= now < c.end), None
        )

    def state(self, candidate):
        row = self.rows.get(candidate.name)
        return row.state if row else None

    def answer(self):
        """Return (name, source, position in ms, why, [(passed over, reason)])."""
        active = [c for c in self.all if c.start <= self.now < c.end]
        judged = [(c, *self.judge(c)) for c in active]
        ready = [entry for entry in judged if entry[3] in SOUNDS]
        winner = ready[0] if ready else None
        waiting = []
        for entry in ready:
            if entry[0] is self.playing:
                winner = entry
                break
            if not self.waits(entry[0]):
                waiting = []
                break
            waiting.append(entry[0].name)
        else:
            waiting = []
        passed = []
        for candidate, _, _, why in judged:
            if winner is not None and candidate is winner[0]:
                break
            if why not in ("ended", "not_needed"):
                passed.append((candidate.name, "waits" if candidate.name in waiting else why))
        if winner is None:
            return "", "none", 0, "nothing_due", passed
        candidate, source, position, why = winner
        return candidate.name, source, position // MS, why, passed

    def judge(self, c):
        source, lacking = self.source(c)
        position, why = self.unless_barred(c, source)
        if why in SOUNDS and self.would_disturb(c, position, why):
            why = "quiet_hours"
        if why in SOUNDS and lacking:
            why = lacking
        self.failed_above |= why in ("media_missing", "source_silent")
        return source, position, why

    def source(self, c):
        missing, silent = self.faults.missing, self.faults.silent
        if c.slot.items and not [item for item in c.slot.items if item.sha256 in missing]:
            return "media", None
        for address, name in zip(c.slot.sources, ("primary", "secondary"), strict=False):
            if address not in silent:
                return name, None
        if c.is_urgent:
            return "stand_in", None
        return "none", "media_missing" if c.slot.items else "source_silent"

    def unless_barred(self, c, source):
        zero, state = timedelta(0), self.state(c)
        if c.slot.rung is Rung.FALLBACK and not self.failed_above:
            return zero, "not_needed"
        if c.name in self.faults.recalled:
            return zero, "recalled"
        if state is State.ENDED:
            return zero, "ended"
        if state is State.CUT and c.slot.resume is Resume.DROP:
            return zero, "pre_empted"
        if self.faults.clock in (Clock.FLOOR, Clock.NONE) and not self.needs_no_hour(c):
            return zero, "clock"
        return self.place(c, source)

    def needs_no_hour(self, c):
        if c.is_urgent or c.slot.rung is Rung.LIVE:
            return True
        quiet_is_known = c.slot.confirmed or all(
            window.start == window.end for window in self.timeline.quiet_hours
        )
        return c.slot.rung is Rung.EVERGREEN and c.is_any_time and quiet_is_known

    def place(self, c, source):
        row, zero = self.rows.get(c.name), timedelta(0)
        if row is None:
            position, why = self.first(c)
        elif row.state is State.PLAYING:
            position, why = row.position_ms * MS + (self.now - row.at), "goes_on"
            if c.slot.items and row.stand_in is not (source == "stand_in"):
                position, why = zero, "starts"
        else:
            position, why = self.again(c, row)
        if why not in SOUNDS or c.slot.sources:
            return zero, why
        if source == "stand_in":
            return (position if why == "goes_on" else zero), why
        if row is not None and row.stand_in:
            position = zero
        if c.slot.loops:
            return position % c.total, why
        if position >= c.total:
            return zero, "late" if why == "joins" else "ended"
        return position, why

    def again(self, c, row):
        is_finite = c.slot.items and not c.slot.loops
        too_old = self.now - row.at > timedelta(minutes=15)
        if row.state is State.INTERRUPTED and is_finite and too_old:
            return timedelta(0), "interrupted"
        position = row.position_ms * MS
        if c.slot.resume is Resume.RESTART:
            return timedelta(0), "restarts"
        if c.slot.resume is Resume.CONTINUE_UNDERNEATH:
            position += self.now - row.at
        return position, "resumes"

    def first(self, c):
        zero = timedelta(0)
        if c.is_any_time:
            return zero, "starts"
        late = self.now - self.due(c)
        policy = c.slot.late
        if late <= timedelta(seconds=2):
            return zero, "starts"
        if policy.kind is LateKind.JOIN:
            return late, "joins"
        is_in_time = policy.within_s is None or late <= timedelta(seconds=policy.within_s)
        if policy.kind is LateKind.FROM_START and is_in_time:
            return zero, "starts"
        return zero, "late"

    def due(self, c):
        instants = [c.start]
        for other in self.all:
            row = self.rows.get(other.name)
            until = self.polite_until(c, other)
            if until is not None:
                stopped = LONG_HENCE if row.state is State.PLAYING else row.at
                instants.append(min(until, other.end, stopped))
        return max(instants)

    def waits(self, c):
        if self.playing is None or c.name in self.rows:
            return False
        if self.source(self.playing)[0] == "stand_in":
            return False
        until = self.polite_until(c, self.playing)
        return until is not None and self.now < until

    def polite_until(self, c, other):
        row, policy = self.rows.get(other.name), c.slot.start
        if row is None or row.since > c.start or not c.order < other.order:
            return None
        if c.is_urgent and c.slot.rung is not other.slot.rung:
            return None
        if not c.is_urgent and policy.kind is StartKind.HARD:
            return None
        if other.slot.sources or row.stand_in:
            return None
        until = c.start + self.rest_of_item(other, row, c.start)
        if policy.kind is StartKind.WAIT and not c.is_urgent:
            return min(until, c.start + timedelta(seconds=policy.wait_s))
        return until

    def rest_of_item(self, other, row, instant):
        stood = max(row.position_ms * MS - (row.at - instant), timedelta(0)) % other.total
        edge = timedelta(0)
        for item in other.slot.items:
            if stood <= edge:
                break
            edge += item.duration_ms * MS
        return edge - stood

    def would_disturb(self, c, position, why):
        if c.is_urgent or c.slot.confirmed or self.faults.clock in (Clock.FLOOR, Clock.NONE):
            return False
        windows = self.timeline.quiet_hours
        if c.slot.sources or c.slot.loops or why == "goes_on":
            return is_quiet(self.now, windows)
        return is_quiet_during(self.now, min(c.total - position, c.end - self.now), windows)


def naive(timeline, instant, faults):
    """Return what each output sounds, as plain tuples."""
    return [
        (output, *Naive(timeline, output, instant, faults).answer()) for output in timeline.outputs
    ]
