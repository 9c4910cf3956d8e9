from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from loa.lib import clock
from loa.registry.ledger.actions import hold_ledger, record_fact
from loa.registry.people import keyring
from loa.registry.people.models import ApprovalKey, Mandate, Person, RosterIssue
from loa.registry.people.queries import present_roster
from loa.registry.people.rules import APPROVING, DEEDS_OF, Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import parents_of_all
from loa.wire import canonical, envelope
from loa.wire.messages import ROSTER, KeyRole, Roster, RosterKey


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
def issue_roster() -> RosterIssue:
    """Sign a new roster if keys, mandates or places changed; otherwise return the present one."""
    if (present := _present_if_unchanged()) is not None:
        return present
    # The lock of the ledger, not one of our own: a deed that recorded a fact already holds it,
    # and two locks taken in two orders would stop two deeds for good.
    hold_ledger()
    return _present_if_unchanged() or _issue_next()


def _present_if_unchanged() -> RosterIssue | None:
    last = present_roster()
    return last if last is not None and last.content_hash == _content_hash() else None


def _content_hash() -> str:
    content: dict[str, Any] = {
        "keys": _roster_keys(),
        "parents": parents_of_all(),
        "root": keyring.root_key().key_id,
    }
    return canonical.content_hash(canonical.encode(content))


def _issue_next() -> RosterIssue:
    last, now = present_roster(), clock.now()
    version, keys = (last.version + 1 if last else 1), _roster_keys()
    roster = Roster(version=version, issued_at=now, keys=keys, parents=parents_of_all())
    sealed = envelope.seal(ROSTER, canonical.encode(roster), keyring.root_key())
    if len(sealed) > canonical.ROSTER_BYTES_MAX:
        # Devices would refuse it and keep the one they hold; better that the city hears of it.
        raise RuntimeError(f"a roster of {len(keys)} keys is too large for devices: {len(sealed)}")
    issue = RosterIssue.objects.create(
        version=version,
        issued_at=now,
        content_hash=_content_hash(),
        envelope=sealed,
    )
    record_fact(
        "roster_issued", actor=None, subject=str(version), place="", body={"keys": len(keys)}
    )
    return issue


def _roster_keys() -> tuple[RosterKey, ...]:
    director = keyring.director_key()
    born = Mandate.objects.order_by("valid_from").values_list("valid_from", flat=True).first()
    rows = [
        RosterKey(
            key_id=director.key_id,
            public=director.public_hex,
            role=KeyRole.DIRECTOR,
            holder="director",
            valid_from=born or clock.now(),
        )
    ]
    for key in ApprovalKey.objects.select_related("person").order_by("key_id"):
        rows.extend(_rows_for(key))
    return tuple(rows)


def _rows_for(key: ApprovalKey) -> list[RosterKey]:
    # One row for each mandate: a key may answer for different places at different times.
    mandates = key.person.mandates.filter(
        role__in=[r for r, d in DEEDS_OF.items() if d & APPROVING]
    )
    return [
        RosterKey(
            key_id=key.key_id,
            public=key.public_hex,
            role=KeyRole.APPROVER,
            holder=key.person.username,
            custody=key.custody,
            places=(mandate.place_id,),
            emergency=Deed.APPROVE_EMERGENCY in DEEDS_OF[mandate.role],
            valid_from=max(mandate.valid_from, key.valid_from),
            valid_until=_earlier(mandate.valid_until, key.valid_until),
        )
        for mandate in mandates.order_by("pk")
    ]


def _earlier(a: datetime | None, b: datetime | None) -> datetime | None:
    return min((x for x in (a, b) if x is not None), default=None)
