"""The words of a bulletin as search keeps them, and of a wish as search asks: the same on both sides.

Two vectors: `exact` as it is spelled in the house form, `folded` without marks. The title weighs A,
the code B, the body D. The database never folds: it gets words that our one function folded.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from django.db import connection

from loa.lib.text import fold, normalise

# What PostgreSQL keeps of a place in a text, and of a word.
POSITION_MAX = 16_383
WORD_CHARACTERS_MAX = 200
WISH_WORDS_MAX = 40
# A shorter beginning would be nearly every word.
BEGINNING_MIN = 2

_WORD = re.compile(r"\w+")
# A language has few syllables: most were folded a moment ago.
_folded = lru_cache(maxsize=32_768)(fold)
_ENTER = (
    "INSERT INTO newsroom_bulletinwords (bulletin_id, exact, folded) VALUES (%s, %s::tsvector, %s::tsvector) "
    "ON CONFLICT (bulletin_id) DO UPDATE SET exact = excluded.exact, folded = excluded.folded"
)


class Written(Protocol):
    """What of a bulletin is searched."""

    pk: Any
    code: str
    title: str
    body: str


def enter_words(bulletins: Iterable[Written]) -> None:
    """Keep the words of these bulletins, in the transaction of whoever changed them."""
    with connection.cursor() as cursor:
        cursor.executemany(_ENTER, [(row.pk, *vectors_of(row)) for row in bulletins])


def vectors_of(row: Written) -> tuple[str, str]:
    """Return the exact and the folded vector of a bulletin, as PostgreSQL reads vectors."""
    return vectors_from(*(exact_words(text) for text in (row.title, row.code, row.body)))


def vectors_from(title: list[str], code: list[str], body: list[str]) -> tuple[str, str]:
    """Return both vectors of a bulletin of these exact words."""
    weighed = [(title, "A"), (code, "B"), (body, "")]
    exact = [(word, weight) for words, weight in weighed for word in words]
    return _vector(exact), _vector((_folded(word), weight) for word, weight in exact)


def exact_words(text: str) -> list[str]:
    """Return the words of a text in the house form, in lower case."""
    return [word[:WORD_CHARACTERS_MAX] for word in _WORD.findall(normalise(text).lower())]


def _vector(words: Iterable[tuple[str, str]]) -> str:
    places: dict[str, list[str]] = defaultdict(list)
    for position, (word, weight) in enumerate(words, start=1):
        places[word].append(f"{min(position, POSITION_MAX)}{weight}")
    return " ".join(f"'{word}':{','.join(found)}" for word, found in places.items())


@dataclass(frozen=True)
class Wish:
    """What somebody typed: words that must all be there, phrases in quotes, a word half typed."""

    phrases: tuple[tuple[str, ...], ...]
    is_last_open: bool

    def __bool__(self) -> bool:
        return bool(self.phrases)

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for phrase in self.phrases for word in phrase)

    @property
    def has_marks(self) -> bool:
        """Say whether it is spelled with marks, so that exact spelling is meant."""
        return any(fold(word) != word for word in self.words)

    def folded(self) -> Wish:
        phrases = tuple(tuple(fold(word) for word in phrase) for phrase in self.phrases)
        return Wish(phrases, self.is_last_open)

    def query(self, *, with_beginning: bool = True) -> str:
        """Return it as PostgreSQL reads queries."""
        parts = [" <-> ".join(f"'{word}'" for word in phrase) for phrase in self.phrases]
        if with_beginning and self.may_be_beginning:
            parts[-1] += ":*"
        return " & ".join(f"({part})" for part in parts)

    def title_query(self) -> str:
        """Return all its words in a row, as a title would hold them."""
        return " <-> ".join(f"'{word}'" for word in self.words)

    @property
    def may_be_beginning(self) -> bool:
        return self.is_last_open and len(self.words[-1]) >= BEGINNING_MIN


def wish_of(typed: str) -> Wish:
    """Read what was typed: `"hội nghị" tiêm ch` is a phrase, a word and a word half typed."""
    phrases = tuple(_phrases(typed))[:WISH_WORDS_MAX]
    return Wish(phrases, is_last_open=bool(phrases) and typed[-1:].isalnum())


def _phrases(typed: str) -> Iterator[tuple[str, ...]]:
    for number, part in enumerate(re.split('["“”]', typed)):
        words = exact_words(part)[:WISH_WORDS_MAX]
        if number % 2 and words:
            yield tuple(words)
        else:
            yield from ((word,) for word in words)
