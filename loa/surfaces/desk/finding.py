"""One box for everything: bulletins, devices, places and people this person may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from loa.flow.evaluation.findings import (
    FOUND_MAX,
    Sought,
    State,
    bulletins_in_this_order,
    bulletins_sought,
)
from loa.flow.evaluation.standings import standings_of
from loa.flow.newsroom.models import Bulletin, InfoClass
from loa.flow.newsroom.words import wish_of
from loa.registry.devices.queries import devices_named
from loa.registry.people.models import Person
from loa.registry.people.queries import people_named
from loa.registry.people.rules import Deed
from loa.registry.places.queries import places_by_code, places_named
from loa.surfaces.desk.device_access import visible_places
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.standing_words import Shown, shown

PAGE_SIZE = 20
BESIDE_MAX = 6
WORDS_CHARACTERS_MAX = 200
STATES = {
    State.WRITING: _("Đang viết"),
    State.WAITING: _("Chờ duyệt"),
    State.APPROVED: _("Đã duyệt"),
    State.SOUNDED: _("Đã phát"),
}


class SearchForm(forms.Form):
    """What to look for; every field may stay empty."""

    q = forms.CharField(
        label=_("Tìm gì"),
        required=False,
        max_length=WORDS_CHARACTERS_MAX,
        error_messages={"max_length": _("Câu tìm quá dài. Hãy giữ vài chữ chính.")},
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    noi = forms.ChoiceField(label=_("Địa bàn"), required=False)
    loai = forms.ChoiceField(
        label=_("Loại thông tin"), required=False, choices=[("", _("Mọi loại")), *InfoClass.choices]
    )
    trang_thai = forms.ChoiceField(
        label=_("Tới đâu rồi"), required=False, choices=[("", _("Mọi bước")), *STATES.items()]
    )
    tu = forms.DateField(
        label=_("Sửa từ ngày"),
        required=False,
        error_messages={"invalid": _("Ngày không hợp lệ.")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    den = forms.DateField(
        label=_("đến hết ngày"),
        required=False,
        error_messages={"invalid": _("Ngày không hợp lệ.")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    nguoi = forms.CharField(label=_("Người viết (tên đăng nhập)"), required=False, max_length=40)
    co_tieng = forms.BooleanField(label=_("Đã có bản thu"), required=False)

    def __init__(self, person: Person, data: Any) -> None:
        super().__init__(data)
        places = places_by_code(person.places_with(Deed.READ))
        field = self.fields["noi"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        named = [(p.code, p.full_name) for p in places if p.kind != p.Kind.VILLAGE]
        field.choices = [("", _("Mọi nơi tôi được xem")), *named]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("tu"), given.get("den")
        if since and until and until < since:
            self.add_error("den", _("Ngày này phải từ ngày bắt đầu trở đi."))
        return given

    @property
    def sought(self) -> Sought:
        given = self.cleaned_data
        return Sought(
            words=given["q"],
            place=given["noi"],
            info_class=given["loai"],
            state=given["trang_thai"],
            since=given["tu"],
            until=given["den"],
            author=given["nguoi"],
            has_sound=given["co_tieng"],
        )


@dataclass(frozen=True)
class Hit:
    """One device, place or person that was found."""

    name: str
    note: str
    url: str


@staff_page
@require_safe
def show(request: StaffRequest) -> HttpResponseBase:
    person = request.user
    form = SearchForm(person, request.GET)
    sought = form.sought if form.is_valid() else Sought()
    found = bulletins_sought(person, sought) if sought else []
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("trang"))
    is_whole = bool(sought) and not sought.is_narrowed and page.number == 1
    beside = _beside(person, sought.words) if is_whole else []
    return render_page(
        request,
        "search.html",
        room="bulletins",
        status=422 if form.errors else 200,
        form=form,
        sought=sought,
        rows=_rows(person, page.object_list),
        page=page,
        is_more=page.paginator.count >= FOUND_MAX and bool(sought.words),
        beside=beside,
    )


def _rows(person: Person, found: Any) -> list[Shown]:
    bulletins: list[Bulletin] = (
        bulletins_in_this_order(person, found) if isinstance(found, list) else list(found)
    )
    standings = standings_of(bulletins)
    return [shown(bulletin, standings[bulletin.pk]) for bulletin in bulletins]


def _beside(person: Person, typed: str) -> list[tuple[str, str, list[Hit]]]:
    """Return what else has these words, group by group, each with its anchor."""
    words = wish_of(typed).words
    if not words:
        return []
    groups = [
        ("noi", str(_("Địa bàn")), _places(person, words)),
        ("thiet-bi", str(_("Thiết bị")), _devices(person, words)),
        ("nguoi", str(_("Người")), _people(person, words)),
    ]
    return [group for group in groups if group[2]]


def _places(person: Person, words: tuple[str, ...]) -> list[Hit]:
    day = reverse("desk:schedule")
    return [
        Hit(
            place.full_name,
            place.parent.full_name if place.parent else "",
            f"{day}?noi={place.code}",
        )
        for place in places_named(person.places_with(Deed.READ), words)[:BESIDE_MAX]
    ]


def _devices(person: Person, words: tuple[str, ...]) -> list[Hit]:
    return [
        Hit(device.name, f"{device.code} · {device.place.full_name}", _device_url(device.code))
        for device in devices_named(visible_places(person), words)[:BESIDE_MAX]
    ]


def _device_url(code: str) -> str:
    return reverse("desk:device", args=[code])


def _people(person: Person, words: tuple[str, ...]) -> list[Hit]:
    written = reverse("desk:search")
    return [
        Hit(one.full_name, one.title, f"{written}?nguoi={one.username}")
        for one in people_named(person.places_in_scope(), words)[:BESIDE_MAX]
    ]
