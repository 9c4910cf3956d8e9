"""The schedule: each place's day as a ribbon, and the table that says the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.paginator import Paginator
from django.http import Http404, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loa.flow.evaluation.days import Day, Sounding, days_of, places_with_a_day
from loa.flow.evaluation.tallies import Outcome
from loa.flow.schedules.day_plans import StandingSpan
from loa.flow.schedules.models import Placement
from loa.lib import clock
from loa.registry.devices.models import Device
from loa.registry.devices.queries import devices_standing_in
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.surfaces.desk.calendar_words import DayNotes, notes_of
from loa.surfaces.desk.outcome_words import BARS, OUTCOMES, note_of
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.desk.tasks import editions_to_place
from loa.surfaces.look import words
from loa.surfaces.look.ribbon import Bar, Ribbon, draw_ribbon, quiet_times

PLACES_A_PAGE = 12
TRAY_MAX = 20
# Outside these years nothing was ever planned, and the calendar's own ends are far away.
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2099, 12, 31)
STOPPABLE = {Outcome.PLANNED, Outcome.AWAITED, Outcome.SOUNDING}


@dataclass(frozen=True)
class Rights:
    """What a person may open and stop, asked once for a whole page."""

    readable: set[str]
    recallable: set[str]

    @classmethod
    def of(cls, person: Person) -> Rights:
        return cls(person.places_with(Deed.READ), person.places_with(Deed.RECALL))

    def may_stop(self, placement: Placement) -> bool:
        there = {place.code for place in placement.places.all()}
        return placement.place_id in self.readable and there <= self.recallable


@dataclass(frozen=True)
class Row:
    """One line of a day's table."""

    at: datetime
    title: str
    place: str
    tone: str
    state: str
    note: str
    sounded: int | None
    horns: int
    who: str
    url: str
    stop_url: str


@dataclass(frozen=True)
class Behind:
    """What stands every week behind the items of a day."""

    begin: datetime
    end: datetime
    title: str
    kind: str


@dataclass(frozen=True)
class DayShown:
    """One place's day: the ribbon, the table, and the ribbon in words."""

    day: Day
    ribbon: Ribbon
    label: str
    rows: list[Row]
    behind: list[Behind]
    notes: DayNotes


@staff_page
@require_safe
def show(request: StaffRequest) -> HttpResponseBase:
    """Show a day of the places this person may read, those with something to hear first."""
    rights, today = Rights.of(request.user), clock.local(clock.now()).date()
    day, is_misread = day_asked(request.GET.get("ngay", ""))
    busy, still = places_with_a_day(rights.readable, day)
    chosen = place_asked(request.GET.get("noi", ""), [*busy, *still])
    few = busy or (still if len(still) == 1 else [])
    paginator = Paginator([chosen] if chosen else few, PLACES_A_PAGE)
    page = paginator.get_page(request.GET.get("trang"))
    return render_page(
        request,
        "days.html",
        room="schedule",
        day=day,
        is_misread=is_misread,
        today=today,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        days=[day_shown(one, rights) for one in days_of(list(page.object_list), day)],
        page=page,
        chosen=chosen,
        places=[*busy, *still],
        busy=busy,
        still=still,
        bars=BARS,
        notes=notes_of(day),
        may_place=request.user.places_with(Deed.PLACE),
        tray=_tray(request.user) if day >= today else [],
        devices=_devices_of(page.object_list),
        may_set_hours=request.user.places_with(Deed.SET_HOURS),
    )


@dataclass(frozen=True)
class Ready:
    """An approved item that waits in the tray for its time."""

    title: str
    length_ms: int
    url: str
    places: str


def _tray(person: Person) -> list[Ready]:
    return [
        Ready(
            title=edition.title,
            length_ms=edition.duration_ms,
            url=reverse("desk:placement", args=[edition.bulletin.code]),
            places=" ".join(edition.targets),
        )
        for edition in editions_to_place(person)[:TRAY_MAX]
    ]


def _devices_of(places: Iterable[Place]) -> list[Device]:
    """Return the loudspeakers of the places shown, to look at the day as one of them."""
    rows = devices_standing_in([place.code for place in places])
    return [device for device in rows if device.kind == Device.Kind.LOUDSPEAKER]


def day_asked(given: str) -> tuple[date, bool]:
    """Return the day asked for, or today and whether what was given is no day."""
    today = clock.local(clock.now()).date()
    if not given:
        return today, False
    try:
        day = date.fromisoformat(given)
    except ValueError:
        return today, True
    return (day, False) if FIRST_DAY < day < LAST_DAY else (today, True)


def place_asked(code: str, places: list[Place]) -> Place | None:
    if not code:
        return None
    for place in places:
        if place.code == code:
            return place
    raise Http404


def day_shown(day: Day, rights: Rights) -> DayShown:
    bars = [*map(_bar, day.soundings), *map(_waiting_bar, day.waiting)]
    rows = [_row(one, day, rights) for one in day.soundings]
    rows += [_waiting_row(one, day, rights) for one in day.waiting]
    return DayShown(
        day=day,
        ribbon=_ribbon(day, bars),
        label=_("Ngày %(day)s ở %(place)s; bảng dưới nói cùng nội dung.")
        % {"day": words.day(day.plan.day), "place": day.plan.place.full_name},
        rows=sorted(rows, key=lambda row: row.at),
        behind=[_behind(span) for span in day.plan.standings],
        notes=notes_of(day.plan.day),
    )


def _ribbon(day: Day, bars: Iterable[Bar]) -> Ribbon:
    plan = day.plan
    return draw_ribbon(
        f"{plan.place.code}-{plan.day:%Y%m%d}",
        plan.day,
        bars,
        quiet=[quiet_times(plan.quiet_hours)],
        dayparts=[(part.start, part.end, str(part)) for part in plan.dayparts],
        ground=[Bar(span.begin, span.end, span.standing.title) for span in plan.standings],
    )


def _behind(span: StandingSpan) -> Behind:
    return Behind(span.begin, span.end, span.standing.title, str(span.standing.get_kind_display()))


def _bar(sounding: Sounding) -> Bar:
    one = sounding.occurrence
    tone = OUTCOMES[sounding.outcome].bar
    return Bar(one.start_at, one.end_at, one.edition.title, tone)


def _waiting_bar(placement: Placement) -> Bar:
    edition = placement.edition
    return Bar(placement.start_at, placement.start_at + edition.duration, edition.title, "waiting")


def _row(sounding: Sounding, day: Day, rights: Rights) -> Row:
    occurrence, said = sounding.occurrence, OUTCOMES[sounding.outcome]
    placement = occurrence.placement
    may_stop = sounding.outcome in STOPPABLE and rights.may_stop(placement)
    is_own = occurrence.place_id == day.plan.place.code
    return Row(
        at=occurrence.start_at,
        title=occurrence.edition.title,
        place="" if is_own else occurrence.place.full_name,
        tone=said.tone,
        state=str(said.words),
        note=note_of(sounding),
        sounded=None if sounding.outcome is Outcome.PLANNED else sounding.tally.sounded,
        horns=sounding.horns,
        who=_who(placement, day),
        url=_bulletin_url(placement, rights),
        stop_url=reverse("desk:recall", args=[placement.pk]) if may_stop else "",
    )


def _waiting_row(placement: Placement, day: Day, rights: Rights) -> Row:
    is_late = placement.start_at < clock.now() and not placement.is_now
    state = _("Quá giờ, chưa ai xác nhận") if is_late else _("Chờ người thứ hai xác nhận")
    may_stop = rights.may_stop(placement)
    return Row(
        at=placement.start_at,
        title=placement.edition.title,
        place="",
        tone="off" if is_late else "waiting",
        state=state,
        note=_("chưa được phát"),
        sounded=None,
        horns=day.horns,
        who=_who(placement, day),
        url=_bulletin_url(placement, rights),
        stop_url=reverse("desk:recall", args=[placement.pk]) if may_stop else "",
    )


def _who(placement: Placement, day: Day) -> str:
    """Name who placed it, and for whom when that is not the place shown: the city above it."""
    who = placement.placed_by.full_name
    if placement.place_id == day.plan.place.code:
        return who
    return f"{who}, {placement.place.full_name}"


def _bulletin_url(placement: Placement, rights: Rights) -> str:
    if placement.edition.place_id not in rights.readable:
        return ""
    return reverse("desk:bulletin", args=[placement.edition.bulletin.code])
