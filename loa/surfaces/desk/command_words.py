"""Commands to devices in words: what was told, how far it got, why it was not done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loa.wire.commands import Objection, Verb

VERBS: dict[str, Promise] = {
    Verb.VOLUME: gettext_lazy("Đặt âm lượng"),
    Verb.MUTE: gettext_lazy("Tắt tiếng"),
    Verb.TEST_TONE: gettext_lazy("Phát âm thử"),
    Verb.IDENTIFY: gettext_lazy("Kêu ba tiếng để tìm"),
    Verb.REBOOT: gettext_lazy("Khởi động lại"),
}
# Tone and words of each state.
STATES: dict[str, tuple[str, Promise]] = {
    "waiting": ("waiting", gettext_lazy("Chờ gửi")),
    "sent": ("waiting", gettext_lazy("Đã gửi, chờ máy trả lời")),
    "done": ("ok", gettext_lazy("Máy đã làm")),
    "refused": ("warn", gettext_lazy("Máy không làm")),
    "silent": ("danger", gettext_lazy("Máy không trả lời")),
}
OBJECTIONS: dict[str, Promise] = {
    Objection.EXPIRED: gettext_lazy("lệnh tới quá muộn"),
    Objection.CLOCK: gettext_lazy("đồng hồ của máy chạy sai"),
    Objection.REPLAYED: gettext_lazy("máy đã nhận một lệnh mới hơn"),
    Objection.INCOMPLETE: gettext_lazy("lệnh thiếu thông tin"),
    Objection.BUSY: gettext_lazy("máy đang phát"),
    Objection.QUIET_HOURS: gettext_lazy("đang giờ yên tĩnh và chưa ai xác nhận"),
    Objection.UNSUPPORTED: gettext_lazy("máy này không làm được việc ấy"),
    Objection.FAILED: gettext_lazy("máy gặp lỗi"),
}


def command_words(verb: str, args: Mapping[str, Any]) -> str:
    """Say what was told: `Đặt âm lượng: 40%`."""
    if verb == Verb.MUTE and not args.get("muted"):
        return _("Mở tiếng lại")
    words = str(VERBS.get(verb, verb))
    return f"{words}: {args['percent']}%" if "percent" in args else words
