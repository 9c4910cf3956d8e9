"""Who may give which roles where: her own mandates say it, by the roles they name."""

from __future__ import annotations

from loa.lib import clock
from loa.registry.people import errors
from loa.registry.people.models import Mandate, Person, Role
from loa.registry.people.rules import Deed, is_held_at
from loa.registry.places.models import Place


def places_to_give(by: Person, deed: Deed = Deed.GRANT) -> dict[str, set[str]]:
    """Return role → the places where this person decides about its holders."""
    found: dict[str, set[str]] = {}
    for mandate in by.live_mandates():
        if mandate.role.allows(deed):
            within = by.places_below([mandate.place_id])
            for role in mandate.role.grants:
                found.setdefault(role, set()).update(within)
    return found


def roles_to_give(by: Person) -> list[Role]:
    """Return the roles this person may give somewhere, in the order of the register."""
    return list(Role.objects.filter(pk__in=places_to_give(by)))


def may_give(by: Person, role: Role, place: Place) -> bool:
    return is_held_at(role.level, place.kind) and place.code in places_to_give(by).get(
        role.pk, set()
    )


def refuse_without_delegation(
    by: Person, role: Role, place: Place, *, deed: Deed = Deed.GRANT
) -> None:
    """Raise NotYoursToGive unless this person decides about this role at this place."""
    if place.code not in places_to_give(by, deed).get(role.pk, set()):
        raise errors.NotYoursToGive(role, place)


def refuse_own(by: Person, person: Person) -> None:
    """Raise OwnRights: nobody gives, prolongs or ends rights of his own."""
    if by.pk == person.pk:
        raise errors.OwnRights


def may_decide_about(by: Person, person: Person, deed: Deed = Deed.GRANT) -> bool:
    """Say whether every mandate this person holds, now or later, is among those `by` decides on.

    Who holds none belongs to whoever decides in the whole city.
    """
    if by.pk == person.pk:
        return False
    mine = places_to_give(by, deed)
    held = open_mandates(person)
    if not held:
        return any(m.role.allows(deed) and m.place.is_city for m in by.live_mandates())
    return all(m.place_id in mine.get(m.role_id, set()) for m in held)


def open_mandates(person: Person) -> list[Mandate]:
    """Return what this person holds or will hold."""
    now = clock.now()
    rows = person.mandates.select_related("role", "place", "agency", "granted_by", "ended_by")
    return [mandate for mandate in rows.order_by("valid_from") if not mandate.is_over_at(now)]


def refuse_unless_deciding(by: Person, person: Person, deed: Deed) -> None:
    """Raise OwnRights or NotYourPerson unless `by` decides about this person."""
    refuse_own(by, person)
    if not may_decide_about(by, person, deed):
        raise errors.NotYourPerson
