"""A recurrence said in one sentence, as people say it.

`thứ 2–thứ 6, 17:00, phát 3 lần cách nhau 5 phút, từ 1-12-2026 đến 31-12-2026, trừ ngày lễ`
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from loa.flow.schedules.models import Rule
from loa.flow.schedules.patterns import DAYS_OFF
from loa.flow.schedules.recurrence import Days, Frequency, Recurrence, Repeat
from loa.flow.schedules.recurrence_text import parse, write
from loa.surfaces.desk.calendar_words import HOLIDAY_WORDS

WEEKDAYS_SHORT = (
    gettext_lazy("thứ 2"),
    gettext_lazy("thứ 3"),
    gettext_lazy("thứ 4"),
    gettext_lazy("thứ 5"),
    gettext_lazy("thứ 6"),
    gettext_lazy("thứ 7"),
    gettext_lazy("Chủ nhật"),
)
DAYS_IN_A_RUN = 3


def sentence_of(rule: Rule) -> str:
    """Return days, hour, repeats, validity and exceptions of a rule, saved or not."""
    recurrence = parse(rule.recurrence)
    parts = [
        days_words(recurrence),
        f"{recurrence.start:%H:%M}",
        repeats_words(rule.repeat_times, rule.pause_seconds),
        _("từ %(first)s đến %(last)s")
        % {"first": _date(rule.valid_from), "last": _date(rule.valid_until)},
        _except_words(recurrence.fewer),
    ]
    return ", ".join(part for part in parts if part)


def repeats_words(times: int, pause_seconds: int) -> str:
    if times == 1:
        return ""
    whole, rest = divmod(pause_seconds, 60)
    pause = (
        ngettext("%(n)s giây", "%(n)s giây", pause_seconds) % {"n": pause_seconds}
        if rest
        else ngettext("%(n)s phút", "%(n)s phút", whole) % {"n": whole}
    )
    return _("phát %(times)s lần cách nhau %(pause)s") % {"times": times, "pause": pause}


def days_words(recurrence: Recurrence) -> str:
    """Return on which days it recurs."""
    parts = [] if recurrence.repeat is None else [_repeat_words(recurrence.repeat, recurrence)]
    more = recurrence.more
    if recurrence.repeat is None and not more.is_endless:
        parts.append(_("ngày %(days)s") % {"days": _date(recurrence.start.date())})
    if more.lunar:
        days = _joined(
            f"{one.day}-{one.month}" if one.month else _day_words(one.day) for one in more.lunar
        )
        parts.append(_("ngày %(days)s âm lịch") % {"days": days})
    parts += [str(HOLIDAY_WORDS[name]) for name in more.holidays]
    if more.dates:
        parts.append(_("thêm ngày %(days)s") % {"days": _joined(map(_date, sorted(more.dates)))})
    return _joined(parts)


def _repeat_words(repeat: Repeat, recurrence: Recurrence) -> str:
    is_plain = repeat.interval == 1 and not (
        repeat.months or repeat.positions or repeat.count or repeat.until
    )
    if is_plain and repeat.frequency is Frequency.DAILY and not repeat.weekdays:
        return _("hằng ngày")
    if is_plain and repeat.frequency is Frequency.WEEKLY:
        given = [one.weekday for one in repeat.weekdays] or [recurrence.start.weekday()]
        return weekdays_words(given)
    if is_plain and repeat.frequency is Frequency.MONTHLY and not repeat.weekdays:
        days = repeat.month_days or (recurrence.start.day,)
        return _("ngày %(days)s hằng tháng") % {"days": _joined(map(_day_words, days))}
    # Entered by a program: said as it stands rather than wrongly.
    return _("theo quy tắc %(rule)s") % {
        "rule": write(recurrence).split("RRULE:")[-1].split("\n")[0]
    }


def weekdays_words(weekdays: Iterable[int]) -> str:
    """Return the days of the week, three or more in a row as a span: `thứ 2–thứ 6, Chủ nhật`."""
    parts: list[str] = []
    for run in _runs(sorted(set(weekdays))):
        names = [str(WEEKDAYS_SHORT[day]) for day in run]
        parts += [f"{names[0]}–{names[-1]}"] if len(run) >= DAYS_IN_A_RUN else names
    return _joined(parts)


def _runs(days: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _except_words(fewer: Days) -> str:
    parts = []
    if set(DAYS_OFF) <= set(fewer.holidays):
        parts.append(_("ngày lễ"))
    rest = [name for name in fewer.holidays if not (parts and name in DAYS_OFF)]
    parts += [str(HOLIDAY_WORDS[name]) for name in rest]
    parts += [_date(day) for day in sorted(fewer.dates)]
    parts += [f"{wall:%H:%M} {_date(wall.date())}" for wall in sorted(fewer.times)]
    if fewer.lunar:
        days = _joined(f"{o.day}-{o.month}" if o.month else str(o.day) for o in fewer.lunar)
        parts.append(_("ngày %(days)s âm lịch") % {"days": days})
    return _("trừ %(days)s") % {"days": _joined(parts)} if parts else ""


def _day_words(day: int) -> str:
    return str(day) if day > 0 else _("cuối")


def _date(day: date) -> str:
    return f"{day.day}-{day.month}-{day.year}"


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)
