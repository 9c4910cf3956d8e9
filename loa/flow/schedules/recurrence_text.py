"""The text form of a recurrence: property lines of RFC 5545, and two of ours. Pure.

```
DTSTART;TZID=Asia/Ho_Chi_Minh:20261130T170000
RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR
X-LOA-LUNAR:15,1/1
EXDATE;VALUE=DATE:20261225
X-LOA-HOLIDAY-EXCEPT:tet
```
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from loa.flow.schedules.recurrence import (
    COUNT_MAX,
    DATES_MAX,
    HOLIDAYS,
    INTERVAL_MAX,
    WEEKDAYS,
    Days,
    Frequency,
    LunarRule,
    Recurrence,
    Repeat,
    WeekdayRule,
)

T = TypeVar("T", int, str, WeekdayRule, LunarRule)

TEXT_MAX = 8_000
LUNAR, LUNAR_EXCEPT = "X-LOA-LUNAR", "X-LOA-LUNAR-EXCEPT"
HOLIDAY, HOLIDAY_EXCEPT = "X-LOA-HOLIDAY", "X-LOA-HOLIDAY-EXCEPT"
_PROPERTIES = (
    "DTSTART", "RRULE", "RDATE", "EXDATE", LUNAR, LUNAR_EXCEPT, HOLIDAY, HOLIDAY_EXCEPT,
)  # fmt: skip
_REPEATABLE = {"RDATE", "EXDATE"}
_PARTS = ("FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "COUNT", "UNTIL")
_WEEKDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,5}", re.ASCII)
_LUNAR = re.compile(r"(-?\d{1,2})(?:/(\d{1,2}))?", re.ASCII)
_DATE = re.compile(r"\d{8}", re.ASCII)
_TIME = re.compile(r"\d{8}T\d{6}", re.ASCII)


class Fault(StrEnum):
    """What is wrong with a part of a recurrence."""

    TOO_LONG = "too_long"
    UNKNOWN = "unknown"
    TWICE = "twice"
    MISSING = "missing"
    VALUE = "value"
    ZONE = "zone"
    NOT_TOGETHER = "not_together"
    BEFORE_START = "before_start"


class RecurrenceUnreadable(ValueError):
    """`part` names the property or part, `fault` what is wrong with it, `value` what stood there."""

    def __init__(self, fault: Fault, part: str, value: str = "") -> None:
        super().__init__(f"{part}: {fault}" + (f": {value[:80]}" if value else ""))
        self.fault, self.part, self.value = fault, part, value[:80]


@lru_cache(maxsize=4096)
def parse(text: str) -> Recurrence:
    """Read a recurrence; raises RecurrenceUnreadable naming the part at fault."""
    if len(text) > TEXT_MAX:
        raise RecurrenceUnreadable(Fault.TOO_LONG, "text")
    lines = _lines(text)
    if "DTSTART" not in lines:
        raise RecurrenceUnreadable(Fault.MISSING, "DTSTART")
    start, zone = _start(*lines["DTSTART"][0])
    rrule = lines.get("RRULE")
    recurrence = Recurrence(
        start=start,
        zone=zone,
        repeat=_repeat(*rrule[0], zone) if rrule else None,
        more=_beside(lines, "RDATE", LUNAR, HOLIDAY, zone),
        fewer=_beside(lines, "EXDATE", LUNAR_EXCEPT, HOLIDAY_EXCEPT, zone),
    )
    _refuse_early(recurrence)
    return recurrence


def _lines(text: str) -> dict[str, list[tuple[dict[str, str], str]]]:
    """Return property → its (parameters, value) as written, folded lines joined."""
    found: dict[str, list[tuple[dict[str, str], str]]] = {}
    for line in re.sub(r"\r?\n[ \t]", "", text).split("\n"):
        if not line.strip():
            continue
        head, colon, value = line.strip().partition(":")
        name, *parameters = head.upper().split(";")
        if name not in _PROPERTIES or not colon:
            raise RecurrenceUnreadable(Fault.UNKNOWN, name[:40] or line.strip()[:40])
        if name in found and name not in _REPEATABLE:
            raise RecurrenceUnreadable(Fault.TWICE, name)
        written = head.split(";")[1:]
        found.setdefault(name, []).append((_parameters(name, parameters, written), value.strip()))
    return found


def _parameters(name: str, upper: list[str], written: list[str]) -> dict[str, str]:
    allowed = {"DTSTART": {"TZID"}, "RDATE": {"TZID", "VALUE"}, "EXDATE": {"TZID", "VALUE"}}
    found: dict[str, str] = {}
    for loud, parameter in zip(upper, written, strict=True):
        key = loud.partition("=")[0]
        if key not in allowed.get(name, set()):
            raise RecurrenceUnreadable(Fault.UNKNOWN, f"{name};{key}"[:40])
        # A zone keeps its letters: they name a file.
        found[key] = parameter.partition("=")[2]
    return found


def _start(parameters: Mapping[str, str], value: str) -> tuple[datetime, str]:
    zone = parameters.get("TZID", "")
    if not zone:
        raise RecurrenceUnreadable(Fault.MISSING, "TZID")
    if zone not in _zones():
        raise RecurrenceUnreadable(Fault.ZONE, "TZID", zone)
    return _wall("DTSTART", value), zone


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _repeat(_parameters: Mapping[str, str], value: str, zone: str) -> Repeat:
    parts = _parts(value)
    if "FREQ" not in parts:
        raise RecurrenceUnreadable(Fault.MISSING, "FREQ")
    if parts["FREQ"] not in Frequency.__members__:
        raise RecurrenceUnreadable(Fault.VALUE, "FREQ", parts["FREQ"])
    repeat = Repeat(
        frequency=Frequency(parts["FREQ"]),
        interval=_number("INTERVAL", parts.get("INTERVAL", "1"), 1, INTERVAL_MAX),
        months=_numbers("BYMONTH", parts, 1, 12),
        month_days=_numbers("BYMONTHDAY", parts, -31, 31),
        weekdays=_list("BYDAY", parts, _weekday),
        positions=_numbers("BYSETPOS", parts, -366, 366),
        count=_number("COUNT", parts["COUNT"], 1, COUNT_MAX) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"], zone) if "UNTIL" in parts else None,
    )
    if parts.get("WKST", "MO") != "MO":
        raise RecurrenceUnreadable(Fault.VALUE, "WKST", parts["WKST"])
    _refuse_combination(repeat)
    return repeat


def _parts(value: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in value.upper().split(";"):
        key, _, given = piece.partition("=")
        if key not in _PARTS and key != "WKST":
            raise RecurrenceUnreadable(Fault.UNKNOWN, key[:40] or "RRULE")
        if key in parts:
            raise RecurrenceUnreadable(Fault.TWICE, key)
        parts[key] = given
    return parts


def _refuse_combination(repeat: Repeat) -> None:
    if repeat.count is not None and repeat.until is not None:
        raise RecurrenceUnreadable(Fault.NOT_TOGETHER, "COUNT, UNTIL")
    has_ordinal = any(one.ordinal for one in repeat.weekdays)
    if has_ordinal and repeat.frequency not in {Frequency.MONTHLY, Frequency.YEARLY}:
        raise RecurrenceUnreadable(Fault.NOT_TOGETHER, f"FREQ={repeat.frequency}, BYDAY")
    if repeat.month_days and repeat.frequency is Frequency.WEEKLY:
        raise RecurrenceUnreadable(Fault.NOT_TOGETHER, "FREQ=WEEKLY, BYMONTHDAY")
    if repeat.positions and not (repeat.months or repeat.month_days or repeat.weekdays):
        raise RecurrenceUnreadable(Fault.NOT_TOGETHER, "BYSETPOS")


def _number(part: str, value: str, least: int, most: int) -> int:
    if not _NUMBER.fullmatch(value) or not least <= int(value) <= most or int(value) == 0:
        raise RecurrenceUnreadable(Fault.VALUE, part, value)
    return int(value)


def _numbers(part: str, parts: Mapping[str, str], least: int, most: int) -> tuple[int, ...]:
    return _list(part, parts, lambda value: _number(part, value, least, most))


def _list(part: str, parts: Mapping[str, str], read: Callable[[str], T]) -> tuple[T, ...]:
    """Read each item of a list once, in order."""
    if part not in parts:
        return ()
    return tuple(sorted({read(item.strip()) for item in parts[part].split(",")}))


def _weekday(value: str) -> WeekdayRule:
    match = _WEEKDAY.fullmatch(value)
    if match is None:
        raise RecurrenceUnreadable(Fault.VALUE, "BYDAY", value)
    ordinal = int(match[1]) if match[1] else 0
    if match[1] and not 1 <= abs(ordinal) <= 53:
        raise RecurrenceUnreadable(Fault.VALUE, "BYDAY", value)
    return WeekdayRule(ordinal, WEEKDAYS.index(match[2]))


def _until(value: str, zone: str) -> datetime:
    """Return the last instant; a bare date is meant to its end, by the wall clock."""
    if _DATE.fullmatch(value):
        end = datetime.combine(_day("UNTIL", value), time(23, 59, 59), tzinfo=ZoneInfo(zone))
        return end.astimezone(UTC)
    if not value.endswith("Z"):
        raise RecurrenceUnreadable(Fault.VALUE, "UNTIL", value)
    return _wall("UNTIL", value[:-1]).replace(tzinfo=UTC)


def _wall(part: str, value: str) -> datetime:
    if not _TIME.fullmatch(value):
        raise RecurrenceUnreadable(Fault.VALUE, part, value)
    try:
        wall = datetime.fromisoformat(value)
    except ValueError:
        raise RecurrenceUnreadable(Fault.VALUE, part, value) from None
    return _within_reach(part, wall)


def _within_reach(part: str, wall: datetime) -> datetime:
    if not 1970 <= wall.year <= 2199:
        raise RecurrenceUnreadable(Fault.VALUE, part, wall.isoformat())
    return wall


def _day(part: str, value: str) -> date:
    if not _DATE.fullmatch(value):
        raise RecurrenceUnreadable(Fault.VALUE, part, value)
    return _wall(part, f"{value}T000000").date()


def _beside(
    lines: Mapping[str, list[tuple[dict[str, str], str]]],
    dates: str,
    lunar: str,
    holiday: str,
    zone: str,
) -> Days:
    whole: set[date] = set()
    times: set[datetime] = set()
    for parameters, value in lines.get(dates, ()):
        if parameters.get("TZID", zone) != zone:
            raise RecurrenceUnreadable(Fault.ZONE, f"{dates};TZID", parameters["TZID"])
        is_date = parameters.get("VALUE", "DATE-TIME").upper() == "DATE"
        for item in value.split(","):
            if is_date:
                whole.add(_day(dates, item.strip()))
            else:
                times.add(_wall(dates, item.strip()))
    if len(whole) + len(times) > DATES_MAX:
        raise RecurrenceUnreadable(Fault.TOO_LONG, dates)
    # `lines` holds at most one line of each of these.
    single = {name: lines[name][0][1] for name in (lunar, holiday) if name in lines}
    return Days(
        dates=frozenset(whole),
        times=frozenset(times),
        lunar=_list(lunar, single, lambda item: _lunar(lunar, item)),
        holidays=_list(holiday, single, lambda item: _holiday(holiday, item)),
    )


def _lunar(part: str, value: str) -> LunarRule:
    match = _LUNAR.fullmatch(value)
    day, month = (int(match[1]), int(match[2] or 0)) if match else (0, 0)
    if match is None or not 1 <= abs(day) <= 30 or not (match[2] is None or 1 <= month <= 12):
        raise RecurrenceUnreadable(Fault.VALUE, part, value)
    return LunarRule(month, day)


def _holiday(part: str, value: str) -> str:
    name = value.lower()
    if name not in HOLIDAYS:
        raise RecurrenceUnreadable(Fault.VALUE, part, value)
    return name


def _refuse_early(recurrence: Recurrence) -> None:
    """Refuse an extra date before the start: it would never come."""
    more = recurrence.more
    if any(day < recurrence.start.date() for day in more.dates) or any(
        wall < recurrence.start for wall in more.times
    ):
        raise RecurrenceUnreadable(Fault.BEFORE_START, "RDATE")


def write(recurrence: Recurrence) -> str:
    """Return the canonical text: parse(write(x)) == x, and equal recurrences have equal texts."""
    lines = [f"DTSTART;TZID={recurrence.zone}:{recurrence.start:%Y%m%dT%H%M%S}"]
    if recurrence.repeat is not None:
        lines.append(f"RRULE:{_written_repeat(recurrence.repeat)}")
    for names, days in (
        (("RDATE", LUNAR, HOLIDAY), recurrence.more),
        (("EXDATE", LUNAR_EXCEPT, HOLIDAY_EXCEPT), recurrence.fewer),
    ):
        lines.extend(_written_days(*names, days, recurrence.zone))
    return "\n".join(lines)


def _written_repeat(repeat: Repeat) -> str:
    weekdays = [f"{one.ordinal or ''}{WEEKDAYS[one.weekday]}" for one in repeat.weekdays]
    parts = {
        "FREQ": str(repeat.frequency),
        "INTERVAL": str(repeat.interval) if repeat.interval > 1 else "",
        "BYMONTH": _joined(repeat.months),
        "BYMONTHDAY": _joined(repeat.month_days),
        "BYDAY": _joined(weekdays),
        "BYSETPOS": _joined(repeat.positions),
        "COUNT": str(repeat.count or ""),
        "UNTIL": f"{repeat.until:%Y%m%dT%H%M%SZ}" if repeat.until else "",
    }
    return ";".join(f"{key}={value}" for key, value in parts.items() if value)


def _joined(items: Iterable[object]) -> str:
    return ",".join(str(item) for item in items)


def _written_days(dates: str, lunar: str, holiday: str, days: Days, zone: str) -> list[str]:
    lines = []
    if days.dates:
        whole = _joined(f"{day:%Y%m%d}" for day in sorted(days.dates))
        lines.append(f"{dates};VALUE=DATE:{whole}")
    if days.times:
        times = _joined(f"{wall:%Y%m%dT%H%M%S}" for wall in sorted(days.times))
        lines.append(f"{dates};TZID={zone}:{times}")
    if days.lunar:
        named = (f"{one.day}/{one.month}" if one.month else f"{one.day}" for one in days.lunar)
        lines.append(f"{lunar}:{_joined(named)}")
    if days.holidays:
        lines.append(f"{holiday}:{_joined(days.holidays)}")
    return lines
