"""Giving an approved edition its time, answering as the second person, and stopping it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loa.flow.approvals.models import Edition
from loa.flow.approvals.queries import editions_readable_by
from loa.flow.deliveries.actions import recall_placement
from loa.flow.schedules.actions import confirm_placement, place_edition
from loa.flow.schedules.day_plans import DayPlan, day_plan
from loa.flow.schedules.errors import Clash
from loa.flow.schedules.free_times import clashes_at, free_start
from loa.flow.schedules.models import Occurrence, Placement
from loa.flow.schedules.queries import (
    ONCE,
    grounds_at,
    placements_awaiting_confirmation,
    placements_readable_by,
    places_sounding,
)
from loa.flow.schedules.repeats import TIMES_MAX, repeat_of
from loa.lib import clock
from loa.registry.devices.queries import loudspeakers_in
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within, places_by_code
from loa.surfaces.desk.clashing import ClashShown, Way, clash_shown
from loa.surfaces.desk.forms import MomentField, ReasonForm
from loa.surfaces.desk.page import StaffRequest, reach_in_words, render_page, staff_page
from loa.surfaces.desk.refusals import say_refused
from loa.surfaces.desk.tasks import grounds_in_words
from loa.surfaces.look.words import moment
from loa.wire.emergency import RepeatPlan

DAYS_SHOWN_MAX = 6
# A deed's field where the form's own has another name.
FIELD_OF = {"repeat_times": "times"}
FIRST_PROPOSAL_AFTER = timedelta(minutes=15)


class PlacementForm(forms.Form):
    """Now or at a time, and where."""

    when = forms.ChoiceField(choices=[("now", ""), ("at", "")])
    start_at = MomentField(label=gettext_lazy("Phát lúc"), required=False)
    places = forms.MultipleChoiceField(
        label=gettext_lazy("Phát tới"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Hãy chọn ít nhất một nơi để phát.")},
    )

    times = forms.IntegerField(
        label=gettext_lazy("Phát mấy lần"), min_value=1, max_value=TIMES_MAX, required=False
    )
    pause_minutes = forms.IntegerField(
        label=gettext_lazy("Cách nhau mấy phút"), min_value=1, max_value=120, required=False
    )

    def __init__(
        self, edition: Edition, data: Any = None, asked: Mapping[str, Any] | None = None
    ) -> None:
        self._edition = edition
        super().__init__(data, initial={**_proposal(edition), **(asked or {})})
        places = places_by_code(edition.targets)
        field = self.fields["places"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(place.code, place.full_name) for place in places]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "free" in self.data:
            self._take_free(cleaned)
        if cleaned.get("when") == "at" and not cleaned.get("start_at"):
            self.add_error("start_at", _("Hãy chọn ngày và giờ phát."))
        return cleaned

    def _take_free(self, cleaned: dict[str, Any]) -> None:
        """Take the free time that was offered beside a clash."""
        self.errors.pop("when", None)
        self.errors.pop("start_at", None)
        cleaned["when"] = "at"
        try:
            cleaned["start_at"] = self.fields["start_at"].clean(self.data["free"])
        except forms.ValidationError as wrong:
            self.add_error("start_at", wrong)

    @property
    def repeat(self) -> RepeatPlan | None:
        """How often in a row; an emergency repeats by its own rules."""
        if self._edition.is_emergency:
            return None
        given = self.cleaned_data
        return repeat_of(
            self._edition.duration,
            times=given.get("times") or 1,
            pause_seconds=60 * (given.get("pause_minutes") or 5),
        )

    @property
    def begin(self) -> datetime | None:
        is_now = self.cleaned_data["when"] == "now"
        return None if is_now else self.cleaned_data["start_at"]


def _proposal(edition: Edition) -> dict[str, Any]:
    soon = clock.local(clock.now() + FIRST_PROPOSAL_AFTER)
    quarter = soon.replace(minute=soon.minute // 15 * 15, second=0, microsecond=0)
    return {
        "places": list(edition.targets),
        "start_at": quarter,
        "times": 1,
        "pause_minutes": 5,
    }


def _asked(request: StaffRequest, edition: Edition) -> dict[str, Any]:
    """Return the time and the place the calendar was pointed at."""
    asked: dict[str, Any] = {}
    try:
        at = datetime.fromisoformat(request.GET.get("luc", ""))
        asked["start_at"] = at.replace(tzinfo=at.tzinfo or clock.CITY_ZONE)
    except ValueError:
        pass
    if request.GET.get("noi") in edition.targets:
        asked["places"] = [request.GET["noi"]]
    return asked


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: StaffRequest, code: str) -> HttpResponseBase:
    """Choose when the newest edition of a bulletin sounds."""
    edition = editions_readable_by(request.user).filter(bulletin__code=code).first()
    if edition is None:
        raise Http404
    if not set(edition.targets) <= request.user.places_with(Deed.PLACE):
        raise PermissionDenied
    asked = _asked(request, edition)
    form = PlacementForm(edition, request.POST if request.method == "POST" else None, asked)
    clash: ClashShown | None = None
    if form.is_bound and form.is_valid():
        try:
            return _placed(request, edition, form)
        except Clash as met:
            clash = _clash(request, edition, form, met.details["occurrences"])
            form.add_error("start_at", _("Trùng giờ với lượt khác. Xem cách gỡ ở trên."))
        except DeedRefused as refused:
            say_refused(form, refused, names=FIELD_OF)
    elif "start_at" in asked:
        clash = _clash_ahead(request, edition, asked)
    targets = places_by_code(edition.targets)
    devices = loudspeakers_in(codes_within(edition.targets))
    return render_page(
        request,
        "placement.html",
        room="schedule",
        status=422 if form.errors else 200,
        form=form,
        edition=edition,
        rendition=edition.rendition,
        reach=reach_in_words([device.place.full_name for device in devices]) if devices else "",
        grounds_now=grounds_in_words(grounds_at(edition, targets, clock.now())),
        plans=_plans(targets),
        clash=clash,
        earlier=edition.placements.order_by("-placed_at").first(),
    )


def _clash(
    request: StaffRequest, edition: Edition, form: PlacementForm, there: list[Occurrence]
) -> ClashShown:
    """Show what is in the way, with the first time that is free."""
    given = form.cleaned_data
    places = places_by_code(given["places"])
    free = free_start(edition, places, given["start_at"], form.repeat or ONCE)
    return clash_shown(there, _later(free), request.user)


def _clash_ahead(
    request: StaffRequest, edition: Edition, asked: Mapping[str, Any]
) -> ClashShown | None:
    """Say before anything is pressed that the time pointed at is taken."""
    places = places_by_code(asked.get("places", edition.targets))
    there = clashes_at(edition, places, asked["start_at"])
    if not there:
        return None
    free = free_start(edition, places, asked["start_at"])
    return clash_shown(there, _later(free), request.user)


def _later(free: datetime | None) -> list[Way]:
    if free is None:
        return []
    words = _("Xếp lúc %(time)s, giờ trống đầu tiên sau đó") % {"time": moment(free)}
    return [Way(words, "free", f"{clock.local(free):%Y-%m-%dT%H:%M}")]


def _plans(targets: list[Place]) -> list[DayPlan]:
    places = places_sounding(targets)
    today = clock.local(clock.now()).date()
    return [day_plan(p, today) for p in places] if len(places) <= DAYS_SHOWN_MAX else []


def _placed(request: StaffRequest, edition: Edition, form: PlacementForm) -> HttpResponseBase:
    began = clock.now()
    placement = place_edition(
        edition,
        by=request.user,
        start_at=form.begin,
        repeat=form.repeat,
        places=places_by_code(form.cleaned_data["places"]),
    )
    if placement.placed_at < began:
        words = _(
            "Đã có lệnh ấy lúc %(time)s; máy không phát hai lần. Muốn phát thêm, hãy hẹn giờ."
        )
        messages.warning(request, words % {"time": moment(placement.placed_at)})
    elif placement.is_waiting:
        why = ", ".join(grounds_in_words(placement.grounds))
        words = _("Đã xếp lịch, nhưng %(why)s: cần người thứ hai xác nhận thì mới phát.")
        messages.warning(request, words % {"why": why})
    elif placement.is_now:
        messages.success(request, _("Đã ra lệnh phát ngay."))
    else:
        messages.success(request, _("Đã xếp lịch phát."))
    return redirect("desk:bulletin", edition.bulletin.code)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: StaffRequest, placement_id: UUID) -> HttpResponseBase:
    """Answer as the second person for a sound in quiet hours or above the day's limit."""
    placement = _readable(request.user, placement_id)
    refusal = ""
    if request.method == "POST":
        try:
            confirm_placement(placement, by=request.user)
        except DeedRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, _("Đã xác nhận. Lượt phát này được phép."))
            return _back_to(request.user, placement)
    waiting = placements_awaiting_confirmation(request.user)
    return render_page(
        request,
        "confirmation.html",
        room="tasks",
        status=422 if refusal else 200,
        placement=placement,
        edition=placement.edition,
        rendition=placement.edition.rendition,
        grounds=grounds_in_words(placement.grounds),
        is_waiting=placement.is_waiting,
        may_confirm=any(row.pk == placement.pk for row in waiting),
        refusal=refusal,
    )


def _back_to(person: Person, placement: Placement) -> HttpResponseBase:
    """Return to the bulletin, or home where it belongs to the city and only its sound is here."""
    edition = placement.edition
    if edition.place_id in person.places_with(Deed.READ):
        return redirect("desk:bulletin", edition.bulletin.code)
    return redirect("desk:home")


def _readable(person: Person, placement_id: UUID) -> Placement:
    rows = placements_readable_by(person).select_related("edition__rendition", "confirmation")
    return get_object_or_404(rows.prefetch_related("places"), pk=placement_id)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: StaffRequest, placement_id: UUID) -> HttpResponseBase:
    """Stop what sounds or is planned; dangerous is slow, so it asks for a reason."""
    placement = _readable(request.user, placement_id)
    places = list(placement.places.all())
    if not {p.code for p in places} <= request.user.places_with(Deed.RECALL):
        raise PermissionDenied
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            recall_placement(placement, by=request.user, reason=form.cleaned_data["reason"])
        except DeedRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Đã ra lệnh dừng. Các cụm loa ngừng trong giây lát."))
            return _back_to(request.user, placement)
    where = ", ".join(p.full_name for p in places[:3])
    return render_page(
        request,
        "reason.html",
        room="schedule",
        status=422 if form.errors else 200,
        form=form,
        heading=_("Dừng phát"),
        about=placement.edition.title,
        deed=_("Dừng phát ở %(where)s") % {"where": where},
        back_url="",
        is_dangerous=True,
    )
