"""Why something did not sound, in words for people: every reason of the wire, and of the dispatcher."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loa.wire.messages import Clock, Event
from loa.wire.reasons import Reason

REASONS: dict[str, Promise] = {
    Reason.OVERSIZE: _("văn bản lệnh quá lớn"),
    Reason.MALFORMED: _("văn bản lệnh hỏng, không đọc được"),
    Reason.WRONG_TYPE: _("văn bản sai loại"),
    Reason.FORGED: _("chữ ký không đúng"),
    Reason.UNKNOWN_KEY: _("ký bằng khóa lạ"),
    Reason.NO_MANDATE: _("người ký không được giao nơi này, loại tin này hoặc lúc này"),
    Reason.ONE_PERSON: _("chưa đủ hai người khác nhau trả lời"),
    Reason.NO_PASSKEY: _("nơi này chỉ tin khóa riêng của người duyệt"),
    Reason.WRONG_DEVICE: _("lệnh của thiết bị khác"),
    Reason.WRONG_PLACE: _("bản tin không duyệt cho nơi này"),
    Reason.ROLLED_BACK: _("văn bản cũ hơn cái thiết bị đã giữ"),
    Reason.EXPIRED: _("đã hết hiệu lực"),
    Reason.NOT_YET_VALID: _("chưa tới hiệu lực"),
    Reason.EDITION_MISSING: _("thiếu bản duyệt kèm theo lệnh"),
    Reason.MEDIA_MISSING: _("chưa tải được âm thanh"),
    Reason.MEDIA_MISMATCH: _("âm thanh không đúng bản đã duyệt"),
    Reason.MEDIA_UNREADABLE: _("âm thanh không giải mã được"),
    Reason.NO_SPACE: _("thiết bị hết chỗ chứa"),
    Reason.QUIET_HOURS: _("giờ yên tĩnh, chưa có người thứ hai xác nhận"),
    Reason.LATE: _("quá giờ bắt đầu cho phép"),
    Reason.RECALLED: _("có lệnh dừng"),
    Reason.PRE_EMPTED: _("nhường cho bản tin khẩn cấp hơn"),
    Reason.INTERRUPTED: _("thiết bị mất điện hoặc khởi động lại giữa chừng"),
    Reason.OUTPUT_FAILED: _("bộ khuếch đại hoặc loa hỏng"),
    Reason.CLOCK: _("đồng hồ của thiết bị sai, chỉ phát tin khẩn cấp"),
    # Only the dispatcher says these.
    "no_device": _("nơi này chưa có cụm loa nào"),
    "rights_over": _("đã hết quyền sử dụng nội dung"),
    "suspended": _("nơi này đang bị đình chỉ quyền phát"),
}

EVENTS: dict[str, Promise] = {
    Event.HINTED: _("được báo có lệnh mới"),
    Event.PULLED: _("đã lấy lệnh"),
    Event.VERIFIED: _("chữ ký đúng"),
    Event.MEDIA_READY: _("có đủ âm thanh"),
    Event.STARTED: _("bắt đầu phát"),
    Event.PAUSED: _("tạm dừng"),
    Event.RESUMED: _("phát tiếp"),
    Event.FINISHED: _("phát xong"),
    Event.SKIPPED: _("không phát"),
    Event.REFUSED: _("từ chối một văn bản"),
}

CLOCKS: dict[str, Promise] = {
    Clock.GOOD: _("đúng giờ"),
    Clock.HOLD: _("tự giữ giờ, lâu chưa chỉnh"),
    Clock.FLOOR: _("chậm hơn văn bản đã nhận"),
    Clock.NONE: _("chưa có giờ"),
}


def reason_words(reason: str) -> str:
    """Return the words of a reason; a reason nobody knows is shown as it came."""
    return str(REASONS.get(reason, reason))
