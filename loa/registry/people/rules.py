"""What a role may hold, and when a right is in force: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from enum import StrEnum

Interval = tuple[datetime, datetime | None]


class Deed(StrEnum):
    """Something a person may answer for; every one is asked for by a deed or a page."""

    READ = "read"
    WRITE = "write"
    APPROVE = "approve"
    APPROVE_EMERGENCY = "approve_emergency"
    PLACE = "place"
    CONFIRM = "confirm"
    RECALL = "recall"
    SET_HOURS = "set_hours"
    TEND_DEVICES = "tend_devices"
    READ_LEDGER = "read_ledger"
    GRANT = "grant"
    SUSPEND = "suspend"
    EDIT_ROLES = "edit_roles"


class Level(StrEnum):
    """Where a role is held; a mandate at another kind of place is refused."""

    CENTRAL = "central"
    CITY = "city"
    COMMUNE = "commune"
    VILLAGE = "village"
    OUTSIDE = "outside"


class RoleFault(StrEnum):
    """Why a set of deeds is no role."""

    UNREADING = "unreading"  # who acts on what he may not read
    WRITES_AND_APPROVES = "writes_and_approves"
    RULES_AND_SPEAKS = "rules_and_speaks"  # who decides what roles are, and speaks too
    ROLES_OUTSIDE_CITY = "roles_outside_city"
    OUTSIDER_ANSWERS = "outsider_answers"
    VILLAGE_ANSWERS = "village_answers"


APPROVING = frozenset({Deed.APPROVE, Deed.APPROVE_EMERGENCY, Deed.CONFIRM})
SPEAKING = APPROVING | {Deed.WRITE, Deed.PLACE}
# Nobody writes, approves, places or stops what he may not read.
_NEEDS_READING = SPEAKING | {Deed.RECALL, Deed.SET_HOURS}
_ADMINISTERING = frozenset({Deed.GRANT, Deed.SUSPEND, Deed.EDIT_ROLES})
_KINDS_OF: dict[Level, frozenset[str]] = {
    Level.CENTRAL: frozenset({"city"}),
    Level.CITY: frozenset({"city"}),
    Level.COMMUNE: frozenset({"ward", "commune", "special_zone"}),
    Level.VILLAGE: frozenset({"village"}),
    Level.OUTSIDE: frozenset({"city", "ward", "commune", "special_zone", "village"}),
}


def is_held_at(level: str, place_kind: str) -> bool:
    """Say whether a role of this level may be given at a place of this kind."""
    return place_kind in _KINDS_OF[Level(level)]


def role_faults(level: str, deeds: Collection[str]) -> list[RoleFault]:
    """Return every reason why this set of deeds must not be one role; none if it may."""
    held = {Deed(deed) for deed in deeds}
    wrong = {
        RoleFault.UNREADING: held & _NEEDS_READING and Deed.READ not in held,
        RoleFault.WRITES_AND_APPROVES: Deed.WRITE in held and held & APPROVING,
        RoleFault.RULES_AND_SPEAKS: Deed.EDIT_ROLES in held and held & SPEAKING,
        RoleFault.ROLES_OUTSIDE_CITY: Deed.EDIT_ROLES in held and level != Level.CITY,
        RoleFault.OUTSIDER_ANSWERS: level in {Level.CENTRAL, Level.OUTSIDE}
        and held & (APPROVING | _ADMINISTERING),
        RoleFault.VILLAGE_ANSWERS: level == Level.VILLAGE and held & (APPROVING | _ADMINISTERING),
    }
    return [fault for fault, is_so in wrong.items() if is_so]


def is_within(instant: datetime, interval: Interval) -> bool:
    begin, end = interval
    return begin <= instant and (end is None or instant < end)


def earlier(*instants: datetime | None) -> datetime | None:
    """Return the earliest; None stands for never."""
    return min((one for one in instants if one is not None), default=None)


def without(interval: Interval, gaps: Iterable[Interval]) -> Iterator[Interval]:
    """Yield what is left of an interval, in order, when the gaps are taken out of it."""
    begin, end = interval
    for gap_begin, gap_end in sorted(gaps, key=lambda gap: gap[0]):
        if gap_begin > begin:
            piece_end = earlier(gap_begin, end)
            yield begin, piece_end
        if gap_end is None or (end is not None and gap_end >= end):
            return
        begin = max(begin, gap_end)
    if end is None or begin < end:
        yield begin, end
