"""Looking at a day as one device will play it, minute by minute, by the device's own function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from loa.flow.deliveries.previews import Preview, previews_of
from loa.lib import clock
from loa.registry.devices.queries import devices_standing_in, groups_of
from loa.surfaces.desk.calendar_words import notes_of
from loa.surfaces.desk.days import day_asked
from loa.surfaces.desk.device_access import visible_places
from loa.surfaces.desk.page import StaffRequest, render_page, staff_page
from loa.surfaces.look.ribbon import Bar, Ribbon, draw_ribbon, quiet_times
from loa.surfaces.look.words import minutes
from loa.wire.timeline import EMERGENCIES, Outcome, Rung, Source, Why

MILLISECOND = timedelta(milliseconds=1)
RUNGS: dict[Rung, Promise] = {
    Rung.EMERGENCY_LIFE: gettext_lazy("khẩn cấp"),
    Rung.EMERGENCY_LOCAL: gettext_lazy("khẩn cấp"),
    Rung.LIVE: gettext_lazy("trực tiếp"),
    Rung.PRIORITY: gettext_lazy("bản tin ưu tiên"),
    Rung.PROGRAMME: gettext_lazy("chương trình"),
    Rung.RELAY: gettext_lazy("tiếp âm"),
    Rung.EVERGREEN: gettext_lazy("phát nền"),
    Rung.FALLBACK: gettext_lazy("âm thanh dự phòng"),
    Rung.SILENCE: gettext_lazy("im lặng"),
}
REASONS: dict[Why, Promise] = {
    Why.STARTS: gettext_lazy("bắt đầu đúng giờ"),
    Why.JOINS: gettext_lazy("phát tiếp từ chỗ lẽ ra đang phát"),
    Why.GOES_ON: gettext_lazy("đang phát tiếp"),
    Why.RESUMES: gettext_lazy("phát tiếp sau khi nhường"),
    Why.RESTARTS: gettext_lazy("phát lại từ đầu"),
    Why.NOTHING_DUE: gettext_lazy("không có gì tới giờ"),
    Why.WAITS: gettext_lazy("chờ bản đang phát hết"),
    Why.ENDED: gettext_lazy("đã phát xong"),
    Why.NOT_NEEDED: gettext_lazy("chưa cần đến"),
    Why.LATE: gettext_lazy("đã quá giờ bắt đầu"),
    Why.QUIET_HOURS: gettext_lazy("đang giờ yên tĩnh"),
    Why.CLOCK: gettext_lazy("đồng hồ của máy không đúng"),
    Why.MEDIA_MISSING: gettext_lazy("máy thiếu âm thanh"),
    Why.SOURCE_SILENT: gettext_lazy("luồng im lặng"),
    Why.RECALLED: gettext_lazy("đã dừng"),
    Why.PRE_EMPTED: gettext_lazy("nhường bản quan trọng hơn"),
    Why.INTERRUPTED: gettext_lazy("bị ngắt"),
}
SOURCES: dict[Source, Promise] = {
    Source.PRIMARY: gettext_lazy("luồng chính"),
    Source.SECONDARY: gettext_lazy("luồng dự phòng"),
    Source.STAND_IN: gettext_lazy("lời báo thay"),
}


@dataclass(frozen=True)
class Part:
    """One stretch of the day as the table shows it."""

    begin: datetime
    length_ms: float
    title: str
    what: str


@dataclass(frozen=True)
class Answer:
    """What the device does at one minute."""

    at: datetime
    title: str
    what: str
    why: str
    position: str
    passed_over: list[str]


@dataclass(frozen=True)
class Shown:
    """One device's day."""

    preview: Preview
    ribbon: Ribbon
    label: str
    parts: list[Part]


@staff_page
@require_safe
def show(request: StaffRequest, code: str) -> HttpResponseBase:
    """Show the day of one device, and what it does at a minute if one is asked for."""
    seen = visible_places(request.user)
    device = get_object_or_404(devices_standing_in(seen), code=code)
    day, is_misread = day_asked(request.GET.get("ngay", ""))
    (preview,) = previews_of([device], day)
    at = _minute_asked(request.GET.get("luc", ""), day)
    return render_page(
        request,
        "preview.html",
        room="schedule",
        device=device,
        day=day,
        is_misread=is_misread,
        notes=notes_of(day),
        shown=_shown(preview),
        answer=_answer(preview, at) if at else None,
        asked=request.GET.get("luc", ""),
        others=[one for one in devices_standing_in([device.place_id]) if one.place_id in seen],
    )


@staff_page
@require_safe
def show_group(request: StaffRequest, group: int) -> HttpResponseBase:
    """Show the day of every device of a group, one ribbon each."""
    seen = visible_places(request.user)
    known = next((one for one in groups_of(seen) if one.pk == group), None)
    if known is None:
        raise Http404
    day, is_misread = day_asked(request.GET.get("ngay", ""))
    codes = {device.code for device in known.devices.all()}
    devices = [one for one in devices_standing_in(seen) if one.code in codes]
    return render_page(
        request,
        "preview_group.html",
        room="schedule",
        group=known,
        day=day,
        is_misread=is_misread,
        notes=notes_of(day),
        shown=[_shown(one) for one in previews_of(devices, day)],
    )


def _minute_asked(text: str, day: date) -> datetime | None:
    try:
        wall = time.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day, wall.replace(tzinfo=None), tzinfo=clock.CITY_ZONE)


def _shown(preview: Preview) -> Shown:
    parts = [
        Part(
            one.begin,
            (one.end - one.begin) / MILLISECOND,
            preview.title_of(one.outcome.occurrence),
            _what(one.outcome),
        )
        for one in preview.stretches()
    ]
    bars = [
        Bar(one.begin, one.end, preview.title_of(one.outcome.occurrence), _tone(one.outcome.rung))
        for one in preview.stretches()
    ]
    return Shown(
        preview=preview,
        ribbon=draw_ribbon(
            preview.device.code, preview.day, bars, quiet=[quiet_times(preview.quiet_hours)]
        ),
        label=_("Ngày của %(name)s; bảng dưới nói cùng nội dung.") % {"name": preview.device.name},
        parts=parts,
    )


def _tone(rung: Rung) -> str:
    if rung in EMERGENCIES:
        return "playing"
    return "planned" if rung in {Rung.PRIORITY, Rung.PROGRAMME, Rung.LIVE} else "stopped"


def _what(outcome: Outcome) -> str:
    source = SOURCES.get(outcome.source)
    return f"{RUNGS[outcome.rung]} · {source}" if source else str(RUNGS[outcome.rung])


def _answer(preview: Preview, at: datetime) -> Answer:
    outcome = preview.at(at)
    passed = [
        f"{preview.title_of(one.occurrence)}: {REASONS[one.reason]}"
        for one in outcome.passed_over
        if preview.title_of(one.occurrence)
    ]
    return Answer(
        at=at,
        title=preview.title_of(outcome.occurrence) if outcome.occurrence else "",
        what=_what(outcome),
        why=str(REASONS[outcome.why]),
        position=minutes(outcome.position_ms) if outcome.occurrence else "",
        passed_over=passed,
    )
