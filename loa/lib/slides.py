"""A text cut into slides that can be read in passing, at twenty metres: pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

# At 20 m a letter is 100 mm high, so a board of 6 m² holds 8 to 14 words.
WORDS_MAX = 14
WORDS_A_SECOND = 2
GLANCE_SECONDS = 3
SLIDES_MAX = 12

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’)]*\s+(?=[^a-zà-ỹđ])")
_PARAGRAPHS = re.compile(r"\n\s*\n")
_CLAUSE_END = re.compile(r"(?<=[,;:–—])\s+")


@dataclass(frozen=True)
class Slide:
    """A few words, and how long they stand."""

    text: str
    is_title: bool = False

    @property
    def seconds(self) -> float:
        return len(self.text.split()) / WORDS_A_SECOND + GLANCE_SECONDS


def slides_of(title: str, body: str, *, rest: str) -> list[Slide]:
    """Return the slides of a text: its title, then its body cut at the ends of sentences.

    Nobody stands before a board for a quarter of an hour: what is longer ends with `rest`.
    """
    slides = [Slide(piece, is_title=True) for piece in cut(title)]
    slides += [Slide(piece) for piece in cut(body)]
    if len(slides) > SLIDES_MAX:
        slides[SLIDES_MAX - 1 :] = [Slide(rest)]
    return slides


def written_slides(slides: Iterable[Slide]) -> str:
    """Return slides as people edit them: one paragraph each."""
    return "\n\n".join(slide.text for slide in slides)


def read_slides(text: str, title: str) -> list[Slide]:
    """Return the slides of paragraphs; what holds too many words is cut, the title leads.

    Reading what `written_slides` wrote gives the same slides.
    """
    pieces = [piece for part in _PARAGRAPHS.split(text) for piece in cut(" ".join(part.split()))]
    leading = len(list(takewhile(lambda piece: _is_of(piece, title), pieces)))
    return [Slide(piece, is_title=n < leading) for n, piece in enumerate(pieces)]


def _is_of(piece: str, title: str) -> bool:
    return piece.removesuffix(" …") in " ".join(title.split())


def cut(text: str) -> list[str]:
    """Return the text in pieces of at most WORDS_MAX words, whole sentences where they fit."""
    pieces: list[str] = []
    for line in text.splitlines():
        pieces += _packed([part for s in _SENTENCE_END.split(line) for part in _parts(s)])
    return pieces


def _parts(sentence: str) -> Iterator[str]:
    """Yield a sentence whole if it fits, else its clauses, else even runs of its words."""
    if _count(sentence) <= WORDS_MAX:
        yield sentence
        return
    for clause in _packed(_CLAUSE_END.split(sentence)):
        yield from _runs(clause)


def _runs(clause: str) -> Iterator[str]:
    words = clause.split()
    size = math.ceil(len(words) / math.ceil(len(words) / WORDS_MAX))
    for begin in range(0, len(words), size):
        run = " ".join(words[begin : begin + size])
        yield run if begin + size >= len(words) else f"{run} …"


def _packed(parts: list[str]) -> list[str]:
    """Put neighbours together while they fit on one slide."""
    packed: list[str] = []
    for part in (" ".join(p.split()) for p in parts):
        if not part:
            continue
        if packed and _count(packed[-1]) + _count(part) <= WORDS_MAX:
            packed[-1] += f" {part}"
        else:
            packed.append(part)
    return packed


def _count(text: str) -> int:
    # The dots that say "goes on" are no word: what was cut once is not cut again.
    return len(text.removesuffix(" …").split())
