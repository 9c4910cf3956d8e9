"""Outages: what fell silent together, since when, who looks after it, and what ended."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from loa.registry.devices.incidents import (
    closed_incidents,
    incident_numbered,
    open_incidents,
    take_on,
)
from loa.registry.people.rules import Deed
from loa.surfaces.desk.device_access import visible_places
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page


class TakeOnForm(forms.Form):
    """What is known of an outage."""

    note = forms.CharField(
        label=gettext_lazy("Đã biết gì, đang làm gì"),
        help_text=gettext_lazy("Một dòng, ví dụ: Điện lực hẹn có điện lại lúc 16:00."),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    """List the outages that are not over, the widest first, and the last that ended."""
    visible = visible_places(request.user)
    return render_page(
        request,
        "outages.html",
        room="devices",
        present=open_incidents(visible),
        past=closed_incidents(visible),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: StaffRequest, incident: int) -> HttpResponseBase:
    """Show one outage with its devices; who tends the place takes it on."""
    found = incident_numbered(incident, visible_places(request.user))
    if found is None:
        raise Http404
    may_take = found.place_id in request.user.places_with(Deed.TEND_DEVICES)
    posted = request.POST if request.method == "POST" else None
    form = TakeOnForm(posted, initial={"note": found.note})
    if form.is_bound and form.is_valid():
        take_on(found, by=request.user, note=form.cleaned_data["note"])
        messages.success(request, _("Đã ghi: bạn đang xử lý sự cố này."))
        return redirect("desk:outage", incident)
    return render_page(
        request,
        "outage.html",
        room="devices",
        status=422 if form.errors else 200,
        incident=found,
        rows=found.devices.all(),
        form=form,
        may_take=may_take,
    )
