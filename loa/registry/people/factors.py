"""Second factors: what a person shows besides the password, or instead of it.

The rows, their codes and ceremonies are allauth's; here is who needs one, and what leaves a fact.
A key for signing in opens the door and nothing else; what a person answers with for a bulletin are
the approval keys of `passkeys`.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import LastFactorKept
from loa.registry.people.models import Person
from loa.registry.people.queries import may_approve

REQUIRED = "required"
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
CODES = Authenticator.Type.RECOVERY_CODES


def second_factors_of(person: Person) -> list[Authenticator]:
    """Return the person's second factors, the oldest first; recovery codes are none."""
    return list(_factors(person).order_by("created_at", "pk"))


def own_factor(person: Person, factor: int) -> QuerySet[Authenticator]:
    """Return the person's second factor of this number, if there is one."""
    return _factors(person).filter(pk=factor)


def has_second_factor(person: Person) -> bool:
    return _factors(person).exists()


def has_app(person: Person) -> bool:
    """Say whether an app on a phone makes codes for this person."""
    return _factors(person).filter(type=Authenticator.Type.TOTP).exists()


def has_key(person: Person) -> bool:
    """Say whether the person may sign in with a key."""
    return _factors(person).filter(type=Authenticator.Type.WEBAUTHN).exists()


def needs_second_factor(person: Person) -> bool:
    """Say whether the person may approve something, in a city where that asks for a factor."""
    return settings.LOA_MFA == REQUIRED and may_approve(person)


def lacks_second_factor(person: Person) -> bool:
    """Say whether the person must set up a factor before anything else."""
    return needs_second_factor(person) and not has_second_factor(person)


def recovery_codes_of(person: Person) -> list[str]:
    """Return the recovery codes that were not used yet."""
    row = Authenticator.objects.filter(user=person, type=CODES).first()
    return row.wrap().get_unused_codes() if row else []


def _factors(person: Person) -> QuerySet[Authenticator]:
    rows: QuerySet[Authenticator] = Authenticator.objects.filter(user=person, type__in=FACTORS)
    return rows


@transaction.atomic
def add_app(person: Person, secret: str) -> Authenticator:
    """Take in the app that makes codes from this secret; a second one takes the place of the first."""
    Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).delete()
    return _added(person, TOTP.activate(person, secret).instance)


@transaction.atomic
def add_sign_in_key(person: Person, credential: dict[str, Any], *, name: str) -> Authenticator:
    """Take in a key whose making the browser's answer proved."""
    name = " ".join(name.split())[:60]
    return _added(person, WebAuthn.add(person, name, credential).instance)


def _added(person: Person, factor: Authenticator) -> Authenticator:
    RecoveryCodes.activate(person)
    _record_factor(person, factor, is_gone=False)
    return factor


@transaction.atomic
def remove_factor(person: Person, factor: Authenticator) -> None:
    """Remove one of one's own factors; with the last one the recovery codes go too.

    Raises LastFactorKept when the person needs one; removing it again changes nothing.
    """
    # One at a time: two removals at once must not each see the other's factor remain.
    Person.objects.select_for_update().get(pk=person.pk)
    row = own_factor(person, factor.pk).first()
    if row is None:
        return
    is_last = _factors(person).count() == 1
    if is_last and needs_second_factor(person):
        raise LastFactorKept
    if is_last:
        Authenticator.objects.filter(user=person).delete()
    else:
        row.delete()
    _record_factor(person, factor, is_gone=True)


@transaction.atomic
def renew_recovery_codes(person: Person) -> None:
    """Make new recovery codes; the earlier ones are worth nothing any more."""
    Authenticator.objects.filter(user=person, type=CODES).delete()
    RecoveryCodes.activate(person)
    name = person.username
    record_fact("recovery_codes_renewed", actor=name, subject=name, place="")


def forget_factors_of(person: Person) -> list[str]:
    """Remove every factor and recovery code, inside a deed that says why; return their kinds."""
    forgotten = [str(factor.type) for factor in second_factors_of(person)]
    Authenticator.objects.filter(user=person).delete()
    return forgotten


def _record_factor(person: Person, factor: Authenticator, *, is_gone: bool) -> None:
    name = person.username
    record_fact(
        "factor_removed" if is_gone else "factor_added",
        actor=name,
        subject=name,
        place="",
        body={"factor": str(factor.type), "name": name_of(factor)},
    )


def name_of(factor: Authenticator) -> str:
    """Return what the person called a key; an app has no name."""
    return str(factor.data.get("name", ""))
