"""The people of one's places: found, added with a first mandate, let in by a link shown once."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loa.lib import clock
from loa.registry.people.access import issue_access_link
from loa.registry.people.actions import grant_mandate
from loa.registry.people.colleagues import FirstMandate, add_colleague, correct_person
from loa.registry.people.delegation import may_decide_about, places_to_give, roles_to_give
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.people.staff import staff_of
from loa.registry.places.queries import communes
from loa.surfaces.desk.admission import access_address
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.people_forms import ColleagueForm, ContactForm, FilterForm, MandateForm
from loa.surfaces.desk.pictures import picture_of
from loa.surfaces.desk.refusals import say_refused
from loa.surfaces.desk.staff_access import refuse_who_decides_nothing, seen_staff

PAGE_SIZE = 50


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    """Show the people of the places somebody administers, found by words, role and place."""
    by = request.user
    refuse_who_decides_nothing(by)
    mine = by.places_with(Deed.GRANT)
    here = [place for place in communes() if place.code in mine]
    form = FilterForm(here, request.GET)
    found = staff_of(by, **form.asked())
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("trang"))
    return render_page(
        request,
        "people.html",
        room="people",
        form=form,
        is_filtered=any(form.data.get(name) for name in form.fields),
        page=page,
        now=clock.now(),
        may_add=bool(roles_to_give(by)),
        may_reform=by.may_anywhere(Deed.EDIT_ROLES),
        may_see_roles=by.may_anywhere(Deed.EDIT_ROLES) or by.may_anywhere(Deed.GRANT),
        places=here,
    )


@staff_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: StaffRequest) -> HttpResponseBase:
    """Enter a colleague with the first mandate, and show the link that lets him in."""
    by = request.user
    if not places_to_give(by):
        raise PermissionDenied
    given = request.POST if request.method == "POST" else None
    form = ColleagueForm(by, given, at=request.GET.get("noi", ""))
    if form.is_bound and form.is_valid():
        try:
            mandate = add_colleague(form.contact(), form.mandate(), by=by)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            return _let_in(request, mandate.person)
    return render_page(
        request,
        "colleague.html",
        room="people",
        status=422 if form.errors else 200,
        form=form,
        communes=[place for place in form.places.values() if place.is_commune],
        at=request.GET.get("noi", ""),
    )


def _let_in(request: StaffRequest, person: Person) -> HttpResponseBase:
    """Show a new link once: as text, and as a picture for a phone."""
    address = access_address(issue_access_link(person, by=request.user))
    return render_page(
        request,
        "access_link.html",
        room="people",
        person=person,
        address=address,
        picture=picture_of(address),
    )


@staff_page
@never_cache
@require_POST
def send_link(request: StaffRequest, person: int) -> HttpResponseBase:
    """Make a new link for somebody who forgot his password or never used the first."""
    staff = seen_staff(request.user, person)
    if not may_decide_about(request.user, staff.person):
        raise PermissionDenied
    return _let_in(request, staff.person)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: StaffRequest, person: int) -> HttpResponseBase:
    """Correct the name, title and contact of somebody."""
    staff = seen_staff(request.user, person)
    if not may_decide_about(request.user, staff.person):
        raise PermissionDenied
    one = staff.person
    known = {name: getattr(one, name) for name in ("full_name", "title", "phone", "email")}
    form = ContactForm(request.POST if request.method == "POST" else None, initial=known)
    if form.is_bound and form.is_valid():
        try:
            correct_person(one, form.contact(), by=request.user)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã lưu thông tin."))
            return redirect("desk:person", one.pk)
    status = 422 if form.errors else 200
    return render_page(request, "contact.html", room="people", status=status, form=form, person=one)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: StaffRequest, person: int) -> HttpResponseBase:
    """Give a further mandate to somebody who is entered already."""
    staff = seen_staff(request.user, person)
    if not places_to_give(request.user) or staff.person == request.user:
        raise PermissionDenied
    given = request.POST if request.method == "POST" else None
    form = MandateForm(request.user, given, at=request.GET.get("noi", ""))
    if form.is_bound and form.is_valid():
        try:
            _give(staff.person, form.mandate(), request.user)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã giao việc. Quyền có hiệu lực từ ngày đã ghi."))
            return redirect("desk:person", person)
    return render_page(
        request,
        "mandate.html",
        room="people",
        status=422 if form.errors else 200,
        form=form,
        person=staff.person,
    )


def _give(person: Person, wish: FirstMandate, by: Person) -> None:
    grant_mandate(
        person,
        wish.role,
        wish.place,
        decision_number=wish.decision_number,
        valid_from=wish.valid_from,
        valid_until=wish.valid_until,
        agency=wish.agency,
        granted_by=by,
    )
