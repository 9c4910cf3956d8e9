"""What one rule sees of the text, and how it claims a span of it.

Spans that earlier rules claimed are blanked out, so a later rule can neither match inside
them nor across them. The blanks tell quantities from other claims: a dash between two
quantities is a range.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from loa.lib.speakable.lexicon import Lexicon

# Private-use characters: normalised text never holds them.
TAKEN = "\ue000"
COUNTED = "\ue001"

_SENTENCE_END = re.compile(r"[!?;\n]|(?<!TP)(?<!Tp)(?<!TX)(?<!TT)(?<!KP)(?<!TDP)(?<!\W[A-ZĐ])\.\s")
_CONTEXT_LENGTH = 160


@dataclass(frozen=True)
class Claim:
    """A span a rule answers for; `rule` replaces the name of the rule that found it."""

    start: int
    end: int
    spoken: str
    counts: bool = False
    rule: str | None = None


@dataclass(frozen=True)
class View:
    """The text as one rule sees it."""

    source: str
    text: str
    lexicon: Lexicon

    def before(self, position: int, length: int = 40) -> str:
        """Return the source just before a position, within its line."""
        return self.source[max(0, position - length) : position].rpartition("\n")[2]

    def after(self, position: int, length: int = 40) -> str:
        """Return the source just after a position, within its line."""
        return self.source[position : position + length].partition("\n")[0]

    def sentence_before(self, position: int) -> str:
        window = self.source[max(0, position - _CONTEXT_LENGTH) : position]
        return _SENTENCE_END.split(window)[-1]

    def sentence_after(self, position: int) -> str:
        return _SENTENCE_END.split(self.source[position : position + _CONTEXT_LENGTH])[0]

    def in_headline(self, start: int, end: int) -> bool:
        """Tell whether the words around a span are all in capitals."""
        around = self.before(start) + " " + self.after(end)
        letters = [character for character in around if character.isalpha()]
        return len(letters) >= 4 and all(letter.isupper() for letter in letters)


Finder = Callable[[View], Iterator[Claim]]


def blank_out(text: str, claims: list[Claim]) -> str:
    """Return the text with the claimed spans blanked, its length unchanged."""
    pieces = []
    done = 0
    for claim in claims:
        blank = COUNTED if claim.counts else TAKEN
        pieces += [text[done : claim.start], blank * (claim.end - claim.start)]
        done = claim.end
    return "".join(pieces) + text[done:]
