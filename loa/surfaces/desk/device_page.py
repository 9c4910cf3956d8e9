"""One device: what it is, how it is now, what comes next, how its last days went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loa.flow.approvals.models import Edition
from loa.flow.evaluation.device_log import (
    Deed,
    Ladder,
    Next,
    deeds_between,
    latest_ladders,
    newest_document_seq,
    next_for,
    order_named,
)
from loa.flow.evaluation.tallies import Outcome
from loa.flow.receipts.models import Receipt
from loa.flow.schedules.queries import quiet_hours_at
from loa.lib import clock
from loa.registry.devices.models import Device
from loa.registry.devices.traffic import month_use_of
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed as PersonDeed
from loa.surfaces.desk.commanding import commands_of
from loa.surfaces.desk.condition_words import DeviceShown, shown_device
from loa.surfaces.desk.device_history import about_device, history_of
from loa.surfaces.desk.outcome_words import BARS, OUTCOMES
from loa.surfaces.desk.page import StaffRequest, render_page
from loa.surfaces.desk.reason_words import CLOCKS, EVENTS, reason_words
from loa.surfaces.look import words
from loa.surfaces.look.ribbon import Bar, Ribbon, draw_ribbon, quiet_times

DAYS = 7
NEXT_MAX = 5
LADDERS_MAX = 5


@dataclass(frozen=True)
class DayRibbon:
    day: date
    ribbon: Ribbon
    says: str


@dataclass(frozen=True)
class LogRow:
    """One order in the log of a device."""

    deed: Deed
    title: str
    tone: str
    state: str
    note: str


@dataclass(frozen=True)
class Rung:
    at: datetime
    words: str
    note: str


@dataclass(frozen=True)
class LadderShown:
    title: str
    planned_at: datetime | None
    rungs: list[Rung]


def answer(request: StaffRequest, device: Device) -> HttpResponseBase:
    """Answer with the page of a device, or with its living part alone."""
    titles = Titles(request.user, device)
    context = _now(device, titles)
    if request.htmx:  # type: ignore[attr-defined]
        part = render(request, "desk/parts/device_now.html", context)
        part.headers["Cache-Control"] = "no-store"
        return part
    today = clock.local(clock.now()).date()
    deeds = deeds_between(device, today - timedelta(days=DAYS - 1), today)
    return render_page(
        request,
        "device.html",
        room="devices",
        may_tend=device.place_id in request.user.places_with(PersonDeed.TEND_DEVICES),
        about=about_device(device),
        history=history_of(device),
        month=month_use_of(device),
        volume_percent=100 if device.volume_percent is None else device.volume_percent,
        **(context | commands_of(device)),
        days=_days(device, deeds, today, titles),
        bars=[bar for bar in BARS if bar[0] not in {"waiting", "partly"}],
        rows=[_log_row(deed, titles) for deed in deeds if _has_come(deed)],
        ladders=[_ladder(one, titles) for one in latest_ladders(device, LADDERS_MAX)],
    )


class Titles:
    """What somebody may be told of editions: who only mends devices reads no bulletin."""

    def __init__(self, person: Person, device: Device) -> None:
        readable = person.places_with(PersonDeed.READ)
        self._may_read = not readable.isdisjoint({device.place_id, device.village_id})
        self._readable = readable

    def of(self, edition: Edition) -> str:
        if self._may_read:
            return edition.title
        return _("Bản duyệt %(hash)s") % {"hash": words.short_hash(edition.sha256)}

    def code(self, edition: Edition) -> str:
        """Return the code of the bulletin if it may be opened, else nothing."""
        return edition.bulletin.code if edition.place_id in self._readable else ""


def _now(device: Device, titles: Titles) -> dict[str, Any]:
    shown = shown_device(device)
    playing = order_named(device, shown.state.playing) if shown.state else None
    return {
        "shown": shown,
        "device": device,
        "clock_words": CLOCKS.get(shown.state.clock, shown.state.clock) if shown.state else "",
        "playing": titles.of(playing.occurrence.edition) if playing else "",
        "newest_seq": newest_document_seq(device),
        "coming": [_coming(one, titles) for one in next_for(device, NEXT_MAX)],
        "advice": _advice(shown),
    }


def _coming(one: Next, titles: Titles) -> dict[str, Any]:
    edition = one.occurrence.edition
    return {
        "at": one.occurrence.start_at,
        "title": titles.of(edition),
        "code": titles.code(edition),
        "duration_ms": edition.duration_ms,
        "is_ordered": one.is_ordered,
    }


def _advice(shown: DeviceShown) -> str:
    if shown.state is not None and shown.state.cloned_at is not None:
        return _(
            "Có hai máy dùng chung một khóa, từ %(at)s. Một trong hai là bản sao. "
            "Thiết bị chỉ còn nhận lệnh khẩn cấp. Hãy xóa khóa trên máy thật để máy tạo khóa mới, "
            "rồi chọn Thay máy và gõ mã mới."
        ) % {"at": words.moment(shown.state.cloned_at)}
    if shown.condition.key == "late":
        return _("Thiết bị vừa bỏ lỡ vài nhịp báo. Thường là mạng chập chờn; chờ vài phút.")
    if shown.condition.key != "silent":
        return ""
    if shown.state is None:
        return _("Thiết bị chưa từng báo. Kiểm tra nguồn, mạng và khóa đã cài trên máy.")
    return _(
        "Thiết bị vẫn tự phát những gì đã nhận, nhưng không nhận lệnh mới. "
        "Kiểm tra nguồn điện và mạng tại chỗ."
    )


def _days(device: Device, deeds: Sequence[Deed], today: date, titles: Titles) -> list[DayRibbon]:
    quiet = [quiet_times(quiet_hours_at(device.place))]
    days = [today - timedelta(days=back) for back in range(DAYS)]
    return [_day(day, [d for d in deeds if _day_of(d) == day], quiet, titles) for day in days]


def _day(
    day: date, deeds: Sequence[Deed], quiet: Sequence[tuple[time, time]], titles: Titles
) -> DayRibbon:
    bars = [
        Bar(
            deed.occurrence.start_at,
            deed.occurrence.end_at,
            titles.of(deed.occurrence.edition),
            OUTCOMES[deed.outcome].bar,
        )
        for deed in deeds
    ]
    ribbon = draw_ribbon(f"{day:%j}", day, bars, quiet=quiet)
    return DayRibbon(day, ribbon, _says(deeds))


def _says(deeds: Sequence[Deed]) -> str:
    """Say a day in words: `2 lượt, 1 đã phát`."""
    if not deeds:
        return _("không có lượt nào")
    sounded = sum(deed.outcome in {Outcome.SOUNDED, Outcome.SOUNDING} for deed in deeds)
    all_of = ngettext("%(n)s lượt", "%(n)s lượt", len(deeds)) % {"n": len(deeds)}
    return _("%(all)s, %(sounded)s đã phát") % {"all": all_of, "sounded": sounded}


def _day_of(deed: Deed) -> date:
    return clock.local(deed.occurrence.start_at).date()


def _has_come(deed: Deed) -> bool:
    return deed.log is not None or deed.occurrence.start_at <= clock.now()


def _log_row(deed: Deed, titles: Titles) -> LogRow:
    said = OUTCOMES[deed.outcome]
    reason = deed.log.reason if deed.log else ""
    note = reason_words(reason) if reason else ""
    if deed.outcome is Outcome.MISSED and not note:
        note = _("thiết bị không báo gì")
    return LogRow(deed, titles.of(deed.occurrence.edition), said.tone, str(said.words), note)


def _ladder(ladder: Ladder, titles: Titles) -> LadderShown:
    edition = ladder.order.occurrence.edition if ladder.order else None
    return LadderShown(
        title=titles.of(edition) if edition else _("Văn bản bị từ chối"),
        planned_at=ladder.order.occurrence.start_at if ladder.order else None,
        rungs=[
            Rung(row.at, str(EVENTS.get(row.event, row.event)), _rung_note(row))
            for row in ladder.rungs
        ],
    )


def _rung_note(row: Receipt) -> str:
    reason = reason_words(row.reason) if row.reason else ""
    clock_note = "" if row.clock == "good" else str(CLOCKS.get(row.clock, row.clock))
    return ", ".join(part for part in (reason, clock_note) if part)
