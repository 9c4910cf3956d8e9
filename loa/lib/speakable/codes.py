"""Letters and digits in one string: classes, roads, houses, and codes nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.letters import name_letter, spell
from loa.lib.speakable.numbers import say_digits, say_integer
from loa.lib.speakable.spoken import UNKNOWN
from loa.lib.speakable.view import Claim, View
from loa.lib.text import is_syllable

_STRING = re.compile(r"[^\W_]+")
_PART = re.compile(r"\d+|[^\W\d]+")


def find_codes(view: View) -> Iterator[Claim]:
    """Claim strings that mix letters and digits."""
    for match in _STRING.finditer(view.text):
        parts = _PART.findall(match[0])
        if len(parts) < 2:
            continue
        words = [_say_part(view, part) for part in parts]
        if all(word is not None for word in words):
            said = " ".join(word for word in words if word)
            if view.before(match.start(), 6).endswith("đường "):
                said = said.removeprefix("đường ")
            yield Claim(match.start(), match.end(), said, counts=True)
        else:
            yield Claim(match.start(), match.end(), spell(match[0]), rule=UNKNOWN)


def _say_part(view: View, part: str) -> str | None:
    if part.isdecimal():
        return say_integer(part) if len(part) <= 4 else say_digits(part)
    if len(part) == 1:
        return name_letter(part) or None
    known = view.lexicon.reading(part)
    if known:
        return known
    return part if is_syllable(part) and not part.isupper() else None
