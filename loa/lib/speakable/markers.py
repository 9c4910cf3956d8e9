"""Marks that open the lines of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.letters import name_letter
from loa.lib.speakable.numbers import say_number
from loa.lib.speakable.romans import say_roman
from loa.lib.speakable.view import Claim, View

_MARKER = re.compile(
    r"^[ \t]{0,8}(?P<all>"
    r"(?P<bullet>[-+*•●○▪■□◦–—✓✔➢→]) {0,3}(?![\d°])"
    r"|(?P<spaced>[-+*•–—]) {1,3}(?=\d)"
    r"|\(?(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})[.)](?=\s)"
    r"|(?P<section>\d{1,2}(?:\.\d{1,2}){1,3})(?= [^\W\d_])"
    r"|\(?(?P<letter>[a-zđA-ZĐ])\)(?=\s)|(?P<dotted>[a-zđ])\.(?=\s)"
    r"|(?P<roman>[IVX]{1,5})[.)](?=\s)"
    r")",
    re.MULTILINE,
)


def find_markers(view: View) -> Iterator[Claim]:
    """Claim bullets, which are silent, and numbers and letters of list lines."""
    for match in _MARKER.finditer(view.text):
        yield Claim(match.start("all"), match.end("all"), _say_marker(match))


def _say_marker(match: re.Match[str]) -> str:
    number = match["number"] or match["section"]
    letter = match["letter"] or match["dotted"]
    if number:
        return " chấm ".join(say_number(part) for part in number.split(".")) + ","
    if letter:
        return f"{name_letter(letter)},"
    return f"{say_roman(match['roman'])}," if match["roman"] else ""
