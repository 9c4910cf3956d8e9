"""Abbreviations by the lexicon, and the strings nobody has explained yet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.ambiguous import reading_at
from loa.lib.speakable.letters import (
    LOWER_LETTERS,
    UPPER_LETTERS,
    has_vowel,
    is_vietnamese,
    latin,
    name_letter,
    spell,
)
from loa.lib.speakable.spoken import UNKNOWN
from loa.lib.speakable.view import COUNTED, Claim, View
from loa.lib.text import is_syllable

_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(rf"[^\W\d_][^\W\d_{UPPER_LETTERS}]*")
_SINGLE = re.compile(r"[A-ZĐ]\.$")
_DOT_INSIDE = re.compile(
    rf"\. ?(?=[{LOWER_LETTERS},;(])|\.(?=[{COUNTED}]|[{UPPER_LETTERS}](?:\.|(?!\w)))"
)
_PERSON = re.compile(
    rf"(?:(?<!\w)(?:ông|bà|anh|chị|em|cháu|cô|chú|bác)|[{UPPER_LETTERS}][{LOWER_LETTERS}]+) $"
)
_NAME_FOLLOWS = re.compile(rf" ?[{UPPER_LETTERS}\d]")


def find_phrases(view: View) -> Iterator[Claim]:
    """Claim lexicon entries written with spaces, dots, digits or signs."""
    for match in view.lexicon.phrases.finditer(view.text):
        if _SINGLE.search(match[0]) and len(match[0]) == 2 and not _is_place_letter(view, match):
            continue
        reading = reading_at(view, match.start(), match.end())
        if reading:
            end = match.end() - (match[0].endswith(".") and _ends_line(view, match.end()))
            yield Claim(match.start(), end, reading, rule="lexicon")


def find_abbreviations(view: View) -> Iterator[Claim]:
    """Claim known abbreviations, single letters, foreign letters, and unknown strings."""
    for match in _WORD.finditer(view.text):
        said, rule = _say_word(view, match)
        if said is not None:
            # The dot after the letter of a hidden name does not end the sentence.
            dotted = rule == "letter" and _DOT_INSIDE.match(view.text, match.end())
            yield Claim(match.start(), match.end() + bool(dotted), said, rule=rule)


def _say_word(view: View, match: re.Match[str]) -> tuple[str | None, str]:
    word = match[0]
    known = _known(view, match)
    if known:
        return (known, "lexicon") if known != word else (None, "")
    if not any(character.isalpha() for character in word):
        return None, ""  # ½ and the like are signs
    if not is_vietnamese(word):
        plain = latin(word)
        # Capitals alone would be spelled by the voice as an abbreviation.
        plain = plain.capitalize() if plain.isupper() else plain
        return (plain, "foreign-letters") if len(plain) >= len(word) / 2 else (spell(word), UNKNOWN)
    if len(word) == 1:
        return (None, "") if has_vowel(word) else (name_letter(word), "letter")
    if is_syllable(word):
        # "QUy" and the like: a word, whatever its case.
        return None, ""
    if word.isupper():
        return (None, "") if _has_tone(word) else (spell(word), UNKNOWN)
    humps = _HUMP.findall(word)
    if len(humps) > 1:
        split = all(is_syllable(hump) for hump in humps)
        return (" ".join(humps), "joined-words") if split else (spell(word), UNKNOWN)
    return (None, "") if has_vowel(word) else (spell(word), UNKNOWN)


def _known(view: View, match: re.Match[str]) -> str | None:
    word = match[0]
    if word in view.lexicon.site:
        return view.lexicon.site[word]
    if word.isupper() and is_syllable(word) and view.in_headline(match.start(), match.end()):
        return None
    reading = reading_at(view, match.start(), match.end())
    if reading is None and word.isupper() and len(word) > 3:
        reading = view.lexicon.reading(word.capitalize())
    return reading


def _is_place_letter(view: View, match: re.Match[str]) -> bool:
    """Tell whether "P." stands for a place, not for a person's hidden name."""
    if _PERSON.search(view.before(match.start(), 24)):
        return False
    return bool(_NAME_FOLLOWS.match(view.after(match.end(), 2)))


def _ends_line(view: View, position: int) -> bool:
    return not view.after(position, 4).strip()


def _has_tone(word: str) -> bool:
    """Tell whether a string bears a mark beyond those that abbreviations take (Đ, Ô, Ư…)."""
    return any(letter not in "ĂÂÊÔƠƯĐ" and not letter.isascii() for letter in word)
