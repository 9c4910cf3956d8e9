"""The second person answers: approve what was read and heard, or send it back with a reason."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loa.flow.approvals.actions import approve_bulletin, return_bulletin
from loa.flow.approvals.queries import submissions_awaiting_approval
from loa.flow.newsroom.models import Submission
from loa.flow.newsroom.queries import submissions_readable_by
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.surfaces.desk.forms import ReasonForm
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page

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
        if request.POST.get("has_heard") or request.POST.get("has_read"):
            try:
                return _approved(request, submission)
            except DeedRefused as refused:
                refusal = str(refused)
        else:
            refusal = str(NOT_HEARD)
    if submission.closed_at is not None and not refusal:
        return redirect("desk:bulletin", submission.bulletin.code)
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
    )


def _submission(person: Person, number: int) -> Submission:
    rows = submissions_readable_by(person).prefetch_related("bulletin__targets")
    return get_object_or_404(rows, pk=number)


def _may_answer(person: Person, submission: Submission) -> bool:
    return any(row.pk == submission.pk for row in submissions_awaiting_approval(person))


def _approved(request: StaffRequest, submission: Submission) -> HttpResponseBase:
    # The hash of what stood on the screen: an edit in between must be read again.
    seen = request.POST.get("content_hash", "")
    approve_bulletin(submission, approver=request.user, content_hash=seen)
    title = submission.bulletin.title
    messages.success(request, _("Đã duyệt “%(title)s”. Bản này không đổi nữa.") % {"title": title})
    waiting = submissions_awaiting_approval(request.user)
    if waiting:
        return redirect("desk:approval", waiting[0].pk)
    return redirect("desk:bulletin", submission.bulletin.code)


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
