"""Rights as plain sentences: who may do what, where, until when, by which decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loa.lib import clock
from loa.registry.people.models import Mandate, Suspension
from loa.registry.people.rules import Deed
from loa.surfaces.look import words

DEED_WORDS: dict[str, Promise] = {
    Deed.READ: gettext_lazy("xem bản tin và lịch phát"),
    Deed.WRITE: gettext_lazy("soạn bản tin"),
    Deed.APPROVE: gettext_lazy("duyệt bản tin"),
    Deed.APPROVE_EMERGENCY: gettext_lazy("duyệt tin khẩn cấp"),
    Deed.PLACE: gettext_lazy("xếp lịch phát"),
    Deed.CONFIRM: gettext_lazy("xác nhận lượt phát với tư cách người thứ hai"),
    Deed.RECALL: gettext_lazy("dừng phát"),
    Deed.SET_HOURS: gettext_lazy("đặt giờ yên tĩnh và hạn mức"),
    Deed.TEND_DEVICES: gettext_lazy("chăm sóc thiết bị"),
    Deed.READ_LEDGER: gettext_lazy("xem sổ sự việc"),
    Deed.GRANT: gettext_lazy("thêm đồng nghiệp và giao việc"),
    Deed.SUSPEND: gettext_lazy("đình chỉ và gỡ đình chỉ"),
    Deed.EDIT_ROLES: gettext_lazy("sửa vai trò"),
}


def deed_words(deed: str) -> str:
    return str(DEED_WORDS.get(deed, deed))


def deeds_in_words(deeds: Iterable[str]) -> str:
    """Return deeds in the order of the work, as one enumeration."""
    held = set(deeds)
    return ", ".join(deed_words(deed) for deed in Deed if deed in held)


def short_day(when: date) -> str:
    return f"{when:%d-%m-%Y}"


def first_day(instant: datetime) -> date:
    return clock.local(instant).date()


def last_day(instant: datetime) -> date:
    """Return the last day of what ends at this instant: midnight belongs to the day before."""
    return clock.local(instant - timedelta(microseconds=1)).date()


def until_words(end: datetime | None) -> str:
    """Return until when something lasts; to the minute where it does not end with a day."""
    if end is None:
        return _("không thời hạn")
    wall = clock.local(end)
    if (wall.hour, wall.minute, wall.second, wall.microsecond) == (0, 0, 0, 0):
        return _("đến hết %(day)s") % {"day": short_day(last_day(end))}
    return _("đến %(time)s ngày %(day)s") % {"time": words.hour(end), "day": short_day(wall.date())}


def right_sentence(mandate: Mandate, name: str) -> str:
    """Say what a mandate lets its holder do."""
    deeds = deeds_in_words(mandate.role.deeds)
    if not deeds:
        told = _(
            "%(name)s giữ vai trò %(role)s ở %(place)s %(until)s, theo quyết định %(decision)s. "
            "Vai trò này chưa được làm gì."
        )
    else:
        told = _("%(name)s được %(deeds)s ở %(place)s %(until)s, theo quyết định %(decision)s.")
    return told % {
        "name": name,
        "deeds": deeds,
        "role": str(mandate.role),
        "place": mandate.place.full_name,
        "until": until_words(mandate.valid_until),
        "decision": mandate.decision_number,
    }


@dataclass(frozen=True)
class MandateShown:
    """One mandate with its state in words."""

    mandate: Mandate
    tone: str
    state: str
    until: str
    is_open: bool

    @property
    def given(self) -> str:
        """Say by whom and when it was given, as far as it is known."""
        by, at = self.mandate.granted_by, self.mandate.granted_at
        if at is None:
            return ""
        who = by.full_name if by else _("máy chủ")
        return _("%(who)s giao ngày %(day)s") % {"who": who, "day": short_day(first_day(at))}

    @property
    def ended(self) -> str:
        """Say by whom it was ended, and why."""
        by, at = self.mandate.ended_by, self.mandate.ended_at
        if at is None:
            return ""
        who = by.full_name if by else _("máy chủ")
        told = _("%(who)s kết thúc ngày %(day)s") % {
            "who": who,
            "day": short_day(first_day(at)),
        }
        return f"{told}: {self.mandate.end_reason}" if self.mandate.end_reason else told


def mandate_shown(mandate: Mandate, now: datetime) -> MandateShown:
    if mandate.ended_at is not None or mandate.is_over_at(now):
        tone, state = "off", _("Đã kết thúc")
    elif now < mandate.valid_from:
        tone = "waiting"
        state = _("Từ %(day)s") % {"day": short_day(first_day(mandate.valid_from))}
    else:
        tone, state = "ok", _("Đang giữ")
    return MandateShown(
        mandate, tone, state, until_words(mandate.valid_until), not mandate.is_over_at(now)
    )


def suspension_words(suspension: Suspension) -> str:
    """Say until when, by whom and why somebody or a place is suspended."""
    who = suspension.suspended_by.full_name if suspension.suspended_by else _("máy chủ")
    told = _("%(until)s, do %(who)s đình chỉ ngày %(day)s: %(reason)s") % {
        "until": until_words(suspension.until),
        "who": who,
        "day": short_day(first_day(suspension.begun_at)),
        "reason": suspension.reason,
    }
    return told[:1].upper() + told[1:]
