"""The agencies of one's places: listed, and entered so that a mandate may name them."""

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

from loa.registry.people.agencies import enter_agency
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Agency
from loa.registry.people.staff import agencies_at
from loa.registry.places.models import Place
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.people_forms import places_for
from loa.surfaces.desk.refusals import say_refused


class AgencyForm(forms.Form):
    """What an agency is called, what it is, and where it counts."""

    name = forms.CharField(
        label=gettext_lazy("Tên cơ quan"),
        max_length=150,
        help_text=gettext_lazy("Ví dụ: Sở Y tế, Trường tiểu học Phù Đổng."),
        error_messages={"required": gettext_lazy("Hãy ghi tên cơ quan.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Loại"), choices=Agency.Kind.choices)
    place = forms.ChoiceField(label=gettext_lazy("Địa bàn"))

    def __init__(self, places: list[Place], data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(place.code, place.full_name) for place in places]


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def show_all(request: StaffRequest) -> HttpResponseBase:
    """List the agencies where somebody gives roles, and take in another."""
    places = {place.code: place for place in places_for(request.user)}
    if not places:
        raise PermissionDenied
    form = AgencyForm(list(places.values()), request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            enter_agency(
                given["name"], kind=given["kind"], place=places[given["place"]], by=request.user
            )
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã ghi cơ quan. Chọn được khi giao việc."))
            return redirect("desk:agencies")
    return render_page(
        request,
        "agencies.html",
        room="people",
        status=422 if form.errors else 200,
        form=form,
        agencies=agencies_at(places),
    )
