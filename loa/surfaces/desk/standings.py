"""What stands every week, relays and loops: listed, proposed, answered for, ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from loa.flow.schedules.models import Standing
from loa.flow.schedules.queries import quiet_hours_at
from loa.flow.schedules.standings import (
    approve_standing,
    end_standing,
    may_approve_standing,
    propose_standings,
    standings_readable_by,
)
from loa.flow.sources.relays import relay_sources_readable_by
from loa.lib import clock
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.surfaces.desk.forms import ReasonForm
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.recurrence_words import weekdays_words
from loa.surfaces.desk.relays import HEALTH_TONES, own_places
from loa.surfaces.desk.standing_form import KINDS, StandingForm
from loa.wire.rules import is_quiet_during

DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class StandingShown:
    """Something standing as a list shows it."""

    standing: Standing
    hours: str
    tone: str
    state: str


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    """List what stands or waits for an answer, and the catalogue of stations."""
    rows = [_shown(one) for one in standings_readable_by(request.user)]
    over = [one for one in rows if one.tone == "off"]
    stations = relay_sources_readable_by(request.user).filter(retired_at=None)
    return render_page(
        request,
        "standings.html",
        room="schedule",
        day=clock.local(clock.now()).date(),
        rows=[one for one in rows if one.tone != "off"],
        over=over[:20],
        stations=[(one, HEALTH_TONES[one.primary_health]) for one in stations],
        may_propose=bool(own_places(request.user)),
    )


def _shown(standing: Standing) -> StandingShown:
    tone, state = _state_of(standing)
    return StandingShown(standing, hours_words(standing.windows), tone, state)


def _state_of(standing: Standing) -> tuple[str, str]:
    now = clock.now()
    if standing.ended_at is not None:
        return "off", _("Đã kết thúc")
    if standing.valid_until <= now:
        return "off", _("Đã hết hạn")
    if standing.approved_at is None:
        return "waiting", _("Chờ người thứ hai duyệt")
    return (
        ("ok", _("Đang dùng"))
        if standing.valid_from <= now
        else ("ok", _("Đã duyệt, chưa tới ngày"))
    )


def hours_words(windows: Iterable[Sequence[int]]) -> str:
    """Return the windows of a week in words: `thứ 2–Chủ nhật, 05:30–06:00`."""
    days_of: dict[tuple[int, int], list[int]] = {}
    for begins, minutes in windows:
        days_of.setdefault((begins % DAY_MINUTES, minutes), []).append(begins // DAY_MINUTES)
    return "; ".join(
        f"{weekdays_words(days)}, {_clock(start)}–{_clock(start + minutes)}"
        for (start, minutes), days in days_of.items()
    )


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: StaffRequest) -> HttpResponseBase:
    """Propose a relay with its fallback, or a loop; another person answers for it."""
    places = own_places(request.user)
    if not places:
        raise PermissionDenied
    kind = request.GET.get("loai", "relay")
    form = StandingForm(
        kind if kind in KINDS else "relay",
        person=request.user,
        places=places,
        data=request.POST if request.method == "POST" else None,
    )
    if form.is_bound and form.is_valid():
        try:
            made = propose_standings(
                form.wishes, place=form.owner, places=form.targets, by=request.user
            )
        except DeedRefused as refused:
            form.say_refused(refused)
        else:
            messages.success(request, _("Đã đề nghị. Người có quyền duyệt sẽ thấy ở Việc của tôi."))
            return redirect("desk:standing", made[0].pk)
    return render_page(
        request,
        "standing_new.html",
        room="schedule",
        status=422 if form.is_bound and form.errors else 200,
        form=form,
        kind=form.kind,
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: StaffRequest, standing: str) -> HttpResponseBase:
    """Show one of them in full; a post answers for it as the second person."""
    row = get_object_or_404(standings_readable_by(request.user), pk=standing)
    refusal = ""
    if request.method == "POST":
        try:
            approve_standing(row, approver=request.user)
        except DeedRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, _("Đã duyệt. Các cụm loa nhận trong giây lát."))
            return redirect("desk:standing", row.pk)
    places = list(row.places.all())
    return render_page(
        request,
        "standing.html",
        room="schedule",
        status=422 if refusal else 200,
        standing=row,
        shown=_shown(row),
        editions=row.editions.select_related("rendition__mp3", "rendition__opus", "bulletin"),
        places=places,
        masked=_quiet_places(row, places),
        refusal=refusal,
        may_approve=may_approve_standing(request.user, row),
        may_end=row.ended_at is None and _may_end(request.user, places),
    )


def _quiet_places(standing: Standing, places: Iterable[Place]) -> list[Place]:
    """Return the places where a part of the windows falls into quiet hours: nothing sounds then."""
    monday = _some_monday()
    spans = [
        (monday + timedelta(minutes=begins), timedelta(minutes=minutes))
        for begins, minutes in standing.windows
    ]
    return [
        place
        for place in places
        if any(is_quiet_during(begin, length, [quiet_hours_at(place)]) for begin, length in spans)
    ]


def _some_monday() -> datetime:
    wall = clock.local(clock.now())
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=wall.weekday())


def _may_end(person: Person, places: Iterable[Place]) -> bool:
    return {place.code for place in places} <= person.places_with(Deed.RECALL)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: StaffRequest, standing: str) -> HttpResponseBase:
    """End what stands every week, with a reason."""
    row = get_object_or_404(standings_readable_by(request.user), pk=standing)
    if not _may_end(request.user, row.places.all()):
        raise PermissionDenied
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            end_standing(row, by=request.user, reason=form.cleaned_data["reason"])
        except DeedRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Đã kết thúc. Các cụm loa ngừng trong giây lát."))
            return redirect("desk:standing", row.pk)
    return render_page(
        request,
        "reason.html",
        room="schedule",
        status=422 if form.errors else 200,
        form=form,
        heading=_("Kết thúc tiếp âm hoặc phát nền"),
        about=f"{row.title} · {hours_words(row.windows)}",
        deed=_("Kết thúc, không phát nữa"),
        is_dangerous=True,
        back_url=reverse("desk:standing", args=[row.pk]),
    )
