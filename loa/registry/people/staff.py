"""Reading people by place: whose rights somebody decides about, and who may do what at a place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet

from loa.lib import clock
from loa.lib.text import fold
from loa.registry.people.models import Agency, Mandate, Person, Suspension
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import lineage


@dataclass
class Staff:
    """One person with the mandates that whoever asks may see."""

    person: Person
    mandates: list[Mandate] = field(default_factory=list)
    suspension: Suspension | None = None

    def live(self, now: datetime) -> list[Mandate]:
        return [mandate for mandate in self.mandates if mandate.is_live_at(now)]

    def is_at_work(self, now: datetime) -> bool:
        return self.person.is_active and self.suspension is None and bool(self.live(now))


def decides_about_people(person: Person) -> bool:
    return person.may_anywhere(Deed.GRANT) or person.may_anywhere(Deed.SUSPEND)


def places_decided_in(by: Person) -> set[str]:
    """Return the codes of the places whose people this person administers."""
    return by.places_with(Deed.GRANT)


def mandates_seen_by(by: Person) -> QuerySet[Mandate]:
    """Return every mandate, past and present, at the places whose people somebody administers."""
    rows = Mandate.objects.filter(place__in=places_decided_in(by))
    return rows.select_related("role", "place", "agency", "granted_by", "ended_by")


def staff_of(by: Person, *, words: str = "", role: str = "", place: str = "") -> list[Staff]:
    """Return the people somebody administers, by name; those found by words, role and place.

    Words are looked for in name, title and sign-in name, with or without accents.
    """
    rows = mandates_seen_by(by).select_related("role", "place", "person").order_by("valid_from")
    if role:
        rows = rows.filter(role=role)
    if place:
        rows = rows.filter(Q(place=place) | Q(place__parent=place))
    found: dict[int, Staff] = {}
    for mandate in rows:
        found.setdefault(mandate.person_id, Staff(mandate.person)).mandates.append(mandate)
    if not role and not place:
        for person in _unplaced(by):
            found.setdefault(person.pk, Staff(person))
    _note_suspensions(found)
    wanted = fold(words).split()
    named = [one for one in found.values() if _is_named(one.person, wanted)]
    return sorted(named, key=lambda one: (fold(one.person.full_name.split()[-1]), one.person.pk))


def _unplaced(by: Person) -> QuerySet[Person]:
    """Who holds nothing anywhere belongs to whoever decides in the whole city."""
    nobody = Person.objects.filter(mandates=None)
    decides = any(m.role.allows(Deed.GRANT) and m.place.is_city for m in by.live_mandates())
    return nobody if decides else nobody.none()


def _is_named(person: Person, wanted: list[str]) -> bool:
    said = fold(f"{person.full_name} {person.title} {person.username} {person.phone}")
    return all(word in said for word in wanted)


def _note_suspensions(found: dict[int, Staff]) -> None:
    now = clock.now()
    for suspension in Suspension.objects.filter(person__in=list(found), lifted_at=None):
        if suspension.is_live_at(now) and suspension.person_id is not None:
            found[suspension.person_id].suspension = suspension


def staff_member(by: Person, person: Person) -> Staff | None:
    """Return what somebody may see of this person; None if nothing."""
    mine = list(mandates_seen_by(by).filter(person=person).order_by("-valid_from", "-pk"))
    if not mine and not _unplaced(by).filter(pk=person.pk).exists():
        return None
    return Staff(person, mine, person.suspension_at(clock.now()))


def mandates_of(person: Person) -> list[Mandate]:
    """Return every mandate of a person, the newest first."""
    rows = person.mandates.select_related("role", "place", "agency", "granted_by", "ended_by")
    return list(rows.order_by("-valid_from", "-pk"))


def deciders_about(person: Person) -> list[Person]:
    """Return who may give this person the roles he holds, the nearest first; never himself."""
    found: dict[int, Person] = {}
    for mine in person.live_mandates():
        for theirs in staff_at(mine.place, clock.now()):
            gives = theirs.role.allows(Deed.GRANT) and mine.role_id in theirs.role.grants
            if gives and theirs.person_id != person.pk:
                found.setdefault(theirs.person_id, theirs.person)
    return list(found.values())


def keepers_of_roles(now: datetime) -> list[Person]:
    """Return who may change roles in the whole city at this instant."""
    rows = Mandate.objects.filter(role__deeds__contains=[Deed.EDIT_ROLES], person__is_active=True)
    people = {one.person for one in rows.select_related("person") if one.is_live_at(now)}
    return sorted(people, key=lambda person: person.username)


def staff_at(place: Place, now: datetime) -> list[Mandate]:
    """Return the mandates in force that cover this place, the nearest first; of who is at work."""
    above = [step.code for step in lineage(place)]
    rows = Mandate.objects.filter(place__in=above, person__is_active=True)
    covering = [
        mandate
        for mandate in rows.select_related("person", "role", "place").order_by("pk")
        if mandate.is_live_at(now)
    ]
    held = _suspended({mandate.person_id for mandate in covering}, now)
    at_work = [mandate for mandate in covering if mandate.person_id not in held]
    return sorted(at_work, key=lambda m: (above.index(m.place_id), m.role.position, m.pk))


def _suspended(people: Collection[int], now: datetime) -> set[int | None]:
    rows = Suspension.objects.filter(person__in=people, lifted_at=None)
    return {row.person_id for row in rows if row.is_live_at(now)}


def agencies_at(codes: Collection[str]) -> list[Agency]:
    return list(Agency.objects.filter(place__in=codes).select_related("place"))
