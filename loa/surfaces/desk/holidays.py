"""Setting a whole day of a place aside, and what sounds instead."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from loa.flow.approvals.models import Edition
from loa.flow.approvals.queries import editions_valid_on
from loa.flow.schedules.days_aside import programme_of, set_day_aside
from loa.flow.schedules.queries import day_bounds, occurrences_on
from loa.registry.people.errors import DeedRefused
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import places_by_code
from loa.surfaces.desk.calendar_words import notes_of
from loa.surfaces.desk.days import day_asked
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused


class DayAsideForm(forms.Form):
    """Why, and if something else is to sound: what and when."""

    reason = forms.CharField(
        label=gettext_lazy("Lý do"),
        max_length=500,
        help_text=gettext_lazy("Ví dụ: quốc tang, ngày thi, nghỉ lễ."),
        error_messages={"required": gettext_lazy("Hãy ghi một dòng lý do.")},
    )
    instead = forms.ChoiceField(label=gettext_lazy("Phát thay"), required=False)
    at = forms.TimeField(
        label=gettext_lazy("Phát thay lúc"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
        error_messages={"invalid": gettext_lazy("Giờ không hợp lệ.")},
    )

    def __init__(self, editions: list[Edition], data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["instead"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        rows = [(edition.sha256, edition.title) for edition in editions]
        field.choices = [("", _("Không phát gì thay")), *rows]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("instead") and not given.get("at") and "at" not in self.errors:
            self.add_error("at", _("Hãy chọn giờ phát bản thay."))
        return given


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def set_aside(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show what recurs at a place on a day, and drop all of it with one reason."""
    place = _place(request, code)
    day, _is_misread = day_asked(request.GET.get("ngay", ""))
    editions = [
        edition
        for edition in editions_valid_on(request.user, day_bounds(day))
        if set(edition.targets) <= request.user.places_with(Deed.PLACE)
    ]
    form = DayAsideForm(editions, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return _done(request, place, day, form, editions)
        except DeedRefused as refused:
            say_refused(form, refused, names={"start_at": "at"})
    return render_page(
        request,
        "day_aside.html",
        room="schedule",
        status=422 if form.errors else 200,
        form=form,
        place=place,
        day=day,
        notes=notes_of(day),
        lost=programme_of(place, day),
        singles=[
            one
            for one in occurrences_on(place, day)
            if one.placement.rule_id is None and one.called_off_at is None
        ],
    )


def _place(request: StaffRequest, code: str) -> Place:
    if code not in request.user.places_with(Deed.PLACE):
        raise PermissionDenied
    return places_by_code([code])[0]


def _done(
    request: StaffRequest, place: Place, day: date, form: DayAsideForm, editions: list[Edition]
) -> HttpResponseBase:
    given = form.cleaned_data
    chosen = next((one for one in editions if one.sha256 == given["instead"]), None)
    midnight = day_bounds(day)[0]
    instead = (
        (chosen, datetime.combine(day, given["at"], tzinfo=midnight.tzinfo)) if chosen else None
    )
    done = set_day_aside(place, day, by=request.user, reason=given["reason"], instead=instead)
    count = len(done.dropped)
    words = ngettext("Đã bỏ %(n)s lượt của ngày này.", "Đã bỏ %(n)s lượt của ngày này.", count)
    messages.success(request, words % {"n": count})
    return redirect(f"{reverse('desk:schedule')}?ngay={day.isoformat()}&noi={place.code}")
