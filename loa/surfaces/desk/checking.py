"""The checks beside the form: what was found, a reason to leave it, or the words that mend it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from loa.flow.newsroom.findings import findings_of
from loa.flow.newsroom.mending import answer_check, mend
from loa.flow.newsroom.models import Bulletin
from loa.flow.newsroom.queries import bulletins_readable_by
from loa.registry.people.errors import DeedRefused
from loa.registry.people.rules import Deed
from loa.surfaces.desk.check_words import checks_shown
from loa.surfaces.desk.page import StaffRequest, staff_page


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show what is found now; a post mends one finding or keeps the reason why it stays."""
    rows = bulletins_readable_by(request.user)
    mine = rows.filter(place__in=request.user.places_with(Deed.WRITE))
    bulletin = get_object_or_404(mine, code=code)
    if request.method == "POST":
        return _done(request, bulletin)
    context = {"bulletin": bulletin, **checks_context(bulletin)}
    answer = render(request, "desk/parts/checks.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def checks_context(bulletin: Bulletin) -> dict[str, object]:
    looked = findings_of(bulletin)
    return {
        "checks": checks_shown(bulletin, looked),
        "checks_open": sum(1 for one in looked if one.is_open),
    }


def _done(request: StaffRequest, bulletin: Bulletin) -> HttpResponseBase:
    key = request.POST.get("key", "")
    try:
        if "mend" in request.POST:
            mend(bulletin, key=key, by=request.user)
            messages.success(request, _("Đã sửa trong nội dung."))
        else:
            reason = request.POST.get("reason", "")
            answer_check(bulletin, key=key, reason=reason, by=request.user)
            messages.success(request, _("Đã ghi lý do. Người duyệt sẽ thấy."))
    except DeedRefused as refused:
        messages.error(request, str(refused))
    return redirect("desk:bulletin", bulletin.code)
