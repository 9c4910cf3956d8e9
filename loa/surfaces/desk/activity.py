"""The activity log: every deed of every person, found by person, place, kind, period or subject."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from loa.lib import clock
from loa.registry.ledger.models import Fact
from loa.registry.ledger.queries import Deeds, deeds_found
from loa.registry.people.models import Person
from loa.registry.people.queries import usernames_named
from loa.registry.people.rules import Deed
from loa.registry.places.queries import city, codes_within, places_by_code
from loa.surfaces.desk.ledger import FactShown, facts_shown
from loa.surfaces.desk.ledger_words import KINDS
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

PAGE_SIZE = 50
ROWS_AT_ONCE = 500
# A cell that begins so would be reckoned by a spreadsheet instead of read.
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")


class ActivityForm(forms.Form):
    """What to look for."""

    nguoi = forms.CharField(label=gettext_lazy("Người làm"), required=False, max_length=100)
    viec = forms.ChoiceField(
        label=gettext_lazy("Việc"),
        required=False,
        choices=[("", gettext_lazy("Mọi việc")), *KINDS.items()],
        error_messages={"invalid_choice": gettext_lazy("Không có việc này trong danh sách.")},
    )
    noi = forms.ChoiceField(label=gettext_lazy("Địa bàn"), required=False)
    tu = forms.DateField(
        label=gettext_lazy("Từ ngày"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Ngày không hợp lệ.")},
    )
    den = forms.DateField(
        label=gettext_lazy("Đến hết ngày"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Ngày không hợp lệ.")},
    )
    ve = forms.CharField(
        label=gettext_lazy("Về (mã bản tin, thiết bị, địa bàn)"), required=False, max_length=128
    )

    def __init__(self, codes: Iterable[str], data: Any) -> None:
        super().__init__(data)
        places = [(place.code, place.full_name) for place in places_by_code(codes)]
        field = self.fields["noi"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("Mọi nơi")), *sorted(places, key=lambda one: one[1])]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("tu"), cleaned.get("den")
        if since and until and until < since:
            self.add_error("den", _("Ngày kết thúc phải từ ngày bắt đầu trở đi."))
        return cleaned


@staff_page
@require_safe
def show(request: StaffRequest) -> HttpResponseBase:
    """Show the deeds asked for, newest first, a page at a time."""
    form = ActivityForm(_codes(request.user), request.GET)
    found = _found(request.user, form, before=request.GET.get("truoc", ""))
    rows = list(found[: PAGE_SIZE + 1])
    query = request.GET.copy()
    query.pop("truoc", None)
    return render_page(
        request,
        "activity.html",
        room="proofs",
        status=422 if form.errors else 200,
        form=form,
        rows=facts_shown(rows[:PAGE_SIZE]),
        older=rows[PAGE_SIZE - 1].seq if len(rows) > PAGE_SIZE else None,
        is_first="truoc" not in request.GET,
        is_filtered=any(form.data.get(name) for name in form.fields),
        is_own_only=not request.user.may_anywhere(Deed.READ_LEDGER),
        query=query.urlencode(),
    )


def _codes(person: Person) -> set[str]:
    return person.places_with(Deed.READ_LEDGER)


def _found(person: Person, form: ActivityForm, *, before: str = "") -> QuerySet[Fact]:
    """Return the facts asked for: of one's places, or one's own deeds without that right."""
    codes = _codes(person)
    given = form.cleaned_data if form.is_valid() else None
    if given is None:
        return deeds_found(Deeds(places=[]))
    chosen = codes_within([given["noi"]]) & codes if given["noi"] else codes
    with_placeless = not given["noi"] and city().code in codes
    return deeds_found(
        Deeds(
            places=[*sorted(chosen), *([""] if with_placeless else [])] if codes else None,
            actors=_actors(person, given["nguoi"].strip(), may_all=bool(codes)),
            kind=given["viec"],
            subject=given["ve"].strip(),
            since=_midnight(given["tu"], 0),
            until=_midnight(given["den"], 1),
            before=int(before) if before.isdecimal() and len(before) < 18 else None,
        )
    )


def _actors(person: Person, name: str, *, may_all: bool) -> list[str] | None:
    if not may_all:
        return [person.username]
    return usernames_named(name) if name else None


def _midnight(day: date | None, later: int) -> datetime | None:
    if day is None:
        return None
    begin = datetime.combine(day, time(), tzinfo=clock.CITY_ZONE)
    return begin + timedelta(days=later)


@staff_page
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """Write the deeds asked for as a table, row by row, however many there are."""
    form = ActivityForm(_codes(request.user), request.GET)
    rows = _found(request.user, form).iterator(chunk_size=ROWS_AT_ONCE)
    answer = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="nhat-ky.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


class _Echo:
    """What a csv writer writes into: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def _lines(facts: Iterator[Fact]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # tells spreadsheets that these are Vietnamese letters
    head = (_("Dòng"), _("Lúc"), _("Người làm"), _("Việc"), _("Về"), _("Địa bàn"), _("Thêm"))
    yield writer.writerow(head)
    while chunk := list(islice(facts, ROWS_AT_ONCE)):
        for row in facts_shown(chunk):
            yield writer.writerow([_plain(cell) for cell in _cells(row)])


def _cells(row: FactShown) -> list[str]:
    fact = row.fact
    at = f"{clock.local(row.at):%Y-%m-%d %H:%M:%S}"
    return [str(fact.seq), at, row.who, row.kind, fact.subject, row.place, row.more]


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_BEGINS) else cell
