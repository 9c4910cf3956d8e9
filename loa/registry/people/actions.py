from __future__ import annotations

from datetime import datetime

from django.db import transaction

from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people import keyring
from loa.registry.people.models import ApprovalKey, Mandate, Person
from loa.registry.people.rules import APPROVING, DEEDS_OF
from loa.registry.places.models import Place


@transaction.atomic
def enter_person(username: str, *, full_name: str, title: str, password: str | None) -> Person:
    """Enter a person; entering again changes nothing but a missing password."""
    person, is_new = Person.objects.get_or_create(
        username=username, defaults={"full_name": full_name, "title": title}
    )
    if is_new or (password and not person.has_usable_password()):
        person.set_password(password)
        person.save(update_fields=["password"])
    if is_new:
        record_fact("person_entered", actor=None, subject=username, place="")
    return person


@transaction.atomic
def grant_mandate(
    person: Person,
    role: str,
    place: Place,
    *,
    decision_number: str,
    valid_from: datetime,
    granted_by: str | None = None,
) -> Mandate:
    """Give a person a role at a place by a numbered decision; giving it again changes nothing."""
    mandate, is_new = Mandate.objects.get_or_create(
        person=person,
        role=role,
        place=place,
        decision_number=decision_number,
        defaults={"valid_from": valid_from},
    )
    person.__dict__.pop("_mandates", None)
    if DEEDS_OF[role] & APPROVING:
        _give_key(person, valid_from)
    if is_new:
        record_fact(
            "mandate_granted",
            actor=granted_by,
            subject=person.username,
            place=place.code,
            body={"role": role, "decision": decision_number},
        )
    return mandate


@transaction.atomic
def end_mandate(mandate: Mandate, *, ended_by: str | None = None) -> None:
    """End a mandate now; ending it again changes nothing."""
    if mandate.is_live_at(clock.now()):
        mandate.valid_until = clock.now()
        mandate.save(update_fields=["valid_until"])
        record_fact(
            "mandate_ended",
            actor=ended_by,
            subject=mandate.person.username,
            place=mandate.place_id,
            body={"role": mandate.role, "decision": mandate.decision_number},
        )


def _give_key(person: Person, valid_from: datetime) -> ApprovalKey:
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
    key.valid_until = _earlier(key.valid_until, key.revoked_at)
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
    key = _give_key(person, now)
    record_fact(
        "key_replaced", actor=by, subject=person.username, place="", body={"key": key.key_id}
    )
    return key


def _earlier(a: datetime | None, b: datetime | None) -> datetime | None:
    return min((x for x in (a, b) if x is not None), default=None)
