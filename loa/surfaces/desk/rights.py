"""Who may do what here, and what each role is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from loa.lib import clock
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Mandate, Person, Role
from loa.registry.people.roles import (
    add_role,
    change_role,
    holders_of_roles,
    roles_entered,
    roles_in_order,
)
from loa.registry.people.rules import Deed
from loa.registry.people.staff import staff_at
from loa.registry.people.suspensions import may_suspend_place, suspensions_over
from loa.registry.places.models import Place
from loa.registry.places.queries import city, places_by_code
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.people_forms import RoleForm
from loa.surfaces.desk.refusals import say_refused
from loa.surfaces.desk.rights_words import deed_words, suspension_words


@dataclass(frozen=True)
class Holder:
    """One person beside a deed, by the mandate that lets him."""

    name: str
    role: str
    place: str


@dataclass(frozen=True)
class DeedShown:
    """One deed and everybody who may do it, the nearest first."""

    words: str
    holders: list[Holder]


@staff_page
@require_safe
def show_place(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show who may do what at a place to who reads there or administers it."""
    place = _place(request.user, code)
    now = clock.now()
    over = suspensions_over(place, now)
    return render_page(
        request,
        "place_rights.html",
        room="people",
        place=place,
        deeds=_by_deed(staff_at(place, now)),
        suspensions=[(one, suspension_words(one)) for one in over],
        may_suspend=may_suspend_place(request.user, place),
        may_add=request.user.may(Deed.GRANT, place),
    )


def _place(person: Person, code: str) -> Place:
    asked = (Deed.READ, Deed.GRANT, Deed.SUSPEND, Deed.READ_LEDGER)
    found = places_by_code([code])
    if not found or not any(person.may(deed, found[0]) for deed in asked):
        raise PermissionDenied
    return found[0]


def _by_deed(mandates: Iterable[Mandate]) -> list[DeedShown]:
    rows = list(mandates)
    return [
        DeedShown(
            _capital(deed_words(deed)),
            [
                Holder(one.person.full_name, str(one.role), one.place.full_name)
                for one in rows
                if one.role.allows(deed)
            ],
        )
        for deed in Deed
    ]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


@staff_page
@require_safe
def show_roles(request: StaffRequest) -> HttpResponseBase:
    """Show what each role may do to who gives roles; who keeps the system changes them."""
    by = request.user
    if not (by.may_anywhere(Deed.GRANT) or by.may_anywhere(Deed.EDIT_ROLES)):
        raise PermissionDenied
    held = holders_of_roles(clock.now())
    rows = [
        (role, held.get(role.pk, 0), [role.allows(deed) for deed in Deed])
        for role in roles_in_order()
    ]
    return render_page(
        request,
        "roles.html",
        room="people",
        deeds=[_capital(deed_words(deed)) for deed in Deed],
        rows=rows,
        may_edit=by.may(Deed.EDIT_ROLES, city()),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def edit_role(request: StaffRequest, role: str) -> HttpResponseBase:
    """Change what a role may do, for everybody who holds it."""
    _refuse_stranger(request.user)
    return _role_page(request, get_object_or_404(roles_entered(), pk=role))


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def new_role(request: StaffRequest) -> HttpResponseBase:
    """Enter a role of the city's own."""
    _refuse_stranger(request.user)
    return _role_page(request, None)


def _refuse_stranger(by: Person) -> None:
    if not by.may(Deed.EDIT_ROLES, city()):
        raise PermissionDenied


def _role_page(request: StaffRequest, role: Role | None) -> HttpResponseBase:
    form = RoleForm(role, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            _save(form, role, request.user)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã lưu vai trò. Có hiệu lực ngay với người đang giữ."))
            return redirect("desk:roles")
    return render_page(
        request,
        "role.html",
        room="people",
        status=422 if form.errors else 200,
        form=form,
        role=role,
        holders=holders_of_roles(clock.now()).get(role.pk, 0) if role else 0,
    )


def _save(form: RoleForm, role: Role | None, by: Person) -> None:
    if role is None:
        add_role(form.wish(), by=by)
    else:
        change_role(role, form.wish(), by=by)
