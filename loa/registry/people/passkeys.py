"""A person's own passkey: made in his browser, listed in the roster, ended by himself.

The private half never comes here. `webauthn` (py_webauthn) reads what the browser says of a new one;
what it later signs is judged by `loa.wire.passkeys` alone, here as on the devices.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

import webauthn
from django.conf import settings
from django.db import transaction
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, decode_credential_public_key
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import DecodedEC2PublicKey
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people import errors
from loa.registry.people.models import ApprovalKey, KeyDemand, Person
from loa.registry.people.queries import may_approve, passkeys_of
from loa.registry.people.rosters import issue_roster
from loa.registry.places.models import Place
from loa.wire.keys import key_id_of
from loa.wire.passkeys import ES256, is_point

CUSTODY = "passkey"
_ES256 = [COSEAlgorithmIdentifier.ECDSA_SHA_256]
# A browser says many things in many ways; whatever cannot be read is refused alike.
_UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, IndexError)


def rp_id() -> str:
    """Return the name of this site as passkeys know it: the host of its address."""
    return urlsplit(settings.LOA_ORIGIN).hostname or ""


def registration_options(person: Person, *, challenge: bytes) -> str:
    """Return what a browser is told to make a passkey for this person (JSON)."""
    known = [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential_id))
        for key in passkeys_of(person)
    ]
    options = webauthn.generate_registration_options(
        rp_id=rp_id(),
        rp_name="Loa",
        user_id=hashlib.sha256(f"loa {person.username}".encode()).digest(),
        user_name=person.username,
        user_display_name=person.full_name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=known,
        supported_pub_key_algs=_ES256,
    )
    return webauthn.options_to_json(options)


def assertion_options(person: Person, *, challenge: bytes) -> dict[str, Any]:
    """Return what a browser is told to let one of this person's passkeys of this site sign."""
    usable = [key for key in passkeys_of(person) if key.rp_id == rp_id()]
    return {
        "challenge": bytes_to_base64url(challenge),
        "rpId": rp_id(),
        "timeout": 120_000,
        "userVerification": "required",
        "allowCredentials": [{"type": "public-key", "id": key.credential_id} for key in usable],
    }


@transaction.atomic
def register_passkey(
    person: Person, *, challenge: bytes, credential: str, name: str
) -> ApprovalKey:
    """Take in the passkey a browser has just made; the same again changes nothing.

    Raises PasskeyRefused when the browser's answer is not one to this challenge, from this site,
    with its holder verified.
    """
    if not may_approve(person):
        raise errors.MandateMissing
    credential_id, public_hex = _verified(credential, challenge)
    key, is_new = ApprovalKey.objects.get_or_create(
        key_id=key_id_of(public_hex),
        defaults={
            "person": person,
            "public_hex": public_hex,
            "kind": ES256,
            "custody": CUSTODY,
            "credential_id": credential_id,
            "rp_id": rp_id(),
            "origins": [settings.LOA_ORIGIN],
            "name": " ".join(name.split())[:60],
            "valid_from": clock.now(),
        },
    )
    if key.person_id != person.pk:
        raise errors.PasskeyRefused
    if is_new:
        _record(key, has_ended=False)
        issue_roster(asked_by=person.username)
    return key


def _verified(credential: str, challenge: bytes) -> tuple[str, str]:
    """Return the name of the credential and its public point."""
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id(),
            expected_origin=[settings.LOA_ORIGIN],
            require_user_verification=True,
            supported_pub_key_algs=_ES256,
        )
        public = decode_credential_public_key(made.credential_public_key)
    except _UNREADABLE as error:
        raise errors.PasskeyRefused from error
    if not isinstance(public, DecodedEC2PublicKey):
        raise errors.PasskeyRefused
    point = (b"\x04" + public.x.rjust(32, b"\0") + public.y.rjust(32, b"\0")).hex()
    if not is_point(point):
        raise errors.PasskeyRefused
    return bytes_to_base64url(made.credential_id), point


@transaction.atomic
def end_passkey(key: ApprovalKey, *, by: Person) -> None:
    """End one's own passkey now: what it signed stays good; ending it again changes nothing."""
    if key.person_id != by.pk or key.custody != CUSTODY:
        raise errors.MandateMissing
    ended = ApprovalKey.objects.filter(pk=key.pk, valid_until=None).update(valid_until=clock.now())
    if ended:
        _record(key, has_ended=True)
        issue_roster(asked_by=by.username)


def _record(key: ApprovalKey, *, has_ended: bool) -> None:
    person = key.person.username
    record_fact(
        "passkey_ended" if has_ended else "passkey_registered",
        actor=person,
        subject=person,
        place="",
        body={"key": key.key_id, "name": key.name},
    )


@transaction.atomic
def demand_passkeys(
    place: Place, demand: str, *, decision_number: str, by: str | None = None
) -> None:
    """Let the horns of a place, and what lies below, believe passkeys only, by a numbered decision.

    `demand` is "emergency", "all", or "" for no demand any more. The same again changes nothing.
    """
    if demand not in {"", *KeyDemand.Demand.values}:
        raise ValueError(demand)
    present = KeyDemand.objects.filter(place=place).first()
    if (present.demand if present else "") == demand:
        return
    KeyDemand.objects.filter(place=place).delete()
    if demand:
        KeyDemand.objects.create(
            place=place, demand=demand, decision_number=decision_number, since=clock.now()
        )
    body = {"demand": demand, "decision": decision_number}
    record_fact("passkeys_demanded", actor=by, subject=place.code, place=place.code, body=body)
    issue_roster(asked_by=by or "")
