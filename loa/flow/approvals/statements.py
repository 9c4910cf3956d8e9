"""The edition as a statement: written down to the byte, signed by whoever answers, then frozen.

Who signs first is the approver it names. What is signed is judged by the rule devices judge by.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from loa.flow.approvals import errors
from loa.flow.approvals.models import Approval, Edition, EditionSignature, PreparedEdition
from loa.flow.newsroom.models import Submission
from loa.lib import clock
from loa.registry.library import store
from loa.registry.library.actions import StoreFull
from loa.registry.library.models import Medium
from loa.registry.library.store import NoSpaceLeft
from loa.registry.people import keyring
from loa.registry.people.models import ApprovalKey, Person
from loa.registry.people.queries import (
    live_approval_key,
    opened_roster,
    passkeys_of,
    present_roster,
)
from loa.wire import canonical, envelope, messages, rules
from loa.wire.envelope import Signature
from loa.wire.messages import Roster
from loa.wire.passkeys import Assertion, challenge_of
from loa.wire.reasons import Reason, Refused

PREPARED_LASTS = timedelta(minutes=5)


@dataclass(frozen=True)
class PasskeyAnswer:
    """What a browser brought back: which prepared edition was signed, by which passkey, and how."""

    prepared: uuid.UUID
    credential_id: str
    assertion: Assertion


def prepared_for(submission: Submission, person: Person) -> PreparedEdition:
    """Return what this person would sign: the bytes the first one signed, or new ones."""
    return begun(submission) or _prepare(submission, person)


def begun(submission: Submission) -> PreparedEdition | None:
    """Return what was signed already and still stands, while more people are needed."""
    signed = submission.prepared.filter(signatures__isnull=False).distinct()
    return next((one for one in signed.order_by("-prepared_at") if _stands(one)), None)


def _stands(prepared: PreparedEdition) -> bool:
    # A key that was taken away meanwhile leaves its signature worthless: somebody begins anew.
    roster = _roster()
    try:
        return roster is not None and bool(rules.approvers_of(_sealed(prepared), roster))
    except Refused:
        return False


def _roster() -> Roster | None:
    issue = present_roster()
    return opened_roster(issue) if issue is not None else None


def _prepare(submission: Submission, person: Person) -> PreparedEdition:
    now = clock.now()
    made = PreparedEdition(submission=submission, prepared_for=person, prepared_at=now)
    try:
        made.payload = canonical.encode(_statement(made))
    except NoSpaceLeft as error:
        raise StoreFull from error
    made.save(force_insert=True)
    return made


def _statement(made: PreparedEdition) -> messages.Edition:
    submission = made.submission
    bulletin, rendition = submission.bulletin, submission.rendition
    text = f"{bulletin.title}\n\n{bulletin.body}".encode()
    return messages.Edition(
        edition=str(made.pk),
        bulletin=bulletin.code,
        revision=submission.revision,
        title=bulletin.title,
        text_sha256=store.write(text),
        spoken_sha256=store.write(rendition.spoken_text.encode()),
        texts_sha256=_texts_name(submission),
        source_sha256=bulletin.source.sha256 if bulletin.source else None,
        voice=rendition.voice,
        priority=messages.Priority(bulletin.priority),
        info_class=bulletin.info_class,
        place=bulletin.place_id,
        targets=tuple(sorted(place.code for place in bulletin.targets.all())),
        valid_from=bulletin.valid_from,
        valid_until=bulletin.valid_until,
        media=(_media(rendition.opus), _media(rendition.mp3)),
        author=bulletin.author.username,
        approver=made.prepared_for.username,
        approved_at=made.prepared_at,
    )


def _texts_name(submission: Submission) -> str | msgspec.UnsetType:
    if not submission.texts:
        return msgspec.UNSET
    return store.write(canonical.encode(submission.texts))


def _media(medium: Medium) -> messages.Media:
    return messages.Media(
        sha256=medium.sha256,
        bytes=medium.bytes,
        codec=medium.codec,
        duration_ms=medium.duration_ms,
    )


def challenge_for(prepared: PreparedEdition) -> bytes:
    """Return what an authenticator is asked to sign for this."""
    payload = bytes(prepared.payload)
    return challenge_of(envelope.pre_authentication(messages.EDITION, payload))


# -- signing


def sign_with_server_key(prepared: PreparedEdition, person: Person) -> EditionSignature:
    """Sign with the key the server keeps; who has a passkey is asked for that."""
    if passkeys_of(person):
        raise errors.PasskeyAsked
    key = live_approval_key(person)
    if key is None:
        raise errors.KeyMissing
    try:
        private = keyring.private_half(key)
    except keyring.KeyNotHere as error:
        raise errors.KeyMissing from error
    sealed = envelope.seal(messages.EDITION, bytes(prepared.payload), private)
    return _signed(prepared, person, key, envelope.read(sealed).signatures[0])


def sign_with_passkey(
    submission: Submission, person: Person, given: PasskeyAnswer
) -> EditionSignature:
    """Take the assertion of this person's passkey over what was prepared for it."""
    prepared = submission.prepared.filter(pk=given.prepared).first()
    if prepared is None or not _may_be_signed(prepared, person):
        raise errors.PreparedTooOld
    key = next((k for k in passkeys_of(person) if k.credential_id == given.credential_id), None)
    if key is None:
        raise errors.AssertionRefused
    return _signed(
        prepared, person, key, envelope.signature_of_passkey(key.key_id, given.assertion)
    )


def _may_be_signed(prepared: PreparedEdition, person: Person) -> bool:
    if prepared == begun(prepared.submission):
        return True
    is_fresh = clock.now() - prepared.prepared_at <= PREPARED_LASTS
    return is_fresh and prepared.prepared_for == person and not prepared.signatures.exists()


def _signed(
    prepared: PreparedEdition, person: Person, key: ApprovalKey, signature: Signature
) -> EditionSignature:
    return EditionSignature(
        prepared=prepared,
        person=person,
        signed_at=clock.now(),
        key_id=key.key_id,
        signature=msgspec.to_builtins(signature),
    )


def is_enough(prepared: PreparedEdition, signature: EditionSignature) -> bool:
    """Say whether this signature, with those before it, is all that devices ask for.

    Raises a refusal in words when devices would not believe it at all.
    """
    roster = _roster()
    if roster is None:
        raise errors.KeyNotListed
    sealed = _sealed(prepared, signature)
    try:
        _, _, rows = rules.approvers_of(sealed, roster)
        if signature.key_id not in {row.key_id for row in rows}:
            raise errors.AssertionRefused
        rules.open_edition(sealed, roster)
    except Refused as refused:
        if refused.reason is Reason.ONE_PERSON:
            return False
        raise _IN_WORDS.get(refused.reason, errors.NotBelieved)(reason=refused.reason) from refused
    return True


_IN_WORDS: dict[Reason, type[errors.NotBelieved]] = {
    Reason.UNKNOWN_KEY: errors.KeyNotListed,
    Reason.NO_MANDATE: errors.KeyNotListed,
    Reason.FORGED: errors.AssertionRefused,
    Reason.NO_PASSKEY: errors.PasskeyDemanded,
}


def _sealed(prepared: PreparedEdition, *more: EditionSignature) -> bytes:
    given = [*prepared.signatures.order_by("pk"), *more]
    signatures = [msgspec.convert(one.signature, Signature) for one in given]
    return envelope.sealed_with(messages.EDITION, bytes(prepared.payload), *signatures)


# -- freezing


def freeze(prepared: PreparedEdition) -> Approval:
    """Make the edition of what was prepared and signed; the first to sign is its approver."""
    first = prepared.signatures.order_by("pk")[0]
    return Approval.objects.create(
        edition=_edition_of(prepared),
        approver=first.person,
        approved_at=prepared.prepared_at,
        key_id=first.key_id,
    )


def _edition_of(prepared: PreparedEdition) -> Edition:
    submission, payload = prepared.submission, bytes(prepared.payload)
    bulletin, rendition = submission.bulletin, submission.rendition
    statement = envelope.parse(payload, messages.Edition)
    return Edition.objects.create(
        id=uuid.UUID(statement.edition),
        submission=submission,
        bulletin=bulletin,
        place=bulletin.place,
        rendition=rendition,
        sha256=canonical.content_hash(payload),
        envelope=_sealed(prepared),
        title=bulletin.title,
        body=bulletin.body,
        texts=submission.texts,
        texts_sha256=statement.texts_sha256 or "",
        priority=bulletin.priority,
        info_class=bulletin.info_class,
        targets=list(statement.targets),
        valid_from=bulletin.valid_from,
        valid_until=bulletin.valid_until,
        duration_ms=rendition.duration_ms,
        frozen_at=prepared.prepared_at,
    )
