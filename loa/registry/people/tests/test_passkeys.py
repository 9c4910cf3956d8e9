"""A passkey is taken in only as its holder's browser made it, for this site, with him verified."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import cbor2
import pytest

from loa.lib import clock
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import MORNING
from loa.registry.ledger.models import Fact
from loa.registry.people import errors, passkeys
from loa.registry.people.actions import replace_key
from loa.registry.people.models import ApprovalKey, Person
from loa.registry.people.queries import (
    keys_of,
    live_approval_key,
    opened_roster,
    passkeys_of,
    present_roster,
)
from loa.wire.authenticator import Authenticator
from loa.wire.passkeys import ES256

CHALLENGE = b"c" * 32
ORIGIN = "https://loa.example"
ES256_IN_COSE, RS256_IN_COSE = -7, -257


@pytest.fixture(autouse=True)
def site(settings, cast, morning) -> None:
    settings.LOA_ORIGIN = ORIGIN


@pytest.fixture
def hung(cast) -> Person:
    return cast["hung"]


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def made(
    seed: bytes = b"hung",
    *,
    flags: int = 0x45,
    rp_id: str = "loa.example",
    algorithm: int = ES256_IN_COSE,
    public: bytes = b"",
    **said: Any,
) -> str:
    """Return what a browser says of a new passkey; each argument makes one thing odd."""
    point = public or bytes.fromhex(Authenticator(seed).public_hex)
    cose = {1: 2, 3: algorithm, -1: 1, -2: point[1:33], -3: point[33:]}
    credential = hashlib.sha256(seed).digest()
    data = hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + bytes(4)
    data += bytes(16) + len(credential).to_bytes(2) + credential + cbor2.dumps(cose)
    attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
    client = {"type": "webauthn.create", "challenge": base64url(CHALLENGE), "origin": ORIGIN} | said
    return json.dumps(
        {
            "id": base64url(credential),
            "rawId": base64url(credential),
            "type": "public-key",
            "response": {
                "clientDataJSON": base64url(json.dumps(client).encode()),
                "attestationObject": base64url(attestation),
            },
        }
    )


def register(person: Person, credential: str, name: str = "Điện thoại") -> ApprovalKey:
    return passkeys.register_passkey(person, challenge=CHALLENGE, credential=credential, name=name)


def test_a_new_passkey_stands_in_the_roster_beside_its_mandate(hung) -> None:
    key = register(hung, made())
    assert (key.public_hex, key.kind) == (Authenticator(b"hung").public_hex, ES256)
    assert passkeys_of(hung) == [key]
    row = next(r for r in opened_roster(present_roster()).keys if r.key_id == key.key_id)
    assert (row.holder, row.places, row.emergency) == ("hung", (HAI_CHAU,), True)
    assert (row.custody, row.rp_id, row.origins) == ("passkey", "loa.example", (ORIGIN,))
    assert row.valid_from == MORNING
    fact = Fact.objects.get(kind="passkey_registered")
    assert (fact.actor, fact.body["key"]) == ("hung", key.key_id)


def test_registering_the_same_again_changes_nothing(hung) -> None:
    assert register(hung, made()) == register(hung, made(), name="Khác")
    assert Fact.objects.filter(kind="passkey_registered").count() == 1


@pytest.mark.parametrize(
    "credential",
    [
        made(challenge=base64url(b"x" * 32)),
        made(origin="https://loa.example.evil"),
        made(type="webauthn.get"),
        made(rp_id="loa.example.evil"),
        made(flags=0x41),  # its holder was not verified
        made(flags=0x44),  # nobody was there
        made(algorithm=RS256_IN_COSE),
        made(public=b"\4" + b"\1" * 64),  # no point of the curve
        "",
        "{}",
        "[1]",
        '{"id": "x", "rawId": "y", "type": "public-key", "response": {}}',
    ],
)
def test_what_is_odd_is_refused_in_words(hung, credential) -> None:
    with pytest.raises(errors.PasskeyRefused, match="Chưa nhận được khóa này"):
        register(hung, credential)
    assert passkeys_of(hung) == []


def test_nobody_takes_anothers_passkey_and_who_approves_nothing_needs_none(cast, hung) -> None:
    register(hung, made())
    with pytest.raises(errors.PasskeyRefused):
        register(cast["binh"], made())
    with pytest.raises(errors.MandateMissing):
        register(cast["mai"], made(b"mai"))


def test_an_ended_passkey_signs_no_more_and_what_it_signed_stays_good(cast, hung) -> None:
    key = register(hung, made())
    with pytest.raises(errors.MandateMissing):
        passkeys.end_passkey(key, by=cast["binh"])
    with clock.at(MORNING + timedelta(hours=1)):
        passkeys.end_passkey(key, by=hung)
        passkeys.end_passkey(key, by=hung)
    row = next(r for r in opened_roster(present_roster()).keys if r.key_id == key.key_id)
    assert (row.valid_from, row.valid_until) == (MORNING, MORNING + timedelta(hours=1))
    assert passkeys_of(hung) == []
    assert Fact.objects.filter(kind="passkey_ended").count() == 1


def test_nobody_ends_the_servers_key_as_if_it_were_a_passkey(hung) -> None:
    with pytest.raises(errors.MandateMissing):
        passkeys.end_passkey(live_approval_key(hung), by=hung)


def test_a_new_key_of_the_server_leaves_passkeys_alone(hung) -> None:
    key, old = register(hung, made()), live_approval_key(hung)
    with clock.at(MORNING + timedelta(minutes=1)):
        new = replace_key(hung)
    assert live_approval_key(hung) == new != old
    assert passkeys_of(hung) == [key]
    assert {one.key_id for one in keys_of(hung)} == {new.key_id, old.key_id, key.key_id}


def test_a_browser_is_asked_for_a_verified_holder_and_no_key_twice(hung) -> None:
    key = register(hung, made())
    options = json.loads(passkeys.registration_options(hung, challenge=CHALLENGE))
    assert options["rp"]["id"] == "loa.example"
    assert [one["alg"] for one in options["pubKeyCredParams"]] == [ES256_IN_COSE]
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "preferred"
    assert [one["id"] for one in options["excludeCredentials"]] == [key.credential_id]


def test_only_passkeys_of_this_site_are_asked(hung, settings) -> None:
    key = register(hung, made())
    asked = passkeys.assertion_options(hung, challenge=CHALLENGE)
    assert [one["id"] for one in asked["allowCredentials"]] == [key.credential_id]
    assert (asked["rpId"], asked["userVerification"]) == ("loa.example", "required")
    settings.LOA_ORIGIN = "https://loa.another.example"
    assert passkeys.assertion_options(hung, challenge=CHALLENGE)["allowCredentials"] == []
