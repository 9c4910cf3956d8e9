"""A programme: put bulletins, recordings and signals in a row, hear the whole, hand it in."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.programmes import (
    Wish,
    begin_programme,
    bulletins_to_add,
    lines_of,
    recordings_to_add,
    set_items,
)
from loa.flow.newsroom.queries import bulletins_readable_by
from loa.registry.library.recordings import RECORDING_MINUTES_MAX
from loa.registry.library.uploads import UPLOAD_BYTES_MAX
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import places_by_code
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.sounds import MEGABYTE, state_of


class ProgrammeForm(forms.Form):
    """What a programme begins with."""

    place = forms.ChoiceField(label=gettext_lazy("Chương trình của"))
    title = forms.CharField(
        label=gettext_lazy("Tên chương trình"),
        max_length=300,
        help_text=gettext_lazy("Ví dụ: Bản tin sáng thứ Hai."),
        error_messages={"required": gettext_lazy("Hãy đặt tên cho chương trình.")},
    )

    def __init__(self, places: list[Place], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {place.code: place for place in places}
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(place.code, place.full_name) for place in places]


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: StaffRequest) -> HttpResponseBase:
    """Name a programme, then go on to its items."""
    places = _places(request.user)
    if not places:
        raise PermissionDenied
    form = ProgrammeForm(places, request.POST or None, initial={"place": places[0].code})
    if form.is_bound and form.is_valid():
        try:
            programme = begin_programme(
                place=form.places[form.cleaned_data["place"]],
                by=request.user,
                title=form.cleaned_data["title"],
            )
        except DeedRefused as refused:
            form.add_error("title", str(refused))
        else:
            return redirect("desk:programme", programme.code)
    return render_page(
        request,
        "programme_begun.html",
        room="bulletins",
        status=422 if form.errors else 200,
        form=form,
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show the items of a programme and do what a button or a dragged row says."""
    programme, refusal = _own(request.user, code), ""
    if request.method == "POST":
        try:
            set_items(programme, _wanted(request, programme), by=request.user)
        except DeedRefused as refused:
            refusal = str(refused)
        else:
            if not request.htmx:  # type: ignore[attr-defined]
                return redirect("desk:programme", code)
    programme = _own(request.user, code)
    if request.htmx:  # type: ignore[attr-defined]
        return _items_part(request, programme, refusal)
    return render_page(
        request,
        "programme.html",
        room="bulletins",
        status=422 if refusal else 200,
        **_composed(programme, refusal),
        bulletins=bulletins_to_add(programme),
        recordings=recordings_to_add(programme),
        megabytes_max=UPLOAD_BYTES_MAX // MEGABYTE,
        minutes_max=RECORDING_MINUTES_MAX,
        upload=uuid.uuid4(),
        script="",
    )


@staff_page
@require_safe
def show_items(request: StaffRequest, code: str) -> HttpResponseBase:
    """The items and the sound, asked for while a recording arrives or the sound is made."""
    return _items_part(request, _own(request.user, code), "")


def _items_part(request: StaffRequest, programme: Bulletin, refusal: str) -> HttpResponse:
    context = _composed(programme, refusal)
    answer = render(request, "desk/parts/programme_items.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _composed(programme: Bulletin, refusal: str) -> dict[str, Any]:
    lines = lines_of(programme)
    return {
        **state_of(programme),
        "lines": lines,
        "total_ms": sum(line.duration_ms for line in lines),
        "is_guess": any(line.is_guess for line in lines),
        "refusal": refusal,
    }


def _wanted(request: StaffRequest, programme: Bulletin) -> list[Wish]:
    """Return the whole list as it should be after the deed."""
    wishes = [line.wish for line in lines_of(programme)]
    deed, _colon, what = request.POST.get("deed", "").partition(":")
    if deed == "order":
        return [Wish.of(said) for said in request.POST.getlist("item")]
    if deed == "add":
        return [*wishes, _added(request, what)]
    if deed not in {"up", "down", "drop"} or not what.isdecimal() or int(what) >= len(wishes):
        raise Http404
    taken = wishes.pop(int(what))
    if deed != "drop":
        wishes.insert(max(0, int(what) + (1 if deed == "down" else -1)), taken)
    return wishes


def _added(request: StaffRequest, what: str) -> Wish:
    if what != "gap":
        return Wish.of(what or request.POST.get("what", ""))
    seconds = request.POST.get("gap_seconds", "").replace(",", ".")
    try:
        return Wish("gap", str(round(float(seconds) * 1000)))
    except (ValueError, OverflowError):
        return Wish("gap")


def _places(person: Person) -> list[Place]:
    mine = person.places_with(Deed.WRITE)
    held = {mandate.place_id for mandate in person.live_mandates()}
    return places_by_code(sorted(held & mine))


def _own(person: Person, code: str) -> Bulletin:
    rows = bulletins_readable_by(person).filter(place__in=person.places_with(Deed.WRITE))
    return get_object_or_404(rows, code=code, is_programme=True)
