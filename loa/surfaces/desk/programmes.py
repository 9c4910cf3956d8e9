"""What recurs: the list of rules, one rule with its next dates, ending it, changing one date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from loa.flow.schedules.coming import Coming, Fate, coming_of, rules_readable_by
from loa.flow.schedules.errors import Clash
from loa.flow.schedules.models import Occurrence, Rule
from loa.flow.schedules.programmes import end_rule, override_occurrence
from loa.lib import clock
from loa.registry.people.errors import DeedRefused
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.surfaces.desk.calendar_words import DayNotes, notes_of
from loa.surfaces.desk.forms import MomentField, ReasonForm
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.recurrence_words import sentence_of
from loa.surfaces.look import words

RULES_A_PAGE = 20
DATES_SHOWN = 14

FATES: dict[Fate, tuple[str, Promise]] = {
    Fate.FORESEEN: ("draft", gettext_lazy("Sẽ xếp khi còn 14 ngày")),
    Fate.PLACED: ("ok", gettext_lazy("Đã xếp lịch")),
    Fate.WAITING: ("waiting", gettext_lazy("Chờ người thứ hai xác nhận")),
    Fate.MOVED: ("warn", gettext_lazy("Đã dời")),
    Fate.DROPPED: ("off", gettext_lazy("Bỏ lượt này")),
    Fate.OMITTED: ("danger", gettext_lazy("Không xếp được")),
    Fate.STOPPED: ("off", gettext_lazy("Đã dừng")),
}
OMISSIONS: dict[str, Promise] = {
    "clash": gettext_lazy("trùng giờ với lượt khác"),
    "not_adopted": gettext_lazy("nơi nhận không còn đồng ý phát"),
}


@dataclass(frozen=True)
class RuleShown:
    """A rule as a list shows it."""

    rule: Rule
    sentence: str
    tone: str
    state: str
    next_at: datetime | None


@dataclass(frozen=True)
class DateShown:
    """One coming date of a rule as its table shows it."""

    at: datetime
    notes: DayNotes
    tone: str
    state: str
    note: str
    change_url: str


class OverrideForm(forms.Form):
    """Move one date or drop it, and why."""

    way = forms.ChoiceField(
        label=gettext_lazy("Lượt này"),
        choices=[
            ("drop", gettext_lazy("Không phát lượt này")),
            ("move", gettext_lazy("Dời sang giờ khác")),
        ],
        widget=forms.RadioSelect,
    )
    moved_to = MomentField(label=gettext_lazy("Dời đến"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Lý do"),
        max_length=500,
        error_messages={"required": gettext_lazy("Hãy ghi một dòng lý do.")},
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("way") == "move" and not given.get("moved_to") and not self.errors:
            self.add_error("moved_to", _("Hãy chọn ngày và giờ mới."))
        return given

    @property
    def target(self) -> datetime | None:
        return self.cleaned_data["moved_to"] if self.cleaned_data["way"] == "move" else None


@staff_page
@require_safe
def show_all(request: StaffRequest) -> HttpResponseBase:
    """List what recurs where this person may read, ended ones on asking."""
    rows = rules_readable_by(request.user)
    wants_ended = "da-het" in request.GET
    today = clock.local(clock.now()).date()
    live = {"ended_at": None, "valid_until__gte": today}
    rows = rows.exclude(**live) if wants_ended else rows.filter(**live)
    page = Paginator(rows, RULES_A_PAGE).get_page(request.GET.get("trang"))
    return render_page(
        request,
        "rules.html",
        room="schedule",
        rows=[_listed(rule) for rule in page.object_list],
        page=page,
        wants_ended=wants_ended,
        day=today,
    )


def _listed(rule: Rule) -> RuleShown:
    dates = [one.start_at for one in coming_of(rule, DATES_SHOWN) if one.start_at]
    tone, state = _state_of(rule)
    return RuleShown(rule, sentence_of(rule), tone, state, min(dates, default=None))


def _state_of(rule: Rule) -> tuple[str, str]:
    if rule.ended_at is not None:
        return "off", _("Đã kết thúc")
    if rule.valid_until < clock.local(clock.now()).date():
        return "off", _("Đã hết hạn")
    return "ok", _("Đang lặp")


@staff_page
@require_safe
def show(request: StaffRequest, rule_id: UUID) -> HttpResponseBase:
    """Show one rule: its sentence, its next dates and what became of each, who answered."""
    rule = _readable(request.user, rule_id)
    may_change = _may_change(request.user, rule)
    return render_page(
        request,
        "rule.html",
        room="schedule",
        rule=rule,
        shown=_listed(rule),
        dates=[_date_shown(one, may_change=may_change) for one in coming_of(rule, DATES_SHOWN)],
        changes=rule.overrides.select_related("decided_by").order_by("-pk")[:DATES_SHOWN],
        omissions=[
            (row.recurs_at, str(OMISSIONS.get(row.reason, row.reason)))
            for row in rule.omissions.order_by("-recurs_at")[:DATES_SHOWN]
        ],
        may_change=may_change,
        may_open=rule.place_id in request.user.places_with(Deed.READ),
    )


def _date_shown(one: Coming, *, may_change: bool) -> DateShown:
    tone, state = FATES[one.fate]
    url = reverse("desk:override", args=[one.rule.pk]) + f"?luc={clock.iso(one.recurs_at)}"
    return DateShown(
        at=one.recurs_at,
        notes=notes_of(clock.local(one.recurs_at).date()),
        tone=tone,
        state=str(state),
        note=_note_of(one),
        change_url=url if may_change else "",
    )


def _note_of(one: Coming) -> str:
    if one.omission is not None:
        return str(OMISSIONS.get(one.omission.reason, one.omission.reason))
    if one.override is None:
        return ""
    given = {"name": one.override.decided_by.full_name, "reason": one.override.reason}
    if one.override.moved_to is None:
        return _("%(name)s: “%(reason)s”") % given
    time = words.moment(one.override.moved_to)
    return _("sang %(time)s · %(name)s: “%(reason)s”") % {"time": time, **given}


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: StaffRequest, rule_id: UUID) -> HttpResponseBase:
    """End a rule, with a reason."""
    rule = _changeable(request.user, rule_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        end_rule(rule, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("Đã kết thúc lịch lặp. Các lượt chưa phát đã bỏ."))
        return redirect("desk:rule", rule.pk)
    return render_page(
        request,
        "reason.html",
        room="schedule",
        status=422 if form.errors else 200,
        form=form,
        heading=_("Kết thúc lịch lặp"),
        about=f"{rule.edition.title} · {sentence_of(rule)}",
        deed=_("Kết thúc, bỏ mọi lượt chưa phát"),
        is_dangerous=True,
        back_url=reverse("desk:rule", args=[rule.pk]),
    )


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: StaffRequest, rule_id: UUID) -> HttpResponseBase:
    """Move one date of a rule or drop it, with a reason."""
    rule = _changeable(request.user, rule_id)
    at = _instant_asked(request.GET.get("luc", ""))
    data = request.POST if request.method == "POST" else None
    form = OverrideForm(data, initial={"way": "drop", "moved_to": clock.local(at)})
    clashes: Iterable[Occurrence] = []
    if form.is_bound and form.is_valid():
        try:
            override_occurrence(
                rule, at, by=request.user, reason=form.cleaned_data["reason"], moved_to=form.target
            )
        except Clash as clash:
            clashes = clash.details["occurrences"]
            form.add_error("moved_to", _("Trùng giờ với lượt khác. Hãy chọn giờ khác."))
        except DeedRefused as refused:
            form.add_error("reason" if refused.field == "reason" else None, str(refused))
        else:
            messages.success(request, _("Đã đổi lượt này. Các lượt khác giữ nguyên."))
            return redirect("desk:rule", rule.pk)
    return render_page(
        request,
        "override.html",
        room="schedule",
        status=422 if form.errors else 200,
        form=form,
        rule=rule,
        at=at,
        sentence=sentence_of(rule),
        clashes=clashes,
    )


def _instant_asked(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
    if at.tzinfo is None or not timedelta(0) < at - datetime(2020, 1, 1, tzinfo=at.tzinfo):
        raise Http404
    return at


def _readable(person: Person, rule_id: UUID) -> Rule:
    return get_object_or_404(rules_readable_by(person), pk=rule_id)


def _may_change(person: Person, rule: Rule) -> bool:
    there = {place.code for place in rule.places.all()}
    return rule.ended_at is None and there <= person.places_with(Deed.PLACE)


def _changeable(person: Person, rule_id: UUID) -> Rule:
    rule = _readable(person, rule_id)
    if not {place.code for place in rule.places.all()} <= person.places_with(Deed.PLACE):
        raise PermissionDenied
    return rule
