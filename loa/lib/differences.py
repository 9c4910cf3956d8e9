"""Two texts side by side: which words stand in one only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORDS = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True)
class Stretch:
    """Some words of a text; changed when the other text has not the same there."""

    text: str
    is_changed: bool


def side_by_side(one: str, other: str) -> tuple[list[Stretch], list[Stretch]]:
    """Return both texts in stretches; put together again, each is what it was."""
    left, right = _WORDS.findall(one), _WORDS.findall(other)
    here: list[Stretch] = []
    there: list[Stretch] = []
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        is_changed = kind != "equal"
        here += [Stretch("".join(left[a:b]), is_changed)] if b > a else []
        there += [Stretch("".join(right[c:d]), is_changed)] if d > c else []
    return here, there
