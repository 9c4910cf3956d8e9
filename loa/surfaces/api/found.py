"""Finding what a request names, among what its person may know of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from loa.flow.approvals.models import Edition
from loa.flow.approvals.queries import editions_readable_by
from loa.flow.newsroom.models import Bulletin, Submission
from loa.flow.newsroom.queries import bulletins_readable_by, submissions_readable_by
from loa.flow.schedules.models import Placement, Standing
from loa.flow.schedules.queries import placements_readable_by
from loa.flow.schedules.standings import standings_readable_by
from loa.flow.sources.models import SourceItem
from loa.flow.sources.queries import sources_readable_by
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import place_by_code
from loa.surfaces.api.problems import NotFound, PlaceUnknown

M = TypeVar("M", bound=Model)


def readable_bulletins(person: Person) -> QuerySet[Bulletin]:
    _refuse_unless_reader(person)
    return bulletins_readable_by(person)


def bulletin_named(code: str, person: Person) -> Bulletin:
    return _one(readable_bulletins(person).filter(code=code))


def submission_numbered(number: int, person: Person) -> Submission:
    _refuse_unless_reader(person)
    return _one(submissions_readable_by(person).filter(pk=number))


def edition_named(sha256: str, person: Person) -> Edition:
    _refuse_unless_reader(person)
    return _one(editions_readable_by(person).filter(sha256=sha256))


def placement_named(placement_id: UUID, person: Person) -> Placement:
    _refuse_unless_reader(person)
    return _one(placements_readable_by(person).filter(pk=placement_id))


def standing_named(code: str, person: Person) -> Standing:
    _refuse_unless_reader(person)
    return _one(standings_readable_by(person).filter(pk=code))


def source_named(source_id: UUID, person: Person) -> SourceItem:
    _refuse_unless_reader(person)
    return _one(sources_readable_by(person).filter(pk=source_id))


def place_named(code: str, field: str) -> Place:
    try:
        return place_by_code(code)
    except Place.DoesNotExist as error:
        raise PlaceUnknown(field) from error


def places_named(codes: Iterable[str], field: str) -> list[Place]:
    return [place_named(code, field) for code in dict.fromkeys(codes)]


def _refuse_unless_reader(person: Person) -> None:
    if not person.may_anywhere(Deed.READ):
        raise MandateMissing


def _one(rows: QuerySet[M]) -> M:
    row = rows.first()
    if row is None:
        raise NotFound
    return row
