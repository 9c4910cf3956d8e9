"""What each role may do. A role is a set of deeds at a place and everything below it."""

from __future__ import annotations

from enum import StrEnum


class Deed(StrEnum):
    """Something a person may answer for."""

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


_LEADER = {
    Deed.READ,
    Deed.APPROVE,
    Deed.APPROVE_EMERGENCY,
    Deed.CONFIRM,
    Deed.RECALL,
    Deed.PLACE,
    Deed.SET_HOURS,
}
_EDITOR = {Deed.READ, Deed.WRITE, Deed.PLACE, Deed.RECALL}

DEEDS_OF: dict[str, frozenset[Deed]] = {
    "city_editor": frozenset(_EDITOR),
    "city_leader": frozenset(_LEADER),
    "commune_editor": frozenset(_EDITOR),
    "commune_chair": frozenset(_LEADER),
    "village_head": frozenset({Deed.READ}),
    "maintainer": frozenset({Deed.TEND_DEVICES}),
    "inspector": frozenset({Deed.READ, Deed.READ_LEDGER}),
    "administrator": frozenset({Deed.GRANT, Deed.READ_LEDGER}),
}
APPROVING = frozenset({Deed.APPROVE, Deed.APPROVE_EMERGENCY, Deed.CONFIRM})


def roles_allowing(deed: Deed) -> list[str]:
    return [role for role, deeds in DEEDS_OF.items() if deed in deeds]
