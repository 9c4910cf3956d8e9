"""The register as a table: taken home as CSV, and machines claimed by a table a vendor sends."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from loa.registry.devices.batches import RowResult, claim_sheet
from loa.registry.devices.errors import SheetUnreadable
from loa.registry.devices.models import Device
from loa.registry.devices.register import EDITABLE
from loa.registry.people.rules import Deed
from loa.surfaces.desk.condition_words import DeviceShown
from loa.surfaces.desk.devices import chosen_devices
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

# A cell that begins so is a formula to a spreadsheet program.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@staff_page
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """Send the devices chosen on the page before as CSV, as spreadsheet programs open it."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_heading())
    writer.writerows(map(_row, chosen_devices(request).shown))
    answer = HttpResponse(
        file.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = 'attachment; filename="so-thiet-bi.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _heading() -> list[str]:
    fields = {field.name: field for field in Device._meta.fields}  # noqa: SLF001
    own = [str(fields[name].verbose_name) for name in EDITABLE]
    return [
        str(fields["code"].verbose_name),
        _("mã địa bàn"),
        _("địa bàn"),
        *own,
        _("tình trạng"),
        _("thấy lần cuối"),
    ]


def _row(one: DeviceShown) -> list[str]:
    device = one.device
    place = device.village or device.place
    return [
        device.code,
        place.code,
        place.full_name,
        *(_cell(getattr(device, name)) for name in EDITABLE),
        str(one.condition.words),
        one.seen_at.isoformat(timespec="seconds") if one.seen_at else "",
    ]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return str(value)
    text = value.isoformat() if isinstance(value, date) else "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


class SheetForm(forms.Form):
    """A table of machines."""

    sheet = forms.FileField(
        label=gettext_lazy("Bảng máy (.csv)"),
        help_text=gettext_lazy(
            "Dòng đầu là tên cột: Mã máy, Mã địa bàn, Tên; thêm được Vĩ độ, Kinh độ, Địa chỉ, Số SIM…"
            " Mã máy là mã máy hiện lên, hoặc cả khóa công khai nhà sản xuất giao kèm."
        ),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def claim_many(request: StaffRequest) -> HttpResponseBase:
    """Claim a machine for each row of a table, and show what became of each."""
    if not request.user.places_with(Deed.TEND_DEVICES):
        raise PermissionDenied
    bound = (request.POST, request.FILES) if request.method == "POST" else ()
    form = SheetForm(*bound)
    results: list[RowResult] = []
    if form.is_bound and form.is_valid():
        try:
            results = claim_sheet(form.cleaned_data["sheet"].read(), by=request.user)
        except SheetUnreadable as refused:
            form.add_error("sheet", str(refused))
    return render_page(
        request,
        "claim_many.html",
        room="devices",
        status=422 if form.errors else 200,
        form=form,
        results=results,
        claimed=_count(results),
    )


def _count(results: Iterable[RowResult]) -> int:
    return sum(bool(row.device) for row in results)
