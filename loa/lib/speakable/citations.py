"""Points of a law, whose letter is named, and numbered sections."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.letters import name_letter
from loa.lib.speakable.numbers import say_integer
from loa.lib.speakable.view import Claim, View

_POINTS = re.compile(
    r"(?<!\w)[Đđ]iểm ((?:[a-zđ](?:, ?| và |; ?)){0,8}[a-zđ])(?= khoản| Khoản| mục| Điều| điều)"
)
_SECTION = re.compile(
    r"(?i)(?<!\w)(?:khoản|điều|mục|tiểu mục|bảng|hình|phụ lục|phần|bước) (?P<path>\d{1,2}(?:\.\d{1,2}){1,3})(?![\w/]|[.,]\d| ?%)"
)
_LETTER = re.compile(r"(?<!\w)[a-zđ](?!\w)")


def find_citations(view: View) -> Iterator[Claim]:
    """Claim the letters of points, điểm b khoản 2, and paths of sections, mục 1.2."""
    claims = [*_find_points(view), *_find_sections(view)]
    yield from sorted(claims, key=lambda one: one.start)


def _find_sections(view: View) -> Iterator[Claim]:
    for match in _SECTION.finditer(view.text):
        said = " chấm ".join(say_integer(part) for part in match["path"].split("."))
        yield Claim(match.start("path"), match.end("path"), said, counts=True)


def _find_points(view: View) -> Iterator[Claim]:
    for match in _POINTS.finditer(view.text):
        for letter in _LETTER.finditer(view.text, match.start(1), match.end(1)):
            yield Claim(letter.start(), letter.end(), name_letter(letter[0]))
