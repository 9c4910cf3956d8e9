"""Taking a new device into use on the spot, and putting one out of use for good."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loa.registry.devices.actions import claim_device, retire_device
from loa.registry.devices.models import Device
from loa.registry.devices.queries import devices_standing_in
from loa.registry.people.errors import DeedRefused
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import communes
from loa.surfaces.desk.forms import ReasonForm
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page


class ClaimForm(forms.Form):
    """What the machine shows, and where it hangs."""

    claim_code = forms.CharField(
        label=gettext_lazy("Mã trên máy"),
        help_text=gettext_lazy("Tám chữ và số máy hiện lên, ví dụ K7QF-2M9X."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Tên cụm loa hay bảng tin"),
        help_text=gettext_lazy("Tên người dân gọi chỗ ấy, ví dụ Chợ Hàn."),
        max_length=100,
    )
    place = forms.ChoiceField(label=gettext_lazy("Đặt tại"))
    kind = forms.ChoiceField(label=gettext_lazy("Loại"), choices=Device.Kind.choices)
    latitude = forms.FloatField(
        label=gettext_lazy("Vĩ độ"), required=False, min_value=8, max_value=24, localize=False
    )
    longitude = forms.FloatField(
        label=gettext_lazy("Kinh độ"), required=False, min_value=102, max_value=118, localize=False
    )

    def __init__(self, *args: Any, places: list[Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - it is declared above
        field.choices = [(place.code, place.full_name) for place in places]


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: StaffRequest) -> HttpResponseBase:
    """Take the device that shows the typed code into the register."""
    mine = request.user.places_with(Deed.TEND_DEVICES)
    places = {place.code: place for place in communes() if place.code in mine}
    if not places:
        raise PermissionDenied
    form = ClaimForm(request.POST or None, places=list(places.values()))
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        place = places[given.pop("place")]
        try:
            device = claim_device(given.pop("claim_code"), place=place, by=request.user, **given)
        except DeedRefused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(
                request, _("Đã nhận máy. Máy tự lấy lệnh phát của %(place)s.") % {"place": place}
            )
            return redirect("desk:device", device.code)
    status = 422 if form.errors else 200
    return render_page(request, "claim.html", room="devices", status=status, form=form)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: StaffRequest, code: str) -> HttpResponseBase:
    """Put a device out of use; it cannot come back, so it asks for a reason."""
    mine = request.user.places_with(Deed.TEND_DEVICES)
    device = get_object_or_404(devices_standing_in(mine), code=code)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    form.fields["reason"].help_text = _("Một dòng, được ghi vào sổ sự việc.")
    if form.is_bound and form.is_valid():
        try:
            retire_device(device, by=request.user, reason=form.cleaned_data["reason"])
        except DeedRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, _("Đã ngừng dùng thiết bị. Khóa của nó không còn mở được gì.")
            )
            return redirect("desk:devices")
    return render_page(
        request,
        "reason.html",
        room="devices",
        status=422 if form.errors else 200,
        form=form,
        heading=_("Ngừng dùng thiết bị"),
        about=f"{device.name}, {device.place.full_name}",
        deed=_("Ngừng dùng"),
        is_dangerous=True,
    )
