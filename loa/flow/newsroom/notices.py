"""Notices with gaps: what is always said stands there, what changes stands in square brackets.

`[ngày họp]` is a gap; its first word says what fits: ngày a day, giờ an hour, điện thoại a number.
`[hạn nộp: ngày]` says it at the end. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from functools import cache
from importlib import resources

from loa.lib.speakable import to_speech
from loa.lib.speakable.calendar import weekday_name
from loa.lib.text import normalise

GAP_CHARACTERS_MAX = 60
_GAP = re.compile(r"\[([^\[\]\n]{1,60})\]")
_PHONE = re.compile(r"\+?\d[\d .-]{1,16}\d")
OWN_PLACE = "địa bàn"


class GapKind(StrEnum):
    """What fits into a gap."""

    TEXT = "text"
    DAY = "day"
    HOUR = "hour"
    PHONE = "phone"


@dataclass(frozen=True)
class Gap:
    """One thing to fill in; the label is its name."""

    label: str
    kind: GapKind


@dataclass(frozen=True)
class Notice:
    """A template: texts with gaps."""

    key: str
    name: str
    title: str
    body: str
    short: str = ""
    info_class: str = "1"

    @property
    def gaps(self) -> list[Gap]:
        """Every gap once, in the order of the text."""
        labels = _GAP.findall(f"{self.title}\n{self.body}\n{self.short}")
        return [gap_of(label) for label in dict.fromkeys(labels)]

    def filled(self, values: Mapping[str, str]) -> Notice:
        """Return the notice with its gaps filled; `values` by label, in the form to be read."""
        texts = (_filled(text, values) for text in (self.title, self.body, self.short))
        title, body, short = texts
        return Notice(self.key, self.name, _capital(title), body, _capital(short), self.info_class)


def gap_of(label: str) -> Gap:
    words = label.lower()
    name, _, said = words.partition(":")
    first = said.strip() or name
    if first.startswith("ngày"):
        return Gap(label, GapKind.DAY)
    if first.startswith("giờ"):
        return Gap(label, GapKind.HOUR)
    is_phone = first.startswith(("điện thoại", "số điện thoại", "sđt"))
    return Gap(label, GapKind.PHONE if is_phone else GapKind.TEXT)


def say_day(day: date) -> str:
    """Return a day as notices write it; the weekday is never typed, so never wrong."""
    return f"{weekday_name(day)}, ngày {day:%d-%m-%Y}"


def say_hour(hour: time) -> str:
    return f"{hour.hour} giờ {hour.minute:02d}" if hour.minute else f"{hour.hour} giờ"


def is_phone(text: str) -> bool:
    """Say whether this can be dialled: three digits (114) to eleven, with the usual signs."""
    digits = re.sub(r"\D", "", text)
    return bool(_PHONE.fullmatch(text.strip())) and 3 <= len(digits) <= 11


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _GAP.sub(lambda match: values.get(match[1], match[0]), text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def usual_notices() -> dict[str, Notice]:
    """Return the notices every commune has from the first day, by key."""
    raw = resources.files(__package__).joinpath("notices.txt").read_text("utf-8")
    notices = [_read(part) for part in re.split(r"(?m)^== ", raw) if part.strip()]
    return {notice.key: notice for notice in notices}


def _read(part: str) -> Notice:
    head, _, rest = part.partition("\n")
    key, name, info_class = (field.strip() for field in head.split("|"))
    texts, _, short = rest.partition("\n-- short\n")
    title, _, body = texts.partition("\n")
    return Notice(key, name, title.removeprefix("# "), body.strip(), short.strip(), info_class)


def with_gaps(text: str) -> str:
    """Return a text with its days, hours and phone numbers made gaps: the start of a template."""
    names = {"date": "ngày", "time": "giờ", "phone": "điện thoại"}
    text, counts, done, parts = normalise(text), dict.fromkeys(names, 0), 0, []
    for one in to_speech(text).replacements:
        if one.rule not in names:
            continue
        counts[one.rule] += 1
        number = f" {counts[one.rule]}" if counts[one.rule] > 1 else ""
        parts += [text[done : one.start], f"[{names[one.rule]}{number}]"]
        done = one.end
    return "".join(parts) + text[done:]
