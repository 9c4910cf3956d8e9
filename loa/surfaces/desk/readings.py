"""How words are read: every answer with who gave it, which drafts it touches, and a way back."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.queries import drafts_with
from loa.registry.library.actions import undo_reading
from loa.registry.library.models import Reading
from loa.registry.library.queries import readings_for
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import city, codes_within, lineage
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

PAGE_SIZE = 30
EVERYWHERE = "everywhere"


@dataclass(frozen=True)
class ReadingRow:
    """One answer as the page shows it."""

    reading: Reading
    drafts: list[Bulletin]
    may_undo: bool


def scopes_for(place: Place, person: Person) -> list[tuple[str, str]]:
    """Return for whom this person may answer, the nearest first: (code, words)."""
    mine = person.places_with(Deed.WRITE)
    scopes = [(step.code, step.full_name) for step in lineage(place) if step.code in mine]
    if city().code in mine:
        scopes.append((EVERYWHERE, str(_("Mọi nơi, trừ nơi có cách đọc riêng"))))
    return scopes


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    if not request.user.may_anywhere(Deed.WRITE):
        raise PermissionDenied
    page = Paginator(readings_for(request.user), PAGE_SIZE).get_page(request.GET.get("trang"))
    mine = request.user.places_with(Deed.WRITE)
    drafts = drafts_with(row.written for row in page)
    whole = city().code
    rows = [
        ReadingRow(
            row,
            _touched(row, drafts[row.written]),
            may_undo=(row.place_id or whole) in mine and row.added_by_id is not None,
        )
        for row in page
    ]
    return render_page(request, "readings.html", room="bulletins", rows=rows, page=page)


def _touched(reading: Reading, drafts: list[Bulletin]) -> list[Bulletin]:
    if reading.place_id is None or not drafts:
        return drafts
    below = codes_within([reading.place_id])
    return [draft for draft in drafts if draft.place_id in below]


@staff_page
@require_POST
def undo(request: StaffRequest, reading: int) -> HttpResponseBase:
    """Take one answer back."""
    row = get_object_or_404(readings_for(request.user), pk=reading)
    try:
        undo_reading(row, by=request.user)
    except DeedRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Đã bỏ cách đọc “%(spoken)s”.") % {"spoken": row.spoken})
    return redirect("desk:readings")
