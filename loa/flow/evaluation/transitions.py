"""The states of a bulletin as one table: what moves it on, who may, and what the database refuses.

The deeds stand in their stages and know nothing of this table; its test does every deed in every
state and compares. `python -m loa.flow.evaluation.transitions` writes docs/build/transitions.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from loa.registry.people.rules import Deed

DOCUMENT = Path(__file__).parents[3] / "docs/build/transitions.md"


class Standing(StrEnum):
    """Where a bulletin stands; read from what others recorded, never written down by itself."""

    DRAFT = "draft"
    WAITING = "waiting"
    RETURNED = "returned"
    APPROVED = "approved"
    OFFERED = "offered"
    TO_CONFIRM = "to_confirm"
    PLANNED = "planned"
    SOUNDING = "sounding"
    SOUNDED = "sounded"
    STOPPED = "stopped"
    MISSED = "missed"
    EXPIRED = "expired"


class Mover(StrEnum):
    """What moves a bulletin on without a person."""

    DEVICE = "a device"
    CLOCK = "the clock"


@dataclass(frozen=True)
class Transition:
    """One way from some states to others; `guards` are the triggers that refuse what is not here."""

    begins: frozenset[Standing]
    moved_by: str
    ends: frozenset[Standing]
    who: Deed | Mover
    but: str = ""
    guards: tuple[str, ...] = ()


def _move(begins: str, moved_by: str, ends: str, who: Deed | Mover, *words: str) -> Transition:
    first, last = (frozenset(map(Standing, names.split())) for names in (begins, ends))
    but, guards = [*words, "", ""][:2]
    return Transition(first, moved_by, last, who, but, tuple(guards.split()))


# What was handed in once may be written anew from wherever it got to.
_PAST_APPROVAL = "approved offered to_confirm planned sounding sounded stopped missed"

TRANSITIONS: tuple[Transition, ...] = (
    _move("", "write_bulletin", "draft", Deed.WRITE),
    _move(f"{_PAST_APPROVAL} expired returned", "edit_bulletin", "draft returned", Deed.WRITE,
          "the edition stands as it was approved; what is placed still sounds",
          "edition_stands"),
    _move(f"draft returned {_PAST_APPROVAL}", "submit_bulletin", "waiting", Deed.WRITE,
          "one submission at a time, within the validity", "submission_closes_once"),
    _move("waiting", "withdraw_submission", "draft", Deed.WRITE, "before anybody answered"),
    _move("waiting", "return_bulletin", "returned", Deed.APPROVE,
          "with a reason; an emergency needs approve_emergency",
          "return_of_open_submission return_stands"),
    _move("waiting", "approve_bulletin", "approved offered expired", Deed.APPROVE,
          "neither its author nor who handed it in; an emergency needs approve_emergency, "
          "one for the whole city two people",
          "edition_of_open_submission approval_by_another signature_by_another approval_stands"),
    _move(_PAST_APPROVAL, "place_edition",
          "planned to_confirm", Deed.PLACE,
          "an ordinary item of the city only where the commune took it or agreed",
          "occurrence_may_sound adoption_of_ordinary_item decline_of_ordinary_item"),
    _move("to_confirm", "confirm_placement", "planned", Deed.CONFIRM,
          "not who placed it; in quiet hours and above the limit not who approved it either",
          "confirmation_by_another confirmation_stands"),
    _move("to_confirm planned sounding sounded missed", "recall_placement", "stopped",
          Deed.RECALL, "with a reason; what was called off stays so", "placement_moves_on"),
    _move("planned missed", "a device begins", "sounding", Mover.DEVICE),
    _move("planned sounding missed", "a device ends", "sounded", Mover.DEVICE),
    _move("planned", "no device began in time", "missed", Mover.CLOCK),
    _move("approved offered", "the validity ends", "expired", Mover.CLOCK),
)  # fmt: skip


def moves_from(standing: Standing, moved_by: str) -> frozenset[Standing]:
    """Return where this may lead from there; empty where the table has no such way."""
    ways = (t for t in TRANSITIONS if t.moved_by == moved_by and standing in t.begins)
    return frozenset().union(*(way.ends for way in ways))


def _names(standings: frozenset[Standing]) -> str:
    return ", ".join(one for one in Standing if one in standings) or "–"


def _lines() -> Iterator[str]:
    yield "# States of a bulletin"
    yield ""
    yield (
        "Written by `python -m loa.flow.evaluation.transitions`; a test does every deed in every"
        " state and compares. A state is read from what was recorded, it is no column. The last"
        " column names triggers by which the database itself refuses what is not in this table."
    )
    yield ""
    yield "| from | what | to | who | unless | database |"
    yield "|---|---|---|---|---|---|"
    for one in TRANSITIONS:
        guards = ", ".join(one.guards) or "–"
        ways = f"{_names(one.begins)} | {one.moved_by} | {_names(one.ends)}"
        yield f"| {ways} | {one.who} | {one.but or '–'} | {guards} |"


def as_markdown() -> str:
    return "\n".join(_lines()) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(as_markdown(), encoding="utf-8")
