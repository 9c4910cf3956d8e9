"""Times of the day and spans of hours."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.letters import LOWER_LETTERS
from loa.lib.speakable.numbers import say_integer
from loa.lib.speakable.view import Claim, View

_TIME = re.compile(
    r"(?<![\w.,/:])(?P<hour>\d{1,3}) ?(?:"
    r"(?:[hH]|(?<=\d)g(?=\d{2})|(?P<bare>(?<=\d)g(?!\w)))(?: ?(?P<minute>[0-5]?\d)(?: ?(?:ph|phút|p|'|’|′)(?!\w))?)?(?![\w]|[.,]\d)"
    r"|:(?P<clock>[0-5]\d)(?::(?P<second>[0-5]\d))?(?: ?[hH](?!\w))?(?![\d:/]|[.,]\d)"
    r")"
)


_AT = re.compile(
    r"(?i)(?<!\w)(?:lúc|từ|đến|hồi|trước|sau|vào|khoảng|tới|sáng|trưa|chiều|tối|đêm|\d{1,2}g\d{0,2} ?[-–]) ?$"
)
_MINUTES = re.compile(r"(?<![\w.,/:°º])(?P<minutes>\d{1,3}) ?(?:['’′])(?![\w'’])")
_RATE = re.compile(rf"(?<=[{LOWER_LETTERS}]) ?/ ?(?P<hours>\d{{1,3}}) ?h(?!\w)")
_OPEN_QUOTE = re.compile(r"(?:^|[\s(])['‘][^'’]*$")


def find_times(view: View) -> Iterator[Claim]:
    """Claim 7h30, 17h, 7g30, 07:30 and 48h, and 45' for minutes."""
    claims = [*_find_hours(view), *_find_minutes(view), *_find_rates(view)]
    yield from sorted(claims, key=lambda one: one.start)


def _find_minutes(view: View) -> Iterator[Claim]:
    for match in _MINUTES.finditer(view.text):
        if not _OPEN_QUOTE.search(view.before(match.start(), 120)):
            said = f"{say_integer(match['minutes'])} phút"
            yield Claim(match.start(), match.end(), said, counts=True)


def _find_rates(view: View) -> Iterator[Claim]:
    for match in _RATE.finditer(view.text):
        said = f"trên {say_integer(match['hours'])} giờ"
        yield Claim(match.start(), match.end(), said)


def _find_hours(view: View) -> Iterator[Claim]:
    for match in _TIME.finditer(view.text):
        if match["clock"] and int(match["hour"]) > 24:
            continue
        if match["bare"] and not (
            _AT.search(view.before(match.start())) and int(match["hour"]) < 25
        ):
            continue
        minute = match["minute"] or match["clock"]
        words = [f"{say_integer(match['hour'])} giờ"]
        if minute and int(minute):
            words.append(f"{say_integer(minute)} phút")
        if match["second"] and int(match["second"]):
            words.append(f"{say_integer(match['second'])} giây")
        yield Claim(match.start(), match.end(), " ".join(words), counts=True)
