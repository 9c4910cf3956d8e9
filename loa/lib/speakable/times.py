"""Times of the day and spans of hours."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.numbers import say_integer
from loa.lib.speakable.view import Claim, View

_TIME = re.compile(
    r"(?<![\w.,/:])(?P<hour>\d{1,3}) ?(?:"
    r"(?:[hH]|(?<=\d)g(?=\d{2}))(?: ?(?P<minute>[0-5]?\d)(?: ?(?:ph|phút|p|'|’|′)(?!\w))?)?(?![\w]|[.,]\d)"
    r"|:(?P<clock>[0-5]\d)(?::(?P<second>[0-5]\d))?(?: ?[hH](?!\w))?(?![\d:/]|[.,]\d)"
    r")"
)


def find_times(view: View) -> Iterator[Claim]:
    """Claim 7h30, 17h, 7g30, 07:30 and 48h."""
    for match in _TIME.finditer(view.text):
        if match["clock"] and int(match["hour"]) > 24:
            continue
        minute = match["minute"] or match["clock"]
        words = [f"{say_integer(match['hour'])} giờ"]
        if minute and int(minute):
            words.append(f"{say_integer(minute)} phút")
        if match["second"] and int(match["second"]):
            words.append(f"{say_integer(match['second'])} giây")
        yield Claim(match.start(), match.end(), " ".join(words), counts=True)
