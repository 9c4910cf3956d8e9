"""Putting a person or a place on hold, and taking the hold off: each a page that asks why."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from loa.registry.people.delegation import may_decide_about
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Suspension
from loa.registry.people.rules import Deed
from loa.registry.people.suspensions import (
    lift_suspension,
    may_suspend_place,
    suspend_person,
    suspend_place,
    suspensions_in_force,
)
from loa.registry.places.models import Place
from loa.registry.places.queries import places_by_code
from loa.surfaces.desk.forms import ReasonForm
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.people_forms import SuspensionForm
from loa.surfaces.desk.refusals import say_refused
from loa.surfaces.desk.rights_words import suspension_words
from loa.surfaces.desk.staff_access import seen_staff


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def hold_person(request: StaffRequest, person: int) -> HttpResponseBase:
    """Let somebody do nothing from now on."""
    one = seen_staff(request.user, person).person
    if not may_decide_about(request.user, one, Deed.SUSPEND):
        raise PermissionDenied
    form = SuspensionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            suspend_person(one, by=request.user, **form.decided())
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã đình chỉ. Người này không làm được gì nữa."))
            return redirect("desk:person", person)
    return _page(
        request,
        form,
        heading=_("Đình chỉ người này"),
        about=f"{one.full_name}, {one.title}" if one.title else one.full_name,
        meaning=_(
            "Có hiệu lực ngay: không soạn, duyệt, xếp lịch hay xem được gì. "
            "Những gì đã duyệt trước đó vẫn có giá trị."
        ),
        deed=_("Đình chỉ từ bây giờ"),
        back_url=reverse("desk:person", args=[person]),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def hold_place(request: StaffRequest, code: str) -> HttpResponseBase:
    """Let a place sound nothing but emergencies from now on."""
    place = _place_below(request, code)
    form = SuspensionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            suspend_place(place, by=request.user, **form.decided())
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã đình chỉ. Loa ở đây chỉ phát tin khẩn cấp."))
            return redirect("desk:place_rights", code)
    return _page(
        request,
        form,
        heading=_("Đình chỉ quyền phát"),
        about=place.full_name,
        meaning=_(
            "Có hiệu lực ngay: tin thường và tin ưu tiên không xếp, không phát ở đây. "
            "Tin khẩn cấp vẫn phát."
        ),
        deed=_("Đình chỉ %(place)s từ bây giờ") % {"place": place.full_name},
        back_url=reverse("desk:place_rights", args=[code]),
    )


def _place_below(request: StaffRequest, code: str) -> Place:
    found = places_by_code([code])
    if not found or not may_suspend_place(request.user, found[0]):
        raise PermissionDenied
    return found[0]


def _page(request: StaffRequest, form: SuspensionForm, **said: Any) -> HttpResponseBase:
    status = 422 if form.errors else 200
    return render_page(request, "suspension.html", room="people", status=status, form=form, **said)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: StaffRequest, suspension: int) -> HttpResponseBase:
    """Take a hold off now."""
    found = get_object_or_404(suspensions_in_force(), pk=suspension)
    _refuse_stranger(request, found)
    back = _address_of(found)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    form.fields["reason"].help_text = _("Một dòng, được ghi vào sổ sự việc.")
    if form.is_bound and form.is_valid():
        try:
            lift_suspension(found, by=request.user, reason=form.cleaned_data["reason"])
        except DeedRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Đã gỡ đình chỉ."))
            return redirect(back)
    return render_page(
        request,
        "reason.html",
        room="people",
        status=422 if form.errors else 200,
        form=form,
        heading=_("Gỡ đình chỉ"),
        about=f"{found.person or found.place}. {suspension_words(found)}",
        deed=_("Gỡ đình chỉ ngay"),
        is_dangerous=False,
        back_url=back,
    )


def _refuse_stranger(request: StaffRequest, found: Suspension) -> None:
    """What somebody may not lift is not there for him."""
    if found.person is not None:
        allowed = may_decide_about(request.user, found.person, Deed.SUSPEND)
    else:
        allowed = found.place is not None and may_suspend_place(request.user, found.place)
    if not allowed:
        raise Http404


def _address_of(found: Suspension) -> str:
    if found.person_id is not None:
        return reverse("desk:person", args=[found.person_id])
    return reverse("desk:place_rights", args=[found.place_id])
