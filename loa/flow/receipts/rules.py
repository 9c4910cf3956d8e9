"""What a device's receipts say before air time: pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from loa.wire.messages import Event


class Unready(StrEnum):
    """Why one device may not sound what was ordered, the first that holds."""

    QUARANTINED = "quarantined"  # two machines have its key
    REFUSED = "refused"  # it said that it will not
    SILENT = "silent"  # nothing is heard of it
    NOT_PULLED = "not_pulled"  # it has not taken the order
    NO_SOUND = "no_sound"  # it has the order, not the sound


def unready_because(
    rungs: Collection[str], *, is_silent: bool, is_quarantined: bool
) -> Unready | None:
    """Say why a device is not ready by the rungs it told of its order; None when it is."""
    if is_quarantined:
        return Unready.QUARANTINED
    if Event.SKIPPED in rungs:
        return Unready.REFUSED
    if Event.MEDIA_READY in rungs:
        return None  # silent or not: it sounds by itself
    if is_silent:
        return Unready.SILENT
    return Unready.NO_SOUND if Event.PULLED in rungs else Unready.NOT_PULLED
