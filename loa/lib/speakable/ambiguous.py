"""Abbreviations with several meanings: the words around them decide, or a person does."""

from __future__ import annotations

from loa.lib.speakable.lexicon import Case
from loa.lib.speakable.view import View


def reading_at(view: View, start: int, end: int) -> str | None:
    """Return how the written form in a span is said there, or None when it cannot be told."""
    written = view.source[start:end]
    lexicon = view.lexicon
    if written in lexicon.site or written not in lexicon.cases:
        return lexicon.reading(written)
    fitting = (case for case in lexicon.cases[written] if _holds(case, view, start, end))
    return next((case.spoken for case in fitting), None)


def _holds(case: Case, view: View, start: int, end: int) -> bool:
    """Tell whether the words around a span point to this meaning."""
    if case.where == "before":
        return bool(case.pattern.search(view.before(start)))
    if case.where == "after":
        return bool(case.pattern.match(view.after(end)))
    if case.where == "near":
        around = f"{view.sentence_before(start)} | {view.sentence_after(end)}"
        return bool(case.pattern.search(around))
    return True
