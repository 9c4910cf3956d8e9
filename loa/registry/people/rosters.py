"""The roster and the roots it stands on: drafted from the register, signed here or by officers, taken in.

In the embedded city the root key lies on the server and signs at once. Once officers hold it, the
server can only draft: the signed document is brought back and taken in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from loa.lib import clock
from loa.registry.ledger.actions import hold_ledger, record_fact
from loa.registry.people import errors, keyring
from loa.registry.people.models import ApprovalKey, Mandate, RootIssue, RosterDraft, RosterIssue
from loa.registry.people.queries import (
    passkey_demands,
    present_root,
    present_roster,
    waiting_draft,
)
from loa.registry.people.rules import APPROVING, Deed, Interval, earlier, without
from loa.registry.places.queries import parents_of_all
from loa.wire import canonical, envelope, roots, rules
from loa.wire.keys import SigningKey
from loa.wire.messages import ROOT, ROSTER, KeyRole, Root, RootKey, RootRole, Roster, RosterKey
from loa.wire.reasons import Refused

LIFE = timedelta(days=365)
RENEW_BEFORE_END = timedelta(days=90)
# Until every device has heard of the next director key, what the old one signed is still good.
OLD_DIRECTOR_STAYS = timedelta(days=2)


@transaction.atomic
def issue_roster(asked_by: str = "") -> RosterIssue | None:
    """See that the roster says what the register says; return the one that is in force.

    Where the root key lies on the server a new one is signed, otherwise it is drafted and waits.
    """
    if (present := _present_if_unchanged()) is not None:
        return present
    # The lock of the ledger, not one of our own: a deed that recorded a fact already holds it,
    # and two locks taken in two orders would stop two deeds for good.
    hold_ledger()
    return _present_if_unchanged() or _issue_or_draft(asked_by)


def _present_if_unchanged() -> RosterIssue | None:
    last, root = present_roster(), present_root()
    if last is None or root is None or last.content_hash != _content_hash(root):
        return None
    return last if not _is_ending(last.expires_at) else None


def _is_ending(expires_at: datetime | None) -> bool:
    return expires_at is None or clock.now() > expires_at - RENEW_BEFORE_END


def _content_hash(root: Root) -> str:
    content: dict[str, Any] = {
        "keys": _roster_keys(),
        "parents": parents_of_all(),
        "passkey_only": passkey_demands(),
        "root": root.version,
    }
    return canonical.content_hash(canonical.encode(content))


def _issue_or_draft(asked_by: str) -> RosterIssue | None:
    root = _renewed_root()
    key = _key_that_signs_alone(root)
    if key is None:
        _draft(root, asked_by)
        return present_roster()
    issue = _keep_roster(_next_roster(), _content_hash(root), key)
    if (following := keyring.next_director_key()) is not None:
        _change_director(following)
    return issue


def _renewed_root() -> Root:
    """Return the newest root; the embedded city makes its first, and renews it by itself."""
    root = present_root()
    if root is None:
        return _keep_own_root(1)
    if _key_that_signs_alone(root) is not None and _is_ending(root.expires_at):
        return _keep_own_root(root.version + 1)
    return root


def is_root_on_server() -> bool:
    """Say whether the server can still sign rosters by itself, as the embedded city does."""
    root = present_root()
    return root is not None and _key_that_signs_alone(root) is not None


def _key_that_signs_alone(root: Root) -> SigningKey | None:
    """Return the server's root key if this root lets it sign rosters and the next root alone."""
    key = keyring.root_key_if_here()
    if key is None or any(role.threshold > 1 for role in (root.root, root.roster)):
        return None
    return key if {key.key_id} <= set(root.root.keys) & set(root.roster.keys) else None


def _keep_own_root(version: int) -> Root:
    key, now = keyring.root_key(), clock.now()
    role = RootRole(keys=(key.key_id,), threshold=1)
    root = Root(
        version=version,
        issued_at=now,
        expires_at=now + LIFE,
        keys=(RootKey(key_id=key.key_id, public=key.public_hex, custody="server"),),
        root=role,
        roster=role,
    )
    return _keep_root(root, envelope.seal(ROOT, canonical.encode(root), key))


def _keep_root(root: Root, sealed: bytes) -> Root:
    RootIssue.objects.create(
        version=root.version,
        sha256=canonical.content_hash(envelope.read(sealed).payload_bytes),
        issued_at=root.issued_at,
        expires_at=root.expires_at,
        envelope=sealed,
    )
    record_fact(
        "root_taken",
        actor=None,
        subject=str(root.version),
        place="",
        body={"keys": len(root.root.keys), "threshold": root.root.threshold},
    )
    return root


def _next_roster() -> Roster:
    last, now = present_roster(), clock.now()
    return Roster(
        version=last.version + 1 if last else 1,
        issued_at=now,
        expires_at=now + LIFE,
        keys=_roster_keys(),
        parents=parents_of_all(),
        passkey_only=passkey_demands(),
    )


def _keep_roster(roster: Roster, content_hash: str, *keys: SigningKey) -> RosterIssue:
    return _keep_sealed(
        roster, content_hash, envelope.seal(ROSTER, canonical.encode(roster), *keys)
    )


def _keep_sealed(roster: Roster, content_hash: str, sealed: bytes) -> RosterIssue:
    if len(sealed) > canonical.ROSTER_BYTES_MAX:
        # Devices would refuse it and keep the one they hold; better that the city hears of it.
        raise RuntimeError(
            f"a roster of {len(roster.keys)} keys is too large for devices: {len(sealed)}"
        )
    issue = RosterIssue.objects.create(
        version=roster.version,
        issued_at=roster.issued_at,
        expires_at=roster.expires_at,
        content_hash=content_hash,
        envelope=sealed,
    )
    body = {"keys": len(roster.keys)}
    record_fact("roster_issued", actor=None, subject=str(roster.version), place="", body=body)
    return issue


def _draft(root: Root, asked_by: str) -> None:
    """Write down the roster that should be signed, unless just this one waits already."""
    wanted, waiting = _content_hash(root), waiting_draft()
    if waiting is not None and waiting.content_hash == wanted:
        return
    roster = _next_roster()
    RosterDraft.objects.create(
        version=roster.version,
        drafted_at=roster.issued_at,
        asked_by=asked_by[:40],
        content_hash=wanted,
        payload=canonical.encode(roster),
    )
    record_fact(
        "roster_drafted",
        actor=asked_by or None,
        subject=str(roster.version),
        place="",
        body={"keys": len(roster.keys)},
    )


def draft_that_waits() -> RosterDraft | None:
    """Return the roster that waits for signatures, if the register still wants just that one."""
    draft, root = waiting_draft(), present_root()
    if draft is None or root is None or draft.content_hash != _content_hash(root):
        return None
    return draft


# -- what officers are asked to sign


def proposed_root(keys: Sequence[RootKey], threshold: int) -> tuple[bytes, Root]:
    """Return the next root of these officers, and unsigned but for the server's own key if it counts."""
    present, now = present_root(), clock.now()
    role = RootRole(keys=tuple(key.key_id for key in keys), threshold=threshold)
    root = Root(
        version=present.version + 1 if present else 1,
        issued_at=now,
        expires_at=now + LIFE,
        keys=tuple(keys),
        root=role,
        roster=role,
    )
    own = keyring.root_key_if_here()
    counts = own is not None and present is not None and own.key_id in present.root.keys
    signers = [own] if own is not None and counts else []
    return envelope.seal(ROOT, canonical.encode(root), *signers), root


@transaction.atomic
def roster_under(root: Root, asked_by: str = "") -> bytes:
    """Return the roster that should be signed under this root, unsigned; it is written down as a draft."""
    hold_ledger()
    _draft(root, asked_by)
    draft = RosterDraft.objects.last()
    return envelope.seal(ROSTER, bytes(draft.payload) if draft else b"")


# -- what officers bring back


@transaction.atomic
def take_root(sealed: bytes) -> RootIssue:
    """Take in a root that officers signed; the same again changes nothing. Raises DocumentRefused."""
    hold_ledger()
    known = RootIssue.objects.filter(envelope=sealed).first()
    if known is not None:
        return known
    trusted = present_root()
    try:
        root = roots.open_next(sealed, trusted) if trusted else roots.open_own(sealed)
    except Refused as refused:
        raise errors.DocumentRefused(refused) from refused
    if trusted is None and root.version != 1:
        raise errors.FirstRootMissing
    _keep_root(root, sealed)
    own = keyring.root_key_if_here()
    if own is not None and own.key_id not in {*root.root.keys, *root.roster.keys}:
        # Only once the new root is safe: a key that is worth nothing must not be stolen either.
        transaction.on_commit(keyring.forget_root_key)
    return RootIssue.objects.get(version=root.version)


@transaction.atomic
def take_roster(sealed: bytes) -> RosterIssue:
    """Take in a roster that officers signed; the same again changes nothing. Raises DocumentRefused."""
    hold_ledger()
    known = RosterIssue.objects.filter(envelope=sealed).first()
    if known is not None:
        return known
    root, last = present_root(), present_roster()
    if root is None:
        raise errors.FirstRootMissing
    lowest = last.version + 1 if last else 1
    try:
        roster = rules.open_roster(sealed, root, known_version=lowest)
    except Refused as refused:
        raise errors.DocumentRefused(refused) from refused
    directors = {key.key_id for key in roster.keys if key.role is KeyRole.DIRECTOR}
    if keyring.director_key().key_id not in directors:
        raise errors.DirectorMissing
    issue = _keep_sealed(roster, _hash_of_draft(_payload_of(sealed)), sealed)
    following = keyring.next_director_key()
    if following is not None and following.key_id in directors:
        _change_director(following)
    return issue


def _payload_of(sealed: bytes) -> bytes:
    return envelope.read(sealed, bytes_max=canonical.ROSTER_BYTES_MAX).payload_bytes


def _hash_of_draft(payload: bytes) -> str:
    """Return what the register looked like when this was drafted; what we never drafted is news."""
    draft = RosterDraft.objects.filter(payload=payload).last()
    return draft.content_hash if draft is not None else ""


def _change_director(following: SigningKey) -> None:
    record_fact(
        "director_changed", actor=None, subject="director", place="", body={"key": following.key_id}
    )
    transaction.on_commit(keyring.change_director_key)


# -- what the register wants


def _roster_keys() -> tuple[RosterKey, ...]:
    rows = list(_director_rows())
    keys = ApprovalKey.objects.filter(revoked_at=None).select_related("person").order_by("key_id")
    for key in keys.prefetch_related("person__mandates__role", "person__suspensions"):
        rows.extend(_rows_for(key))
    return tuple(rows)


def _director_rows() -> list[RosterKey]:
    born = Mandate.objects.order_by("valid_from").values_list("valid_from", flat=True).first()
    keys = [keyring.director_key(), keyring.next_director_key()]
    return [
        RosterKey(
            key_id=key.key_id,
            public=key.public_hex,
            role=KeyRole.DIRECTOR,
            holder="director",
            valid_from=born or clock.now(),
        )
        for key in keys
        if key is not None
    ]


def _rows_for(key: ApprovalKey) -> Iterator[RosterKey]:
    # One row for each mandate: a key may answer for different places at different times. While its
    # holder is suspended it answers for nothing, so such a mandate makes a row before and one after.
    gaps = [suspension.interval for suspension in key.person.suspensions.all()]
    for mandate in sorted(key.person.mandates.all(), key=lambda one: one.pk):
        if APPROVING.isdisjoint(mandate.role.deeds):
            continue
        begin, end = mandate.interval
        answering = max(begin, key.valid_from), earlier(end, key.valid_until)
        for piece in without(answering, gaps):
            yield _row(key, mandate, piece)


def _row(key: ApprovalKey, mandate: Mandate, during: Interval) -> RosterKey:
    return RosterKey(
        key_id=key.key_id,
        public=key.public_hex,
        kind=key.kind,
        role=KeyRole.APPROVER,
        holder=key.person.username,
        custody=key.custody,
        rp_id=key.rp_id,
        origins=tuple(key.origins),
        places=(mandate.place_id,),
        emergency=mandate.role.allows(Deed.APPROVE_EMERGENCY),
        valid_from=during[0],
        valid_until=during[1],
    )
