"""The offices, schools, stations and firms people act for."""

from __future__ import annotations

from django.db import transaction
from django.utils.text import slugify

from loa.lib.text import fold, normalise
from loa.registry.ledger.actions import record_fact
from loa.registry.people import errors
from loa.registry.people.models import Agency, Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place


@transaction.atomic
def enter_agency(name: str, *, kind: str, place: Place, by: Person) -> Agency:
    """Enter an agency at its place; the same name there again changes nothing.

    Raises MandateMissing, AgencyNameMissing.
    """
    if not by.may(Deed.GRANT, place):
        raise errors.MandateMissing
    name = " ".join(normalise(name).split())[:150]
    if not name:
        raise errors.AgencyNameMissing
    known = Agency.objects.filter(name__iexact=name, place=place).first()
    if known is not None:
        return known
    agency = Agency.objects.create(
        code=_free_code(name), name=name, kind=Agency.Kind(kind), place=place
    )
    record_fact(
        "agency_entered",
        actor=by.username,
        subject=agency.code,
        place=place.code,
        body={"name": name, "kind": agency.kind},
    )
    return agency


def _free_code(name: str) -> str:
    stem = slugify(fold(name))[:26].strip("-") or "co-quan"
    code, number = stem, 2
    while Agency.objects.filter(pk=code).exists():
        code, number = f"{stem}-{number}", number + 1
    return code
