"""Finding what a request names, among what its person may know of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from loa.flow.approvals.models import Edition
from loa.flow.approvals.queries import editions_in_scope
from loa.flow.newsroom.models import Bulletin, Submission
from loa.flow.newsroom.queries import bulletins_in_scope, submissions_in_scope
from loa.flow.schedules.models import Placement
from loa.flow.schedules.queries import placements_in_scope
from loa.flow.sources.models import SourceItem
from loa.flow.sources.queries import source_by_id
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import place_by_code
from loa.surfaces.api.problems import NotFound, PlaceUnknown

M = TypeVar("M", bound=Model)


def readable_bulletins(person: Person) -> QuerySet[Bulletin]:
    return bulletins_in_scope().filter(place__in=_readable(person))


def bulletin_named(code: str, person: Person) -> Bulletin:
    return _one(readable_bulletins(person).filter(code=code))


def submission_numbered(number: int, person: Person) -> Submission:
    return _one(submissions_in_scope().filter(pk=number, bulletin__place__in=_readable(person)))


def edition_named(sha256: str, person: Person) -> Edition:
    return _one(editions_in_scope().filter(sha256=sha256, place__in=_readable(person)))


def placement_named(placement_id: UUID, person: Person) -> Placement:
    return _one(placements_in_scope().filter(pk=placement_id, place__in=_readable(person)))


def source_named(source_id: UUID) -> SourceItem:
    try:
        return source_by_id(source_id)
    except SourceItem.DoesNotExist as error:
        raise NotFound from error


def place_named(code: str, field: str) -> Place:
    try:
        return place_by_code(code)
    except Place.DoesNotExist as error:
        raise PlaceUnknown(field) from error


def places_named(codes: Iterable[str], field: str) -> list[Place]:
    return [place_named(code, field) for code in dict.fromkeys(codes)]


def _readable(person: Person) -> Collection[str]:
    """The places whose words this person may read; a maintainer sees devices, not drafts."""
    places = person.places_with(Deed.READ)
    if not places:
        raise MandateMissing
    return places


def _one(rows: QuerySet[M]) -> M:
    row = rows.first()
    if row is None:
        raise NotFound
    return row
