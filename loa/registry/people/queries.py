from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from loa.registry.people.models import ApprovalKey, Mandate, Person, RosterIssue
from loa.registry.people.rules import Deed, roles_allowing
from loa.registry.places.models import Place
from loa.registry.places.queries import lineage


def person_by_username(username: str) -> Person:
    """Return a person; raises Person.DoesNotExist."""
    return Person.objects.get(username=username)


def full_names(usernames: Iterable[str]) -> dict[str, str]:
    """Return username → full name of those who are entered."""
    rows = Person.objects.filter(username__in=set(usernames))
    return dict(rows.values_list("username", "full_name"))


def people_who_may(deed: Deed, place: Place) -> list[Person]:
    """Return everybody with a live mandate for this deed at this place, nearest first."""
    above = [step.code for step in lineage(place)]
    mandates = Mandate.objects.filter(role__in=roles_allowing(deed), place__in=above)
    people = {m.person for m in mandates.select_related("person")}
    able = [person for person in people if person.may(deed, place)]
    return sorted(
        able, key=lambda p: (p.may(deed, place) and _distance(p, deed, above), p.username)
    )


def _distance(person: Person, deed: Deed, above: list[str]) -> int:
    roles = roles_allowing(deed)
    return min(
        above.index(m.place_id)
        for m in person.live_mandates()
        if m.role in roles and m.place_id in above
    )


def live_approval_key(person: Person) -> ApprovalKey | None:
    return person.approval_keys.filter(valid_until=None).order_by("-valid_from").first()


def present_roster() -> RosterIssue | None:
    return RosterIssue.objects.order_by("-version").first()


def rosters() -> QuerySet[RosterIssue]:
    return RosterIssue.objects.order_by("version")
