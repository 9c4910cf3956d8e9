"""The schedule as a thing to be approved: an hour wished with the words, a recurring one, the policy."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loa.flow.newsroom.queries import bulletins_readable_by
from loa.flow.schedules.asked import SchedulePolicy
from loa.flow.schedules.coming import rules_readable_by
from loa.flow.schedules.queries import (
    rules_awaiting_approval,
    schedule_policy_at,
)
from loa.flow.schedules.wishes import approve_rule, decide_policy, wish_hour
from loa.registry.people.errors import DeedRefused
from loa.registry.people.rules import Deed
from loa.registry.places.queries import places_by_code
from loa.surfaces.desk.forms import MomentField
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused


class WishForm(forms.Form):
    """Now, or at a time."""

    when = forms.ChoiceField(choices=[("now", ""), ("at", "")])
    start_at = MomentField(label=gettext_lazy("Phát lúc"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("when") == "at" and not cleaned.get("start_at"):
            self.add_error("start_at", _("Hãy chọn ngày và giờ phát."))
        return cleaned

    @property
    def begin(self) -> datetime | None:
        return None if self.cleaned_data["when"] == "now" else self.cleaned_data["start_at"]


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def wish(request: StaffRequest, code: str) -> HttpResponseBase:
    """Ask for an hour while the words wait, so that the approver answers both at once."""
    bulletin = get_object_or_404(bulletins_readable_by(request.user), code=code)
    submission = bulletin.open_submission
    if submission is None:
        return redirect("desk:bulletin", code)
    if not {p.code for p in bulletin.targets.all()} <= request.user.places_with(Deed.PLACE):
        raise PermissionDenied
    form = WishForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            wish_hour(submission, by=request.user, start_at=form.begin)
        except DeedRefused as refused:
            say_refused(form, refused)
        else:
            messages.success(request, _("Đã đề nghị giờ phát. Người duyệt trả lời cả hai một lần."))
            return redirect("desk:bulletin", code)
    return render_page(
        request,
        "hour_wish.html",
        room="bulletins",
        status=422 if form.errors else 200,
        form=form,
        bulletin=bulletin,
        rendition=submission.rendition,
        wish=getattr(submission, "hour_wish", None),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def approve_recurring(request: StaffRequest, rule_id: UUID) -> HttpResponseBase:
    """Answer as the second person for a recurring schedule."""
    rule = get_object_or_404(rules_readable_by(request.user), pk=rule_id)
    refusal = ""
    if request.method == "POST":
        try:
            approve_rule(rule, by=request.user)
        except DeedRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, _("Đã duyệt lịch lặp."))
            return redirect("desk:home")
    return render_page(
        request,
        "rule_approval.html",
        room="tasks",
        status=422 if refusal else 200,
        rule=rule,
        edition=rule.edition,
        rendition=rule.edition.rendition,
        times=list(rule.placements.filter(called_off_at=None).order_by("start_at")[:5]),
        may_approve=any(row.pk == rule.pk for row in rules_awaiting_approval(request.user)),
        refusal=refusal,
    )


class PolicyForm(forms.Form):
    """When a second person answers for the schedule."""

    asks = forms.ChoiceField(
        label=gettext_lazy("Cần người thứ hai duyệt lịch"),
        choices=SchedulePolicy.Asks.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Hãy chọn một cách.")},
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: StaffRequest, code: str) -> HttpResponseBase:
    """Decide for a place whether every hour waits for a second person."""
    if code not in request.user.places_with(Deed.SET_HOURS):
        raise PermissionDenied
    (place,) = places_by_code([code])
    given = request.POST if request.method == "POST" else None
    form = PolicyForm(given, initial={"asks": schedule_policy_at(place)})
    if form.is_bound and form.is_valid():
        decide_policy(place, by=request.user, **form.cleaned_data)
        messages.success(request, _("Đã đổi cách duyệt lịch."))
        return redirect("desk:schedule")
    return render_page(
        request,
        "schedule_policy.html",
        room="schedule",
        status=422 if form.errors else 200,
        form=form,
        place=place,
    )
