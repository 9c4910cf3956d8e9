"""Taking a new device into use on the spot, and putting one out of use for good."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loa.registry.devices.actions import claim_device, retire_device
from loa.registry.devices.errors import PhotoUnusable
from loa.registry.devices.models import Device
from loa.registry.devices.pictures import keep_photo, take_photo
from loa.registry.devices.queries import devices_standing_in
from loa.registry.people.errors import DeedRefused
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import communes
from loa.surfaces.desk.forms import ReasonForm
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused


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

    photo = forms.FileField(
        label=gettext_lazy("Ảnh chỗ đặt máy"),
        help_text=gettext_lazy("JPEG hay PNG, tới 8 MB."),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png", "capture": "environment"}),
    )
    is_placed_by_photo = forms.BooleanField(
        label=gettext_lazy("Lấy tọa độ ghi trong ảnh"), required=False
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
    form = ClaimForm(
        request.POST or None,
        request.FILES or None,
        places=list(places.values()),
        # A machine shows this address as a picture: who opens it need not type the code.
        initial={"claim_code": request.GET.get("ma", "")[:20]},
    )
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        place = places[given.pop("place")]
        try:
            given |= _taken_from_photo(given.pop("photo"), given, given.pop("is_placed_by_photo"))
            device = claim_device(given.pop("claim_code"), place=place, by=request.user, **given)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(
                request, _("Đã nhận máy. Máy tự lấy lệnh phát của %(place)s.") % {"place": place}
            )
            return redirect("desk:device", device.code)
    status = 422 if form.errors else 200
    return render_page(request, "claim.html", room="devices", status=status, form=form)


def _taken_from_photo(
    file: UploadedFile[Any] | None, given: dict[str, Any], is_place_wanted: bool
) -> dict[str, Any]:
    """Keep the photo; where it was taken is used only when asked for. Raises PhotoUnusable."""
    photo = take_photo(file.read()) if file is not None else None
    if is_place_wanted and (photo is None or photo.latitude is None):
        raise PhotoUnusable(_("Ảnh không ghi tọa độ. Hãy gõ tọa độ, hoặc bỏ chọn ô ấy."))
    if photo is None:
        return {}
    found: dict[str, Any] = {"photo_sha256": keep_photo(photo)}
    if is_place_wanted and given["latitude"] is None and given["longitude"] is None:
        found |= {"latitude": photo.latitude, "longitude": photo.longitude}
    return found


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
