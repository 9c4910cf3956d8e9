"""What should happen next on one device: a pure decision over what it holds and the instant.

Nothing here remembers or acts; asking again gives the same answer, after any restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from loa.wire import rules
from loa.wire.messages import Clock, Confirmation, Edition, Media, Order, Priority, QuietHours
from loa.wire.reasons import Reason

# A cut shorter than this is continued; a tail of something old helps nobody.
RESUME_WITHIN = timedelta(minutes=15)
_RANK = {Priority.EMERGENCY: 0, Priority.PRIORITY: 1, Priority.NORMAL: 2}
_DAY = timedelta(days=1)


@dataclass
class Entry:
    """One order, all it rests on, and how far it got."""

    order: Order
    edition: Edition | None = None
    confirmation: Confirmation | None = None
    media: Media | None = None
    refusal: Reason | None = None  # what it rests on does not hold
    is_recalled: bool = False
    is_media_ready: bool = False
    media_trouble: Reason | None = None
    started_at: datetime | None = None  # sounded, at least in part, before this process
    position_ms: int = 0
    has_ended: bool = False

    @property
    def name(self) -> str:
        return self.order.order

    @property
    def is_emergency(self) -> bool:
        # What was approved decides, never what the order claims.
        return self.edition is not None and self.edition.priority is Priority.EMERGENCY


@dataclass(frozen=True)
class Surroundings:
    """What holds for every order of the device."""

    place: str
    parents: dict[str, str] = field(default_factory=dict)
    quiet_hours: Sequence[QuietHours] = ()
    clock: Clock = Clock.GOOD


@dataclass(frozen=True)
class Start:
    """Begin to sound, or go on."""

    entry: Entry
    from_ms: int = 0


@dataclass(frozen=True)
class Stop:
    """Fall silent; this order will not sound again."""

    order: str
    reason: Reason


@dataclass(frozen=True)
class Skip:
    """The order will not sound."""

    order: str
    reason: Reason


@dataclass(frozen=True)
class Wait:
    """Nothing to do before this instant, unless something new arrives."""

    until: datetime | None = None


Step = Start | Stop | Skip | Wait


def next_step(entries: Iterable[Entry], playing: str, around: Surroundings, now: datetime) -> Step:
    """Decide the one next thing; ask again after it was done."""
    live = [entry for entry in entries if not entry.has_ended]
    for entry in live:
        reason = Reason.RECALLED if entry.is_recalled else entry.refusal
        if reason is not None:
            return Stop(entry.name, reason) if entry.name == playing else Skip(entry.name, reason)
    current = next((entry for entry in live if entry.name == playing), None)
    waits: list[datetime] = []
    for entry in sorted(live, key=_turn):
        if entry.name == playing:
            continue
        answer = _answer_for(entry, around, now)
        if isinstance(answer, Skip):
            return answer
        if isinstance(answer, datetime):
            waits.append(answer)
        elif answer is not None and not playing:
            return answer
        elif answer is not None and entry.is_emergency and not _is_emergency(current):
            return Stop(playing, Reason.PRE_EMPTED)
    return Wait(min(waits, default=None))


def _is_emergency(entry: Entry | None) -> bool:
    return entry is not None and entry.is_emergency


def _turn(entry: Entry) -> tuple[int, bool, datetime, str]:
    """Emergency first; what was cut before what has not begun; then by time."""
    rank = 0 if entry.is_emergency else _RANK[entry.order.priority]
    return (rank, entry.started_at is None, entry.order.start_at, entry.name)


def _answer_for(
    entry: Entry, around: Surroundings, now: datetime
) -> Start | Skip | datetime | None:
    """Return a start, an end, the instant to look again, or None: waiting for news."""
    if entry.started_at is not None:
        return _answer_for_cut(entry, around, now)
    if now < entry.order.start_at:
        return entry.order.start_at
    refusal = _refusal(entry, entry.order, entry.confirmation, around, now)
    if refusal is Reason.LATE:
        # What kept its sound away says more than the hour.
        return Skip(entry.name, entry.media_trouble or refusal)
    if refusal is Reason.NOT_YET_VALID and entry.edition is not None:
        return entry.edition.valid_from
    if refusal is Reason.QUIET_HOURS:
        return _end_of_quiet(entry, around, now) or Skip(entry.name, refusal)
    if refusal is not None:
        return Skip(entry.name, refusal)
    if around.clock not in (Clock.GOOD, Clock.HOLD) and not entry.is_emergency:
        return None
    if not entry.is_media_ready:
        # Nothing to sound yet: look again when it would be too late.
        return entry.order.latest_start_at + timedelta(milliseconds=1)
    return Start(entry)


def _answer_for_cut(entry: Entry, around: Surroundings, now: datetime) -> Start | Skip | None:
    """Go on where it was cut, if that was a moment ago and it may still sound."""
    assert entry.started_at is not None  # noqa: S101 - the caller asked
    stretch = timedelta(milliseconds=entry.position_ms) + RESUME_WITHIN
    if not entry.started_at - RESUME_WITHIN <= now <= entry.started_at + stretch:
        return Skip(entry.name, Reason.INTERRUPTED)
    order = msgspec.structs.replace(entry.order, latest_start_at=now)
    confirmation = entry.confirmation
    if confirmation is not None:
        # It was confirmed when it began; the same sound going on needs no new person.
        confirmation = msgspec.structs.replace(confirmation, start_at=now, latest_start_at=now)
    refusal = _refusal(entry, order, confirmation, around, now)
    if refusal is not None:
        return Skip(entry.name, refusal)
    return Start(entry, from_ms=entry.position_ms) if entry.is_media_ready else None


def _refusal(
    entry: Entry,
    order: Order,
    confirmation: Confirmation | None,
    around: Surroundings,
    now: datetime,
) -> Reason | None:
    if entry.edition is None:
        return Reason.EDITION_MISSING
    return rules.refusal_to_start(
        order,
        entry.edition,
        confirmation,
        quiet_hours=around.quiet_hours,
        place=around.place,
        parents=around.parents,
        now=now,
    )


def _end_of_quiet(entry: Entry, around: Surroundings, now: datetime) -> datetime | None:
    """Return the first minute inside the window when it may begin, if there is one."""
    end = min(entry.order.latest_start_at, now + _DAY)
    instant = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while instant <= end:
        if _refusal(entry, entry.order, entry.confirmation, around, instant) is None:
            return instant
        instant += timedelta(minutes=1)
    return None
