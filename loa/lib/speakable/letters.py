"""Names of letters, and strings said letter by letter."""

from __future__ import annotations

import unicodedata

_NAMES = dict(
    pair.split(":")
    for pair in [
        "b:bê",
        "c:xê",
        "d:dê",
        "đ:đê",
        "f:ép",
        "g:giê",
        "h:hát",
        "j:gi",
        "k:ca",
        "l:lờ",
        "m:mờ",
        "n:nờ",
        "p:pê",
        "q:quy",
        "r:rờ",
        "s:sờ",
        "t:tê",
        "v:vê",
        "x:xờ",
        "z:dét",
    ]
)
# In a row of letters the full names are clearer than the short sounds.
_NAMES |= {"l": "e lờ", "m": "em mờ", "n": "en nờ", "r": "e rờ", "s": "ét sì", "x": "ích xì"}
_NAMES |= {"w": "vê kép", "y": "y dài", "ă": "á", "â": "ớ"}
DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
VOWELS = frozenset("aeiouy")


def name_letter(letter: str) -> str:
    """Return how one letter or digit is called; nothing for signs and foreign scripts."""
    lower = letter.lower()
    if lower in _NAMES:
        return _NAMES[lower]
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return DIGITS[digit]
    return lower if is_vietnamese(lower) else _NAMES.get(latin(lower), latin(lower))


def spell(text: str) -> str:
    """Return the text letter by letter."""
    names = (name_letter(character) for character in text)
    return " ".join(name for name in names if name)


def is_vietnamese(text: str) -> bool:
    """Tell whether a voice for Vietnamese can take every letter of the text."""
    return all(character in _ALPHABET for character in text)


def latin(text: str) -> str:
    """Return the text with letters of other Latin alphabets brought to plain ones."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(character for character in apart if character in _ALPHABET)


def has_vowel(text: str) -> bool:
    """Tell whether a word holds a vowel, with or without marks."""
    apart = unicodedata.normalize("NFD", text.lower())
    return any(character in VOWELS for character in apart)


def _alphabet() -> frozenset[str]:
    tones = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
    toned = [unicodedata.normalize("NFC", v + t) for v in "aăâeêioôơuưy" for t in tones]
    lower = "".join(toned) + "bcdđfghjklmnpqrstvwxz"
    return frozenset(lower + lower.upper())


_ALPHABET = _alphabet()
# For use inside a character class of a pattern.
UPPER_LETTERS = "".join(sorted(letter for letter in _ALPHABET if letter.isupper()))
LOWER_LETTERS = "".join(sorted(letter for letter in _ALPHABET if letter.islower()))
