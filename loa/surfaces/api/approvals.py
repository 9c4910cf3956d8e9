from __future__ import annotations

from ninja import Router, Status

from loa.flow.approvals.actions import answer_for_bulletin, return_bulletin
from loa.flow.approvals.queries import submissions_awaiting_approval
from loa.surfaces.api import views
from loa.surfaces.api.found import submission_numbered
from loa.surfaces.api.schemas import (
    ApprovalIn,
    ApprovalOut,
    AwaitedOut,
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


@router.post("/{number}/approval", response={200: ApprovalOut, 202: AwaitedOut})
def create_approval(
    request: StaffRequest, number: RowNumber, given: ApprovalIn
) -> Status[ApprovalOut] | Status[AwaitedOut]:
    """Answer for the text and the sound of this hash; this freezes an edition.

    An emergency for the whole city needs two people: the first gets 202. Who has a passkey answers
    at the desk (`passkey_asked`). Asking again changes nothing.
    """
    submission = submission_numbered(number, request.auth)
    approval = answer_for_bulletin(
        submission, approver=request.auth, content_hash=given.content_hash
    )
    if approval is None:
        return Status(202, views.awaited(submission))
    return Status(200, views.approval(approval))


@router.post("/{number}/return", response=ReturnOut)
def create_return(request: StaffRequest, number: RowNumber, given: ReasonIn) -> ReturnOut:
    """Send a bulletin back with a reason; asking again changes nothing."""
    submission = submission_numbered(number, request.auth)
    return views.sent_back(return_bulletin(submission, by=request.auth, reason=given.reason))
