"""What the register says of one device: changed by who tends it, and another machine for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from loa.registry.devices.models import Device
from loa.registry.devices.pictures import keep_photo, photo_of, take_photo
from loa.registry.devices.queries import devices_standing_in
from loa.registry.devices.register import EDITABLE, edit_device, replace_machine
from loa.registry.people.errors import DeedRefused
from loa.surfaces.desk.device_access import tended_device, visible_places
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused

# How the fields stand together on the page.
SECTIONS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (gettext_lazy("Chỗ đặt"), ("name", "kind", "address", "pole", "latitude", "longitude")),
    (gettext_lazy("Máy và loa"), ("maker", "model", "serial", "horns", "watts")),
    (
        gettext_lazy("Điện và mạng"),
        ("power", "power_contract", "sim_number", "sim_plan", "sim_month_mb"),
    ),
    (
        gettext_lazy("Quản lý"),
        ("owner", "provider", "funding", "installed_on", "warranty_until", "note"),
    ),
)
DAYS = ("installed_on", "warranty_until")


class RegisterForm(forms.Form):
    """All the register says, as the device's own fields take it."""

    photo = forms.FileField(
        label=gettext_lazy("Ảnh chỗ đặt máy"),
        help_text=gettext_lazy("JPEG hay PNG, tới 8 MB. Vị trí ghi trong ảnh không được giữ."),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png"}),
    )

    def __init__(self, device: Device, data: Any = None, files: Any = None) -> None:
        initial = {name: getattr(device, name) for name in EDITABLE}
        super().__init__(data, files, initial=initial)
        for name in EDITABLE:
            self.fields[name] = _form_field(name)

    def sections(self) -> Iterator[tuple[Promise, list[forms.BoundField]]]:
        for title, names in SECTIONS:
            yield title, [self[name] for name in names]


def _form_field(name: str) -> forms.Field:
    made = Device._meta.get_field(name).formfield()  # type: ignore[union-attr]  # noqa: SLF001
    assert made is not None  # noqa: S101 - each of them is a plain column
    if name in DAYS:
        made.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    if name == "note":
        made.widget = forms.Textarea(attrs={"rows": 3})
    return made


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: StaffRequest, code: str) -> HttpResponseBase:
    """Change what the register says of a device."""
    device = tended_device(request.user, code)
    bound = (request.POST, request.FILES) if request.method == "POST" else ()
    form = RegisterForm(device, *bound)
    if form.is_bound and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            photo = given.pop("photo")
            if photo is not None:
                given["photo_sha256"] = keep_photo(take_photo(photo.read()))
            edit_device(device, by=request.user, **given)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã lưu vào sổ thiết bị."))
            return redirect("desk:device", code)
    status = 422 if form.errors else 200
    return render_page(
        request, "register.html", room="devices", status=status, form=form, device=device
    )


class ReplaceForm(forms.Form):
    """Which machine comes, and why the one before goes."""

    claim_code = forms.CharField(
        label=gettext_lazy("Mã trên máy mới"),
        help_text=gettext_lazy("Tám chữ và số máy hiện lên, ví dụ K7QF-2M9X."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Vì sao thay"),
        help_text=gettext_lazy("Một dòng, được ghi vào sổ sự việc."),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: StaffRequest, code: str) -> HttpResponseBase:
    """Let another machine stand for a device: place, code and history stay, the key does not."""
    device = tended_device(request.user, code)
    form = ReplaceForm(request.POST or None, initial={"claim_code": request.GET.get("ma", "")})
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            replace_machine(device, given["claim_code"], by=request.user, reason=given["reason"])
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(
                request, _("Đã thay máy. Máy cũ không còn vào được; máy mới tự lấy lệnh phát.")
            )
            return redirect("desk:device", code)
    status = 422 if form.errors else 200
    return render_page(
        request, "replacement.html", room="devices", status=status, form=form, device=device
    )


@staff_page
@require_safe
def photo(request: StaffRequest, code: str) -> HttpResponseBase:
    """Send the photograph of a device to who may see it."""
    device = get_object_or_404(devices_standing_in(visible_places(request.user)), code=code)
    found = photo_of(device)
    if found is None:
        raise Http404
    answer = HttpResponse(found[0], content_type=found[1])
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
