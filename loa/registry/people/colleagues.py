"""Colleagues: entered with their first mandate, corrected, and found again."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from loa.lib.text import fold, normalise
from loa.registry.ledger.actions import record_fact
from loa.registry.people import errors
from loa.registry.people.actions import enter_person, grant_mandate
from loa.registry.people.delegation import refuse_unless_deciding
from loa.registry.people.models import Agency, Mandate, Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place

USERNAME = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
_PHONE = re.compile(r"\+?[0-9]{8,15}")
_SPACING = re.compile(r"[\s.()-]+")


@dataclass(frozen=True)
class Contact:
    """Who somebody is and how to reach him, as it was typed."""

    full_name: str
    title: str = ""
    phone: str = ""
    email: str = ""

    def cleaned(self) -> Contact:
        """Return it as the register keeps it; raises NameMissing, PhoneWrong, EmailWrong."""
        name, title = _line(self.full_name, 100), _line(self.title, 100)
        if len(name) < 2:
            raise errors.NameMissing
        phone = _SPACING.sub("", self.phone)
        if phone and not _PHONE.fullmatch(phone):
            raise errors.PhoneWrong
        return Contact(name, title, phone, _email(self.email))


@dataclass(frozen=True)
class FirstMandate:
    """What a colleague is to do, by which decision."""

    role: str
    place: Place
    decision_number: str
    valid_from: datetime
    valid_until: datetime | None = None
    agency: Agency | None = None


def _line(words: str, characters_max: int) -> str:
    return " ".join(normalise(words).split())[:characters_max]


def _email(email: str) -> str:
    email = email.strip()
    try:
        if email:
            validate_email(email)
    except ValidationError as error:
        raise errors.EmailWrong from error
    return email


@transaction.atomic
def add_colleague(
    contact: Contact, first: FirstMandate, *, by: Person | None, username: str = ""
) -> Mandate:
    """Enter a person with the first mandate; the same colleague again changes nothing.

    Without `username` one is made of the name: Lê Thị Mai → mai-lt. The person gets no password: an
    access link lets him set one. Without `by` the server itself enters him. Raises what `Contact.cleaned` and `grant_mandate` raise, UsernameTaken,
    UsernameWrong.
    """
    contact = contact.cleaned()
    if by is not None:
        # Two presses at once: the second waits here and finds what the first did.
        Person.objects.select_for_update().get(pk=by.pk)
    already = _same(contact, first)
    if already is not None:
        return already
    person = enter_person(
        _chosen_username(username, contact.full_name),
        full_name=contact.full_name,
        title=contact.title,
        phone=contact.phone,
        email=contact.email,
        password=None,
        by=by,
    )
    return grant_mandate(
        person,
        first.role,
        first.place,
        decision_number=" ".join(first.decision_number.split()),
        valid_from=first.valid_from,
        valid_until=first.valid_until,
        agency=first.agency,
        granted_by=by,
    )


def _same(contact: Contact, first: FirstMandate) -> Mandate | None:
    rows = Mandate.objects.filter(
        person__full_name=contact.full_name,
        person__phone=contact.phone,
        person__email=contact.email,
        role=first.role,
        place=first.place,
        decision_number=" ".join(first.decision_number.split()),
        ended_at=None,
    )
    return rows.select_related("person", "role", "place").first()


def _chosen_username(wanted: str, full_name: str) -> str:
    wanted = wanted.strip().lower()
    if not wanted:
        return free_username(full_name)
    if not USERNAME.fullmatch(wanted):
        raise errors.UsernameWrong
    if Person.objects.filter(username=wanted).exists():
        raise errors.UsernameTaken
    return wanted


def username_of(full_name: str) -> str:
    """Return the sign-in name as offices make it: given name, then initials: `mai-lt`."""
    words = [word for word in re.split(r"[^a-z0-9]+", fold(full_name)) if word] or ["nguoi"]
    initials = "".join(word[0] for word in words[:-1])
    return (f"{words[-1]}-{initials}" if initials else words[-1])[:32]


def free_username(full_name: str, taken: Collection[str] = ()) -> str:
    """Return a sign-in name nobody has, longer by a number where the first one is taken."""
    stem, number = username_of(full_name), 2
    name = stem if len(stem) > 1 else f"{stem}-1"
    while name in taken or _is_entered(name):
        name, number = f"{stem}-{number}", number + 1
    return name


def _is_entered(username: str) -> bool:
    return Person.objects.filter(username=username).exists()


@transaction.atomic
def correct_person(person: Person, contact: Contact, *, by: Person) -> Person:
    """Correct name, title and how to reach somebody; the same again changes nothing.

    Raises NotYourPerson, OwnRights, NameMissing, PhoneWrong, EmailWrong.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    refuse_unless_deciding(by, person, Deed.GRANT)
    contact = contact.cleaned()
    changed = [name for name in vars(contact) if getattr(person, name) != getattr(contact, name)]
    if not changed:
        return person
    for name in changed:
        setattr(person, name, getattr(contact, name))
    person.save(update_fields=changed)
    newest = person.mandates.order_by("-valid_from").first()
    record_fact(
        "person_corrected",
        actor=by.username,
        subject=person.username,
        place=newest.place_id if newest else "",
        # Which fields, not what stands in them: numbers and addresses stay out of the ledger.
        body={"fields": changed},
    )
    return person
