"""Days of the week, months and ranks, where four is "tư" and one may be "nhất"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.dates import say_month
from loa.lib.speakable.numbers import say_integer, say_year
from loa.lib.speakable.view import Claim, View

_ORDINAL = re.compile(
    r"(?<!\w)(?P<word>tháng|thứ) (?P<digits>\d{1,3})(?!\w|[.,/]\d)",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(
    r"(?<!\w)T(?P<day>[2-7])(?=(?: ?[-–,] ?(?:T[2-7]|CN|\d))|\)| ?hằng tuần| hàng tuần)|(?<=[-–] )T(?P<last>[2-7])(?!\w)|(?<=[-–])T(?P<end>[2-7])(?!\w)"
)
_MONTH = re.compile(r"(?<!\w)T(?P<month>1[0-2]|[1-9])/(?P<year>(?:19|20)\d{2})(?![\w/])")


def find_ordinals(view: View) -> Iterator[Claim]:
    """Claim thứ 4, tháng 4, lần thứ 1, and the short T2 of a week."""
    claims = [*_find_words(view), *_find_weekdays(view), *_find_months(view)]
    yield from sorted(claims, key=lambda one: one.start)


def say_rank(digits: str) -> str:
    return {1: "nhất", 4: "tư"}.get(int(digits)) or say_integer(digits)


def _find_words(view: View) -> Iterator[Claim]:
    for match in _ORDINAL.finditer(view.text):
        is_month = match["word"].lower() == "tháng"
        digits = match["digits"]
        said = say_month(digits) if is_month else say_rank(digits)
        yield Claim(match.start("digits"), match.end("digits"), said, counts=True)


def _find_weekdays(view: View) -> Iterator[Claim]:
    for match in _WEEKDAY.finditer(view.text):
        day = match["day"] or match["last"] or match["end"]
        yield Claim(match.start(), match.end(), f"thứ {say_rank(day)}", counts=True)


def _find_months(view: View) -> Iterator[Claim]:
    for match in _MONTH.finditer(view.text):
        said = f"tháng {say_month(match['month'])} {say_year(match['year'])}"
        yield Claim(match.start(), match.end(), said, counts=True)
