"""The second person answers: approve what was read and heard, or send it back with a reason."""

from __future__ import annotations

import base64
import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from loa.flow.approvals.actions import prepare_edition, return_bulletin
from loa.flow.approvals.errors import AssertionRefused, PreparedTooOld
from loa.flow.approvals.queries import (
    answers_so_far,
    demands_passkey,
    needs_two,
    submissions_awaiting_approval,
)
from loa.flow.approvals.statements import PasskeyAnswer, challenge_for
from loa.flow.newsroom.findings import findings_of
from loa.flow.newsroom.models import Submission
from loa.flow.newsroom.queries import submissions_readable_by
from loa.flow.schedules.wishes import BothAnswers, answer_both
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.passkeys import assertion_options
from loa.registry.people.queries import passkeys_of
from loa.surfaces.desk.check_words import checks_shown
from loa.surfaces.desk.forms import ReasonForm
from loa.surfaces.desk.keys import passkey_site
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.tasks import grounds_in_words
from loa.surfaces.look.words import moment
from loa.wire.passkeys import Assertion

PREPARED = "prepared_edition"
NOT_HEARD = gettext_lazy(
    "Hãy nghe hết bản thu, hoặc đánh dấu “Tôi đã đọc toàn văn”, rồi mới duyệt."
)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: StaffRequest, number: int) -> HttpResponseBase:
    """Show what would be answered for, and take the answer."""
    submission = _submission(request.user, number)
    refusal = ""
    if request.method == "POST":
        if _was_taken_in(request):
            try:
                return _approved(request, submission)
            except DeedRefused as refused:
                refusal = str(refused)
        else:
            refusal = str(NOT_HEARD)
    if submission.closed_at is not None and not refusal:
        return redirect("desk:bulletin", submission.bulletin.code)
    answers = answers_so_far(submission)
    return render_page(
        request,
        "approval.html",
        room="tasks",
        status=422 if refusal else 200,
        submission=submission,
        bulletin=submission.bulletin,
        rendition=submission.rendition,
        may_answer=_may_answer(request.user, submission),
        refusal=refusal,
        checks=checks_shown(submission.bulletin, findings_of(submission.bulletin)),
        answers=answers,
        has_answered=any(one.person_id == request.user.pk for one in answers),
        needs_two=needs_two(submission),
        demands_passkey=demands_passkey(submission),
        has_passkey=bool(passkeys_of(request.user)),
        wish=getattr(submission, "hour_wish", None),
        **passkey_site(request),
    )


@staff_page
@require_POST
def prepare(request: StaffRequest, number: int) -> HttpResponseBase:
    """Tell the browser what the person's passkey is to sign: the edition, to the byte."""
    submission, person = _submission(request.user, number), request.user
    if not _was_taken_in(request):
        return JsonResponse({"problem": str(NOT_HEARD)}, status=422)
    seen = request.POST.get("content_hash", "")
    try:
        prepared = prepare_edition(submission, approver=person, content_hash=seen)
    except DeedRefused as refused:
        return JsonResponse({"problem": str(refused)}, status=422)
    if prepared is None:
        return JsonResponse({})
    # Only this session may bring the answer, and only to this submission.
    request.session[PREPARED] = {str(submission.pk): str(prepared.pk)}
    options = assertion_options(person, challenge=challenge_for(prepared))
    return JsonResponse({"publicKey": options})


def _was_taken_in(request: StaffRequest) -> bool:
    return bool(request.POST.get("has_heard") or request.POST.get("has_read"))


def _brought_back(request: StaffRequest, submission: Submission) -> PasskeyAnswer | None:
    """Return what the passkey answered; None when the form came without."""
    prepared = request.session.pop(PREPARED, {}).get(str(submission.pk))
    credential_id = request.POST.get("credential_id", "")
    if not credential_id:
        return None
    if prepared is None:
        raise PreparedTooOld
    try:
        authenticator_data, client_data, signature = (
            _from_base64url(request.POST.get(name, ""))
            for name in ("authenticator_data", "client_data", "signature")
        )
    except ValueError as error:
        raise AssertionRefused from error
    assertion = Assertion(authenticator_data, client_data, signature)
    return PasskeyAnswer(uuid.UUID(prepared), credential_id, assertion)


def _from_base64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _submission(person: Person, number: int) -> Submission:
    rows = submissions_readable_by(person).prefetch_related("bulletin__targets")
    return get_object_or_404(rows, pk=number)


def _may_answer(person: Person, submission: Submission) -> bool:
    return any(row.pk == submission.pk for row in submissions_awaiting_approval(person))


def _approved(request: StaffRequest, submission: Submission) -> HttpResponseBase:
    # The hash of what stood on the screen: an edit in between must be read again.
    seen = request.POST.get("content_hash", "")
    given = _brought_back(request, submission)
    both = answer_both(
        submission,
        approver=request.user,
        content_hash=seen,
        given=given,
        with_hour=bool(request.POST.get("with_hour")),
    )
    words = (
        _("Đã duyệt “%(title)s”. Bản này không đổi nữa.")
        if both.approval is not None
        else _("Đã ghi bạn duyệt “%(title)s”. Cần một người nữa duyệt thì mới phát được.")
    )
    messages.success(request, words % {"title": submission.bulletin.title})
    _say_hour(request, both)
    waiting = submissions_awaiting_approval(request.user)
    if waiting:
        return redirect("desk:approval", waiting[0].pk)
    return redirect("desk:bulletin", submission.bulletin.code)


def _say_hour(request: StaffRequest, both: BothAnswers) -> None:
    placement = both.placement
    if both.refused is not None:
        words = _("Giờ phát thì chưa xếp được: %(why)s")
        messages.warning(request, words % {"why": both.refused})
    elif placement is not None and placement.is_waiting:
        why = ", ".join(grounds_in_words(placement.grounds))
        words = _("Giờ phát %(why)s: cần một người khác xác nhận.")
        messages.warning(request, words % {"why": why})
    elif placement is not None:
        words = _("Đã duyệt cả giờ phát: %(time)s.")
        messages.success(request, words % {"time": moment(placement.start_at)})


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def send_back(request: StaffRequest, number: int) -> HttpResponseBase:
    """Send a bulletin back to its author, with one line of reason."""
    submission = _submission(request.user, number)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return_bulletin(submission, by=request.user, reason=form.cleaned_data["reason"])
        except DeedRefused as refused:
            form.add_error(None, str(refused))
        else:
            name = submission.submitted_by.full_name
            messages.success(request, _("Đã trả lại cho %(name)s.") % {"name": name})
            return redirect("desk:home")
    if not form.is_bound and not _may_answer(request.user, submission):
        raise PermissionDenied
    return render_page(
        request,
        "reason.html",
        room="tasks",
        status=422 if form.errors else 200,
        form=form,
        heading=_("Trả lại bản tin"),
        about=submission.bulletin.title,
        deed=_("Trả lại cho %(name)s") % {"name": submission.submitted_by.full_name},
        back_url=request.path.removesuffix("tra-lai/"),
        is_dangerous=False,
    )
