"""The ledger: whether it still holds, computed now, and what happened, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from loa.flow.evaluation.evidence import ledger_heads_held
from loa.flow.evaluation.jobs import ask_for_whole_reading
from loa.registry.ledger.models import Fact
from loa.registry.ledger.queries import LedgerReading, fact_tally, facts_of_places, read_ledger
from loa.registry.people.models import Person
from loa.registry.people.queries import full_names
from loa.registry.people.roles import role_names
from loa.registry.people.rules import Deed
from loa.registry.places.queries import city, places_by_code
from loa.surfaces.desk.ledger_words import FAULTS, KINDS, kind_words
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.reason_words import REASONS, reason_words
from loa.surfaces.desk.tasks import GROUND_WORDS
from loa.surfaces.look import words

PAGE_SIZE = 50
FAULTS_SHOWN_MAX = 20


class FilterForm(forms.Form):
    """Which facts to show."""

    viec = forms.ChoiceField(
        label=gettext_lazy("Việc"),
        required=False,
        choices=[("", gettext_lazy("Mọi việc")), *KINDS.items()],
    )
    nguoi = forms.CharField(
        label=gettext_lazy("Người làm (tên đăng nhập)"), required=False, max_length=40
    )
    ve = forms.CharField(
        label=gettext_lazy("Về (mã bản tin, thiết bị…)"), required=False, max_length=128
    )

    def chosen(self, facts: QuerySet[Fact]) -> QuerySet[Fact]:
        """Return the facts asked for; a filter that cannot be read shows none."""
        if not self.is_valid():
            return facts.none()
        names = {"kind": "viec", "actor": "nguoi", "subject": "ve"}
        asked = {field: self.cleaned_data[name].strip() for field, name in names.items()}
        return facts.filter(**{field: value for field, value in asked.items() if value})


@dataclass(frozen=True)
class FactShown:
    """One fact in words."""

    fact: Fact
    at: datetime
    kind: str
    who: str
    place: str
    more: str


@dataclass(frozen=True)
class Verification:
    """Whether the ledger holds, as it was read just now."""

    tone: str
    title: str
    faults: list[str]
    how: str


@staff_page
@require_safe
def show(request: StaffRequest) -> HttpResponseBase:
    """Verify the ledger now, and show the facts of this person's places."""
    person = request.user
    if not person.may_anywhere(Deed.READ_LEDGER):
        raise PermissionDenied
    form = FilterForm(request.GET)
    page = Paginator(form.chosen(_facts_for(person)), PAGE_SIZE).get_page(request.GET.get("trang"))
    return render_page(
        request,
        "ledger.html",
        room="proofs",
        verification=_verify(),
        form=form,
        is_filtered=any(form.data.get(name) for name in form.fields),
        rows=facts_shown(list(page)),
        page=page,
    )


def _facts_for(person: Person) -> QuerySet[Fact]:
    codes = person.places_with(Deed.READ_LEDGER)
    return facts_of_places(codes, with_placeless=city().code in codes)


def _verify() -> Verification:
    held = ledger_heads_held()
    reading = read_ledger({head.seq: head.hash for head in held})
    faults, how = reading.faults, _how_read(reading)
    count = fact_tally()
    facts = ngettext("%(n)s sự việc", "%(n)s sự việc", count) % {"n": words.number(count)}
    if not faults:
        devices = ngettext("%(n)s máy đối chứng", "%(n)s máy đối chứng", len(held))
        witnesses = devices % {"n": words.number(len(held))}
        title = _("Sổ nguyên vẹn: %(facts)s, %(witnesses)s")
        return Verification("ok", title % {"facts": facts, "witnesses": witnesses}, [], how)
    said = [
        _("dòng %(seq)s %(fault)s") % {"seq": fault.seq, "fault": str(FAULTS[fault.kind])}
        for fault in faults[:FAULTS_SHOWN_MAX]
    ]
    title = ngettext(
        "Sổ không còn nguyên vẹn: %(n)s lỗi", "Sổ không còn nguyên vẹn: %(n)s lỗi", len(faults)
    )
    return Verification("danger", title % {"n": words.number(len(faults))}, said, how)


def _how_read(reading: LedgerReading) -> str:
    """Say what was read just now, and when the rest was."""
    if reading.whole_at is None:
        return _("Cả sổ vừa được đọc lại từ dòng đầu tới dòng cuối.")
    given = {"at": words.moment(reading.whole_at), "n": words.number(reading.read_now)}
    said = _("Cả sổ được đọc lại lúc %(at)s; %(n)s dòng ghi từ đó tới nay vừa được đọc xong.")
    return said % given


@staff_page
@require_POST
def read_again(request: StaffRequest) -> HttpResponseBase:
    """Have the whole ledger read again; asking twice reads it once."""
    if not request.user.may_anywhere(Deed.READ_LEDGER):
        raise PermissionDenied
    ask_for_whole_reading()
    messages.success(request, _("Đang đọc lại cả sổ. Lát nữa mở lại trang này để xem kết quả."))
    return redirect("desk:ledger")


def facts_shown(facts: Iterable[Fact]) -> list[FactShown]:
    rows = list(facts)
    names = full_names(fact.actor for fact in rows)
    places = {place.code: place.full_name for place in places_by_code({f.place for f in rows})}
    roles = role_names()
    return [
        FactShown(
            fact=fact,
            at=datetime.fromisoformat(fact.at),
            kind=kind_words(fact.kind),
            who=names.get(fact.actor, fact.actor) or _("máy chủ"),
            place=places.get(fact.place, fact.place),
            more=_more(fact, roles),
        )
        for fact in rows
    ]


def _more(fact: Fact, roles: Mapping[str, str]) -> str:
    """Return what a fact says beside its kind: a reason, what it waits for, how many devices."""
    body = fact.body
    parts = []
    if reason := body.get("reason"):
        parts.append(reason_words(reason) if reason in REASONS else f"“{reason}”")
    parts += [str(GROUND_WORDS.get(ground, ground)) for ground in body.get("waits_for", ())]
    if devices := body.get("devices"):
        count = len(devices)
        parts.append(ngettext("%(n)s cụm loa", "%(n)s cụm loa", count) % {"n": count})
    if revision := body.get("revision"):
        parts.append(_("lần sửa %(n)s") % {"n": revision})
    if role := body.get("role"):
        parts.append(roles.get(role, role))
    return ", ".join(parts)
