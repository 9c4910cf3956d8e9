from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import (
    CharField,
    Exists,
    F,
    Func,
    Max,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Concat
from django_scopes import scopes_disabled

from loa.flow.approvals.models import Approval, Edition, EditionSignature, Return
from loa.flow.approvals.statements import begun
from loa.flow.newsroom.models import Bulletin, Submission
from loa.flow.newsroom.queries import bulletins_readable_by, open_submissions
from loa.flow.newsroom.rights import Reuse
from loa.registry.people.models import Person
from loa.registry.people.queries import passkey_demands
from loa.registry.people.rules import Deed
from loa.registry.places.queries import parents_of_all
from loa.wire import messages, rules


def submissions_awaiting_approval(person: Person) -> list[Submission]:
    """Return what this person may answer: his places, his level, not his own work, not twice."""
    normal, emergency = person.places_with(Deed.APPROVE), person.places_with(Deed.APPROVE_EMERGENCY)
    if not normal | emergency:
        return []

    def may_answer(submission: Submission) -> bool:
        bulletin = submission.bulletin
        mine = emergency if bulletin.is_emergency else normal
        wanted = {bulletin.place_id, *(place.code for place in bulletin.targets.all())}
        own = person.pk in (bulletin.author_id, submission.submitted_by_id)
        return wanted <= mine and not own

    waiting = open_submissions().prefetch_related("bulletin__targets")
    waiting = waiting.filter(bulletin__place__in=normal | emergency)
    answered = _answered_by(person)
    return [s for s in waiting if may_answer(s) and s.pk not in answered]


def _answered_by(person: Person) -> set[int]:
    """Return the open submissions that this person answered as the first of two."""
    mine = EditionSignature.objects.filter(
        person=person, prepared__submission__closed_at=None
    ).select_related("prepared__submission")
    # What no longer stands, its key taken away, may be answered anew.
    return {
        one.prepared.submission_id for one in mine if begun(one.prepared.submission) == one.prepared
    }


def answers_so_far(submission: Submission) -> list[EditionSignature]:
    """Return who answered already while a second person is still needed, the first one first."""
    if submission.closed_at is not None or not submission.bulletin.is_emergency:
        return []
    prepared = begun(submission)
    return list(prepared.signatures.select_related("person")) if prepared else []


def needs_two(submission: Submission) -> bool:
    """Say whether two different people must answer for this: an emergency for the whole city."""
    priority = messages.Priority(submission.bulletin.priority)
    return rules.persons_needed(priority, _targets_of(submission), parents_of_all()) > 1


def demands_passkey(submission: Submission) -> bool:
    """Say whether the horns this is for believe passkeys only."""
    return rules.is_passkey_needed(
        _targets_of(submission),
        passkey_demands(),
        parents_of_all(),
        emergency=submission.bulletin.is_emergency,
    )


def _targets_of(submission: Submission) -> list[str]:
    return [place.code for place in submission.bulletin.targets.all()]


def editions_in_scope() -> QuerySet[Edition]:
    """Return editions of the places in scope, newest first."""
    return Edition.objects.select_related(
        "bulletin__author", "place", "rendition", "approval__approver"
    )


def editions_readable_by(person: Person) -> QuerySet[Edition]:
    return editions_in_scope().filter(place__in=person.places_with(Deed.READ))


EDITIONS_OFFERED_MAX = 200


def editions_valid_on(person: Person, bounds: tuple[datetime, datetime]) -> list[Edition]:
    """Return the newest edition of each bulletin this person may read that is valid in between."""
    begin, end = bounds
    rows = editions_readable_by(person).filter(valid_from__lt=end, valid_until__gt=begin)
    newest: dict[object, Edition] = {}
    for edition in rows.order_by("-frozen_at")[:EDITIONS_OFFERED_MAX]:
        newest.setdefault(edition.bulletin_id, edition)
    return list(newest.values())


def bulletins_approved(person: Person) -> QuerySet[Bulletin]:
    """Return readable bulletins that have an edition, the newest edition first."""
    rows = bulletins_readable_by(person).filter(editions__isnull=False)
    return rows.annotate(approved_at=Max("editions__frozen_at")).order_by("-approved_at")


def returns_to(person: Person) -> list[Return]:
    """Return what was sent back to this person and not yet handed in again."""
    # Revisions count up whatever the clock does.
    later = Submission.objects.filter(
        bulletin=OuterRef("submission__bulletin"), revision__gt=OuterRef("submission__revision")
    )
    rows = Return.objects.filter(
        ~Exists(later),
        submission__submitted_by=person,
        submission__bulletin__in=Bulletin.objects.all(),
    )
    return list(rows.select_related("submission__bulletin", "returned_by").order_by("-returned_at"))


@dataclass(frozen=True)
class Answer:
    """What somebody said to a submission: approved, or sent back with a reason."""

    who: Person
    at: datetime
    revision: int
    reason: str = ""

    @property
    def is_approval(self) -> bool:
        return not self.reason


def answers_to(bulletin: Bulletin) -> list[Answer]:
    """Return every answer a bulletin ever got, newest first."""
    signatures = EditionSignature.objects.filter(prepared__submission__bulletin=bulletin)
    approvals = Approval.objects.filter(edition__submission__bulletin=bulletin)
    returns = Return.objects.filter(submission__bulletin=bulletin)
    said = {
        (s.person_id, s.prepared.submission_id): Answer(
            s.person, s.signed_at, s.prepared.submission.revision
        )
        for s in signatures.select_related("person", "prepared__submission")
    } | {
        (a.approver_id, a.edition.submission_id): Answer(
            a.approver, a.approved_at, a.edition.submission.revision
        )
        for a in approvals.select_related("approver", "edition__submission")
    }
    found = list(said.values())
    found += [
        Answer(r.returned_by, r.returned_at, r.submission.revision, r.reason)
        for r in returns.select_related("returned_by", "submission")
    ]
    return sorted(found, key=lambda answer: answer.at, reverse=True)


def is_text_of_edition(sha256: str) -> bool:
    """Say whether some edition froze a text of this hash: written, spoken, or of its channels; public."""
    written = Concat(F("title"), Value("\n\n"), F("body"), output_field=TextField())
    with scopes_disabled():
        hashed = Edition.objects.alias(
            written_sha256=_Sha256OfText(written),
            spoken_sha256=_Sha256OfText(F("rendition__spoken_text")),
        )
        is_it = Q(written_sha256=sha256) | Q(spoken_sha256=sha256) | Q(texts_sha256=sha256)
        return hashed.filter(is_it).exists()


def reuses_shown_to(person: Person, bulletin: Bulletin) -> list[Reuse]:
    """Return where a bulletin was used again; of others' uses only its owner knows."""
    rows = Reuse.objects.filter(origin=bulletin).select_related("place", "reused_by")
    mine = person.places_with(Deed.READ)
    return list(rows if bulletin.place_id in mine else rows.filter(place__in=mine))


class _Sha256OfText(Func):
    """The hash of a text as the database computes it, without an extension."""

    template = "ENCODE(SHA256(CONVERT_TO(%(expressions)s, 'UTF8')), 'hex')"
    output_field = CharField()
