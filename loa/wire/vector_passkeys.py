"""Approvals by passkey and by two people among the test vectors, good and bad.

These cases bring a roster of their own: beside the cast's keys a passkey of the chair and one of the
leader, a deputy of the leader with an ordinary key, and rows that no reader can use.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from loa.wire import canonical, envelope, passkeys
from loa.wire.authenticator import Authenticator
from loa.wire.cast import CITY, COMMUNE, NEIGHBOUR, Cast
from loa.wire.envelope import Signature
from loa.wire.messages import (
    CONFIRMATION,
    EDITION,
    ROSTER,
    STANDING,
    Edition,
    KeyRole,
    Priority,
    Roster,
    RosterKey,
)

Case = dict[str, Any]
MakeCase = Callable[..., Case]
ORDER_OF_CURVE = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
THIRD = "20203"  # a commune that does nothing but be there: two are not all
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP = 0x01, 0x04, 0x08, 0x10


class Holders:
    """The passkeys of the cast, and the roster that knows them."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.chair, self.leader, self.stranger = (
            Authenticator(cast.seed(f"passkey of {name}"))
            for name in ("chair", "leader", "stranger")
        )
        self.deputy = cast.keys["deputy"]

    def roster(self, *, version: int = 2, **changes: Any) -> bytes:
        """Return the cast's roster with these passkeys, sealed; `passkey_only` as asked."""
        plain = envelope.parse(
            envelope.read(self.cast.roster(version=version)).payload_bytes, Roster
        )
        parents = plain.parents | {THIRD: CITY}
        fields: dict[str, Any] = {"keys": (*plain.keys, *self._rows()), "parents": parents}
        fuller = msgspec.structs.replace(plain, **(fields | changes))
        return envelope.seal(ROSTER, canonical.encode(fuller), self.cast.keys["root"])

    def _rows(self) -> tuple[RosterKey, ...]:
        since = self.cast.now - timedelta(days=365)
        deputy = RosterKey(
            key_id=self.deputy.key_id,
            public=self.deputy.public_hex,
            role=KeyRole.APPROVER,
            holder="deputy",
            places=(CITY,),
            emergency=True,
            valid_from=since,
        )
        off_the_curve = self.stranger.public_hex[:-2] + "00"
        return (
            self.chair.row("chair", (COMMUNE,), since),
            self.leader.row("leader", (CITY,), since, emergency=True),
            deputy,
            self.chair.row("chair", (CITY,), since, key_id="0" * 16, public=off_the_curve),
            self.chair.row("chair", (CITY,), since, key_id="1" * 16, kind="of-another-year"),
        )


def passkey_cases(cast: Cast, case: MakeCase) -> list[Case]:
    """Return every document that rests on a passkey, on two people, or on a place's demand."""
    holders = Holders(cast)
    return [
        *_assertion_cases(holders, case, "passkeys"),
        *_row_cases(holders, case, "passkeys"),
        *_person_cases(holders, case, "passkeys"),
        *_demand_cases(holders, case),
    ]


def rosters(cast: Cast) -> dict[str, str]:
    """Return the rosters that cases name."""
    holders = Holders(cast)
    demands: dict[str, dict[str, str]] = {
        "passkeys": {},
        "strict": {COMMUNE: "all"},
        "alarmed": {COMMUNE: "emergency"},
        "unknown": {COMMUNE: "of-another-year"},
    }
    return {name: holders.roster(passkey_only=demand).decode() for name, demand in demands.items()}


def ordered(cast: Cast, edition: Edition, *signatures: Signature) -> bytes:
    """Return a document with one order of this edition, signed so."""
    body = canonical.encode(edition)
    sealed = envelope.sealed_with(EDITION, body, *signatures)
    name = canonical.content_hash(body)
    order = cast.order(name, priority=edition.priority)
    return cast.document(orders=(order,), envelopes={name: msgspec.Raw(sealed)})


def by_server_key(cast: Cast, name: str, kind: str, document: Any) -> Signature:
    body = canonical.encode(document)
    return envelope.read(envelope.seal(kind, body, cast.keys[name])).signatures[0]


# -- one assertion


def _assertion_cases(holders: Holders, case: MakeCase, roster: str) -> list[Case]:
    cast, chair = holders.cast, holders.chair
    edition, other = cast.edition(), cast.edition(edition="e-2")
    body = canonical.encode(edition)
    good = chair.signature(EDITION, body)

    def signed(name: str, expect: str = "good", **odd: Any) -> Case:
        signature = chair.signature(EDITION, body, **odd)
        return case(name, ordered(cast, edition, signature), expect, roster=roster)

    def given(name: str, expect: str = "forged", **parts: str) -> Case:
        signature = msgspec.structs.replace(good, **parts)
        return case(name, ordered(cast, edition, signature), expect, roster=roster)

    client = json.loads(base64.b64decode(good.client_data))
    no_word = json.dumps({k: v for k, v in client.items() if k != "crossOrigin"}).encode()
    data = base64.b64decode(good.authenticator_data)
    longer = data[:32] + bytes([PRESENT | VERIFIED | 0x80]) + data[33:] + b"\xa0"
    short = data[:36]
    flipped = data[:-1] + bytes([data[-1] ^ 1])
    of_other = chair.signature(EDITION, canonical.encode(other))
    as_confirmation = chair.signature(CONFIRMATION, body)
    by_stranger = holders.stranger.signature(EDITION, body)
    fields = {"sig": by_stranger.sig, "authenticator_data": by_stranger.authenticator_data}
    return [
        signed("passkey of the chair"),
        signed("passkey that may be backed up", flags=PRESENT | VERIFIED | ELIGIBLE),
        signed("passkey that is backed up", flags=PRESENT | VERIFIED | ELIGIBLE | BACKED_UP),
        signed("passkey backed up that may not be", "forged", flags=PRESENT | VERIFIED | BACKED_UP),
        signed("passkey with more words of the browser", mood="calm"),
        _resigned(holders, case, "passkey without a word of frames", data, client=no_word),
        _resigned(holders, case, "passkey with an extension", longer),
        _resigned(holders, case, "passkey with data too short", short, expect="forged"),
        signed("passkey asked something else", "forged", challenge=b"\0" * 32),
        signed("passkey asked the edition's hash itself", "forged", challenge=_hash(body)),
        signed("passkey asked by another page", "forged", origin="https://loa.example.evil"),
        signed("passkey asked over a plain line", "forged", origin="http://loa.example"),
        signed("passkey asked by no page", "forged", origin=None),
        signed("passkey asked within another page", "forged", crossOrigin=True),
        signed("passkey asked perhaps within another page", "forged", crossOrigin="no"),
        signed("passkey being made, not used", "forged", type="webauthn.create"),
        signed("passkey for another site", "forged", rp_id="loa.example.evil"),
        signed("passkey whose holder was not there", "forged", flags=VERIFIED),
        signed("passkey whose holder was not verified", "forged", flags=PRESENT),
        given("passkey with high S", "good", sig=_with_high_s(good.sig)),
        given("passkey with the authenticator's data flipped", authenticator_data=_b64(flipped)),
        given("passkey with other words of the browser", client_data=_b64(no_word)),
        given("passkey with the words of another edition", client_data=of_other.client_data),
        given("passkey without the browser's words", client_data=""),
        given("passkey with words that are not JSON", client_data=_b64(b"{")),
        given("passkey with words that are not base64", client_data="*"),
        given("passkey with a signature cut", sig=_b64(base64.b64decode(good.sig)[:-1])),
        given("passkey signature of a stranger", **fields),
        case(
            "passkey that answered for another edition",
            ordered(cast, edition, of_other),
            "forged",
            roster=roster,
        ),
        case(
            "passkey that answered for another type",
            ordered(cast, edition, as_confirmation),
            "forged",
            roster=roster,
        ),
        case(
            "passkey of nobody known",
            ordered(cast, edition, by_stranger),
            "unknown_key",
            roster=roster,
        ),
    ]


def _resigned(
    holders: Holders,
    case: MakeCase,
    name: str,
    data: bytes,
    *,
    client: bytes = b"",
    expect: str = "good",
) -> Case:
    """Sign with the chair's passkey what no browser would hand it quite like this."""
    cast, chair = holders.cast, holders.chair
    edition = cast.edition()
    usual = chair.signature(EDITION, canonical.encode(edition))
    client = client or base64.b64decode(usual.client_data)
    assertion = passkeys.Assertion(data, client, chair.sign(data, client))
    signature = envelope.signature_of_passkey(chair.key_id, assertion)
    return case(name, ordered(cast, edition, signature), expect, roster="passkeys")


# -- rows nobody can use


def _row_cases(holders: Holders, case: MakeCase, roster: str) -> list[Case]:
    cast, chair = holders.cast, holders.chair
    edition = cast.edition()
    signature = chair.signature(EDITION, canonical.encode(edition))
    plain = by_server_key(cast, "chair", EDITION, edition)

    def named(name: str, key_id: str) -> Case:
        odd = msgspec.structs.replace(signature, keyid=key_id)
        return case(name, ordered(cast, edition, odd), "unknown_key", roster=roster)

    dressed = msgspec.structs.replace(plain, client_data=signature.client_data)
    bare = msgspec.structs.replace(plain, keyid=chair.key_id)
    return [
        case("roster with rows that cannot be read", holders.roster(), kind="roster", known=1),
        named("passkey that is no point of the curve", "0" * 16),
        named("key of a kind nobody knows", "1" * 16),
        case("ordinary key beside rows that cannot be read", ordered(cast, edition, plain), roster=roster),
        case("ordinary key with the words of a browser", ordered(cast, edition, dressed), roster=roster),
        case(
            "ordinary signature under a passkey's id",
            ordered(cast, edition, bare),
            "forged",
            roster=roster,
        ),
    ]  # fmt: skip


# -- one person, two people


def _person_cases(holders: Holders, case: MakeCase, roster: str) -> list[Case]:
    cast = holders.cast

    def alarm(
        name: str, expect: str, *by: str, targets: tuple[str, ...] = (CITY,), **changes: Any
    ) -> Case:
        fields = {"priority": Priority.EMERGENCY, "targets": targets, "approver": "leader"}
        edition = cast.edition(**(fields | changes))
        body = canonical.encode(edition)
        signatures = [
            holders.leader.signature(EDITION, body)
            if who == "passkey"
            else by_server_key(cast, who, EDITION, edition)
            for who in by
        ]
        return case(name, ordered(cast, edition, *signatures), expect, roster=roster)

    one = "one_person"
    everywhere = (COMMUNE, NEIGHBOUR, THIRD)
    confirmed_alone = _confirmed(holders, case, roster)
    return [
        alarm("alarm for the city by two", "good", "leader", "deputy"),
        alarm("alarm for the city by two, one by passkey", "good", "deputy", "passkey"),
        alarm("alarm for the city that the deputy began", "good", "leader", "deputy", approver="deputy"),
        alarm("alarm for the city by one", one, "leader"),
        alarm("alarm for the city by two keys of one", one, "leader", "passkey"),
        alarm("alarm for the city by one twice", one, "leader", "leader"),
        alarm("alarm for the city by its author and another", one, "leader", "deputy", author="deputy"),
        alarm("alarm for the city by one and a chair who may not", one, "leader", "chair"),
        alarm("alarm for the city by two others than it names", "forged", "leader", "deputy", approver="chair"),
        alarm("alarm for every commune by one", one, "leader", targets=everywhere),
        alarm("alarm for every commune by two", "good", "leader", "deputy", targets=everywhere),
        alarm("alarm for two communes by one", "good", "leader", targets=(COMMUNE, NEIGHBOUR)),
        alarm("usual words for the city by one", "good", "leader", priority=Priority.NORMAL),
        *confirmed_alone,
    ]  # fmt: skip


def _confirmed(holders: Holders, case: MakeCase, roster: str) -> list[Case]:
    """Return an edition of the chair's, confirmed for the night by himself and by others."""
    cast, edition = holders.cast, holders.cast.edition()
    sha256, sealed = cast.sealed_edition(edition)

    def confirmed(name: str, expect: str, by: str) -> Case:
        given = cast.confirmation(sha256, confirmer=by.removesuffix("'s passkey"))
        body = canonical.encode(given)
        signature = (
            getattr(holders, by.removesuffix("'s passkey")).signature(CONFIRMATION, body)
            if by.endswith("passkey")
            else by_server_key(cast, by, CONFIRMATION, given)
        )
        whole = envelope.sealed_with(CONFIRMATION, body, signature)
        mark = canonical.content_hash(body)
        order = msgspec.structs.replace(cast.order(sha256), confirmation=mark)
        envelopes = {sha256: sealed, mark: msgspec.Raw(whole)}
        return case(
            name, cast.document(orders=(order,), envelopes=envelopes), expect, roster=roster
        )

    return [
        confirmed("confirmation by the approver himself", "one_person", "chair"),
        confirmed("confirmation by the approver's other key", "one_person", "chair's passkey"),
        confirmed("confirmation by a leader's passkey", "good", "leader's passkey"),
    ]


# -- a place that believes passkeys only


def _demand_cases(holders: Holders, case: MakeCase) -> list[Case]:
    cast, chair, leader = holders.cast, holders.chair, holders.leader
    strict, alarmed, unknown = "strict", "alarmed", "unknown"
    usual = cast.edition()
    by_passkey = chair.signature(EDITION, canonical.encode(usual))
    by_key = by_server_key(cast, "chair", EDITION, usual)
    of_city = cast.edition(targets=(CITY,), approver="leader")
    of_city_by_key = by_server_key(cast, "leader", EDITION, of_city)
    of_city_by_passkey = leader.signature(EDITION, canonical.encode(of_city))
    alarm = cast.edition(priority=Priority.EMERGENCY, approver="leader")
    alarm_by_key = by_server_key(cast, "leader", EDITION, alarm)
    alarm_by_passkey = leader.signature(EDITION, canonical.encode(alarm))
    borrowed = leader.signature(EDITION, canonical.encode(usual))
    bad = "no_passkey"
    document = ordered
    return [
        case("passkey where only passkeys are believed", document(cast, usual, by_passkey), roster=strict),
        case("server's key where only passkeys are believed", document(cast, usual, by_key), bad, roster=strict),
        case("both keys where only passkeys are believed", document(cast, usual, by_key, by_passkey), roster=strict),
        case("another's passkey beside the server's key", document(cast, usual, by_key, borrowed), bad, roster=strict),
        case("server's key where a word nobody knows is demanded", document(cast, usual, by_key), bad, roster=unknown),
        case("server's key for the city above such a place", document(cast, of_city, of_city_by_key), bad, roster=strict),
        case("passkey for the city above such a place", document(cast, of_city, of_city_by_passkey), roster=strict),
        case("server's key where alarms need passkeys", document(cast, usual, by_key), roster=alarmed),
        case("alarm by a server's key where alarms need passkeys", document(cast, alarm, alarm_by_key), bad, roster=alarmed),
        case("alarm by a passkey where alarms need passkeys", document(cast, alarm, alarm_by_passkey), roster=alarmed),
        *_standing_cases(holders, case, strict, alarmed),
    ]  # fmt: skip


def _standing_cases(holders: Holders, case: MakeCase, strict: str, alarmed: str) -> list[Case]:
    cast, standing = holders.cast, holders.cast.standing()
    _, by_key = cast.sealed_standing(standing)
    body = canonical.encode(standing)
    by_passkey = envelope.sealed_with(STANDING, body, holders.chair.signature(STANDING, body))
    like = {"kind": "standing"}
    return [
        case("relay by a server's key where only passkeys are believed", bytes(by_key), "no_passkey", roster=strict, **like),
        case("relay by a passkey where only passkeys are believed", by_passkey, roster=strict, **like),
        case("relay by a server's key where alarms need passkeys", bytes(by_key), roster=alarmed, **like),
    ]  # fmt: skip


# -- spoiling


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _hash(body: bytes) -> bytes:
    return bytes.fromhex(canonical.content_hash(body))


def _with_high_s(sig: str) -> str:
    """Return the other of the two signatures that hold: (r, n - s)."""
    r, s = decode_dss_signature(base64.b64decode(sig))
    return _b64(encode_dss_signature(r, ORDER_OF_CURVE - s))
