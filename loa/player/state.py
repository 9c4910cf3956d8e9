"""What should happen next on one device: a pure decision over what it holds and the instant.

What no longer may sound is ended first; among the rest the ladder of `loa.wire.ladder` decides.
Nothing here remembers or acts; asking again gives the same answer, after any restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from loa.player.agenda import (
    Surroundings,
    end_of_slot,
    faults_of,
    timeline_of,
)
from loa.player.entry import Entry
from loa.player.standing import Tuned, tuned_to
from loa.wire import rules
from loa.wire.ladder import Ladder
from loa.wire.policies import Resume
from loa.wire.reasons import Reason
from loa.wire.slots import RESUME_WITHIN
from loa.wire.timeline import Outcome, Why

_DAY = timedelta(days=1)
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Start:
    """Begin to sound, or go on."""

    entry: Entry
    from_ms: int = 0
    at: datetime | None = None  # not before this instant; None: at once


@dataclass(frozen=True)
class Stop:
    """Fall silent; this order will not sound again."""

    order: str
    reason: Reason


@dataclass(frozen=True)
class Pause:
    """Fall silent for something higher; this order may go on afterwards."""

    order: str


@dataclass(frozen=True)
class Tune:
    """Sound this of something that stands every week."""

    tuned: Tuned


@dataclass(frozen=True)
class Untune:
    """Fall silent: what stands every week gives way, or its hour is over."""

    name: str


@dataclass(frozen=True)
class Skip:
    """The order will not sound."""

    order: str
    reason: Reason


@dataclass(frozen=True)
class Wait:
    """Nothing to do before this instant, unless something new arrives."""

    until: datetime | None = None


Step = Start | Stop | Pause | Tune | Untune | Skip | Wait


def next_step(entries: Iterable[Entry], around: Surroundings, now: datetime) -> Step:
    """Decide the one next thing; ask again after it was done."""
    live = {entry.name: entry for entry in entries if not entry.has_ended}
    for entry in live.values():
        reason = _end_of(entry, around, now)
        if reason is not None:
            is_playing = entry.name == around.playing
            return Stop(entry.name, reason) if is_playing else Skip(entry.name, reason)
    candidates = [entry for entry in live.values() if _is_candidate(entry, around, now)]
    waits = [_next_look(entry, now) for entry in live.values() if entry.name != around.playing]
    waits += [
        edge
        for _, standing in around.standings
        for edge in (standing.valid_from, standing.valid_until)
        if edge > now
    ]
    if not (candidates or around.standings or around.playing):
        return Wait(min(filter(None, waits), default=None))
    ladder = Ladder(timeline_of(candidates, around, now))
    faults = faults_of(candidates, around, now)
    outcome = ladder.resolve(now, faults)[0]
    skip, ends = _look_into_quiet(outcome, live, around, now)
    step = skip or _step_for(outcome, live, around)
    if step is not None:
        return step
    looks = [*waits, *ends, ladder.next_change(now, faults)]
    return Wait(min(filter(None, looks), default=None))


def _step_for(outcome: Outcome, live: dict[str, Entry], around: Surroundings) -> Step | None:
    """Return what brings the device to the outcome; None: it is there."""
    wanted, playing = outcome.occurrence, around.playing
    if wanted and wanted not in live:
        return None if playing in live else _step_to_standing(outcome, around)
    if playing and playing not in live:
        return Untune(playing)
    if wanted in ("", playing):
        return None
    if playing:
        pauses = live[playing].resume is not Resume.DROP
        return Pause(playing) if pauses else Stop(playing, Reason.PRE_EMPTED)
    return Start(live[wanted], from_ms=outcome.position_ms)


def _step_to_standing(outcome: Outcome, around: Surroundings) -> Step | None:
    tuned = tuned_to(outcome, around.standings)
    return None if tuned.is_same_sound(around.tuned) else Tune(tuned)


def _look_into_quiet(
    outcome: Outcome, live: dict[str, Entry], around: Surroundings, now: datetime
) -> tuple[Skip | None, list[datetime]]:
    """Return an order that quiet hours end, or when those that wait for their end may begin."""
    ends: list[datetime] = []
    for passed in outcome.passed_over:
        entry = live.get(passed.occurrence)  # what stands every week waits for its hour anyway
        if passed.reason is not Why.QUIET_HOURS or entry is None:
            continue
        end = _end_of_quiet(entry, around, now)
        if end is None:
            return Skip(entry.name, Reason.QUIET_HOURS), ends
        ends.append(end)
    return None, ends


def _end_of(entry: Entry, around: Surroundings, now: datetime) -> Reason | None:
    """Say why it will not sound, or not any more."""
    if entry.is_recalled:
        return Reason.RECALLED
    if entry.refusal is not None:
        return entry.refusal
    if entry.name == around.playing:
        return None
    if entry.edition is None:
        return Reason.EDITION_MISSING
    too_late = _lateness_of(entry, now)
    if too_late is not None:
        return too_late
    if now >= max(entry.edition.valid_until, entry.order.start_at):
        return Reason.EXPIRED
    return None


def _lateness_of(entry: Entry, now: datetime) -> Reason | None:
    """Say why it is too late to begin, or to go on."""
    if entry.paused_at is not None:
        is_over = _is_over_underneath(entry, now) or now >= end_of_slot(entry)
        return Reason.PRE_EMPTED if is_over else None
    if entry.started_at is not None:
        stretch = entry.position_ms * _MS + RESUME_WITHIN
        is_recent = entry.started_at - RESUME_WITHIN <= now <= entry.started_at + stretch
        return None if is_recent else Reason.INTERRUPTED
    if now > entry.order.latest_start_at and now >= entry.order.start_at:
        # What kept its sound away says more than the hour.
        return entry.media_trouble or Reason.LATE
    return None


def _is_over_underneath(entry: Entry, now: datetime) -> bool:
    """Say whether what went on unheard has come to its end."""
    if entry.resume is not Resume.CONTINUE_UNDERNEATH or entry.paused_at is None:
        return False
    left_ms = (entry.media.duration_ms if entry.media is not None else 0) - entry.position_ms
    return now >= entry.paused_at + left_ms * _MS


def _is_candidate(entry: Entry, around: Surroundings, now: datetime) -> bool:
    """Say whether the ladder is to judge it: it is due, it may sound, and it has its sound."""
    if entry.name == around.playing:
        return entry.media is not None
    if entry.edition is None or entry.media is None or not entry.is_media_ready:
        return False
    is_due = entry.started_at is not None or now >= entry.order.start_at
    return is_due and now + rules.CLOCK_SKEW_MAX >= entry.edition.valid_from


def _next_look(entry: Entry, now: datetime) -> datetime | None:
    """Return when time alone changes what may become of it."""
    if entry.paused_at is not None:
        return end_of_slot(entry)
    if entry.started_at is not None:
        return None
    if now < entry.order.start_at:
        return entry.order.start_at
    if entry.edition is not None and now + rules.CLOCK_SKEW_MAX < entry.edition.valid_from:
        return entry.edition.valid_from
    return entry.order.latest_start_at + _MS


def _end_of_quiet(entry: Entry, around: Surroundings, now: datetime) -> datetime | None:
    """Return the first minute inside the window when it may begin, if there is one."""
    if entry.started_at is not None or entry.edition is None:
        return None
    end = min(entry.order.latest_start_at, now + _DAY)
    instant = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while instant <= end:
        refusal = rules.refusal_to_start(
            entry.order,
            entry.edition,
            entry.confirmation,
            quiet_hours=around.quiet_hours,
            place=around.place,
            parents=around.parents,
            now=instant,
        )
        if refusal is None:
            return instant
        instant += timedelta(minutes=1)
    return None
