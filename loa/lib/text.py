"""Vietnamese text in one form: normalised for reading, folded for searching, and its syllables.

Pure functions. `normalise` is what every text passes on its way in; `fold` is the one
folding that search uses on both sides.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Marks as they stand after decomposition: what makes a letter, and what makes its tone.
_QUALITY_MARKS = "\u0302\u0306\u031b"
TONE_MARKS = "\u0300\u0301\u0303\u0309\u0323"

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_LOOKALIKES = str.maketrans({"Ð": "Đ", "Ɖ": "Đ", "ð": "đ"})
_TONE_BEFORE_QUALITY = re.compile(f"([{TONE_MARKS}])([{_QUALITY_MARKS}])")

_TONED_LATE = {
    "o": {"à": "òa", "á": "óa", "ả": "ỏa", "ã": "õa", "ạ": "ọa"}
    | {"è": "òe", "é": "óe", "ẻ": "ỏe", "ẽ": "õe", "ẹ": "ọe"},
    "u": {"ỳ": "ùy", "ý": "úy", "ỷ": "ủy", "ỹ": "ũy", "ỵ": "ụy"},
}
_LATE_TONE = re.compile(
    r"(?<![qQ])(?:o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])(?!\w)",
    re.IGNORECASE,
)
_TONED_Q = {"ù": "\u0300", "ú": "\u0301", "ủ": "\u0309", "ũ": "\u0303", "ụ": "\u0323"}
_EARLY_TONE = re.compile(r"(q)([ùúủũụ])([aeiyơâ])", re.IGNORECASE)


def normalise(text: str) -> str:
    """Return the text in the house form; doing it again changes nothing.

    Composed letters, tones on the first vowel of `oa`, `oe`, `uy` (hòa, thủy), one kind of
    line end and of space, and no control characters but newline and tab.
    """
    text = compose_letters(_LINE_ENDS.sub("\n", text)).translate(_LOOKALIKES)
    text = "".join(_plain_character(character) for character in text)
    return place_tones(unicodedata.normalize("NFC", text))


def compose_letters(text: str) -> str:
    """Return the text in NFC, also where a tone was typed before the mark of its letter."""
    text = unicodedata.normalize("NFC", text)
    if not any("\u0300" <= character <= "\u036f" for character in text):
        return text
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _TONE_BEFORE_QUALITY.sub(r"\2\1", apart))


def place_tones(text: str) -> str:
    """Move tones to where the house writes them: hoà → hòa, thuỷ → thủy, qúy → quý."""
    return _EARLY_TONE.sub(_tone_after_q, _LATE_TONE.sub(_tone_on_first_vowel, text))


def fold(text: str) -> str:
    """Return lower-case text without marks, `đ` as `d`: what `da nang` and `Đà Nẵng` share."""
    apart = unicodedata.normalize("NFD", normalise(text).lower())
    kept = (character for character in apart if unicodedata.category(character) != "Mn")
    return unicodedata.normalize("NFC", "".join(kept)).replace("đ", "d")


def spelling_pattern(word: str) -> str:
    """Return a regular expression, as PostgreSQL reads it, of every spelling that folds to this.

    For short lists that keep no folded words; what is not a letter or a digit stands for itself.
    """
    return "".join(_spellings().get(letter, re.escape(letter)) for letter in fold(word))


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    found: dict[str, str] = {}
    for code in (*range(ord("A"), 0x180), *range(0x1A0, 0x1B1), *range(0x1E00, 0x1F00)):
        folded = fold(chr(code))
        if len(folded) == 1 and folded.isalpha():
            found[folded] = found.get(folded, "") + chr(code)
    return {letter: f"[{spelled}]" for letter, spelled in found.items()}


@lru_cache(maxsize=8192)
def is_syllable(word: str) -> bool:
    """Tell whether one word, in any case, is spelled as a Vietnamese syllable can be."""
    apart = unicodedata.normalize("NFD", word.lower())
    tones = [character for character in apart if character in TONE_MARKS]
    if len(tones) > 1:
        return False
    letters = "".join(character for character in apart if character not in TONE_MARKS)
    parts = _SYLLABLE.fullmatch(unicodedata.normalize("NFC", letters))
    if parts is None:
        return False
    # A syllable that ends in a stop carries only the rising or the heavy tone.
    stopped = parts["rhyme"].endswith(("c", "ch", "p", "t"))
    return not (stopped and tones and tones[0] in "\u0300\u0303\u0309")


def _plain_character(character: str) -> str:
    if character in "\n\t" or " " < character <= "~":
        return character
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    return "" if category in {"Cc", "Cf", "Cs", "Co", "Cn"} else character


def _tone_on_first_vowel(match: re.Match[str]) -> str:
    first, second = match[0][0], match[0][1]
    moved = _TONED_LATE[first.lower()][second.lower()]
    return _in_case_of(moved[0], first) + _in_case_of(moved[1], second)


def _tone_after_q(match: re.Match[str]) -> str:
    initial, toned, vowel = match.groups()
    tone = _TONED_Q[toned.lower()]
    moved = unicodedata.normalize("NFC", vowel + tone)
    return initial + _in_case_of("u", toned) + moved


def _in_case_of(letter: str, model: str) -> str:
    return letter.upper() if model.isupper() else letter


_INITIALS = [
    "b",
    "ch",
    "c",
    "d",
    "đ",
    "gh",
    "gi",
    "g",
    "h",
    "kh",
    "k",
    "l",
    "m",
    "ngh",
    "ng",
    "nh",
    "n",
    "ph",
    "p",
    "qu",
    "r",
    "s",
    "th",
    "tr",
    "t",
    "v",
    "x",
]
_RHYMES = [
    "a",
    "ac",
    "ach",
    "ai",
    "am",
    "an",
    "ang",
    "anh",
    "ao",
    "ap",
    "at",
    "au",
    "ay",
    "ăc",
    "ăm",
    "ăn",
    "ăng",
    "ăp",
    "ăt",
    "âc",
    "âm",
    "ân",
    "âng",
    "âp",
    "ât",
    "âu",
    "ây",
    "e",
    "ec",
    "em",
    "en",
    "eng",
    "eo",
    "ep",
    "et",
    "ê",
    "êch",
    "êm",
    "ên",
    "ênh",
    "êp",
    "êt",
    "êu",
    "i",
    "ia",
    "ich",
    "im",
    "in",
    "inh",
    "ip",
    "it",
    "iu",
    "iêc",
    "iêm",
    "iên",
    "iêng",
    "iêp",
    "iêt",
    "iêu",
    "o",
    "oc",
    "oi",
    "om",
    "on",
    "ong",
    "op",
    "ot",
    "ooc",
    "oong",
    "oa",
    "oac",
    "oach",
    "oai",
    "oam",
    "oan",
    "oang",
    "oanh",
    "oao",
    "oap",
    "oat",
    "oay",
    "oăc",
    "oăm",
    "oăn",
    "oăng",
    "oăt",
    "oe",
    "oen",
    "oeo",
    "oet",
    "ô",
    "ôc",
    "ôi",
    "ôm",
    "ôn",
    "ông",
    "ôp",
    "ôt",
    "ơ",
    "ơi",
    "ơm",
    "ơn",
    "ơp",
    "ơt",
    "u",
    "ua",
    "uc",
    "ui",
    "um",
    "un",
    "ung",
    "up",
    "ut",
    "uân",
    "uâng",
    "uât",
    "uây",
    "uê",
    "uêch",
    "uên",
    "uênh",
    "uêt",
    "uôc",
    "uôi",
    "uôm",
    "uôn",
    "uông",
    "uôt",
    "uơ",
    "uy",
    "uya",
    "uych",
    "uyên",
    "uyêt",
    "uyn",
    "uynh",
    "uyp",
    "uyt",
    "uyu",
    "ư",
    "ưa",
    "ưc",
    "ưi",
    "ưn",
    "ưng",
    "ưt",
    "ưu",
    "ươc",
    "ươi",
    "ươm",
    "ươn",
    "ương",
    "ươp",
    "ươt",
    "ươu",
    "y",
    "yên",
    "yêm",
    "yêng",
    "yêt",
    "yêu",
    "ych",
    "ynh",
    "yt",
    "yn",
]
_SYLLABLE = re.compile(f"(?:{'|'.join(_INITIALS)})?(?P<rhyme>{'|'.join(_RHYMES)})")
