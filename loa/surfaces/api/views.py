"""Rows of the stages as programs get them."""

from __future__ import annotations

from loa.flow.approvals.models import Approval, Return
from loa.flow.approvals.queries import answers_so_far
from loa.flow.deliveries.models import Recall
from loa.flow.evaluation.standings import standing_of
from loa.flow.newsroom.findings import Looked
from loa.flow.newsroom.models import Bulletin, Rendition, Submission
from loa.flow.schedules.models import Confirmation, Placement
from loa.surfaces.api import schemas


def bulletin_summary(row: Bulletin) -> schemas.BulletinSummary:
    return schemas.BulletinSummary(
        code=row.code,
        place=row.place_id,
        title=row.title,
        author=row.author.full_name,
        priority=row.priority,
        info_class=row.info_class,
        revision=row.revision,
        edited_at=row.edited_at,
    )


def bulletin(row: Bulletin) -> schemas.BulletinOut:
    rendition, waiting = row.rendition, row.open_submission
    return schemas.BulletinOut(
        **bulletin_summary(row).dict(),
        body=row.body,
        source=row.source_id,
        targets=sorted(place.code for place in row.targets.all()),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        voice=row.voice,
        speed_percent=row.speed_percent,
        standing=standing_of(row),
        sound=sound(rendition) if rendition else None,
        voice_fault=row.voice_fault,
        submission=submission(waiting) if waiting else None,
        editions=[edition.sha256 for edition in row.editions.order_by("frozen_at")],
    )


def sound(row: Rendition) -> schemas.SoundOut:
    return schemas.SoundOut(
        duration_ms=row.duration_ms,
        loudness_lufs=row.loudness_lufs,
        peak_dbtp=row.peak_dbtp,
        speech_share=row.speech_share,
        mp3=f"/media/{row.mp3_id}",
        opus=f"/media/{row.opus_id}",
    )


def check(one: Looked) -> schemas.CheckOut:
    found = one.finding
    return schemas.CheckOut(
        key=found.key,
        code=found.code,
        severity=found.severity,
        about=found.about,
        mended=found.mended,
        reason=one.answer.reason if one.answer else "",
        is_open=one.is_open,
    )


def submission(row: Submission) -> schemas.SubmissionOut:
    return schemas.SubmissionOut(
        id=row.pk,
        bulletin=row.bulletin.code,
        title=row.bulletin.title,
        place=row.bulletin.place_id,
        revision=row.revision,
        content_hash=row.content_hash,
        submitted_by=row.submitted_by.full_name,
        submitted_at=row.submitted_at,
        is_open=row.closed_at is None,
    )


def awaited(row: Submission) -> schemas.AwaitedOut:
    """Show who answered for what still waits for a second person."""
    answered = [one.person.username for one in answers_so_far(row)]
    return schemas.AwaitedOut(bulletin=row.bulletin.code, answered=answered)


def approval(row: Approval) -> schemas.ApprovalOut:
    return schemas.ApprovalOut(
        edition=row.edition.sha256,
        bulletin=row.edition.bulletin.code,
        approver=row.approver.full_name,
        approved_at=row.approved_at,
        key_id=row.key_id,
    )


def sent_back(row: Return) -> schemas.ReturnOut:
    return schemas.ReturnOut(
        submission=row.submission_id,
        bulletin=row.submission.bulletin.code,
        reason=row.reason,
        returned_by=row.returned_by.full_name,
        returned_at=row.returned_at,
    )


def placement(row: Placement) -> schemas.PlacementOut:
    return schemas.PlacementOut(
        id=row.id,
        edition=row.edition.sha256,
        bulletin=row.edition.bulletin.code,
        places=sorted(place.code for place in row.places.all()),
        is_now=row.is_now,
        start_at=row.start_at,
        waits_for=list(row.grounds) if row.is_waiting else [],
        supersedes=row.supersedes_id,
        placed_by=row.placed_by.full_name,
        placed_at=row.placed_at,
    )


def confirmation(row: Confirmation) -> schemas.ConfirmationOut:
    return schemas.ConfirmationOut(
        placement=row.placement_id,
        confirmer=row.confirmer.full_name,
        confirmed_at=row.confirmed_at,
    )


def recall(row: Recall) -> schemas.RecallOut:
    return schemas.RecallOut(
        placement=row.placement_id,
        reason=row.reason,
        recalled_by=row.recalled_by.full_name,
        recalled_at=row.recalled_at,
    )
