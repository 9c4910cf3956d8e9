from __future__ import annotations

from ninja import Router

from loa.flow.approvals.actions import approve_bulletin, return_bulletin
from loa.flow.approvals.queries import submissions_awaiting_approval
from loa.surfaces.api import views
from loa.surfaces.api.found import submission_numbered
from loa.surfaces.api.schemas import (
    ApprovalIn,
    ApprovalOut,
    ReasonIn,
    ReturnOut,
    RowNumber,
    SubmissionOut,
)
from loa.surfaces.api.sign_in import StaffRequest

router = Router(tags=["approvals"])


@router.get("", response=list[SubmissionOut])
def list_submissions(request: StaffRequest) -> list[SubmissionOut]:
    """List what waits for this person's answer, longest waiting first."""
    return [views.submission(row) for row in submissions_awaiting_approval(request.auth)]


@router.post("/{number}/approval", response=ApprovalOut)
def create_approval(request: StaffRequest, number: RowNumber, given: ApprovalIn) -> ApprovalOut:
    """Answer for the text and the sound of this hash; this freezes an edition.

    Asking again changes nothing.
    """
    submission = submission_numbered(number, request.auth)
    approval = approve_bulletin(submission, approver=request.auth, content_hash=given.content_hash)
    return views.approval(approval)


@router.post("/{number}/return", response=ReturnOut)
def create_return(request: StaffRequest, number: RowNumber, given: ReasonIn) -> ReturnOut:
    """Send a bulletin back with a reason; asking again changes nothing."""
    submission = submission_numbered(number, request.auth)
    return views.sent_back(return_bulletin(submission, by=request.auth, reason=given.reason))
