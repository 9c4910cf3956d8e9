"""Cut a text into pieces short enough for one synthesis, at places where a reader breathes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PIECE_CHARS_MAX = 400
PARAGRAPH_PAUSE_MS = 350
SENTENCE_PAUSE_MS = 150

_SENTENCE_END = re.compile(r"(?<=[.!?…;])\s+")
_BREATH = re.compile(r"(?<=[,:])\s+")
_GAP = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Piece:
    """A stretch of text and the pause behind it."""

    text: str
    pause_ms: int


def cut_text(text: str) -> list[Piece]:
    """Return the pieces in order; no pause behind the last one."""
    pieces = [piece for line in text.splitlines() for piece in _paragraph(line)]
    if pieces:
        pieces[-1] = Piece(pieces[-1].text, 0)
    return pieces


def _paragraph(line: str) -> list[Piece]:
    pieces = []
    for sentence in _SENTENCE_END.split(_CONTROL.sub(" ", line).strip()):
        parts = [part for part in _parts(sentence) if any(sign.isalnum() for sign in part)]
        pieces += [Piece(part, 0) for part in parts[:-1]]
        pieces += [Piece(part, SENTENCE_PAUSE_MS) for part in parts[-1:]]
    if pieces:
        pieces[-1] = Piece(pieces[-1].text, PARAGRAPH_PAUSE_MS)
    return pieces


def _parts(sentence: str) -> Iterator[str]:
    """Cut an overlong sentence at a comma, else at a space, else anywhere."""
    while len(sentence) > PIECE_CHARS_MAX:
        end = _last_break(sentence)
        yield sentence[:end].strip()
        sentence = sentence[end:].strip()
    if sentence:
        yield sentence


def _last_break(sentence: str) -> int:
    for kind in (_BREATH, _GAP):
        ends = [found.end() for found in kind.finditer(sentence, 0, PIECE_CHARS_MAX)]
        if ends:
            return ends[-1]
    return PIECE_CHARS_MAX
