"""The hours of a place: when it is quiet, and how many minutes a day it may sound."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loa.flow.schedules.hours import set_hours
from loa.flow.schedules.queries import daily_limit_at, quiet_hours_at
from loa.registry.people.errors import DeedRefused
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import places_by_code
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused


class HoursForm(forms.Form):
    """From, until, minutes."""

    quiet_from = forms.TimeField(
        label=gettext_lazy("Yên tĩnh từ"), widget=forms.TimeInput(attrs={"type": "time"})
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Yên tĩnh đến"),
        help_text=gettext_lazy("Sớm hơn giờ bắt đầu nghĩa là sáng hôm sau."),
        widget=forms.TimeInput(attrs={"type": "time"}),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Số phút được phát mỗi ngày"),
        help_text=gettext_lazy("Bản tin khẩn cấp không tính."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show the hours of a place to who may decide them, and take the decision."""
    place = _place(request, code)
    form = HoursForm(request.POST or None, initial=_present(place))
    if form.is_bound and form.is_valid():
        try:
            set_hours(place, by=request.user, **form.cleaned_data)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã đổi giờ. Các cụm loa nhận trong giây lát."))
            return redirect("desk:schedule")
    return render_page(
        request,
        "hours.html",
        room="schedule",
        status=422 if form.errors else 200,
        form=form,
        place=place,
    )


def _place(request: StaffRequest, code: str) -> Place:
    if code not in request.user.places_with(Deed.SET_HOURS):
        raise PermissionDenied
    return places_by_code([code])[0]


def _present(place: Place) -> dict[str, Any]:
    window = quiet_hours_at(place)
    return {
        "quiet_from": window.start,
        "quiet_until": window.end,
        "minutes": int(daily_limit_at(place).total_seconds() // 60),
    }
