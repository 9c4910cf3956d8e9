"""Each time somebody came in is remembered for that person to see."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.http import HttpRequest

from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people.models import Person, SignIn

KEPT_MAX = 50


@transaction.atomic
def note_sign_in(
    person: Person, way: str, *, factor: int | None, address: str | None, browser: str
) -> SignIn:
    """Remember a sign-in; the first one with a factor of the person leaves a fact."""
    is_first = factor is not None and not person.sign_ins.filter(factor=factor).exists()
    row = SignIn.objects.create(
        person=person,
        at=clock.now(),
        way=way,
        factor=factor,
        address=address,
        browser=browser[:200],
    )
    _forget_old(person)
    if is_first:
        name = person.username
        record_fact("new_factor_used", actor=name, subject=name, place="", body={"way": way})
    return row


def _forget_old(person: Person) -> None:
    kept = list(person.sign_ins.values_list("pk", flat=True)[:KEPT_MAX])
    person.sign_ins.exclude(pk__in=kept).delete()


def sign_ins_of(person: Person, count_max: int) -> list[SignIn]:
    """Return the person's latest sign-ins, the newest first."""
    return list(person.sign_ins.all()[:count_max])


def remember_session(request: HttpRequest) -> None:
    """Keep this session in the list of its person, under the key it has now."""
    UserSession.objects.create_from_request(request)


def sessions_of(person: Person) -> list[UserSession]:
    """Return where the person is signed in now, the newest first; dead ones are forgotten."""
    live: list[UserSession] = UserSession.objects.purge_and_list(person)
    return sorted(live, key=lambda one: one.created_at, reverse=True)
