"""One-time links by which an administrator lets somebody in: at first, or after a loss.

A link is a secret of one person, shown once to whoever issues it; the database keeps its hash.
With it a password is set, nothing else: who has a second factor is still asked for it.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models, transaction

from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people import errors
from loa.registry.people.delegation import refuse_unless_deciding
from loa.registry.people.factors import forget_factors_of
from loa.registry.people.models import AccessLink, Person
from loa.registry.people.rules import Deed

LINK_LIFE = timedelta(hours=48)


@transaction.atomic
def issue_access_link(
    person: Person, *, by: Person | None = None, forgets_factors: bool = False
) -> str:
    """Return the token of a new link for this person, good once within 48 hours.

    Earlier links of the person end. With `forgets_factors` the person's second factors and
    recovery codes go when the link is used. `by` is None for the operator of the server.
    Raises OwnRights, NotYourPerson.
    """
    if by is not None:
        refuse_unless_deciding(by, person, Deed.GRANT)
    now, token = clock.now(), secrets.token_urlsafe(24)
    _live_links(person).update(ended_at=now)
    link = AccessLink.objects.create(
        token_hash=_hash_of(token),
        person=person,
        issued_by=by,
        issued_at=now,
        expires_at=now + LINK_LIFE,
        forgets_factors=forgets_factors,
    )
    _record_issued(link)
    return token


def _record_issued(link: AccessLink) -> None:
    record_fact(
        "access_link_issued",
        actor=link.issued_by.username if link.issued_by else None,
        subject=link.person.username,
        place="",
        body={"until": clock.iso(link.expires_at), "forgets_factors": link.forgets_factors},
    )


def person_let_in_by(token: str) -> Person:
    """Return whom a live link is for; raises AccessLinkRefused."""
    return _live_link(token).person


@transaction.atomic
def use_access_link(token: str, *, password: str) -> Person:
    """Set the password of the person a link is for; the link is used up.

    Raises AccessLinkRefused, PasswordRefused.
    """
    link = _live_link(token, is_to_be_used=True)
    person = link.person
    check_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    link.used_at = clock.now()
    link.save(update_fields=["used_at"])
    forgotten = forget_factors_of(person) if link.forgets_factors else []
    record_fact(
        "access_link_used",
        actor=person.username,
        subject=person.username,
        place="",
        body={"forgotten": forgotten},
    )
    return person


def check_password(password: str, person: Person) -> None:
    """Raise PasswordRefused with every rule the password breaks."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise errors.PasswordRefused(" ".join(error.messages)) from error


@transaction.atomic
def change_password(person: Person, password: str) -> None:
    """Set one's own new password; every other session of the person ends by it."""
    check_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    name = person.username
    record_fact("password_changed", actor=name, subject=name, place="")


def _live_links(person: Person) -> models.QuerySet[AccessLink]:
    return AccessLink.objects.filter(person=person, used_at=None, ended_at=None)


def _live_link(token: str, *, is_to_be_used: bool = False) -> AccessLink:
    rows = AccessLink.objects.select_related("person")
    if is_to_be_used:
        # Two may press at once: the second waits, and finds the link used.
        rows = rows.select_for_update(of=("self",))
    link = rows.filter(token_hash=_hash_of(token)).first()
    if link is None or not _is_live(link) or not link.person.may_enter():
        raise errors.AccessLinkRefused
    return link


def _is_live(link: AccessLink) -> bool:
    return link.used_at is None and link.ended_at is None and clock.now() < link.expires_at


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
