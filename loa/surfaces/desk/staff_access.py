"""Whom somebody may see, and what of each he may decide: anybody else's people are not there."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from loa.registry.people.models import Mandate, Person
from loa.registry.people.queries import people_entered
from loa.registry.people.staff import Staff, decides_about_people, mandates_seen_by, staff_member


def refuse_who_decides_nothing(by: Person) -> None:
    if not decides_about_people(by):
        raise PermissionDenied


def seen_staff(by: Person, number: int) -> Staff:
    """Return a person this one administers, else 404."""
    refuse_who_decides_nothing(by)
    person = get_object_or_404(people_entered(), pk=number)
    found = staff_member(by, person)
    if found is None:
        raise Http404
    return found


def seen_mandate(by: Person, number: int) -> Mandate:
    """Return a mandate at a place this person administers, else 404."""
    refuse_who_decides_nothing(by)
    return get_object_or_404(mandates_seen_by(by).select_related("person"), pk=number)
