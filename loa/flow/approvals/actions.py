from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from loa.flow.approvals import errors
from loa.flow.approvals.models import Approval, Edition, Return
from loa.flow.newsroom.actions import close_submission, content_hash_of_bulletin
from loa.flow.newsroom.models import Bulletin, Submission
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.library import store
from loa.registry.library.actions import StoreFull
from loa.registry.library.models import Medium
from loa.registry.library.store import NoSpaceLeft
from loa.registry.people import keyring
from loa.registry.people.actions import issue_roster
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import ApprovalKey, Person
from loa.registry.people.queries import live_approval_key
from loa.registry.people.rules import Deed
from loa.wire import canonical, envelope, messages
from loa.wire.keys import SigningKey


@transaction.atomic
def approve_bulletin(submission: Submission, *, approver: Person, content_hash: str) -> Approval:
    """Let the approver answer for what he read and heard; this freezes an edition.

    `content_hash` names what was on his screen. Asking again, or two people at once, changes
    nothing after the first.
    """
    submission = (
        Submission.objects.select_for_update(of=("self",))
        .select_related("bulletin__place", "rendition__mp3", "rendition__opus")
        .get(pk=submission.pk)
    )
    bulletin = submission.bulletin
    _refuse_unless_may_answer(bulletin, approver)
    done = Approval.objects.filter(edition__submission=submission).first()
    if done is not None:
        return done
    if approver.pk in {submission.submitted_by_id, bulletin.author_id}:
        raise errors.OwnWork
    if submission.closed_at is not None:
        raise errors.AlreadyAnswered
    _refuse_if_changed(submission, content_hash)
    key, private = _key_of(approver)
    now = clock.now()
    issue_roster()
    try:
        edition = _freeze(submission, approver, private, now)
    except NoSpaceLeft as error:
        raise StoreFull from error
    approval = Approval.objects.create(
        edition=edition, approver=approver, approved_at=now, key_id=key.key_id
    )
    close_submission(submission)
    record_fact(
        "edition_approved",
        actor=approver.username,
        subject=bulletin.code,
        place=bulletin.place_id,
        body={"edition": edition.sha256, "key": key.key_id, "revision": submission.revision},
    )
    return approval


@transaction.atomic
def return_bulletin(submission: Submission, *, by: Person, reason: str) -> Return:
    """Send a bulletin back with a reason; sending back again changes nothing."""
    submission = Submission.objects.select_for_update().get(pk=submission.pk)
    bulletin = submission.bulletin
    _refuse_unless_may_answer(bulletin, by)
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise errors.ReasonMissing
    done = Return.objects.filter(submission=submission).first()
    if done is not None:
        return done
    if not close_submission(submission):
        raise errors.AlreadyAnswered
    returned = Return.objects.create(
        submission=submission, returned_by=by, returned_at=clock.now(), reason=reason
    )
    record_fact(
        "bulletin_returned",
        actor=by.username,
        subject=bulletin.code,
        place=bulletin.place_id,
        body={"revision": submission.revision, "reason": reason},
    )
    return returned


def _refuse_unless_may_answer(bulletin: Bulletin, person: Person) -> None:
    deed = Deed.APPROVE_EMERGENCY if bulletin.is_emergency else Deed.APPROVE
    mine = person.places_with(deed)
    wanted = {bulletin.place_id, *(place.code for place in bulletin.targets.all())}
    if not wanted <= mine:
        raise MandateMissing


def _refuse_if_changed(submission: Submission, seen_hash: str) -> None:
    rendition = submission.rendition
    media = [rendition.opus_id, rendition.mp3_id]
    present = content_hash_of_bulletin(submission.bulletin, rendition.spoken_text, media)
    if not seen_hash == submission.content_hash == present:
        raise errors.ChangedSinceRead
    if any(store.read(sha256) is None for sha256 in media):
        raise errors.SoundLost


def _key_of(approver: Person) -> tuple[ApprovalKey, SigningKey]:
    key = live_approval_key(approver)
    if key is None:
        raise errors.KeyMissing
    try:
        return key, keyring.private_half(key)
    except keyring.KeyNotHere as error:
        raise errors.KeyMissing from error


def _media(medium: Medium) -> messages.Media:
    return messages.Media(
        sha256=medium.sha256,
        bytes=medium.bytes,
        codec=medium.codec,
        duration_ms=medium.duration_ms,
    )


def _freeze(
    submission: Submission, approver: Person, private: SigningKey, now: datetime
) -> Edition:
    bulletin, rendition = submission.bulletin, submission.rendition
    targets = sorted(place.code for place in bulletin.targets.all())
    text = f"{bulletin.title}\n\n{bulletin.body}".encode()
    statement = messages.Edition(
        edition=str(uuid.uuid4()),
        bulletin=bulletin.code,
        revision=submission.revision,
        title=bulletin.title,
        text_sha256=store.write(text),
        spoken_sha256=store.write(rendition.spoken_text.encode()),
        source_sha256=bulletin.source.sha256 if bulletin.source else None,
        voice=rendition.voice,
        priority=messages.Priority(bulletin.priority),
        info_class=bulletin.info_class,
        place=bulletin.place_id,
        targets=tuple(targets),
        valid_from=bulletin.valid_from,
        valid_until=bulletin.valid_until,
        media=(_media(rendition.opus), _media(rendition.mp3)),
        author=bulletin.author.username,
        approver=approver.username,
        approved_at=now,
    )
    payload = canonical.encode(statement)
    return Edition.objects.create(
        id=uuid.UUID(statement.edition),
        submission=submission,
        bulletin=bulletin,
        place=bulletin.place,
        rendition=rendition,
        sha256=canonical.content_hash(payload),
        envelope=envelope.seal(messages.EDITION, payload, private),
        title=bulletin.title,
        body=bulletin.body,
        priority=bulletin.priority,
        info_class=bulletin.info_class,
        targets=targets,
        valid_from=bulletin.valid_from,
        valid_until=bulletin.valid_until,
        duration_ms=rendition.duration_ms,
        frozen_at=now,
    )
