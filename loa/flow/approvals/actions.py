from __future__ import annotations

from django.db import transaction

from loa.flow.approvals import errors, statements
from loa.flow.approvals.models import Approval, EditionSignature, PreparedEdition, Return
from loa.flow.approvals.statements import PasskeyAnswer
from loa.flow.newsroom.actions import close_submission, content_hash_of_bulletin
from loa.flow.newsroom.models import Bulletin, Submission
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.library import store
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rosters import issue_roster
from loa.registry.people.rules import Deed


def approve_bulletin(submission: Submission, *, approver: Person, content_hash: str) -> Approval:
    """Let the approver answer as the last of those who are needed; see `answer_for_bulletin`.

    Raises SecondPersonAwaited, his answer kept, when he was only the first.
    """
    approval = answer_for_bulletin(submission, approver=approver, content_hash=content_hash)
    if approval is None:
        raise errors.SecondPersonAwaited
    return approval


@transaction.atomic
def answer_for_bulletin(
    submission: Submission,
    *,
    approver: Person,
    content_hash: str,
    given: PasskeyAnswer | None = None,
) -> Approval | None:
    """Let the approver answer for what he read and heard; the last one needed freezes an edition.

    `content_hash` names what was on his screen, `given` is his passkey's answer; without it the key
    that the server keeps for him signs. Returns None while a second person must answer too. Asking
    again, or two people at once, changes nothing after the first.
    """
    submission = _held(submission)
    done = _done_or_refused(submission, approver, content_hash)
    if done is not None:
        return done
    issue_roster()
    if _has_answered(submission, approver):
        return None
    signature = (
        statements.sign_with_passkey(submission, approver, given)
        if given is not None
        else statements.sign_with_server_key(
            statements.prepared_for(submission, approver), approver
        )
    )
    is_enough = statements.is_enough(signature.prepared, signature)
    signature.save(force_insert=True)
    approval = statements.freeze(signature.prepared) if is_enough else None
    if approval is not None:
        close_submission(submission)
    _record(submission, signature, approval)
    return approval


@transaction.atomic
def prepare_edition(
    submission: Submission, *, approver: Person, content_hash: str
) -> PreparedEdition | None:
    """Write down what the approver's passkey is to sign; None when there is nothing to sign any more."""
    submission = _held(submission)
    done = _done_or_refused(submission, approver, content_hash)
    if done is not None or _has_answered(submission, approver):
        return None
    issue_roster()
    return statements.prepared_for(submission, approver)


def _held(submission: Submission) -> Submission:
    return (
        Submission.objects.select_for_update(of=("self",))
        .select_related("bulletin__place", "rendition__mp3", "rendition__opus")
        .get(pk=submission.pk)
    )


def _done_or_refused(
    submission: Submission, approver: Person, content_hash: str
) -> Approval | None:
    """Return the approval that stands already; raises unless this person may give one."""
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
    return None


def _has_answered(submission: Submission, person: Person) -> bool:
    begun = statements.begun(submission)
    return begun is not None and begun.signatures.filter(person=person).exists()


def _record(submission: Submission, signature: EditionSignature, approval: Approval | None) -> None:
    bulletin = submission.bulletin
    edition = {"edition": approval.edition.sha256} if approval is not None else {}
    record_fact(
        "edition_approved" if approval is not None else "edition_answered_first",
        actor=signature.person.username,
        subject=bulletin.code,
        place=bulletin.place_id,
        body={**edition, "key": signature.key_id, "revision": submission.revision},
    )


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
    if submission.closed_at is not None:
        raise errors.AlreadyAnswered
    returned = Return.objects.create(
        submission=submission, returned_by=by, returned_at=clock.now(), reason=reason
    )
    close_submission(submission)
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
    present = content_hash_of_bulletin(
        submission.bulletin, rendition.spoken_text, media, submission.texts
    )
    if not seen_hash == submission.content_hash == present:
        raise errors.ChangedSinceRead
    if any(store.read(sha256) is None for sha256 in media):
        raise errors.SoundLost
