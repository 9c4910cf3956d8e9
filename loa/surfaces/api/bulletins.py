from __future__ import annotations

from typing import Any

from ninja import Router

from loa.flow.evaluation.evidence import as_json, evidence_of
from loa.flow.newsroom.actions import (
    edit_bulletin,
    submit_bulletin,
    withdraw_submission,
    write_bulletin,
)
from loa.flow.newsroom.findings import findings_of
from loa.flow.newsroom.mending import answer_check
from loa.flow.newsroom.queries import speech_of_bulletin
from loa.surfaces.api import views
from loa.surfaces.api.found import (
    bulletin_named,
    place_named,
    places_named,
    readable_bulletins,
    source_named,
)
from loa.surfaces.api.schemas import (
    BulletinChange,
    BulletinCode,
    BulletinFields,
    BulletinIn,
    BulletinOut,
    BulletinPage,
    CheckOut,
    CheckReasonIn,
    CheckReasonOut,
    PageSize,
    PageStart,
    PlaceCode,
    ReplacementOut,
    SpokenOut,
    SubmissionOut,
)
from loa.surfaces.api.sign_in import StaffRequest

router = Router(tags=["bulletins"])
NOT_FIELDS = {"place", "targets", "source", "revision"}


@router.get("", response=BulletinPage)
def list_bulletins(
    request: StaffRequest,
    place: PlaceCode | None = None,
    limit: PageSize = 50,
    offset: PageStart = 0,
) -> BulletinPage:
    """List the bulletins of the person's places, last edited first."""
    rows = readable_bulletins(request.auth)
    if place is not None:
        rows = rows.filter(place=place)
    page = rows[offset : offset + limit]
    return BulletinPage(total=rows.count(), bulletins=[views.bulletin_summary(row) for row in page])


@router.post("", response={201: BulletinOut})
def create_bulletin(request: StaffRequest, given: BulletinIn) -> BulletinOut:
    """Begin a bulletin; its sound is made in the background."""
    source = source_named(given.source, request.auth) if given.source else None
    fields = _fields(given)
    if source is not None:
        fields.setdefault("body", source.text)
    bulletin = write_bulletin(
        place=place_named(given.place, "place"),
        by=request.auth,
        source=source,
        targets=places_named(given.targets or (), "targets"),
        **fields,
    )
    return views.bulletin(bulletin)


@router.get("/{code}", response=BulletinOut)
def get_bulletin(request: StaffRequest, code: BulletinCode) -> BulletinOut:
    """Show a bulletin with its sound, its standing and its editions."""
    return views.bulletin(bulletin_named(code, request.auth))


@router.patch("/{code}", response=BulletinOut)
def change_bulletin(
    request: StaffRequest, code: BulletinCode, given: BulletinChange
) -> BulletinOut:
    """Change a bulletin that is not waiting for approval.

    A change based on an older revision is answered by 409 `edited_meanwhile`.
    """
    bulletin = edit_bulletin(
        bulletin_named(code, request.auth),
        by=request.auth,
        revision=given.revision,
        targets=places_named(given.targets, "targets") if given.targets is not None else None,
        **_fields(given),
    )
    return views.bulletin(bulletin)


@router.get("/{code}/spoken", response=SpokenOut)
def get_spoken(request: StaffRequest, code: BulletinCode) -> SpokenOut:
    """Show what will be said, and each part of the text that is said otherwise than written."""
    spoken = speech_of_bulletin(bulletin_named(code, request.auth))
    return SpokenOut(
        source=spoken.source,
        text=spoken.text,
        replacements=[ReplacementOut(**vars(one)) for one in spoken.replacements],
        unknown=sorted({one.source for one in spoken.unknown}),
    )


@router.get("/{code}/checks", response=list[CheckOut])
def list_checks(request: StaffRequest, code: BulletinCode) -> list[CheckOut]:
    """Show what is found in the text before it is handed in, and the reasons given to leave it."""
    return [views.check(one) for one in findings_of(bulletin_named(code, request.auth))]


@router.post("/{code}/checks", response=CheckReasonOut)
def create_check_reason(
    request: StaffRequest, code: BulletinCode, given: CheckReasonIn
) -> CheckReasonOut:
    """Say why a finding stays as it is; the approver reads it."""
    bulletin = bulletin_named(code, request.auth)
    answer = answer_check(bulletin, key=given.key, reason=given.reason, by=request.auth)
    return CheckReasonOut(key=answer.key, reason=answer.reason)


@router.post("/{code}/submission", response=SubmissionOut)
def create_submission(request: StaffRequest, code: BulletinCode) -> SubmissionOut:
    """Hand in the present revision; asking again changes nothing."""
    bulletin = bulletin_named(code, request.auth)
    return views.submission(submit_bulletin(bulletin, by=request.auth))


@router.delete("/{code}/submission", response={204: None})
def delete_submission(request: StaffRequest, code: BulletinCode) -> None:
    """Take the bulletin back before anybody answered; asking again changes nothing."""
    submission = bulletin_named(code, request.auth).open_submission
    if submission is not None:
        withdraw_submission(submission, by=request.auth)


@router.get("/{code}/evidence", response=dict[str, Any])
def get_evidence(request: StaffRequest, code: BulletinCode) -> dict[str, Any]:
    """Show the chain from the source to each horn, every signature verified while it is read."""
    return as_json(evidence_of(bulletin_named(code, request.auth)))


def _fields(given: BulletinFields) -> dict[str, Any]:
    return {
        name: value for name, value in given.dict(exclude=NOT_FIELDS).items() if value is not None
    }
