"""One person: what he may do now in sentences, every mandate, and what may be decided about him."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from loa.lib import clock
from loa.registry.people.actions import end_mandate, extend_mandate
from loa.registry.people.delegation import may_decide_about, may_give, places_to_give
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Mandate, Person
from loa.registry.people.rules import Deed
from loa.registry.people.staff import Staff, deciders_about, mandates_of
from loa.surfaces.desk.forms import ReasonForm
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.people_forms import TermForm, end_of
from loa.surfaces.desk.refusals import say_refused
from loa.surfaces.desk.rights_words import mandate_shown, right_sentence, suspension_words
from loa.surfaces.desk.staff_access import seen_mandate, seen_staff


@staff_page
@require_safe
def show(request: StaffRequest, person: int) -> HttpResponseBase:
    """Show one person of the places somebody administers."""
    by, staff = request.user, seen_staff(request.user, person)
    return render_page(
        request,
        "person.html",
        room="people",
        person=staff.person,
        may_decide=may_decide_about(by, staff.person),
        may_give=bool(places_to_give(by)) and by.pk != staff.person.pk,
        may_suspend=may_decide_about(by, staff.person, Deed.SUSPEND),
        decided=_decided(by, staff),
        **_told_of(staff),
    )


def _told_of(staff: Staff) -> dict[str, Any]:
    now, name = clock.now(), staff.person.full_name
    live = staff.live(now) if staff.person.is_active and staff.suspension is None else []
    return {
        "rights": [right_sentence(mandate, name) for mandate in live],
        "mandates": [mandate_shown(mandate, now) for mandate in staff.mandates],
        "suspension": staff.suspension,
        "suspended": suspension_words(staff.suspension) if staff.suspension else "",
    }


def _decided(by: Person, staff: Staff) -> set[int]:
    """Return the mandates that this person may extend or end."""
    if by.pk == staff.person.pk:
        return set()
    return {one.pk for one in staff.mandates if may_give(by, one.role, one.place)}


@staff_page
@require_safe
def show_mine(request: StaffRequest) -> HttpResponseBase:
    """Tell somebody what he may do himself."""
    person = request.user
    suspension = person.suspension_at(clock.now())
    staff = Staff(person, mandates_of(person), suspension)
    return render_page(
        request,
        "my_rights.html",
        room="people",
        person=person,
        deciders=[one.full_name for one in deciders_about(person)],
        places=list({one.place_id: one.place for one in staff.live(clock.now())}.values()),
        **_told_of(staff),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: StaffRequest, mandate: int) -> HttpResponseBase:
    """Let a mandate run until another day."""
    found = _decidable(request, mandate)
    form = TermForm(found, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            extend_mandate(
                found,
                valid_until=end_of(given["valid_until"]),
                decision_number=given["decision_number"],
                by=request.user,
            )
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã đổi hạn."))
            return redirect("desk:person", found.person_id)
    status = 422 if form.errors else 200
    return render_page(request, "term.html", room="people", status=status, form=form, mandate=found)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: StaffRequest, mandate: int) -> HttpResponseBase:
    """End a mandate now; what was done under it stays."""
    found = _decidable(request, mandate)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    form.fields["reason"].help_text = _("Một dòng, được ghi vào sổ sự việc.")
    if form.is_bound and form.is_valid():
        try:
            end_mandate(found, ended_by=request.user, reason=form.cleaned_data["reason"])
        except DeedRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Đã kết thúc. Những gì đã làm vẫn có giá trị."))
            return redirect("desk:person", found.person_id)
    return render_page(
        request,
        "reason.html",
        room="people",
        status=422 if form.errors else 200,
        form=form,
        heading=_("Kết thúc việc được giao"),
        about=f"{found.person.full_name}: {found.role}, {found.place.full_name}",
        deed=_("Kết thúc từ bây giờ"),
        is_dangerous=True,
        back_url=_address_of(found.person),
    )


def _decidable(request: StaffRequest, number: int) -> Mandate:
    found = seen_mandate(request.user, number)
    if found.person_id == request.user.pk or not may_give(request.user, found.role, found.place):
        raise PermissionDenied
    return found


def _address_of(person: Person) -> str:
    return reverse("desk:person", args=[person.pk])
