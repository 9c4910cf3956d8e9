"""Reading the sentence a person types into the choices of the form.

`thứ 2–6, 17:00, lặp 3 lần cách 5 phút, từ 1-12 đến 31-12, trừ ngày lễ`
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from loa.flow.schedules.patterns import Cycle
from loa.lib.text import fold

_DATE = r"(\d{1,2})\s*[-/]\s*(\d{1,2})(?:\s*[-/]\s*(\d{4}))?"
_SPAN = re.compile(rf"\btu (?:ngay )?{_DATE} (?:den|toi) (?:het )?(?:ngay )?{_DATE}")
_EXCEPT = re.compile(r"\b(?:tru|khong phat)\b(.*)$")
_REPEAT = re.compile(
    r"\b(?:lap|phat) (\d{1,2}) lan(?:,? (?:moi lan )?cach(?: nhau)? (\d{1,4}) (phut|giay|gio))?"
)
_HOUR = re.compile(r"\b(\d{1,2})\s*(?::|h(?![a-z])|gio)\s*(\d{2})?(?!\d)")
_DAILY = re.compile(r"\b(?:hang|moi|tat ca cac) ngay\b")
_WEEKDAY = r"(?:(?:thu )?([2-7])|thu (hai|ba|tu|nam|sau|bay)|(chu nhat|cn))"
_RUN = re.compile(rf"\b{_WEEKDAY}\s*(?:-|–|den|toi)\s*{_WEEKDAY}(?![\d-])")
_ONE = re.compile(rf"\b{_WEEKDAY}(?![\d-])")
_LUNAR_WORDS = re.compile(r"\b(mung mot|mung 1|ram)\b")
_MONTH_DAYS = re.compile(
    r"\bngay ((?:(?:\d{1,2}|cuoi)(?:,| va)? ?)+)(am lich|hang thang|moi thang|cua thang)"
)
_NAMES = {"hai": 0, "ba": 1, "tu": 2, "nam": 3, "sau": 4, "bay": 5}
_NOISE = re.compile(r"\b(?:va|luc|vao|cac|ngay|phat|nhung|am lich|moi|tuan|thu)\b|[\s,.;–-]+")
_SECONDS = {"giay": 1, "phut": 60, "gio": 3600}


class SentenceUnclear(ValueError):
    """`rest` is what was not understood; empty when days or an hour are missing."""

    def __init__(self, rest: str) -> None:
        super().__init__(rest)
        self.rest = rest


@dataclass
class _Reading:
    """What is left of a sentence while parts of it are understood."""

    rest: str
    today: date
    found: dict[str, Any] = field(default_factory=dict)

    def take(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        matches = list(pattern.finditer(self.rest))
        self.rest = pattern.sub(" ", self.rest)
        return matches


def read_sentence(text: str, today: date) -> dict[str, Any]:
    """Return the fields of the form that a sentence fills; raises SentenceUnclear."""
    reading = _Reading(" ".join(fold(text).split()), today)
    _read_exceptions(reading)
    _read_span(reading)
    _read_repeat(reading)
    _read_hours(reading)
    _read_days(reading)
    rest = _NOISE.sub(" ", reading.rest).strip()
    if rest or not {"cycle", "hours"} <= reading.found.keys():
        raise SentenceUnclear(rest)
    return reading.found


def _read_exceptions(reading: _Reading) -> None:
    for match in reading.take(_EXCEPT):
        inner = _Reading(match[1], reading.today)
        dates = [_date_of(found.groups(), reading.today) for found in inner.take(re.compile(_DATE))]
        if dates:
            reading.found["skipped"] = tuple(dates)
        if inner.take(re.compile(r"\b(?:ngay )?(?:nghi )?le\b")):
            reading.found["skips_days_off"] = True
        reading.rest += f" {inner.rest}"


def _read_span(reading: _Reading) -> None:
    for match in reading.take(_SPAN):
        first = _date_of(match.groups()[:3], reading.today)
        last = _date_of(match.groups()[3:], first)
        reading.found |= {"valid_from": first, "valid_until": last}


def _date_of(parts: tuple[str | None, ...], not_before: date) -> date:
    """Return the date; without a year it is the next one."""
    day, month = int(parts[0] or 0), int(parts[1] or 0)
    try:
        if parts[2]:
            return date(int(parts[2]), month, day)
        here = date(not_before.year, month, day)
        return here if here >= not_before else date(not_before.year + 1, month, day)
    except ValueError as error:
        raise SentenceUnclear(f"{day}-{month}") from error


def _read_repeat(reading: _Reading) -> None:
    for match in reading.take(_REPEAT):
        reading.found["times"] = int(match[1])
        if match[2]:
            reading.found["pause_seconds"] = int(match[2]) * _SECONDS[match[3]]


def _read_hours(reading: _Reading) -> None:
    hours = []
    for match in reading.take(_HOUR):
        hour, minute = int(match[1]), int(match[2] or 0)
        if hour > 23 or minute > 59:
            raise SentenceUnclear(match[0].strip())
        hours.append(f"{hour:02d}:{minute:02d}")
    if hours:
        reading.found["hours"] = ", ".join(hours)


def _read_days(reading: _Reading) -> None:
    if reading.take(_DAILY):
        reading.found["cycle"] = Cycle.DAILY
    _read_month_days(reading)
    weekdays: set[int] = set()
    for match in reading.take(_RUN):
        first, last = _weekday(match.groups()[:3]), _weekday(match.groups()[3:])
        weekdays |= {day % 7 for day in range(first, last + 1 if last >= first else last + 8)}
    weekdays |= {_weekday(match.groups()) for match in reading.take(_ONE)}
    if weekdays and "cycle" not in reading.found:
        reading.found |= {"cycle": Cycle.WEEKLY, "weekdays": sorted(weekdays)}
    elif weekdays:
        raise SentenceUnclear("")


def _read_month_days(reading: _Reading) -> None:
    days: list[int] = []
    for match in reading.take(_MONTH_DAYS):
        days += [-1 if one == "cuoi" else int(one) for one in re.findall(r"\d+|cuoi", match[1])]
        is_lunar = match[2] == "am lich"
        reading.found["cycle"] = Cycle.LUNAR if is_lunar else Cycle.MONTHLY
    for match in reading.take(_LUNAR_WORDS):
        days.append(15 if match[1] == "ram" else 1)
        reading.found["cycle"] = Cycle.LUNAR
    if days:
        last = ["cuối"] if -1 in days else []
        reading.found["days"] = ", ".join([*map(str, sorted({*days} - {-1})), *last])


def _weekday(parts: tuple[str | None, ...]) -> int:
    digit, name, _sunday = parts
    if digit:
        return int(digit) - 2
    return _NAMES[name] if name else 6
