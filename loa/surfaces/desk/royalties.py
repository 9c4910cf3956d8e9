"""The ledger of royalties: what is owed to whom for a month, what was paid, and by which tariff."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loa.flow.evaluation.models import Work
from loa.flow.evaluation.royalties import (
    AMOUNT_DONG_MAX,
    MonthReport,
    month_after,
    month_report,
    pay_royalties,
    set_tariff,
    settle_month,
    tariffs_at,
)
from loa.lib import clock
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.queries import person_by_username
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import places_by_code
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused
from loa.surfaces.look import words

# A sheet must not take what somebody wrote for a formula.
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")
DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class TariffForm(forms.Form):
    """What a work is paid, from when, by which decision."""

    work = forms.ChoiceField(label=gettext_lazy("Việc"), choices=Work.choices)
    amount_dong = forms.IntegerField(
        label=gettext_lazy("Mức cho một bản tin (đồng)"),
        min_value=1,
        max_value=AMOUNT_DONG_MAX,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            gettext_lazy("Mức phải là số đồng nguyên, từ 1 đến 100.000.000."),
        ),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    valid_from = forms.DateField(
        label=gettext_lazy("Áp dụng từ ngày"),
        error_messages={
            "required": gettext_lazy("Hãy chọn ngày bắt đầu."),
            "invalid": gettext_lazy("Ngày không hợp lệ."),
        },
        widget=DATE,
    )
    valid_until = forms.DateField(
        label=gettext_lazy("đến hết ngày (để trống nếu chưa có)"),
        required=False,
        error_messages={"invalid": gettext_lazy("Ngày không hợp lệ.")},
        widget=DATE,
    )
    decision_number = forms.CharField(
        label=gettext_lazy("Số quyết định"),
        max_length=64,
        error_messages={
            "required": gettext_lazy("Hãy ghi số quyết định ban hành mức này."),
            "max_length": gettext_lazy("Số quyết định dài quá 64 chữ."),
        },
    )


class PaymentForm(forms.Form):
    """Which document says that it was paid, and when."""

    document = forms.CharField(
        label=gettext_lazy("Số chứng từ"),
        max_length=120,
        error_messages={
            "required": gettext_lazy("Hãy ghi số chứng từ chi."),
            "max_length": gettext_lazy("Số chứng từ dài quá 120 chữ."),
        },
    )
    paid_on = forms.DateField(
        label=gettext_lazy("Ngày chi"),
        error_messages={
            "required": gettext_lazy("Hãy chọn ngày chi."),
            "invalid": gettext_lazy("Ngày không hợp lệ."),
        },
        widget=DATE,
    )


@staff_page
@require_safe
def show(request: StaffRequest) -> HttpResponseBase:
    """Show one month of one place."""
    places = _places(request.user)
    if not places:
        raise PermissionDenied
    place = _place_asked(request, places)
    month, is_misread = _month_asked(request.GET.get("thang", ""))
    return render_page(
        request,
        "royalties.html",
        room="bulletins",
        places=places,
        place=place,
        month=month,
        is_misread=is_misread,
        before=(month - timedelta(days=1)).replace(day=1),
        after=month_after(month),
        report=month_report(place, month),
        tariffs=tariffs_at(place),
        may_settle=request.user.may(Deed.WRITE, place),
        may_pay=request.user.may(Deed.APPROVE, place),
    )


@staff_page
@require_POST
def settle(request: StaffRequest) -> HttpResponseBase:
    """Reckon what sounded in a month; pressing again adds only what is new."""
    place, month = _chosen(request)
    try:
        settled = settle_month(place, month, by=request.user)
    except DeedRefused as refused:
        messages.error(request, str(refused))
        return redirect(_address(place, month))
    said = _("Đã thêm %(n)s dòng nhuận bút.") % {"n": words.number(len(settled.lines))}
    if settled.without_tariff:
        missing = _("Còn %(n)s phần việc chưa có mức nhuận bút; hãy nhờ lãnh đạo ghi mức.")
        messages.warning(request, f"{said} {missing % {'n': words.number(settled.without_tariff)}}")
    else:
        messages.success(request, said)
    return redirect(_address(place, month))


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: StaffRequest) -> HttpResponseBase:
    """Record that one person was paid what is owed for a month."""
    place, month = _chosen(request)
    if not request.user.may(Deed.APPROVE, place):
        raise PermissionDenied
    report = month_report(place, month)
    given = request.POST.get("nguoi") or request.GET.get("nguoi")
    one = next((row for row in report.people if row.person.username == given), None)
    if one is None:
        messages.error(request, _("Hãy chọn người nhận trong sổ."))
        return redirect(_address(place, month))
    today = clock.local(clock.now()).date()
    form = PaymentForm(
        request.POST if request.method == "POST" else None, initial={"paid_on": today}
    )
    if form.is_bound and form.is_valid():
        try:
            pay_royalties(
                place,
                month,
                to=person_by_username(one.person.username),
                by=request.user,
                **form.cleaned_data,
            )
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã ghi lần chi."))
            return redirect(_address(place, month))
    return render_page(
        request,
        "royalty_payment.html",
        room="bulletins",
        status=422 if form.errors else 200,
        form=form,
        one=one,
        place=place,
        month=month,
        back_url=_address(place, month),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def tariff(request: StaffRequest) -> HttpResponseBase:
    """Write down what a work is paid from a day on."""
    place, month = _chosen(request)
    if not request.user.may(Deed.APPROVE, place):
        raise PermissionDenied
    form = TariffForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            set_tariff(place, by=request.user, **form.cleaned_data)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã ghi mức nhuận bút."))
            return redirect(_address(place, month))
    return render_page(
        request,
        "tariff.html",
        room="bulletins",
        status=422 if form.errors else 200,
        form=form,
        place=place,
        month=month,
        back_url=_address(place, month),
    )


@staff_page
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """Send a month as a sheet: a line for each work, and the sum."""
    place, month = _chosen(request)
    file = io.StringIO()
    csv.writer(file).writerows(_sheet(month_report(place, month)))
    answer = HttpResponse(
        file.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8"
    )
    name = f"nhuan-but-{place.code}-{month:%Y-%m}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _sheet(report: MonthReport) -> Iterator[list[Any]]:
    yield [
        *(_("Mã bản tin"), _("Tiêu đề"), _("Người nhận"), _("Việc"), _("Phát lần đầu")),
        *(_("Số quyết định"), _("Số tiền (đồng)"), _("Trạng thái"), _("Chứng từ"), _("Ngày chi")),
        _("Người chi"),
    ]
    for line in report.lines:
        paid = line.payment
        heard = clock.local(line.heard_at)
        yield [
            *map(_plain, (line.bulletin.code, line.bulletin.title, line.person.full_name)),
            *(line.get_work_display(), f"{heard:%d-%m-%Y %H:%M}"),
            *(_plain(line.tariff.decision_number), line.amount_dong),
            *([_("đã chi"), _plain(paid.document)] if paid else [_("chưa chi"), ""]),
            *([f"{paid.paid_on:%d-%m-%Y}", _plain(paid.paid_by.full_name)] if paid else ["", ""]),
        ]
    yield [_("Cộng"), "", "", "", "", "", report.all_dong, "", "", "", ""]


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_BEGINNINGS) else text


def _places(person: Person) -> list[Place]:
    """Return where this person reads or writes: whole communes and the city."""
    mine = person.places_with(Deed.WRITE) | person.places_with(Deed.APPROVE)
    return [place for place in places_by_code(mine) if place.is_commune or place.is_city]


def _place_asked(request: StaffRequest, places: list[Place]) -> Place:
    code = request.POST.get("noi") or request.GET.get("noi") or places[0].code
    for place in places:
        if place.code == code:
            return place
    raise Http404


def _month_asked(given: str) -> tuple[date, bool]:
    this = clock.local(clock.now()).date().replace(day=1)
    if not given:
        return this, False
    try:
        return date.fromisoformat(f"{given[:7]}-01"), False
    except ValueError:
        return this, True


def _chosen(request: StaffRequest) -> tuple[Place, date]:
    places = _places(request.user)
    if not places:
        raise PermissionDenied
    month, _misread = _month_asked(request.POST.get("thang") or request.GET.get("thang", ""))
    return _place_asked(request, places), month


def _address(place: Place, month: date) -> str:
    return f"{reverse('desk:royalties')}?noi={place.code}&thang={month:%Y-%m}"
