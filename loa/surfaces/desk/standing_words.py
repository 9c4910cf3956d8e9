"""Where a bulletin stands, in words and shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loa.flow.evaluation.standings import Standing
from loa.flow.newsroom.models import Bulletin

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


def shown(bulletin: Bulletin, standing: Standing) -> Shown:
    tone, words = WORDS[standing]
    return Shown(bulletin, tone, str(words), bulletin.author.full_name, bulletin.edited_at)
