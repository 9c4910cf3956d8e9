"""Groups of devices: made, changed and dissolved by who tends them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loa.registry.devices.models import DeviceGroup
from loa.registry.devices.queries import devices_standing_in, groups_of
from loa.registry.devices.register import dissolve_group, save_group
from loa.registry.people.errors import DeedRefused
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within, communes
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused


class GroupForm(forms.Form):
    """What a group is called and which devices are in it."""

    name = forms.CharField(label=gettext_lazy("Tên nhóm"), max_length=100)
    devices = forms.MultipleChoiceField(
        label=gettext_lazy("Thiết bị trong nhóm"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, place: Place, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = devices_standing_in(codes_within([place.code]))
        field = self.fields["devices"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - it is declared above
        field.choices = [(one.code, f"{one.name} ({one.code})") for one in here]


class PlaceForm(forms.Form):
    """Where a new group belongs."""

    noi = forms.ChoiceField(label=gettext_lazy("Nhóm mới của"))

    def __init__(self, places: list[Place], data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["noi"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - it is declared above
        field.choices = [(place.code, place.full_name) for place in places]


def _places_tended(request: StaffRequest) -> list[Place]:
    mine = request.user.places_with(Deed.TEND_DEVICES)
    places = [place for place in communes() if place.code in mine]
    if not places:
        raise PermissionDenied
    return places


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def show_all(request: StaffRequest) -> HttpResponseBase:
    """List the groups; with a place chosen, make one there."""
    places = _places_tended(request)
    choose = PlaceForm(places, request.GET if "noi" in request.GET else None)
    if choose.is_bound and choose.is_valid():
        place = next(one for one in places if one.code == choose.cleaned_data["noi"])
        return _answer(request, place, None)
    return render_page(
        request,
        "groups.html",
        room="devices",
        groups=groups_of(place.code for place in places),
        choose=choose,
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: StaffRequest, group: int) -> HttpResponseBase:
    """Change one group, or dissolve it."""
    mine = request.user.places_with(Deed.TEND_DEVICES)
    found = next((one for one in groups_of(mine) if one.pk == group), None)
    if found is None:
        raise Http404
    if request.method == "POST" and "dissolve" in request.POST:
        dissolve_group(found, by=request.user)
        messages.success(request, _("Đã giải tán nhóm. Các thiết bị vẫn như cũ."))
        return redirect("desk:groups")
    return _answer(request, found.place, found)


def _answer(request: StaffRequest, place: Place, group: DeviceGroup | None) -> HttpResponseBase:
    initial = (
        {"name": group.name, "devices": [one.code for one in group.devices.all()]} if group else {}
    )
    form = GroupForm(place, request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            save_group(
                given["name"],
                place=place,
                devices=given["devices"],
                by=request.user,
                group=group,
            )
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã lưu nhóm."))
            return redirect("desk:groups")
    status = 422 if form.errors else 200
    return render_page(
        request, "group.html", room="devices", status=status, form=form, place=place, group=group
    )
