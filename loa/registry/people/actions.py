from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people import errors, keyring
from loa.registry.people.delegation import refuse_own, refuse_without_delegation
from loa.registry.people.models import Agency, ApprovalKey, Mandate, Person, Role
from loa.registry.people.rosters import issue_roster
from loa.registry.people.rules import APPROVING, earlier, is_held_at
from loa.registry.places.models import Place


@transaction.atomic
def enter_person(
    username: str,
    *,
    full_name: str,
    title: str,
    password: str | None,
    phone: str = "",
    email: str = "",
    by: Person | None = None,
) -> Person:
    """Enter a person; entering again changes nothing but a missing password."""
    person, is_new = Person.objects.get_or_create(
        username=username,
        defaults={"full_name": full_name, "title": title, "phone": phone, "email": email},
    )
    if is_new or (password and not person.has_usable_password()):
        person.set_password(password)
        person.save(update_fields=["password"])
    if is_new:
        actor = by.username if by else None
        record_fact("person_entered", actor=actor, subject=username, place="")
    return person


@transaction.atomic
def grant_mandate(
    person: Person,
    role: str,
    place: Place,
    *,
    decision_number: str,
    valid_from: datetime,
    valid_until: datetime | None = None,
    agency: Agency | None = None,
    granted_by: Person | None = None,
) -> Mandate:
    """Give a person a role at a place by a numbered decision; giving it again changes nothing.

    Without `granted_by` the server itself gives it: its command line and its first set-up.
    Raises RoleUnknown, LevelWrong, DecisionMissing, DatesWrong, NotYoursToGive, OwnRights.
    """
    given = _role(role)
    _refuse_wrong_mandate(given, place, decision_number, valid_from, valid_until)
    if granted_by is not None:
        refuse_own(granted_by, person)
        refuse_without_delegation(granted_by, given, place)
    mandate, is_new = Mandate.objects.get_or_create(
        person=person,
        role=given,
        place=place,
        decision_number=decision_number,
        ended_at=None,
        defaults={
            "valid_from": valid_from,
            "valid_until": valid_until,
            "agency": agency,
            "granted_by": granted_by,
            "granted_at": clock.now(),
        },
    )
    person.forget_rights()
    is_answering = bool(APPROVING.intersection(given.deeds))
    if is_answering:
        give_key(person, valid_from)
    if is_new:
        record_fact("mandate_granted", **_said_of(mandate, granted_by))
        if is_answering and granted_by is not None:
            issue_roster(asked_by=granted_by.username)
    return mandate


def _role(code: str) -> Role:
    role = Role.objects.filter(pk=code).first()
    if role is None:
        raise errors.RoleUnknown(role=code)
    return role


def _refuse_wrong_mandate(
    role: Role, place: Place, decision: str, begin: datetime, end: datetime | None
) -> None:
    if not is_held_at(role.level, place.kind):
        raise errors.LevelWrong(role, place)
    if not decision.strip():
        raise errors.DecisionMissing
    if end is not None and end <= begin:
        raise errors.DatesWrong


def _said_of(mandate: Mandate, by: Person | None, **more: object) -> dict[str, Any]:
    until = mandate.valid_until
    return {
        "actor": by.username if by else None,
        "subject": mandate.person.username,
        "place": mandate.place_id,
        "body": {
            "role": mandate.role_id,
            "decision": mandate.decision_number,
            "until": clock.iso(until) if until else None,
            **more,
        },
    }


@transaction.atomic
def end_mandate(mandate: Mandate, *, ended_by: Person | None = None, reason: str = "") -> None:
    """End a mandate now, or one that has not begun for good; ending it again changes nothing.

    Raises NotYoursToGive, OwnRights.
    """
    mandate = _held(mandate)
    if ended_by is not None:
        refuse_own(ended_by, mandate.person)
        refuse_without_delegation(ended_by, mandate.role, mandate.place)
    now = clock.now()
    if mandate.is_over_at(now):
        return
    mandate.ended_by, mandate.ended_at = ended_by, now
    mandate.end_reason = " ".join(reason.split())[:500]
    if mandate.valid_from < now:
        mandate.valid_until = now
    mandate.save(update_fields=["ended_by", "ended_at", "end_reason", "valid_until"])
    record_fact("mandate_ended", **_said_of(mandate, ended_by, reason=mandate.end_reason))
    if ended_by is not None:
        issue_roster(asked_by=ended_by.username)


@transaction.atomic
def extend_mandate(
    mandate: Mandate, *, valid_until: datetime | None, decision_number: str, by: Person
) -> Mandate:
    """Let a mandate that has not ended run until another time; the same again changes nothing.

    Raises NotYoursToGive, OwnRights, MandateOver, DecisionMissing, DatesWrong.
    """
    mandate = _held(mandate)
    refuse_own(by, mandate.person)
    refuse_without_delegation(by, mandate.role, mandate.place)
    now = clock.now()
    if mandate.is_over_at(now):
        raise errors.MandateOver
    if not decision_number.strip():
        raise errors.DecisionMissing
    if valid_until is not None and valid_until <= max(now, mandate.valid_from):
        raise errors.DatesWrong
    if (mandate.valid_until, mandate.decision_number) == (valid_until, decision_number):
        return mandate
    before = mandate.valid_until
    mandate.valid_until, mandate.decision_number = valid_until, decision_number
    mandate.save(update_fields=["valid_until", "decision_number"])
    said = _said_of(mandate, by, before=clock.iso(before) if before else None)
    record_fact("mandate_extended", **said)
    issue_roster(asked_by=by.username)
    return mandate


def _held(mandate: Mandate) -> Mandate:
    rows = Mandate.objects.select_for_update(of=("self",))
    return rows.select_related("person", "role", "place").get(pk=mandate.pk)


def give_key(person: Person, valid_from: datetime) -> ApprovalKey:
    """See that the server keeps a key of this person."""
    key = keyring.key_for_person(person.username)
    return ApprovalKey.objects.get_or_create(
        key_id=key.key_id,
        defaults={"person": person, "public_hex": key.public_hex, "valid_from": valid_from},
    )[0]


@transaction.atomic
def revoke_key(key: ApprovalKey, *, by: str | None = None) -> None:
    """End a key now and leave it out of the next roster; again changes nothing."""
    key = ApprovalKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is not None:
        return
    key.revoked_at = clock.now()
    key.valid_until = earlier(key.valid_until, key.revoked_at)
    key.save(update_fields=["revoked_at", "valid_until"])
    record_fact(
        "key_revoked", actor=by, subject=key.person.username, place="", body={"key": key.pk}
    )


@transaction.atomic
def replace_key(person: Person, *, by: str | None = None) -> ApprovalKey:
    """Give a person a new key kept by the server; what the old one signed stays good."""
    now = clock.now()
    for old in person.approval_keys.filter(valid_until=None, custody="server"):
        old.valid_until = now
        old.save(update_fields=["valid_until"])
    keyring.put_aside(person.username)
    key = give_key(person, now)
    record_fact(
        "key_replaced", actor=by, subject=person.username, place="", body={"key": key.key_id}
    )
    return key
