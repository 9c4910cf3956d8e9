"""What stands in the head of a day: its lunar date and the holidays it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loa.flow.schedules.patterns import DAYS_OFF
from loa.flow.schedules.recurrence import HOLIDAYS
from loa.lib.lunar import YEAR_FIRST, YEAR_LAST, LunarDay, lunar_of

HOLIDAY_WORDS: dict[str, Promise] = {
    "new-year": gettext_lazy("Tết Dương lịch"),
    "tet-eve": gettext_lazy("Giao thừa"),
    "tet": gettext_lazy("Tết Nguyên đán"),
    "hung-kings": gettext_lazy("Giỗ Tổ Hùng Vương"),
    "reunification": gettext_lazy("Ngày Giải phóng miền Nam"),
    "labour": gettext_lazy("Quốc tế Lao động"),
    "national": gettext_lazy("Quốc khánh"),
    "first-full-moon": gettext_lazy("Rằm tháng Giêng"),
    "vesak": gettext_lazy("Lễ Phật đản"),
    "vu-lan": gettext_lazy("Lễ Vu Lan"),
    "mid-autumn": gettext_lazy("Tết Trung thu"),
    "kitchen-gods": gettext_lazy("Ông Công ông Táo"),
}


@dataclass(frozen=True)
class DayNotes:
    """The lunar date in words, and the names of the holidays of a day."""

    lunar: str
    holidays: tuple[str, ...]
    is_day_off: bool


def notes_of(day: date) -> DayNotes:
    if not YEAR_FIRST <= day.year <= YEAR_LAST:
        return DayNotes("", (), False)
    names = [name for name, holiday in HOLIDAYS.items() if holiday.matches(day)]
    return DayNotes(
        lunar=lunar_words(lunar_of(day)),
        holidays=tuple(str(HOLIDAY_WORDS[name]) for name in names),
        is_day_off=any(name in DAYS_OFF for name in names),
    )


def lunar_words(lunar: LunarDay) -> str:
    """Return a lunar date as a wall calendar has it: `16-10 âm lịch`."""
    words = (
        _("%(day)s-%(month)s nhuận âm lịch") if lunar.is_leap else _("%(day)s-%(month)s âm lịch")
    )
    return words % {"day": lunar.day, "month": lunar.month}
