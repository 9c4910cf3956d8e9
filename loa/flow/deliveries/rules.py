"""What a desired document says, from plain rows: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from loa.wire import canonical
from loa.wire.books import Booked
from loa.wire.messages import Desired, LedgerHead, Order, Prefetch, Priority, QuietHours, Settings
from loa.wire.policies import LatePolicy, Resume, StartPolicy

# Later orders follow as earlier ones end; fewer when their editions are long.
ORDERS_MAX = 5
STANDINGS_MAX = 3
# What a sealed message may hold: base64 makes four bytes of three, then come signature, number,
# times and the head of the ledger.
DRAFT_BYTES_MAX = canonical.MESSAGE_BYTES_MAX * 3 // 4 - 700
DOCUMENT_LIFE = timedelta(days=14)
PAST = 2
ENDED = 3


@dataclass(frozen=True)
class Policies:
    """What becomes of an order beside other sounds; absent ones are the device's own."""

    start: StartPolicy | None = None
    late: LatePolicy | None = None
    resume: Resume | None = None


@dataclass(frozen=True)
class PlannedSound:
    """One order with the envelopes it rests on."""

    order: str
    edition_sha256: str
    edition_envelope: bytes
    priority: str
    start_at: datetime
    latest_start_at: datetime
    confirmation_envelope: bytes | None = None
    policies: Policies = Policies()
    # 0 sounds or will · 1 should have ended, but may still begin · 2 may only finish after a cut
    # 3 the device said that it ended
    lateness: int = 0


@dataclass(frozen=True)
class PlannedStanding:
    """What stands every week at the device, as its approver signed it."""

    sha256: str
    envelope: bytes


@dataclass
class Wanted:
    """All that one device should do, before it is numbered and signed."""

    device: str
    place: str
    quiet_hours: QuietHours
    sounds: list[PlannedSound] = field(default_factory=list)
    recalls: list[str] = field(default_factory=list)
    prefetch: list[Prefetch] = field(default_factory=list)
    standings: list[PlannedStanding] = field(default_factory=list)
    book: Prefetch | None = None
    settings: Settings | None = None
    # Two machines have its key, or its place may not play: only emergencies are for it.
    only_emergencies: bool = False


_UNNUMBERED = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def compose(wanted: Wanted) -> Desired:
    """Return the document for one device: what may still begin, emergencies before others.

    It has no number and no times yet: equal bytes mean no news. What does not fit one message is
    left for a later document: first what is only fetched ahead, then the farthest orders, then what
    was approved last of what stands every week.
    """
    parts = _parts(wanted)
    draft = _draft(wanted, parts)
    while len(canonical.encode(draft)) > DRAFT_BYTES_MAX and parts.leave_out():
        draft = _draft(wanted, parts)
    return draft


def _parts(wanted: Wanted) -> Parts:
    if wanted.only_emergencies:
        urgent = [sound for sound in wanted.sounds if sound.priority == Priority.EMERGENCY]
        return Parts(nearest(urgent), list(wanted.recalls), [], [])
    standings = wanted.standings[:STANDINGS_MAX]
    return Parts(nearest(wanted.sounds), list(wanted.recalls), list(wanted.prefetch), standings)


@dataclass
class Parts:
    """What of a device's wishes a document holds."""

    sounds: list[PlannedSound]
    recalls: list[str]
    prefetch: list[Prefetch]
    standings: list[PlannedStanding]

    def leave_out(self) -> bool:
        """Leave out what matters least; False when nothing more can be left out."""
        for part, least in (
            (self.prefetch, 0),
            (self.sounds, 1),
            (self.standings, 0),
            (self.recalls, 0),
        ):
            if len(part) > least:
                part.pop()
                return True
        return False


def _draft(wanted: Wanted, parts: Parts) -> Desired:
    return Desired(
        device=wanted.device,
        place=wanted.place,
        seq=0,
        issued_at=_UNNUMBERED,
        expires_at=_UNNUMBERED,
        quiet_hours=(wanted.quiet_hours,),
        # By time alone: that one of them has ended meanwhile is no news to a device.
        orders=tuple(
            as_order(sound) for sound in sorted(parts.sounds, key=lambda s: (s.start_at, s.order))
        ),
        recalls=tuple(sorted(parts.recalls)),
        prefetch=tuple(parts.prefetch),
        settings=wanted.settings,
        book=wanted.book,
        standings=tuple(sorted(standing.sha256 for standing in parts.standings)),
        envelopes=_envelopes(parts.sounds)
        | {one.sha256: msgspec.Raw(one.envelope) for one in parts.standings},
    )


def numbered(
    draft: Desired, *, seq: int, issued_at: datetime, ledger: LedgerHead | None, roster: int = 0
) -> Desired:
    """Return the document as it is signed."""
    return msgspec.structs.replace(
        draft,
        seq=seq,
        issued_at=issued_at,
        expires_at=issued_at + DOCUMENT_LIFE,
        ledger=ledger,
        roster=roster,
    )


def nearest(sounds: Iterable[PlannedSound]) -> list[PlannedSound]:
    return sorted(sounds, key=turn_of)[:ORDERS_MAX]


def turn_of(sound: PlannedSound) -> tuple[int, bool, timedelta, str]:
    """The later it is for a sound, the later its turn; of what is past the last comes first."""
    since = sound.start_at - _UNNUMBERED
    return (
        sound.lateness,
        sound.priority != Priority.EMERGENCY,
        -since if sound.lateness >= PAST else since,
        sound.order,
    )


def lateness_of(end_at: datetime, latest_start_at: datetime, now: datetime) -> int:
    """Say how late it is for a sound that was planned to end at this instant."""
    if end_at > now:
        return 0
    return PAST if latest_start_at < now else 1


def as_order(sound: PlannedSound) -> Order:
    return Order(
        order=sound.order,
        edition_sha256=sound.edition_sha256,
        priority=Priority(sound.priority),
        start_at=sound.start_at,
        latest_start_at=sound.latest_start_at,
        confirmation=confirmation_name(sound),
        start=sound.policies.start,
        late=sound.policies.late,
        resume=sound.policies.resume,
    )


def booked_as(sound: PlannedSound, series: str, sounding: int) -> Booked:
    """Return the sound as a book has it: each device names it for itself."""
    return Booked(
        series=series,
        sounding=sounding,
        edition_sha256=sound.edition_sha256,
        priority=Priority(sound.priority),
        start_at=sound.start_at,
        latest_start_at=sound.latest_start_at,
        confirmation=confirmation_name(sound),
        start=sound.policies.start,
        late=sound.policies.late,
        resume=sound.policies.resume,
    )


def confirmation_name(sound: PlannedSound) -> str | None:
    if sound.confirmation_envelope is None:
        return None
    return canonical.content_hash(sound.confirmation_envelope)


def _envelopes(sounds: Sequence[PlannedSound]) -> dict[str, msgspec.Raw]:
    found = {sound.edition_sha256: msgspec.Raw(sound.edition_envelope) for sound in sounds}
    for sound in sounds:
        name = confirmation_name(sound)
        if name is not None and sound.confirmation_envelope is not None:
            found[name] = msgspec.Raw(sound.confirmation_envelope)
    return found
