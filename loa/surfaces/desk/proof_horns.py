"""The horns at the end of the chain: what each was told and did, silent ones first; and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loa.flow.evaluation.evidence import Evidence, Horn
from loa.lib import clock
from loa.surfaces.desk.proof_words import LINKS, check_words, detail_words
from loa.surfaces.desk.reason_words import EVENTS, reason_words
from loa.surfaces.look import words

# What sounds within this time is worth watching.
SOON = timedelta(minutes=2)
REAL_TIME_PERCENT = 100


@dataclass(frozen=True)
class HornRow:
    horn: Horn
    rank: int
    tone: str
    state: str
    note: str = ""

    @property
    def is_whole(self) -> bool:
        return self.horn.is_proved


@dataclass(frozen=True)
class Verdict:
    """The one sentence on top: what is proved or missing, and what to do."""

    tone: str
    title: str
    text: str


def rows_of(horns: Sequence[Horn]) -> list[HornRow]:
    """Return the horns, those that stayed silent first, whole ones last."""
    now = clock.now()
    rows = [_row(horn, now) for horn in horns]
    return sorted(rows, key=lambda row: (row.rank, row.horn.planned_at, row.horn.device))


def is_open(horn: Horn) -> bool:
    """Say whether this horn may still tell how it ended."""
    if horn.result or horn.called_off_at is not None:
        return False
    return horn.told_by is not None and clock.now() < horn.told_by


def is_worth_watching(horns: Sequence[Horn]) -> bool:
    soon = clock.now() + SOON
    return any(is_open(horn) and horn.planned_at < soon for horn in horns)


def _row(horn: Horn, now: datetime) -> HornRow:
    if horn.is_proved:
        return HornRow(horn, 9, "ok", _("Đã phát đủ"), _pace(horn))
    failed = [check for check in horn.checks if not check.holds]
    if horn.result == "finished":
        note = "; ".join(f"{check_words(c)}: {detail_words(c)}" for c in failed)
        return HornRow(horn, 2, "danger", _("Đã phát, bằng chứng sai"), note)
    if horn.result == "skipped":
        state = _("Không phát") if horn.is_silent else _("Phát dở")
        return HornRow(horn, 1 if horn.is_silent else 3, "danger", state, reason_words(horn.reason))
    if horn.called_off_at is not None:
        return HornRow(horn, 5, "off", _("Đã dừng theo lệnh"))
    return _unended(horn, now)


def _pace(horn: Horn) -> str:
    """Say of an output of the demo that it was not a horn's real time."""
    return "" if horn.rate_percent == REAL_TIME_PERCENT else _("không theo nhịp thật, bản thử")


def _unended(horn: Horn, now: datetime) -> HornRow:
    if not horn.is_silent:
        if is_open(horn):
            return HornRow(horn, 6, "playing", _("Đang phát"))
        return HornRow(horn, 3, "danger", _("Phát dở"), _("không báo đã xong"))
    if not is_open(horn):
        return HornRow(horn, 0, "danger", _("Im lặng"), _last_rung(horn))
    if now < horn.planned_at:
        return HornRow(horn, 7, "draft", _("Chưa tới giờ"), _last_rung(horn))
    return HornRow(horn, 4, "waiting", _("Chờ báo"), _last_rung(horn))


def _last_rung(horn: Horn) -> str:
    if not horn.ladder:
        return _("thiết bị không báo gì")
    event, at = max(horn.ladder.items(), key=lambda rung: rung[1])
    return _("mới tới: %(rung)s, %(time)s") % {
        "rung": str(EVENTS.get(event, event)),
        "time": words.hour(at),
    }


def verdict_of(proof: Evidence) -> Verdict:
    """Return the sentence on top of the page."""
    broken = [str(LINKS[link.kind]) for link in proof.links if not link.holds]
    if broken:
        return Verdict(
            "danger",
            _("Chuỗi bằng chứng không khớp ở: %(links)s") % {"links": ", ".join(broken)},
            _("Giữ nguyên hiện trạng, báo quản trị và thanh tra; đừng phát lại bản này."),
        )
    kinds = {link.kind for link in proof.links}
    if "approval" not in kinds:
        return Verdict("info", _("Chưa ai duyệt bản tin này"), _("Chưa có gì được phép phát."))
    if "placement" not in kinds:
        return Verdict("info", _("Đã duyệt, chưa xếp lịch"), _("Hãy chọn giờ phát."))
    return _of_horns(proof.horns) if proof.horns else _without_horns(proof)


def _without_horns(proof: Evidence) -> Verdict:
    placements = [link for link in proof.links if link.kind == "placement"]
    if all(p.facts["grounds"] and "confirmed_by" not in p.facts for p in placements):
        return Verdict(
            "warn",
            _("Chờ người thứ hai xác nhận"),
            _("Chưa cụm loa nào được giao lệnh; phát ngoài giờ cần hai người."),
        )
    if all("recalled_by" in p.facts for p in placements):
        return Verdict("info", _("Đã dừng trước khi giao lệnh"), _("Không cụm loa nào phát."))
    return Verdict(
        "info",
        _("Đã xếp lịch, chưa giao lệnh cho cụm loa nào"),
        _("Lệnh được giao trong vòng một ngày trước giờ phát."),
    )


def _of_horns(horns: Sequence[Horn]) -> Verdict:
    stopped = [horn for horn in horns if horn.called_off_at and horn.result != "finished"]
    awaited = [horn for horn in horns if is_open(horn)]
    proved = sum(horn.is_proved for horn in horns)
    total = len(horns) - len(stopped)
    note = _stopped_words(len(stopped))
    said = _("%(proved)s/%(total)s cụm loa có bằng chứng đủ") % {"proved": proved, "total": total}
    if total == 0:
        return Verdict("info", _("Đã dừng theo lệnh"), note)
    if proved == total:
        whole = _("Mọi chữ ký và mã nội dung vừa được kiểm lại.")
        return Verdict("ok", said, f"{whole} {note}".strip())
    if awaited:
        return _while_open(said, awaited)
    missing = total - proved
    text = ngettext(
        "%(n)s cụm chưa đủ; lý do ở đầu bảng dưới. Xem thiết bị, rồi phát lại cho nơi đó nếu tin còn hiệu lực.",
        "%(n)s cụm chưa đủ; lý do ở đầu bảng dưới. Xem thiết bị, rồi phát lại cho nơi đó nếu tin còn hiệu lực.",
        missing,
    ) % {"n": missing}
    return Verdict("warn", said, f"{text} {note}".strip())


def _while_open(said: str, awaited: Sequence[Horn]) -> Verdict:
    starts = min(horn.planned_at for horn in awaited)
    if starts > clock.now():
        return Verdict(
            "info",
            _("Chưa tới giờ phát: %(time)s") % {"time": words.moment(starts)},
            _("Các cụm loa đã được giao lệnh."),
        )
    text = ngettext(
        "Còn %(n)s cụm đang phát hoặc chưa báo xong.",
        "Còn %(n)s cụm đang phát hoặc chưa báo xong.",
        len(awaited),
    )
    return Verdict("info", said, text % {"n": len(awaited)})


def _stopped_words(count: int) -> str:
    if not count:
        return ""
    return ngettext("%(n)s cụm dừng theo lệnh.", "%(n)s cụm dừng theo lệnh.", count) % {"n": count}
