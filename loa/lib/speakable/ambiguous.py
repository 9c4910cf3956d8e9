"""Abbreviations with several meanings: the words around them decide, or a person does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

    from loa.lib.speakable.view import View


@dataclass(frozen=True)
class Case:
    """One meaning of an abbreviation, and the words beside it that show it is meant."""

    spoken: str
    where: str
    pattern: re.Pattern[str]

    def holds(self, view: View, start: int, end: int) -> bool:
        """Tell whether the words around a span point to this meaning."""
        if self.where == "before":
            return bool(self.pattern.search(view.before(start)))
        if self.where == "after":
            return bool(self.pattern.match(view.after(end)))
        if self.where == "near":
            around = f"{view.sentence_before(start)} | {view.sentence_after(end)}"
            return bool(self.pattern.search(around))
        return True


def reading_at(view: View, start: int, end: int) -> str | None:
    """Return how the written form in a span is said there, or None when it cannot be told."""
    written = view.source[start:end]
    lexicon = view.lexicon
    if written in lexicon.site or written not in lexicon.cases:
        return lexicon.reading(written)
    fitting = (case for case in lexicon.cases[written] if case.holds(view, start, end))
    return next((case.spoken for case in fitting), None)
