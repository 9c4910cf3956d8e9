"""The form of a relay or a loop: what, on which days, from when to when, where."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loa.flow.approvals.models import Edition
from loa.flow.approvals.queries import editions_valid_on
from loa.flow.schedules.standings import Wish
from loa.flow.sources.relays import relay_sources_readable_by
from loa.lib import clock
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.places.models import Place
from loa.surfaces.desk.recurrence_words import WEEKDAYS_SHORT
from loa.surfaces.desk.refusals import say_refused

KINDS = ("relay", "evergreen")
DAY = timedelta(days=1)
FIELD_OF = {"windows": "hour_from", "sources": "source"}


class StandingForm(forms.Form):
    """A relay names a station of the catalogue, a loop approved items."""

    source = forms.ChoiceField(
        label=gettext_lazy("Tiếp âm đài"),
        error_messages={"required": gettext_lazy("Hãy chọn một đài trong danh mục.")},
    )
    editions = forms.MultipleChoiceField(
        label=gettext_lazy("Các bản đã duyệt, phát vòng theo thứ tự này"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Hãy chọn ít nhất một bản đã duyệt.")},
    )
    title = forms.CharField(
        label=gettext_lazy("Tên"),
        max_length=200,
        help_text=gettext_lazy("Ví dụ: Thời sự sáng VOV1."),
        error_messages={"required": gettext_lazy("Hãy đặt tên để mọi người nhận ra.")},
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Các ngày trong tuần"),
        choices=list(enumerate(WEEKDAYS_SHORT)),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Hãy chọn ít nhất một ngày trong tuần.")},
    )
    hour_from = forms.TimeField(
        label=gettext_lazy("Từ giờ"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    hour_until = forms.TimeField(
        label=gettext_lazy("Đến giờ"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    valid_from = forms.DateField(
        label=gettext_lazy("Từ ngày"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Đến hết ngày"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    fallback = forms.ChoiceField(
        label=gettext_lazy("Khi mọi luồng đều im, phát"),
        required=False,
        help_text=gettext_lazy("Một bản đã duyệt nằm sẵn trong máy."),
    )
    noi = forms.MultipleChoiceField(
        label=gettext_lazy("Phát tới"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Hãy chọn ít nhất một nơi để phát.")},
    )

    def __init__(self, kind: str, *, person: Person, places: list[Place], data: Any = None) -> None:
        self.kind, self._places = kind, places
        self._editions = _editions_of(person)
        stations = relay_sources_readable_by(person).filter(retired_at=None)
        self._stations = {str(one.pk): one for one in stations}
        super().__init__(data, initial=_proposal(places))
        for name in ("editions",) if kind == "relay" else ("source", "fallback"):
            del self.fields[name]
        self._offer()

    def _offer(self) -> None:
        titles = [(edition.sha256, edition.title) for edition in self._editions]
        stations = [(key, one.name) for key, one in self._stations.items()]
        offered = {
            "source": [("", _("Hãy chọn một đài")), *stations],
            "editions": titles,
            "fallback": [("", _("Im lặng")), *titles],
            "noi": [(place.code, place.full_name) for place in self._places],
        }
        for name, choices in offered.items():
            field = self.fields.get(name)
            if isinstance(field, forms.ChoiceField):
                field.choices = choices

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("hour_from") and given.get("hour_from") == given.get("hour_until"):
            self.add_error("hour_until", _("Giờ kết thúc phải khác giờ bắt đầu."))
        source, last = self._stations.get(given.get("source", "")), given.get("valid_until")
        if source is not None and last is not None and not source.may_be_relayed_until(last):
            words = _("Đài này chỉ được phép tiếp âm đến hết %(day)s.")
            self.add_error("valid_until", words % {"day": f"{source.rights_until:%d-%m-%Y}"})
        return given

    @property
    def targets(self) -> list[Place]:
        chosen = set(self.cleaned_data["noi"])
        return [place for place in self._places if place.code in chosen]

    @property
    def owner(self) -> Place:
        """The place it belongs to: the only one, or the city above several."""
        targets = self.targets
        city = next((place for place in self._places if place.is_city), None)
        return targets[0] if len(targets) == 1 or city is None else city

    @property
    def wishes(self) -> list[Wish]:
        """What is proposed: first the thing itself, then what sounds when it is silent."""
        given = self.cleaned_data
        by_hash = {edition.sha256: edition for edition in self._editions}
        if self.kind != "relay":
            chosen = [by_hash[sha256] for sha256 in given["editions"]]
            return [self._wish("evergreen", given["title"], editions=chosen)]
        wishes = [
            self._wish("relay", given["title"], sources=self._stations[given["source"]].addresses)
        ]
        if given["fallback"]:
            title = _("Dự phòng: %(title)s") % {"title": given["title"]}
            wishes.append(self._wish("fallback", title, editions=[by_hash[given["fallback"]]]))
        return wishes

    def _wish(self, kind: str, title: str, **what: Any) -> Wish:
        given = self.cleaned_data
        return Wish(
            kind=kind,
            title=title,
            windows=windows_of(given["weekdays"], given["hour_from"], given["hour_until"]),
            valid_from=_midnight(given["valid_from"]),
            valid_until=_midnight(given["valid_until"] + DAY),
            **what,
        )

    def say_refused(self, refused: DeedRefused) -> None:
        say_refused(self, refused, names=FIELD_OF)


def windows_of(weekdays: list[int], begin: time, end: time) -> list[tuple[int, int]]:
    """Return (minute of the week, minutes) for each day; an end before the start is next morning."""
    first, last = (wall.hour * 60 + wall.minute for wall in (begin, end))
    minutes = (last - first) % (24 * 60)
    return [(day * 24 * 60 + first, minutes) for day in sorted(weekdays)]


def _editions_of(person: Person) -> list[Edition]:
    now = clock.now()
    return [one for one in editions_valid_on(person, (now, now + DAY)) if not one.is_emergency]


def _proposal(places: list[Place]) -> dict[str, Any]:
    today = clock.local(clock.now()).date()
    return {
        "weekdays": list(range(7)),
        "hour_from": "05:30",
        "hour_until": "06:00",
        "valid_from": today,
        "valid_until": today.replace(month=12, day=31),
        "noi": [place.code for place in places] if len(places) == 1 else [],
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.CITY_ZONE)
