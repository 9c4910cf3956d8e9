"""The form of plain choices by which an edition recurs."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loa.flow.approvals.models import Edition
from loa.flow.schedules.day_plans import dayparts_at
from loa.flow.schedules.models import Daypart, Rule
from loa.flow.schedules.patterns import Cycle, Pattern
from loa.flow.schedules.programmes import Policies
from loa.flow.schedules.repeats import PAUSE_SECONDS_MAX, TIMES_MAX
from loa.lib import clock
from loa.registry.places.queries import places_by_code
from loa.surfaces.desk.recurrence_words import WEEKDAYS_SHORT

HOURS_MAX = 8
_UNITS = {"giay": 1, "phut": 60}
_SEPARATOR = re.compile(r"[\s,;]+")
_DATE = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})")


class HoursField(forms.CharField):
    """Hours of a day in one line: `05:30, 17:00`, also `17h`."""

    def clean(self, value: Any) -> tuple[time, ...]:
        hours = []
        for part in filter(None, _SEPARATOR.split(super().clean(value))):
            match = re.fullmatch(r"(\d{1,2})(?:[:h](\d{2})?)?", part.lower())
            hour, minute = (int(match[1]), int(match[2] or 0)) if match else (24, 0)
            if hour > 23 or minute > 59:
                words = _("“%(part)s” không phải là giờ. Gõ như 05:30, 17:00.")
                raise forms.ValidationError(words % {"part": part})
            hours.append(time(hour, minute))
        if len(hours) > HOURS_MAX:
            raise forms.ValidationError(_("Nhiều nhất 8 giờ phát mỗi ngày."))
        return tuple(hours)


class DaysField(forms.CharField):
    """Days of a month in one line: `1, 15, cuối`."""

    def clean(self, value: Any) -> tuple[int, ...]:
        days = []
        for part in filter(None, _SEPARATOR.split(super().clean(value))):
            is_last = part.lower() in {"cuối", "cuoi", "-1"}
            if not is_last and not (part.isascii() and part.isdigit() and 1 <= int(part) <= 31):
                words = _("“%(part)s” không phải là ngày trong tháng. Gõ như 1, 15 hoặc cuối.")
                raise forms.ValidationError(words % {"part": part})
            days.append(-1 if is_last else int(part))
        return tuple(days)


class DatesField(forms.CharField):
    """Dates in one line: `24-12-2026, 30-4-2027`."""

    def clean(self, value: Any) -> tuple[date, ...]:
        dates = []
        for part in filter(None, _SEPARATOR.split(super().clean(value))):
            match = _DATE.fullmatch(part)
            try:
                dates.append(date(*(int(n) for n in reversed(match.groups()))) if match else None)
            except ValueError:
                dates.append(None)
            if dates[-1] is None:
                words = _("“%(part)s” không phải là ngày. Gõ như 24-12-2026.")
                raise forms.ValidationError(words % {"part": part})
        return tuple(day for day in dates if day is not None)


def _choice(label: Any, choices: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, **more)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": gettext_lazy("Hãy chọn ngày."),
            "invalid": gettext_lazy("Ngày không hợp lệ."),
        },
    )


class RecurrenceForm(forms.Form):
    """Days, hours, from when to when, how often in a row, without which days, where."""

    cycle = _choice(
        gettext_lazy("Phát vào"),
        [
            (Cycle.DAILY, gettext_lazy("Hằng ngày")),
            (Cycle.WEEKLY, gettext_lazy("Một số ngày trong tuần")),
            (Cycle.MONTHLY, gettext_lazy("Một số ngày trong tháng")),
            (Cycle.LUNAR, gettext_lazy("Một số ngày âm lịch")),
        ],
        widget=forms.RadioSelect,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Các ngày trong tuần"),
        choices=list(enumerate(WEEKDAYS_SHORT)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    days = DaysField(
        label=gettext_lazy("Các ngày trong tháng (dương hoặc âm lịch)"),
        help_text=gettext_lazy("Ví dụ: 1, 15 hoặc cuối."),
        required=False,
    )
    hours = HoursField(
        label=gettext_lazy("Giờ phát"),
        help_text=gettext_lazy("Một hoặc nhiều giờ, ví dụ: 05:30, 17:00."),
        error_messages={"required": gettext_lazy("Hãy gõ ít nhất một giờ phát, ví dụ 17:00.")},
    )
    valid_from = _day(gettext_lazy("Từ ngày"))
    valid_until = _day(gettext_lazy("Đến hết ngày"))
    times = forms.IntegerField(
        label=gettext_lazy("Mỗi lượt phát mấy lần"), min_value=1, max_value=TIMES_MAX
    )
    pause = forms.IntegerField(
        label=gettext_lazy("Nghỉ giữa hai lần"), min_value=1, max_value=PAUSE_SECONDS_MAX
    )
    pause_unit = _choice(
        gettext_lazy("Đơn vị"), [("phut", gettext_lazy("phút")), ("giay", gettext_lazy("giây"))]
    )
    skips_days_off = forms.BooleanField(label=gettext_lazy("Không phát ngày lễ"), required=False)
    skipped = DatesField(
        label=gettext_lazy("Không phát những ngày này"),
        help_text=gettext_lazy("Để trống nếu không có. Ví dụ: 24-12-2026, 30-4-2027."),
        required=False,
    )
    places = forms.MultipleChoiceField(
        label=gettext_lazy("Phát tới"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Hãy chọn ít nhất một nơi để phát.")},
    )
    daypart = forms.ChoiceField(label=gettext_lazy("Chỉ trong khung giờ"), required=False)
    start = _choice(gettext_lazy("Khi đang có bản khác phát"), Rule.StartPolicy.choices)
    late = _choice(gettext_lazy("Khi máy chậm giờ"), Rule.LatePolicy.choices)
    resume = _choice(gettext_lazy("Khi bị bản khẩn cấp chen ngang"), Rule.ResumePolicy.choices)

    def __init__(
        self, edition: Edition, data: Any = None, read: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial={**_proposal(edition), **(read or {})})
        places = places_by_code(edition.targets)
        field = self.fields["places"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(place.code, place.full_name) for place in places]
        self._dayparts = {str(p.pk): p for place in places for p in dayparts_at(place)}
        dayparts = self.fields["daypart"]
        assert isinstance(dayparts, forms.ChoiceField)  # noqa: S101 - declared above
        named = [(key, str(part)) for key, part in self._dayparts.items()]
        dayparts.choices = [("", _("Không giới hạn")), *named]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        cycle = given.get("cycle")
        if cycle == Cycle.WEEKLY and not given.get("weekdays"):
            self.add_error("weekdays", _("Hãy chọn ít nhất một ngày trong tuần."))
        if cycle in {Cycle.MONTHLY, Cycle.LUNAR} and "days" in given and not given["days"]:
            self.add_error("days", _("Hãy gõ ít nhất một ngày, ví dụ: 1, 15."))
        if cycle == Cycle.LUNAR and 31 in given.get("days", ()):
            self.add_error("days", _("Tháng âm lịch không có ngày 31."))
        pause = given.get("pause", 1) * _UNITS[given.get("pause_unit") or "phut"]
        if pause > PAUSE_SECONDS_MAX:
            self.add_error("pause", _("Nghỉ nhiều nhất 120 phút."))
        return given

    @property
    def pattern(self) -> Pattern:
        given = self.cleaned_data
        return Pattern(
            cycle=Cycle(given["cycle"]),
            hours=given["hours"],
            valid_from=given["valid_from"],
            valid_until=given["valid_until"],
            weekdays=tuple(given["weekdays"]),
            days=given["days"],
            times=given["times"],
            pause_seconds=given["pause"] * _UNITS[given["pause_unit"]],
            skips_days_off=given["skips_days_off"],
            skipped=given["skipped"],
        )

    @property
    def window(self) -> Daypart | None:
        return self._dayparts.get(self.cleaned_data["daypart"])

    @property
    def policies(self) -> Policies:
        given = self.cleaned_data
        return Policies(start=given["start"], late=given["late"], resume=given["resume"])


def _proposal(edition: Edition) -> dict[str, Any]:
    tomorrow = clock.local(clock.now()).date() + timedelta(days=1)
    usual = Policies()
    return {
        "cycle": Cycle.DAILY,
        "hours": "17:00",
        "valid_from": max(tomorrow, _first_day(edition)),
        "valid_until": clock.local(edition.valid_until).date(),
        "times": 1,
        "pause": 5,
        "pause_unit": "phut",
        "places": list(edition.targets),
        "start": usual.start,
        "late": usual.late,
        "resume": usual.resume,
    }


def _first_day(edition: Edition) -> date:
    return clock.local(edition.valid_from).date()


def fields_read(found: dict[str, Any]) -> dict[str, Any]:
    """Return what a sentence said, as the form's fields show it."""
    fields = dict(found)
    if "pause_seconds" in fields:
        seconds = fields.pop("pause_seconds")
        unit = "giay" if seconds % 60 else "phut"
        fields |= {"pause": seconds // _UNITS[unit], "pause_unit": unit}
    if "skipped" in fields:
        fields["skipped"] = ", ".join(f"{day:%d-%m-%Y}" for day in fields["skipped"])
    return fields


def without_days(data: QueryDict, days: list[date]) -> QueryDict:
    """Return what was posted, with these days left out as well."""
    changed = data.copy()
    given = [*_SEPARATOR.split(data.get("skipped", "")), *(f"{day:%d-%m-%Y}" for day in days)]
    changed["skipped"] = ", ".join(dict.fromkeys(part for part in given if part))
    return changed


def at_hour(data: QueryDict, hour: str) -> QueryDict:
    """Return what was posted, at another hour."""
    changed = data.copy()
    changed["hours"] = hour
    return changed
