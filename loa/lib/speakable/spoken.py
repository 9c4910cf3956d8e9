"""The result: a text, what was replaced in it, and the words that remain for the voice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

UNKNOWN = "unknown"
UNKNOWN_SPELLED = "unknown-spelled"

_PAUSES = ",.;:?!…"
_PAUSE_STRENGTH = "?!….;:,"


@dataclass(frozen=True)
class Replacement:
    """One span of the source and the words said instead of it."""

    start: int
    end: int
    source: str
    spoken: str
    rule: str


@dataclass(frozen=True)
class Spoken:
    """A normalised source text and its replacements in order."""

    source: str
    replacements: tuple[Replacement, ...]

    @cached_property
    def text(self) -> str:
        """The words the voice gets, with pauses as punctuation."""
        return _tidy(
            "".join(
                spoken if rule is None else f" {spoken} " for _, spoken, rule in self.segments()
            )
        )

    @property
    def unknown(self) -> tuple[Replacement, ...]:
        """What someone must answer ("đọc là…") before a routine item may air."""
        return tuple(one for one in self.replacements if one.rule == UNKNOWN)

    def segments(self) -> Iterator[tuple[str, str, str | None]]:
        """Yield (source, spoken, rule or None) covering the whole text in order."""
        done = 0
        for one in self.replacements:
            if one.start > done:
                kept = self.source[done : one.start]
                yield kept, kept, None
            yield one.source, one.spoken, one.rule
            done = one.end
        if done < len(self.source):
            yield self.source[done:], self.source[done:], None


_BLANKS = re.compile(r"[ \t]+")
_BLANKS_AROUND_LINE_END = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")
_PAUSE_RUN = re.compile(rf" ?[{_PAUSES}](?: ?[{_PAUSES}])*")
_PAUSE_AT_LINE_START = re.compile(rf"^[{_PAUSES} ]+", re.MULTILINE)
_PAUSE_BEFORE_WORD = re.compile(rf"([{_PAUSES}])(?=[^\s{_PAUSES}])")


def _tidy(text: str) -> str:
    text = _BLANKS.sub(" ", text)
    text = _PAUSE_RUN.sub(_strongest_pause, text)
    text = _PAUSE_BEFORE_WORD.sub(r"\1 ", text)
    text = _BLANKS_AROUND_LINE_END.sub("\n", text)
    text = _PAUSE_AT_LINE_START.sub("", text)
    # A bracket closed at the very end leaves a pause that nothing follows.
    return _BLANK_LINES.sub("\n\n", text).strip().removesuffix(",").rstrip()


def _strongest_pause(match: re.Match[str]) -> str:
    return min((c for c in match[0] if c != " "), key=_PAUSE_STRENGTH.index)
