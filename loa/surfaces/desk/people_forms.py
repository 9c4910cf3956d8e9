"""The forms in which people and their rights are decided about."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loa.lib import clock
from loa.registry.people.colleagues import Contact, FirstMandate
from loa.registry.people.delegation import places_to_give, roles_to_give
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Mandate, Person, Role
from loa.registry.people.roles import Wish, roles_in_order
from loa.registry.people.rules import Deed
from loa.registry.people.staff import agencies_at
from loa.registry.places.models import Place
from loa.registry.places.queries import children_in_order, communes, places_by_code
from loa.surfaces.desk.rights_words import deed_words, last_day

_LINE = {"autocomplete": "off"}


def begin_of(day: date) -> datetime:
    """Return the first instant of a day by the city's clock."""
    return datetime.combine(day, time(), tzinfo=clock.CITY_ZONE)


def end_of(day: date | None) -> datetime | None:
    """Return the instant after a day; None stays without an end."""
    return begin_of(day + timedelta(days=1)) if day is not None else None


def _day_field(label: Any, **more: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    errors = {"required": _("Hãy chọn ngày."), "invalid": _("Ngày không hợp lệ.")}
    return forms.DateField(label=label, widget=widget, error_messages=errors, **more)


def _line_field(label: Any, missing: Any = "", **more: Any) -> forms.CharField:
    more.setdefault("max_length", 100)
    more.setdefault("widget", forms.TextInput(attrs=_LINE))
    return forms.CharField(
        label=label,
        error_messages={
            "required": missing or _("Ô này chưa có gì."),
            "max_length": _("Dài quá, hãy viết gọn lại."),
        },
        **more,
    )


class ContactForm(forms.Form):
    """Who somebody is and how to reach him."""

    full_name = _line_field(_("Họ và tên"), _("Hãy ghi họ và tên đầy đủ."))
    title = _line_field(
        _("Chức danh"),
        required=False,
        help_text=_("Ví dụ: Công chức văn hóa - xã hội, phường Hải Châu."),
    )
    phone = _line_field(
        _("Điện thoại"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={**_LINE, "type": "tel", "inputmode": "tel"}),
    )
    email = _line_field(
        _("Thư điện tử"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={**_LINE, "type": "email", "inputmode": "email"}),
    )

    def clean(self) -> dict[str, Any] | None:
        """Say what is wrong with the contact beside everything else that is wrong."""
        given = super().clean() or self.cleaned_data
        try:
            if given.get("full_name"):
                self.contact().cleaned()
        except DeedRefused as refused:
            self.add_error(refused.field, str(refused))
        return given

    def contact(self) -> Contact:
        given = self.cleaned_data
        return Contact(*(given.get(name, "") for name in ("full_name", "title", "phone", "email")))


class MandateForm(forms.Form):
    """What somebody is to do, where, from when to when, by which decision."""

    role = forms.ChoiceField(label=_("Vai trò"))
    place = forms.ChoiceField(label=_("Địa bàn"))
    agency = forms.ChoiceField(label=_("Thuộc cơ quan"), required=False)
    decision_number = _line_field(
        _("Số quyết định giao việc"),
        _("Hãy ghi số quyết định giao việc, ví dụ 12/QĐ-UBND."),
        max_length=64,
        help_text=_("Ví dụ: 12/QĐ-UBND."),
    )
    valid_from = _day_field(_("Từ ngày"))
    valid_until = _day_field(
        _("Đến hết ngày"), required=False, help_text=_("Để trống nếu không có thời hạn.")
    )

    def __init__(self, by: Person, *args: Any, at: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].initial = clock.local(clock.now()).date()
        roles = roles_to_give(by)
        self.places = {place.code: place for place in places_for(by, at)}
        self.agencies = {one.code: one for one in agencies_at(self.places)}
        _set_choices(self, "role", [(role.pk, role_choice(role)) for role in roles])
        _set_choices(self, "place", [(p.code, _indented(p)) for p in self.places.values()])
        chosen = [("", _("Không ghi")), *((a.code, a.name) for a in self.agencies.values())]
        _set_choices(self, "agency", chosen)
        if not self.agencies:
            del self.fields["agency"]
        if at in self.places:
            self.fields["place"].initial = at

    def clean(self) -> dict[str, Any] | None:
        given = super().clean() or {}
        agency = self.agencies.get(given.get("agency", ""))
        if agency is not None and agency.place_id != given.get("place"):
            self.add_error("agency", _("Cơ quan này không thuộc địa bàn đã chọn."))
        return given

    def mandate(self) -> FirstMandate:
        given = self.cleaned_data
        return FirstMandate(
            role=given["role"],
            place=self.places[given["place"]],
            decision_number=given["decision_number"],
            valid_from=begin_of(given["valid_from"]),
            valid_until=end_of(given["valid_until"]),
            agency=self.agencies.get(given.get("agency", "")),
        )


class ColleagueForm(ContactForm, MandateForm):
    """A colleague and the first mandate, on one page."""

    def __init__(self, by: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(by, *args, **kwargs)


def role_choice(role: Role) -> str:
    return _capital(str(role))


def _indented(place: Place) -> str:
    if place.kind != Place.Kind.VILLAGE or place.parent is None:
        return place.full_name
    return f"{place.full_name}, {place.parent.full_name}"


def places_for(by: Person, at: str = "") -> list[Place]:
    """Return where somebody may give roles: city, communes, and the villages of one commune."""
    mine = set().union(*places_to_give(by).values())
    here = [place for place in communes() if place.code in mine]
    above = [place for place in places_by_code(mine) if place.is_city]
    chosen = [place for place in here if place.code == at] or (here if len(here) == 1 else [])
    villages = [village for place in chosen for village in children_in_order(place)]
    if not here:
        villages = [place for place in places_by_code(mine) if not place.is_city]
    return [*above, *here, *villages]


def _set_choices(form: forms.Form, name: str, choices: Iterable[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
    field.choices = list(choices)


class TermForm(forms.Form):
    """Until when a mandate runs, by which decision."""

    decision_number = _line_field(
        _("Số quyết định"), _("Hãy ghi số quyết định, ví dụ 12/QĐ-UBND."), max_length=64
    )
    valid_until = _day_field(
        _("Đến hết ngày"), required=False, help_text=_("Để trống nếu không có thời hạn.")
    )

    def __init__(self, mandate: Mandate, data: Any = None) -> None:
        until = mandate.valid_until
        known = {
            "decision_number": mandate.decision_number,
            "valid_until": last_day(until) if until else None,
        }
        super().__init__(data, initial=known)


class SuspensionForm(forms.Form):
    """Why, until when, by which decision."""

    reason = _line_field(
        _("Vì sao"),
        _("Hãy ghi vì sao, một dòng."),
        max_length=500,
        help_text=_("Một dòng, được ghi vào sổ sự việc."),
    )
    until = _day_field(
        _("Đến hết ngày"), required=False, help_text=_("Để trống: đến khi có người gỡ.")
    )
    decision_number = _line_field(_("Số quyết định, nếu có"), required=False, max_length=64)

    def decided(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {**given, "until": end_of(given["until"])}


class FilterForm(forms.Form):
    """Which people to show."""

    tim = forms.CharField(label=_("Tên, chức danh hay điện thoại"), required=False, max_length=60)
    vai = forms.ChoiceField(label=_("Vai trò"), required=False)
    noi = forms.ChoiceField(label=_("Địa bàn"), required=False)

    def __init__(self, places: Collection[Place], data: Any = None) -> None:
        super().__init__(data)
        roles = [(role.pk, str(role)) for role in roles_in_order()]
        _set_choices(self, "vai", [("", _("Mọi vai trò")), *roles])
        names = [(place.code, place.full_name) for place in places]
        _set_choices(self, "noi", [("", _("Mọi địa bàn")), *names])

    def asked(self) -> dict[str, str]:
        """Return what to look for; what cannot be read looks for everybody."""
        given = self.cleaned_data if self.is_valid() else {}
        return {
            "words": given.get("tim", ""),
            "role": given.get("vai", ""),
            "place": given.get("noi", ""),
        }


class RoleForm(forms.Form):
    """What a role is called, may do, and may give to others."""

    name = _line_field(_("Tên vai trò"), _("Hãy đặt tên cho vai trò."))
    level = forms.ChoiceField(label=_("Giao ở cấp"), choices=Role.Level.choices)
    deeds = forms.MultipleChoiceField(
        label=_("Được làm"), required=False, widget=forms.CheckboxSelectMultiple
    )
    grants = forms.MultipleChoiceField(
        label=_("Được giao cho người khác các vai trò"),
        help_text=_("Chỉ có tác dụng khi vai trò được thêm đồng nghiệp và giao việc."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, role: Role | None, data: Any = None) -> None:
        known = {"level": Role.Level.COMMUNE.value} if role is None else _of_role(role)
        super().__init__(data, initial=known)
        _set_choices(self, "deeds", [(d.value, _capital(deed_words(d))) for d in Deed])
        _set_choices(self, "grants", [(r.pk, role_choice(r)) for r in roles_in_order()])

    def wish(self) -> Wish:
        given = self.cleaned_data
        return Wish(given["name"], given["level"], given["deeds"], given["grants"])


def _of_role(role: Role) -> dict[str, Any]:
    return {"name": role.name, "level": role.level, "deeds": role.deeds, "grants": role.grants}


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
