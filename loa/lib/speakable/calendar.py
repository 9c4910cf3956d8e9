"""The days a text names, as days: what the reading rules take for a date, and written-out ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from loa.lib.speakable.lexicon import NATIONAL, Lexicon
from loa.lib.speakable.rules import to_speech
from loa.lib.text import normalise

WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_NUMBERS = {"hai": 0, "ba": 1, "tư": 2, "bốn": 2, "năm": 3, "sáu": 4, "bảy": 5, "bẩy": 5}
_DAY = (
    r"(?:thứ (?P<word>hai|ba|tư|bốn|năm|sáu|bảy|bẩy)|(?:thứ ?|(?<!\w)T)(?P<digit>[2-7])"
    r"|(?P<sunday>chủ nhật|(?<!\w)CN))"
)
_BEFORE = re.compile(rf"(?i)(?<!\w)(?P<whole>{_DAY})(?!\w)[ ,(]*(?:ngày )?$")
_AFTER = re.compile(rf"(?i)[ ,]*\((?P<whole>{_DAY})\)")
_NUMERIC = re.compile(
    r"(?:(\d{4})-(\d{2})-(\d{2})|(\d{1,2}) ?[/.-] ?(\d{1,2})(?: ?[/.-] ?(\d{4}|\d{2}))?)$"
)
_IN_WORDS = re.compile(
    r"(?i)(?<!\w)ngày (?P<day>\d{1,2}) tháng (?P<month>\d{1,2})(?: năm (?P<year>\d{4}))?(?!\w)"
)


@dataclass(frozen=True)
class DayNamed:
    """One date as it stands in a text; `weekday` is the word beside it, if there is one."""

    start: int
    end: int
    source: str
    day: date
    weekday: str = ""
    weekday_start: int = -1

    @property
    def is_weekday_right(self) -> bool:
        return not self.weekday or _weekday_number(self.weekday) == self.day.weekday()


def days_in(text: str, today: date, lexicon: Lexicon = NATIONAL) -> list[DayNamed]:
    """Return the days a text names, in order; without a year the one nearest to `today`."""
    text = normalise(text)
    found = [*_numeric(text, today, lexicon), *_in_words(text, today)]
    return sorted(found, key=lambda one: one.start)


def weekday_name(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def _numeric(text: str, today: date, lexicon: Lexicon) -> Iterator[DayNamed]:
    for one in to_speech(text, lexicon=lexicon).replacements:
        match = _NUMERIC.fullmatch(one.source) if one.rule == "date" else None
        # A fraction looks the same; the rule that read it knows which it is.
        if match is None or "tháng" not in one.spoken:
            continue
        year, month, day, d, m, y = match.groups()
        named = _as_day(day or d, month or m, year or y, today)
        if named:
            yield _with_weekday(text, one.start, one.end, named)


def _in_words(text: str, today: date) -> Iterator[DayNamed]:
    for match in _IN_WORDS.finditer(text):
        named = _as_day(match["day"], match["month"], match["year"], today)
        if named:
            yield _with_weekday(text, match.start(), match.end(), named)


def _as_day(day: str, month: str, year: str | None, today: date) -> date | None:
    if year:
        full = int(year) if len(year) == 4 else 2000 + int(year)
        return _day_of(full, int(month), int(day))
    near = [_day_of(today.year + step, int(month), int(day)) for step in (-1, 0, 1)]
    return min((d for d in near if d), key=lambda d: abs((d - today).days), default=None)


def _day_of(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _with_weekday(text: str, start: int, end: int, day: date) -> DayNamed:
    before = _BEFORE.search(text, max(0, start - 24), start)
    after = _AFTER.match(text, end)
    beside = before or after
    if beside is None:
        return DayNamed(start, end, text[start:end], day)
    return DayNamed(start, end, text[start:end], day, beside["whole"], beside.start("whole"))


def _weekday_number(words: str) -> int:
    digit = next((c for c in words if c.isdigit()), "")
    if digit:
        return int(digit) - 2
    return _NUMBERS.get(words.lower().removeprefix("thứ").strip(), 6)
