"""Points of a law: the letter after "điểm" is named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.letters import name_letter
from loa.lib.speakable.view import Claim, View

_POINTS = re.compile(
    r"(?<!\w)[Đđ]iểm ((?:[a-zđ](?:, ?| và |; ?)){0,8}[a-zđ])(?= khoản| Khoản| mục| Điều| điều)"
)
_LETTER = re.compile(r"(?<!\w)[a-zđ](?!\w)")


def find_citations(view: View) -> Iterator[Claim]:
    """Claim the letters of points: điểm b khoản 2."""
    for match in _POINTS.finditer(view.text):
        for letter in _LETTER.finditer(view.text, match.start(1), match.end(1)):
            yield Claim(letter.start(), letter.end(), name_letter(letter[0]))
