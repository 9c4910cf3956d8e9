"""Letting an approved edition recur: plain choices, read back as a sentence and the next dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from loa.flow.approvals.models import Edition
from loa.flow.approvals.queries import editions_readable_by
from loa.flow.schedules.coming import clashes_soon, drafts_of, next_times
from loa.flow.schedules.errors import Clash
from loa.flow.schedules.free_times import free_hour
from loa.flow.schedules.models import Occurrence
from loa.flow.schedules.programmes import save_pattern
from loa.lib import clock
from loa.registry.devices.queries import loudspeakers_in
from loa.registry.people.errors import DeedRefused
from loa.registry.people.rules import Deed
from loa.registry.places.queries import codes_within, places_by_code
from loa.surfaces.desk.calendar_words import DayNotes, notes_of
from loa.surfaces.desk.clashing import ClashShown, Way, clash_shown
from loa.surfaces.desk.page import StaffRequest, reach_in_words, render_page, staff_page
from loa.surfaces.desk.recurrence_form import RecurrenceForm, at_hour, fields_read, without_days
from loa.surfaces.desk.recurrence_reading import SentenceUnclear, read_sentence
from loa.surfaces.desk.recurrence_words import sentence_of
from loa.surfaces.desk.refusals import say_refused

DATES_SHOWN = 5
SKIPPED_MAX = 60
# A deed's field where the form's own has another name.
FIELD_OF = {"recurrence": "hours", "repeat_times": "times"}


@dataclass(frozen=True)
class NextDate:
    """One date the sentence means."""

    at: datetime
    notes: DayNotes


@dataclass(frozen=True)
class ReadBack:
    """What was chosen, said back: sentences, the next dates, what they would meet."""

    sentences: list[str]
    dates: list[NextDate]
    clashes: list[Occurrence]
    is_cut: bool  # the edition ends before the rule


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: StaffRequest, code: str) -> HttpResponseBase:
    """Choose how an edition recurs, look at it, save it."""
    edition = _placeable(request, code)
    form, unclear = _form(request, edition)
    clash: ClashShown | None = None
    if {"save", "skip_days"} & request.POST.keys() and form.is_valid():
        try:
            return _saved(request, edition, form)
        except Clash as met:
            there = met.details["occurrences"]
            clash = clash_shown(there, _ways_out(edition, form, there), request.user)
            form.add_error("hours", _("Trùng giờ với lượt khác. Xem cách gỡ ở trên."))
        except DeedRefused as refused:
            say_refused(form, refused, names=FIELD_OF)
    devices = loudspeakers_in(codes_within(edition.targets))
    return render_page(
        request,
        "recurrence.html",
        room="schedule",
        status=422 if (form.is_bound and form.errors) or unclear else 200,
        form=form,
        edition=edition,
        unclear=unclear,
        sentence=request.GET.get("cau", ""),
        reach=reach_in_words([device.place.full_name for device in devices]) if devices else "",
        read=_read_back(edition, form),
        clash=clash,
    )


@staff_page
@require_POST
def read_back(request: StaffRequest, code: str) -> HttpResponse:
    """Say back what is chosen so far, as the form asks after each change."""
    edition = _placeable(request, code)
    form = RecurrenceForm(edition, request.POST)
    context = {"read": _read_back(edition, form), "edition": edition, "form": form}
    return render(request, "desk/parts/read_back.html", context)


def _placeable(request: StaffRequest, code: str) -> Edition:
    edition = editions_readable_by(request.user).filter(bulletin__code=code).first()
    if edition is None:
        raise Http404
    if not set(edition.targets) <= request.user.places_with(Deed.PLACE):
        raise PermissionDenied
    return edition


def _form(request: StaffRequest, edition: Edition) -> tuple[RecurrenceForm, str]:
    """Return the form, and what of a typed sentence was not understood."""
    if request.method == "POST":
        data: Any = request.POST
        if "skip_days" in data:
            data = without_days(data, _days_named(data["skip_days"]))
        if "move_hour" in data:
            data = at_hour(data, data["move_hour"])
        return RecurrenceForm(edition, data), ""
    sentence = request.GET.get("cau", "").strip()
    if not sentence:
        return RecurrenceForm(edition), ""
    try:
        found = read_sentence(sentence, clock.local(clock.now()).date())
    except SentenceUnclear as unclear:
        words = _("Chưa hiểu “%(rest)s”. Hãy gõ lại, hoặc chọn ở dưới.")
        missing = _("Câu cần có ngày và giờ, ví dụ: thứ 2–6, 17:00.")
        return RecurrenceForm(edition), words % {"rest": unclear.rest} if unclear.rest else missing
    return RecurrenceForm(edition, read=fields_read(found)), ""


def _ways_out(edition: Edition, form: RecurrenceForm, there: list[Occurrence]) -> list[Way]:
    """Return the two ways that keep what is there: leave its days out, or take another hour."""
    days = sorted({clock.local(one.start_at).date() for one in there})
    words = ngettext(
        "Lưu, nhưng không phát %(n)s ngày trùng",
        "Lưu, nhưng không phát %(n)s ngày trùng",
        len(days),
    )
    skip = [Way(words % {"n": len(days)}, "skip_days", " ".join(map(str, days)))]
    pattern = form.pattern
    hour = (
        free_hour(edition, pattern, places_by_code(form.cleaned_data["places"]))
        if len(pattern.hours) == 1
        else None
    )
    if hour is None:
        return skip if len(days) <= SKIPPED_MAX else []
    move = Way(_("Dời sang %(hour)s") % {"hour": f"{hour:%H:%M}"}, "move_hour", f"{hour:%H:%M}")
    return [move, *skip] if len(days) <= SKIPPED_MAX else [move]


def _days_named(text: str) -> list[date]:
    found = []
    for part in text.split()[:SKIPPED_MAX]:
        try:
            found.append(date.fromisoformat(part))
        except ValueError:
            continue
    return found


def _read_back(edition: Edition, form: RecurrenceForm) -> ReadBack | None:
    """Return the choices said back; None while something in them is wrong."""
    if not form.is_bound:
        form = RecurrenceForm(edition, _as_posted(form))
    if not form.is_valid():
        return None
    pattern = form.pattern
    drafts = drafts_of(edition, pattern)
    times = sorted(t for draft in drafts for t in next_times(draft, DATES_SHOWN))[:DATES_SHOWN]
    places = places_by_code(form.cleaned_data["places"])
    return ReadBack(
        sentences=[sentence_of(draft) for draft in drafts],
        dates=[NextDate(t, notes_of(clock.local(t).date())) for t in times],
        clashes=[] if edition.is_emergency else clashes_soon(places, drafts, DATES_SHOWN),
        is_cut=clock.local(edition.valid_until).date() < pattern.valid_until,
    )


def _as_posted(form: RecurrenceForm) -> dict[str, Any]:
    return {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}


def _saved(request: StaffRequest, edition: Edition, form: RecurrenceForm) -> HttpResponseBase:
    rules = save_pattern(
        edition,
        form.pattern,
        by=request.user,
        places=places_by_code(form.cleaned_data["places"]),
        policies=form.policies,
        daypart=form.window,
    )
    words = ngettext("Đã lưu lịch lặp: %(what)s.", "Đã lưu %(n)s lịch lặp: %(what)s.", len(rules))
    what = "; ".join(sentence_of(rule) for rule in rules)
    messages.success(request, words % {"n": len(rules), "what": what})
    return redirect("desk:rule", rules[0].pk)
