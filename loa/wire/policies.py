"""How a sound begins beside others, what happens when it is late, and after something cut it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

# What every JSON reader holds exactly.
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class StartKind(StrEnum):
    HARD = "hard"  # cuts what is lower
    WAIT = "wait"  # for the end of the item that sounds, `wait_s` seconds at most
    NEXT = "next"  # for the end of the item that sounds


class LateKind(StrEnum):
    JOIN = "join"  # where it would be by now
    FROM_START = "from_start"  # if not more than `within_s` late
    SKIP = "skip"


class Resume(StrEnum):
    """What becomes of it after something higher cut it."""

    PAUSE = "pause"
    CONTINUE_UNDERNEATH = "continue_underneath"
    RESTART = "restart"
    DROP = "drop"


class StartPolicy(Struct, frozen=True, kw_only=True):
    kind: StartKind = StartKind.HARD
    wait_s: Count = 0


class LatePolicy(Struct, frozen=True, kw_only=True):
    kind: LateKind = LateKind.JOIN
    within_s: Count | None = None  # None: as long as the slot lasts
