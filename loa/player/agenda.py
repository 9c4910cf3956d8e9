"""A device's orders as a timeline of the ladder: what may sound, and what the device knows of it. Pure.

Only what was verified comes here: signatures, mandates and places are judged before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loa.player.entry import Entry
from loa.player.standing import Tuned, week_of
from loa.wire import rules, slots
from loa.wire.messages import Clock, QuietHours, Standing
from loa.wire.policies import StartKind
from loa.wire.slots import BEFORE_ALL
from loa.wire.timeline import (
    Faults,
    Occurrence,
    Progress,
    State,
    Timeline,
)

OUTPUT = "main"
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Surroundings:
    """What holds for every order of the device."""

    place: str
    parents: dict[str, str] = field(default_factory=dict)
    quiet_hours: Sequence[QuietHours] = ()
    clock: Clock = Clock.GOOD
    playing: str = ""
    played_ms: int = 0  # of what is playing
    standings: Sequence[tuple[str, Standing]] = ()  # with the hash of each
    tuned: Tuned | None = None  # what of something standing is playing, when it is
    loop_ms: int = 0  # where in its loop it stands
    missing: frozenset[str] = frozenset()  # files of loops that are not there
    silent: frozenset[str] = frozenset()  # streams without sound


def timeline_of(entries: Iterable[Entry], around: Surroundings, now: datetime) -> Timeline:
    """Return what these entries ask for around this instant."""
    held = list(entries)
    sounding = next((entry for entry in held if entry.name == around.playing), None)
    return Timeline(
        device="",
        place=around.place,
        version=0,
        issued_at=now,
        # What stands every week stands from the beginning: the orders say when they sound.
        begins_at=BEFORE_ALL,
        ends_at=BEFORE_ALL,
        quiet_hours=tuple(around.quiet_hours),
        occurrences=tuple(
            _occurrence_of(entry, around, now)
            for entry in held
            if sounding is None or entry is sounding or _may_cut(entry, sounding)
        ),
        week=week_of(around.standings, now),
    )


def _may_cut(entry: Entry, sounding: Entry) -> bool:
    """Say whether it is a candidate beside what sounds; the others wait for its end."""
    if entry.is_emergency or sounding.is_emergency:
        return not sounding.is_emergency
    # What began goes on before its equals; what waits for the end of an item is asked again then.
    policy = entry.order.start
    return policy is not None and policy.kind is not StartKind.NEXT


def _occurrence_of(entry: Entry, around: Surroundings, now: datetime) -> Occurrence:
    assert entry.media is not None  # noqa: S101 - the caller left out what has none
    return slots.slot_of(
        entry.order,
        slots.item_of(entry.media),
        is_emergency=entry.is_emergency,
        is_confirmed=_is_confirmed(entry, around, now),
        has_begun=entry.started_at is not None or entry.name == around.playing,
    )


def end_of_slot(entry: Entry) -> datetime:
    """Return until when an order may sound: room to come to its end, also after a cut."""
    duration_ms = entry.media.duration_ms if entry.media is not None else 0
    return slots.end_of_slot(entry.order, duration_ms)


def _is_confirmed(entry: Entry, around: Surroundings, now: datetime) -> bool:
    if entry.name == around.playing:
        return True  # what began may come to its end, whatever the hours say now
    if entry.confirmation is None:
        return False
    # It was confirmed when it began; the same sound going on needs no new person.
    begun = entry.started_at is not None
    return begun or rules.confirms(entry.confirmation, around.place, around.parents, now)


def faults_of(entries: Iterable[Entry], around: Surroundings, now: datetime) -> Faults:
    """Return what the device knows: its clock, the files it lacks, how far each sound came."""
    held = list(entries)
    lacking = {
        entry.media.sha256 for entry in held if entry.media is not None and not entry.is_media_ready
    }
    return Faults(
        clock=around.clock,
        missing=tuple(sorted(lacking | around.missing)),
        silent=tuple(sorted(around.silent)),
        progress=tuple(
            row for entry in held if (row := _progress_of(entry, around, now)) is not None
        )
        + _progress_of_standing(around, now),
    )


def _progress_of_standing(around: Surroundings, now: datetime) -> tuple[Progress, ...]:
    """Return how far a loop came; a stream goes on wherever it is."""
    standing = next((one for _, one in around.standings if _is_of(one, around.playing)), None)
    if standing is None:
        return ()
    return (
        Progress(
            output=OUTPUT,
            occurrence=around.playing,
            state=State.PLAYING,
            since=BEFORE_ALL,
            at=now,
            position_ms=around.loop_ms,
        ),
    )


def _is_of(standing: Standing, name: str) -> bool:
    """Say whether the name is one sounding of it: `<standing>.<window>@<date>`."""
    return name.partition("@")[0].rpartition(".")[0] == standing.standing


def _progress_of(entry: Entry, around: Surroundings, now: datetime) -> Progress | None:
    assert entry.media is not None  # noqa: S101 - the caller left out what has none
    if entry.name == around.playing:
        # It plays until the output says that it ended, whatever was reckoned; below as well.
        position = min(around.played_ms, max(1, entry.media.duration_ms) - 1)
        since = min(now, entry.order.start_at)
        return _row(entry, State.PLAYING, since, now, position)
    if entry.started_at is None:
        return None
    if entry.paused_at is not None:
        since = min(entry.started_at, entry.paused_at)
        return _row(entry, State.CUT, since, entry.paused_at, entry.position_ms)
    since = min(entry.started_at, now)
    stopped = min(entry.started_at + entry.position_ms * _MS, now)
    position = min(entry.position_ms, max(1, entry.media.duration_ms) - 1)
    return _row(entry, State.INTERRUPTED, since, stopped, position)


def _row(entry: Entry, state: State, since: datetime, at: datetime, position_ms: int) -> Progress:
    return Progress(
        output=OUTPUT,
        occurrence=entry.name,
        state=state,
        since=since,
        at=at,
        position_ms=position_ms,
    )
