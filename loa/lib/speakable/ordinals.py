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
    r"(?<![\w.])T(?P<day>[2-7])(?=(?: ?[-–,&] ?| và )(?:T[2-7]|CN)(?!\w)|\)|:? ?nghỉ| h[ằà]ng tuần)"
    r"|(?<=[-–] )T(?P<last>[2-7])(?!\w)|(?<=[-–])T(?P<end>[2-7])(?!\w)"
    r"|(?<=T[2-7], )T(?P<listed>[2-7])(?!\w)|(?<=T[2-7] và )T(?P<joined>[2-7])(?!\w)"
)
_TIMED_WEEKDAY = re.compile(r"(?<![\w.])T(?P<day>[2-7])(?!\w)")
_TIME_FOLLOWS = re.compile(r",? (?:ngày )?\d{1,2}[/-]\d|: ?(?:từ )?\d{1,2}(?:[hg:]| giờ)")
_WEEKDAYS = re.compile(
    r"(?<![\w.])T(?P<first>[2-7])(?P<rest>(?:[-–,] ?[2-7]){1,5})(?![\w/]|[.,]\d|[-–]\d)"
)
_LISTED_WEEKDAYS = re.compile(
    r"(?i)(?<!\w)thứ (?P<list>[2-7](?:(?:, ?| và | hoặc )[2-7](?![\d/h:]|[.,]\d)){1,5})(?!\w)"
)
_DIGIT = re.compile(r"\d")
_MONTH = re.compile(r"(?<!\w)T(?P<month>1[0-2]|[1-9])/(?P<year>(?:19|20)\d{2})(?![\w/])")


def find_ordinals(view: View) -> Iterator[Claim]:
    """Claim thứ 4, tháng 4, lần thứ 1, and the short T2 of a week."""
    claims = [
        *_find_weekday_lists(view),
        *_find_words(view),
        *_find_weekdays(view),
        *_find_months(view),
    ]
    end = 0
    for claim in sorted(claims, key=lambda one: one.start):
        if claim.start >= end:
            end = claim.end
            yield claim


def say_rank(digits: str) -> str:
    return {1: "nhất", 4: "tư"}.get(int(digits)) or say_integer(digits)


def _find_words(view: View) -> Iterator[Claim]:
    for match in _ORDINAL.finditer(view.text):
        is_month = match["word"].lower() == "tháng"
        digits = match["digits"]
        said = say_month(digits) if is_month else say_rank(digits)
        yield Claim(match.start("digits"), match.end("digits"), said, counts=True)


def _find_weekday_lists(view: View) -> Iterator[Claim]:
    """Claim the days of "thứ 2, 4, 6" and of T2-4-6, where two in one step are a span."""
    for match in _LISTED_WEEKDAYS.finditer(view.text):
        for digit in _DIGIT.finditer(view.text, match.start("list"), match.end("list")):
            yield Claim(digit.start(), digit.end(), say_rank(digit[0]), counts=True)
    for match in _WEEKDAYS.finditer(view.text):
        days = _DIGIT.findall(match[0])
        is_span = len(days) == 2 and "," not in match["rest"]
        said = (" đến " if is_span else ", ").join(f"thứ {say_rank(day)}" for day in days)
        yield Claim(match.start(), match.end(), said, counts=True)


def _find_weekdays(view: View) -> Iterator[Claim]:
    for match in _WEEKDAY.finditer(view.text):
        day = next(filter(None, match.groups()))
        yield Claim(match.start(), match.end(), f"thứ {say_rank(day)}", counts=True)
    for match in _TIMED_WEEKDAY.finditer(view.text):
        if _TIME_FOLLOWS.match(view.after(match.end())):
            said = f"thứ {say_rank(match['day'])}"
            yield Claim(match.start(), match.end(), said, counts=True)


def _find_months(view: View) -> Iterator[Claim]:
    for match in _MONTH.finditer(view.text):
        said = f"tháng {say_month(match['month'])} {say_year(match['year'])}"
        yield Claim(match.start(), match.end(), said, counts=True)
