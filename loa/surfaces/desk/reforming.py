"""Communes merged, divided and renamed: prepared on one page, looked at, taken back before the day."""

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

from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import city, communes, places_by_code
from loa.registry.reforms.actions import prepare_reform, withdraw_reform
from loa.registry.reforms.queries import moving_with, reforms
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused

KINDS = (Place.Kind.WARD, Place.Kind.COMMUNE, Place.Kind.SPECIAL_ZONE)


class ReformForm(forms.Form):
    """What the decision says."""

    decision_number = forms.CharField(
        label=gettext_lazy("Số quyết định"),
        max_length=64,
        error_messages={"required": gettext_lazy("Hãy ghi số quyết định.")},
    )
    effective_on = forms.DateField(
        label=gettext_lazy("Có hiệu lực từ ngày"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    code = forms.CharField(
        label=gettext_lazy("Mã địa bàn sau sắp xếp"),
        help_text=gettext_lazy("Năm chữ số; mã đang có thì địa bàn ấy nhận thêm hoặc đổi tên."),
        max_length=5,
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Loại"), choices=[(kind.value, kind.label) for kind in KINDS]
    )
    name = forms.CharField(
        label=gettext_lazy("Tên sau sắp xếp"),
        help_text=gettext_lazy("Chỉ tên riêng, ví dụ Hải Châu."),
        max_length=100,
    )
    sources = forms.MultipleChoiceField(
        label=gettext_lazy("Nhập những địa bàn nào vào"),
        help_text=gettext_lazy("Để trống khi chỉ đổi tên."),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 10}),
    )

    def __init__(self, places: list[Place], data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["sources"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(place.code, f"{place.full_name} ({place.code})") for place in places]

    def said(self) -> str:
        """Return all that was given, as the button of a preview carries it."""
        return "|".join(str(value) for value in self.cleaned_data.values())


def _refuse_others(person: Person) -> None:
    if not person.may(Deed.EDIT_ROLES, city()):
        raise PermissionDenied


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def show_all(request: StaffRequest) -> HttpResponseBase:
    """List what was and will be rearranged; look at a new reform, then prepare it."""
    _refuse_others(request.user)
    form = ReformForm(communes(), request.POST if request.method == "POST" else None)
    moving = []
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        sources = places_by_code(given["sources"])
        # What was looked at is what is prepared: a field changed since is shown once more.
        if request.POST.get("looked") != form.said():
            moving = [moving_with(source) for source in sources]
        else:
            try:
                prepare_reform(**(given | {"sources": sources}), by=request.user)
            except DeedRefused as refused:
                say_refused(form, refused)
            else:
                messages.success(request, _("Đã chuẩn bị. Đến ngày, hệ thống tự thực hiện."))
                return redirect("desk:reforms")
    return render_page(
        request,
        "reforms.html",
        room="people",
        status=422 if form.errors else 200,
        form=form,
        moving=moving,
        looked=form.said() if form.is_bound and not form.errors else "",
        reforms=reforms(),
    )


@staff_page
@require_http_methods(["POST"])
def withdraw(request: StaffRequest, reform: int) -> HttpResponseBase:
    """Take back what was prepared."""
    _refuse_others(request.user)
    found = get_object_or_404(reforms(), pk=reform)
    try:
        withdraw_reform(found, by=request.user)
    except DeedRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Đã rút lại. Không địa bàn nào thay đổi."))
    return redirect("desk:reforms")
