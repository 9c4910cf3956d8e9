"""What sounds now on each output: one pure function for the city's preview, devices and simulators.

`resolve` answers for an instant, `next_change` says how long the answer holds, `obeyed` what the
device then has to remember. `docs/protocol/resolve.md` says the same in words. Inside, instants are
whole milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from loa.wire.messages import Clock
from loa.wire.policies import LateKind, Resume, StartKind
from loa.wire.quiet import Quiet
from loa.wire.spans import LAST, NEVER, Shelf, Span, from_ms, to_ms
from loa.wire.timeline import (
    Faults,
    Outcome,
    PassedOver,
    Progress,
    Rung,
    Source,
    State,
    Stretch,
    Timeline,
    Why,
)

# A device ticks and arms an amplifier: so little is not late, and nothing is cut off the beginning.
GRACE_MS = 2_000
# A tail of something old helps nobody.
RESUME_WITHIN_MS = 15 * 60_000
_TRUSTED = frozenset({Clock.GOOD, Clock.HOLD})
_WITHOUT_SOUND = frozenset({Why.MEDIA_MISSING, Why.SOURCE_SILENT})
_OWN_TROUBLE = _WITHOUT_SOUND | {Why.CLOCK}
_NOT_TOLD = frozenset({Why.ENDED, Why.NOT_NEEDED})
NO_FAULTS = Faults()


def resolve(
    timeline: Timeline, instant: datetime, faults: Faults = NO_FAULTS
) -> tuple[Outcome, ...]:
    """Return what each output sounds at the instant, in the order of the timeline's outputs."""
    return Ladder(timeline).resolve(instant, faults)


def next_change(
    timeline: Timeline, instant: datetime, faults: Faults = NO_FAULTS
) -> datetime | None:
    """Return until when that answer surely holds unless news comes; None: for ever."""
    return Ladder(timeline).next_change(instant, faults)


class _Row(NamedTuple):
    """Progress in milliseconds."""

    state: State
    since: int
    at: int
    position: int
    stand_in: bool


_Rows = Mapping[str, _Row]


class _Sound(NamedTuple):
    """Where something would sound, or why it would not."""

    why: Why
    position: int = 0


@dataclass(frozen=True, slots=True)
class _Around:
    """The faults of one output."""

    is_clock_trusted: bool
    missing: frozenset[str]
    silent: frozenset[str]
    recalled: frozenset[str]


_SOUNDING = frozenset({Why.STARTS, Why.JOINS, Why.GOES_ON, Why.RESUMES, Why.RESTARTS})
_SILENCE = (None, Source.NONE, _Sound(Why.NOTHING_DUE))


class _Decision(NamedTuple):
    span: Span | None
    source: Source
    sound: _Sound
    passed_over: tuple[tuple[str, Why], ...]
    change: int  # if the device does as said
    change_untold: int  # if it does not
    active: list[Span]


class Ladder:
    """A timeline made ready to be asked often; it remembers nothing of what was asked."""

    def __init__(self, timeline: Timeline) -> None:
        self._outputs = timeline.outputs
        self._shelves = {output: Shelf(timeline, output) for output in timeline.outputs}
        self._quiet = Quiet(timeline.quiet_hours)

    def resolve(self, instant: datetime, faults: Faults = NO_FAULTS) -> tuple[Outcome, ...]:
        decisions = self._decisions(to_ms(instant), faults)
        return tuple(_outcome(output, decision) for output, decision in decisions.items())

    def next_change(self, instant: datetime, faults: Faults = NO_FAULTS) -> datetime | None:
        decisions = self._decisions(to_ms(instant), faults)
        change = min(min(one.change, one.change_untold) for one in decisions.values())
        return None if change > LAST else from_ms(change)

    def obeyed(self, instant: datetime, faults: Faults = NO_FAULTS) -> Faults:
        """Return the faults of a device that has just done what `resolve` says."""
        now = to_ms(instant)
        progress: list[Progress] = []
        for output, decision in self._decisions(now, faults).items():
            rows = self._after(output, decision, now, _rows(faults, output))
            progress += [_progress(output, name, row) for name, row in rows.items()]
        return Faults(
            clock=faults.clock,
            missing=faults.missing,
            silent=faults.silent,
            recalled=faults.recalled,
            progress=tuple(progress),
        )

    def foreseen(
        self, output: str, begin: datetime, end: datetime, faults: Faults = NO_FAULTS
    ) -> Iterator[Stretch]:
        """Yield what the output will sound if nothing new happens, from begin to end without a gap."""
        now, last = to_ms(begin), to_ms(end)
        around, rows = _around(faults), _rows(faults, output)
        shown, since = None, now
        while now < last:
            decision = self._decide(output, now, around, rows)
            rows = self._after(output, decision, now, rows)
            sounds = (decision.span, decision.source)
            if shown is not None and sounds != (shown.span, shown.source):
                yield _stretch(output, shown, since, now)
                shown, since = None, now
            shown = shown or decision
            now = min(decision.change, last)
        if shown is not None:
            yield _stretch(output, shown, since, last)

    # -- one decision

    def _decisions(self, now: int, faults: Faults) -> dict[str, _Decision]:
        around = _around(faults)
        return {
            output: self._decide(output, now, around, _rows(faults, output))
            for output in self._outputs
        }

    def _decide(self, output: str, now: int, around: _Around, rows: _Rows) -> _Decision:
        """Take the highest that may sound, unless all that may are waiting for what plays."""
        shelf = self._shelves[output]
        asking = _Asking(shelf, self._quiet, now, around, rows)
        passed: list[tuple[str, Why]] = []
        waiting: list[tuple[Span, Source, _Sound]] = []
        winner: tuple[Span | None, Source, _Sound] | None = None
        is_slot_without_sound = False
        playing = asking.playing
        active = shelf.active(now)
        for span in active:
            source, sound = asking.judge(span, is_needed=is_slot_without_sound)
            if sound.why not in _SOUNDING:
                is_slot_without_sound |= sound.why in _WITHOUT_SOUND
                passed.append((span.id, sound.why))
                continue
            if asking.waits(span):
                waiting.append((span, source, sound))
                passed.append((span.id, Why.WAITS))
                continue
            if span is playing or not waiting:
                winner = (span, source, sound)
            break
        change_untold = asking.late_change
        if winner is None:
            asking.look_again(change_untold)
        if winner is None and waiting:
            # What was waited for does not sound on: the highest of those that waited begins.
            winner = waiting[0]
            passed = passed[: passed.index((waiting[0][0].id, Why.WAITS))]
        told = tuple((name, why) for name, why in passed if why not in _NOT_TOLD)
        change = min(asking.change, shelf.next_start(now))
        return _Decision(*(winner or _SILENCE), told, change, change_untold, active)

    def _after(self, output: str, decision: _Decision, now: int, rows: _Rows) -> _Rows:
        """Return the rows once the decision is done; what can no longer matter is forgotten."""
        winner = decision.span.id if decision.span is not None else ""
        if not rows and not winner:
            return rows
        after: dict[str, _Row] = {}
        shelf = self._shelves[output]
        active = {span.id for span in decision.active}
        earliest = min((one.start for one in decision.active if not one.is_timeless), default=now)
        reasons = dict(decision.passed_over)
        for name, old in rows.items():
            row = old
            if row.state is State.PLAYING and name != winner:
                row = _stopped(row, shelf.named(name), now)
                # Losing its own sound is no pre-emption: it comes back when the sound does.
                if row.state is State.CUT and reasons.get(name) in _OWN_TROUBLE:
                    row = row._replace(state=State.INTERRUPTED)
            if name in active or row.at > earliest:
                after[name] = row
        if winner and decision.sound.why is not Why.GOES_ON:
            is_stand_in = decision.source is Source.STAND_IN
            after[winner] = _Row(State.PLAYING, now, now, decision.sound.position, is_stand_in)
        return after


class _Asking:
    """The questions of one decision; `change` is the earliest later instant that may alter it."""

    __slots__ = (
        "_around", "_now", "_quiet", "_rows", "_shelf", "change", "late_change", "playing",
    )  # fmt: skip

    def __init__(self, shelf: Shelf, quiet: Quiet, now: int, around: _Around, rows: _Rows) -> None:
        self._shelf = shelf
        self._quiet = quiet
        self._now = now
        self._around = around
        self._rows = rows
        self.change = NEVER
        self.late_change = NEVER  # of what was judged last: when it would be too late to begin
        playing = next((name for name, row in rows.items() if row.state is State.PLAYING), None)
        self.playing = shelf.named(playing) if playing is not None else None
        self.look_again(quiet.next_edge(now))

    def look_again(self, instant: int | None) -> None:
        if instant is not None and self._now < instant < self.change:
            self.change = instant

    def _look_again_late(self, instant: int) -> None:
        if self._now < instant < self.late_change:
            self.late_change = instant

    def judge(self, span: Span, *, is_needed: bool) -> tuple[Source, _Sound]:
        """Say from where in it the span may sound now, or why not."""
        self.look_again(self.late_change)
        self.late_change = NEVER
        row = self._rows.get(span.id)
        barred = self._bar(span, row, is_needed=is_needed)
        if barred is not None:
            return Source.NONE, _Sound(barred)
        source, trouble = self._source(span)
        sound = self._place(span, row, source)
        if sound.why not in _SOUNDING:
            return source, sound
        if self._is_quiet(span, sound):
            return source, _Sound(Why.QUIET_HOURS)
        self.look_again(span.end)
        if trouble is None:
            return source, sound
        if row is not None and row.state is State.PLAYING:
            self.look_again(self._now + RESUME_WITHIN_MS + 1)
        return source, _Sound(trouble)

    def _bar(self, span: Span, row: _Row | None, *, is_needed: bool) -> Why | None:
        if span.slot.rung is Rung.FALLBACK and not is_needed:
            return Why.NOT_NEEDED
        if span.id in self._around.recalled:
            return Why.RECALLED
        if row is not None and row.state is State.ENDED:
            return Why.ENDED
        if row is not None and row.state is State.CUT and span.slot.resume is Resume.DROP:
            return Why.PRE_EMPTED
        if not self._around.is_clock_trusted and not self._may_without_hour(span):
            return Why.CLOCK
        return None

    def _may_without_hour(self, span: Span) -> bool:
        if span.urgent or span.slot.rung is Rung.LIVE:
            return True
        if span.slot.rung is not Rung.EVERGREEN or not span.is_timeless:
            return False
        # Whether it is night cannot be known: a loop that a person did not confirm stays silent.
        return span.slot.confirmed or not self._quiet

    def _source(self, span: Span) -> tuple[Source, Why | None]:
        """Return what it sounds from, and the trouble when there is nothing."""
        slot, around = span.slot, self._around
        if slot.items:
            if not around.missing or around.missing.isdisjoint(one.sha256 for one in slot.items):
                return Source.MEDIA, None
            trouble = Why.MEDIA_MISSING
        else:
            for source, address in zip((Source.PRIMARY, Source.SECONDARY), slot.sources):  # noqa: B905 - one address is enough
                if address not in around.silent:
                    return source, None
            trouble = Why.SOURCE_SILENT
        return (Source.STAND_IN, None) if span.urgent else (Source.NONE, trouble)

    # -- where in it

    def _place(self, span: Span, row: _Row | None, source: Source) -> _Sound:
        if row is None:
            sound = self._first(span)
        elif row.state is State.PLAYING:
            sound = self._going_on(span, row, source)
        else:
            sound = self._again(span, row)
        if sound.why not in _SOUNDING or not span.total:
            return sound
        if source is Source.STAND_IN:
            # How long the tone and the spoken words last is the device's to say.
            return sound if sound.why is Why.GOES_ON else _Sound(sound.why)
        if row is not None and row.stand_in:
            sound = _Sound(sound.why)
        if span.is_endless:
            return _Sound(sound.why, sound.position % span.total)
        if sound.position >= span.total:
            return _Sound(Why.LATE if sound.why is Why.JOINS else Why.ENDED)
        self.look_again(self._now + span.total - sound.position)
        return sound

    def _going_on(self, span: Span, row: _Row, source: Source) -> _Sound:
        if not span.total:
            return _Sound(Why.GOES_ON)
        if row.stand_in != (source is Source.STAND_IN):
            return _Sound(Why.STARTS)
        return _Sound(Why.GOES_ON, row.position + self._now - row.at)

    def _again(self, span: Span, row: _Row) -> _Sound:
        """Come back after a cut, as the resume policy says."""
        if row.state is State.INTERRUPTED and not span.is_endless:
            self.look_again(row.at + RESUME_WITHIN_MS + 1)
            if self._now > row.at + RESUME_WITHIN_MS:
                return _Sound(Why.INTERRUPTED)
        if span.slot.resume is Resume.RESTART:
            return _Sound(Why.RESTARTS)
        if not span.total:
            return _Sound(Why.RESUMES)
        if span.slot.resume is Resume.CONTINUE_UNDERNEATH:
            return _Sound(Why.RESUMES, row.position + self._now - row.at)
        return _Sound(Why.RESUMES, row.position)

    def _first(self, span: Span) -> _Sound:
        """Begin, as the late policy says."""
        if span.is_timeless:
            return _Sound(Why.STARTS)
        due = self._due(span)
        late = self._now - due
        policy = span.slot.late
        self._look_again_late(due + GRACE_MS + 1)
        if late <= GRACE_MS:
            return _Sound(Why.STARTS)
        if policy.kind is LateKind.JOIN:
            return _Sound(Why.JOINS, late if span.total else 0)
        if policy.kind is LateKind.FROM_START:
            if policy.within_s is None:
                return _Sound(Why.STARTS)
            self._look_again_late(due + policy.within_s * 1000 + 1)
            if late <= policy.within_s * 1000:
                return _Sound(Why.STARTS)
        return _Sound(Why.LATE)

    # -- politeness

    def waits(self, span: Span) -> bool:
        """Say whether it has not begun, and lets what plays come to the end of its item."""
        playing = self.playing
        if playing is None or playing is span or span.is_impolite or span.id in self._rows:
            return False
        if self._source(playing)[0] is Source.STAND_IN:
            return False
        row = self._rows[playing.id]
        until = self._polite_until(span, playing, row)
        if until is None or self._now >= until:
            return False
        self.look_again(until)
        return True

    def _due(self, span: Span) -> int:
        """Return since when it could have begun: waiting politely is not being late."""
        due = span.start
        if span.is_impolite:
            return due
        for name, row in self._rows.items():
            other = self._shelf.named(name)
            until = self._polite_until(span, other, row) if other is not None else None
            if until is not None and other is not None:
                stopped = NEVER if row.state is State.PLAYING else row.at
                due = max(due, min(until, other.end, stopped))
        return due

    def _polite_until(self, span: Span, other: Span, row: _Row) -> int | None:
        """Return until when the span lets the other sound on; None: it does not wait for it."""
        policy = span.slot.start
        if span.key >= other.key or row.since > span.start:
            return None
        # Only an alert of its own rung does an alert let come to its end.
        if span.urgent and span.slot.rung is not other.slot.rung:
            return None
        stood = max(0, row.position - (row.at - span.start))
        ahead = None if row.stand_in else other.boundary_after(stood)
        if ahead is None:
            return None
        until = span.start + ahead
        if policy.kind is StartKind.WAIT and not span.urgent:
            until = min(until, span.start + policy.wait_s * 1000)
        return until

    # -- quiet hours

    def _is_quiet(self, span: Span, sound: _Sound) -> bool:
        if span.urgent or span.slot.confirmed or not self._around.is_clock_trusted:
            return False
        begins = self._quiet.next_quiet(self._now)
        if begins is None:
            return False
        if begins == self._now or span.is_endless or sound.why is Why.GOES_ON:
            return begins == self._now
        # What would run into quiet hours does not begin.
        left = span.total - sound.position
        self.look_again(begins - left + 1)
        return min(self._now + left, span.end) > begins


def _around(faults: Faults) -> _Around:
    return _Around(
        faults.clock in _TRUSTED,
        frozenset(faults.missing),
        frozenset(faults.silent),
        frozenset(faults.recalled),
    )


def _rows(faults: Faults, output: str) -> _Rows:
    return {
        row.occurrence: _Row(
            row.state, to_ms(row.since), to_ms(row.at), row.position_ms, row.stand_in
        )
        for row in faults.progress
        if row.output == output
    }


def _stopped(row: _Row, span: Span | None, now: int) -> _Row:
    """Return the row of what no longer plays: it came to its end, or it was cut."""
    position = row.position + now - row.at
    if span is not None and not span.is_endless and not row.stand_in and position >= span.total:
        ended = row.at + span.total - row.position
        return row._replace(state=State.ENDED, at=ended, position=span.total)
    at = min(now, span.end) if span is not None else now
    return row._replace(state=State.CUT, at=at, position=max(0, position - (now - at)))


def _progress(output: str, name: str, row: _Row) -> Progress:
    return Progress(
        output=output,
        occurrence=name,
        state=row.state,
        since=from_ms(row.since),
        at=from_ms(row.at),
        position_ms=row.position,
        stand_in=row.stand_in,
    )


def _outcome(output: str, decision: _Decision) -> Outcome:
    span = decision.span
    passed = tuple(PassedOver(occurrence=name, reason=why) for name, why in decision.passed_over)
    if span is None:
        return Outcome(output=output, passed_over=passed)
    return Outcome(
        output=output,
        rung=span.slot.rung,
        occurrence=span.id,
        rule=span.slot.rule,
        source=decision.source,
        position_ms=decision.sound.position,
        why=decision.sound.why,
        passed_over=passed,
    )


def _stretch(output: str, decision: _Decision, begin: int, end: int) -> Stretch:
    return Stretch(begin=from_ms(begin), end=from_ms(end), outcome=_outcome(output, decision))
