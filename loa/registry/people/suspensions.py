"""Putting a person, or the right of a place to play, on hold, and taking the hold off again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people import errors
from loa.registry.people.delegation import refuse_unless_deciding
from loa.registry.people.models import Person, Suspension
from loa.registry.people.rosters import issue_roster
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within, lineage

PERSON_SUSPENDED, PLACE_SUSPENDED = "person_suspended", "place_suspended"
SUSPENSION_LIFTED = "suspension_lifted"


@transaction.atomic
def suspend_person(
    person: Person,
    *,
    by: Person,
    reason: str,
    until: datetime | None = None,
    decision_number: str = "",
) -> Suspension:
    """Let a person do nothing from now on; who is suspended already stays so, unchanged.

    What he approved before stays good; horns stop believing his keys by the next roster.
    Raises OwnRights, NotYourPerson, ReasonNeeded, UntilPast.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    refuse_unless_deciding(by, person, Deed.SUSPEND)
    present = person.suspension_at(clock.now())
    if present is not None:
        return present
    made = _begin(Suspension(person=person), by, reason, until, decision_number)
    record_fact(
        PERSON_SUSPENDED,
        actor=by.username,
        subject=person.username,
        place=_place_of(person),
        body=_body(made),
    )
    issue_roster(asked_by=by.username)
    return made


@transaction.atomic
def suspend_place(
    place: Place,
    *,
    by: Person,
    reason: str,
    until: datetime | None = None,
    decision_number: str = "",
) -> Suspension:
    """Let a place, and what lies below, sound nothing but emergencies; again changes nothing.

    Only who decides above the place may: nobody suspends his own place.
    Raises NotYourPlace, ReasonNeeded, UntilPast.
    """
    place = Place.objects.select_for_update(of=("self",)).select_related("parent").get(pk=place.pk)
    refuse_unless_above(by, place)
    present = place.suspensions.filter(lifted_at=None).first()
    if present is not None and present.is_live_at(clock.now()):
        return present
    made = _begin(Suspension(place=place), by, reason, until, decision_number)
    record_fact(
        PLACE_SUSPENDED,
        actor=by.username,
        subject=place.code,
        place=place.code,
        body=_body(made),
    )
    return made


@transaction.atomic
def lift_suspension(suspension: Suspension, *, by: Person, reason: str) -> Suspension:
    """Take a hold off now; lifting again, or what has run out, changes nothing.

    Raises OwnRights, NotYourPerson, NotYourPlace, ReasonNeeded.
    """
    suspension = Suspension.objects.select_for_update(of=("self",)).get(pk=suspension.pk)
    person, place = suspension.person, suspension.place
    if person is not None:
        refuse_unless_deciding(by, person, Deed.SUSPEND)
    elif place is not None:
        refuse_unless_above(by, place)
    if not suspension.is_live_at(clock.now()):
        return suspension
    suspension.lift_reason = _one_line(reason)
    suspension.lifted_at, suspension.lifted_by = clock.now(), by
    suspension.save(update_fields=["lift_reason", "lifted_at", "lifted_by"])
    record_fact(
        SUSPENSION_LIFTED,
        actor=by.username,
        subject=person.username if person else str(suspension.place_id),
        place=_place_of(person) if person else str(suspension.place_id),
        body={"reason": suspension.lift_reason},
    )
    if person is not None:
        issue_roster(asked_by=by.username)
    return suspension


def may_suspend_place(by: Person, place: Place) -> bool:
    """Say whether this person decides above the place; the city itself is nobody's to suspend."""
    return place.parent is not None and by.may(Deed.SUSPEND, place.parent)


def refuse_unless_above(by: Person, place: Place) -> None:
    if not may_suspend_place(by, place):
        raise errors.NotYourPlace


def suspended_places(at: datetime) -> set[str]:
    """Return the codes of every place that may sound emergencies only at this instant."""
    live = [str(s.place_id) for s in _of_places() if s.is_live_at(at)]
    return codes_within(live) if live else set()


def suspensions_over(place: Place, at: datetime) -> list[Suspension]:
    """Return what is on hold at this place or above it at the instant, newest first."""
    above = [step.code for step in lineage(place)]
    rows = _of_places().filter(place__in=above).select_related("place", "suspended_by")
    return [row for row in rows if row.is_live_at(at)]


def suspensions_in_force() -> QuerySet[Suspension]:
    """Return every hold that nobody took off; some may have run out."""
    rows = Suspension.objects.filter(lifted_at=None)
    return rows.select_related("person", "place__parent", "suspended_by")


def _of_places() -> QuerySet[Suspension]:
    return Suspension.objects.filter(person=None, lifted_at=None)


def _begin(
    made: Suspension, by: Person, reason: str, until: datetime | None, decision: str
) -> Suspension:
    now = clock.now()
    if until is not None and until <= now:
        raise errors.UntilPast
    made.reason = _one_line(reason)
    made.begun_at, made.until = now, until
    made.suspended_by, made.decision_number = by, " ".join(decision.split())[:64]
    made.save()
    return made


def _one_line(reason: str) -> str:
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise errors.ReasonNeeded
    return reason


def _body(made: Suspension) -> dict[str, str | None]:
    until = clock.iso(made.until) if made.until else None
    return {"reason": made.reason, "until": until, "decision": made.decision_number}


def _place_of(person: Person) -> str:
    """Return where this is told: the place of the newest mandate."""
    newest = person.mandates.order_by("-valid_from", "-pk").first()
    return newest.place_id if newest else ""
