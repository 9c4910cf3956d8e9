"""Where a bulletin stands, in words and shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loa.flow.evaluation.standings import Standing
from loa.flow.newsroom.models import Bulletin
from loa.registry.people.models import Person

WORDS: dict[Standing, tuple[str, Promise]] = {
    Standing.DRAFT: ("draft", _("Đang viết, chưa gửi duyệt")),
    Standing.WAITING: ("waiting", _("Chờ duyệt")),
    Standing.RETURNED: ("warn", _("Bị trả lại")),
    Standing.APPROVED: ("ok", _("Đã duyệt, chưa xếp lịch")),
    Standing.OFFERED: ("waiting", _("Đã duyệt, chờ các xã, phường nhận")),
    Standing.EXPIRED: ("off", _("Hết hiệu lực, chưa xếp lịch")),
    Standing.TO_CONFIRM: ("waiting", _("Chờ người thứ hai xác nhận")),
    Standing.PLANNED: ("ok", _("Đã xếp lịch, chưa phát")),
    Standing.SOUNDING: ("playing", _("Đang phát")),
    Standing.SOUNDED: ("ok", _("Đã phát")),
    Standing.STOPPED: ("off", _("Đã dừng")),
    Standing.MISSED: ("danger", _("Quá giờ, không cụm loa nào phát")),
}


@dataclass(frozen=True)
class Shown:
    """A bulletin with its standing as a list shows it."""

    bulletin: Bulletin
    tone: str
    words: str
    who: str
    since: datetime


def shown_to_author(bulletin: Bulletin, standing: Standing, approver: Person | None) -> Shown:
    """Say where an own item stands: for whom it waits and since when, who answered, when it sounds.

    The bulletin went through `standings_of`, which gathered what is told here.
    """
    tone, words = WORDS[standing]
    who, since = _last_step(bulletin, standing, approver)
    return Shown(bulletin, tone, str(words), who, since)


def _last_step(
    bulletin: Bulletin, standing: Standing, approver: Person | None
) -> tuple[str, datetime]:
    submission = next(iter(bulletin.submissions_newest_first), None)  # type: ignore[attr-defined]
    edition = next(iter(bulletin.editions_newest_first), None)  # type: ignore[attr-defined]
    placement = next(iter(edition.placements_newest_first), None) if edition else None
    if submission is not None and standing is Standing.WAITING:
        name = approver.full_name if approver else _("người được giao duyệt")
        return str(_("gửi rồi, chờ %(name)s")) % {"name": name}, submission.submitted_at
    if submission is not None and standing is Standing.RETURNED:
        return submission.refusal.returned_by.full_name, submission.refusal.returned_at
    if edition is not None and standing in {Standing.APPROVED, Standing.OFFERED, Standing.EXPIRED}:
        return edition.approval.approver.full_name, edition.approval.approved_at
    if placement is not None and standing is Standing.PLANNED:
        return str(_("phát lúc")), placement.start_at
    if placement is not None and standing is Standing.TO_CONFIRM:
        return placement.placed_by.full_name, placement.placed_at
    return bulletin.author.full_name, bulletin.edited_at


def shown(bulletin: Bulletin, standing: Standing) -> Shown:
    tone, words = WORDS[standing]
    return Shown(bulletin, tone, str(words), bulletin.author.full_name, bulletin.edited_at)
