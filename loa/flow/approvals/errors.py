from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loa.registry.people.errors import DeedRefused


class OwnWork(DeedRefused):
    code = "own_work"
    message = _("Không ai tự duyệt bản tin của mình. Cần người thứ hai.")


class ChangedSinceRead(DeedRefused):
    code = "changed_since_read"
    message = _("Nội dung đã khác với bản bạn vừa đọc. Hãy đọc và nghe lại.")


class AlreadyAnswered(DeedRefused):
    code = "already_answered"
    message = _("Bản tin này đã được trả lời rồi.")


class ReasonMissing(DeedRefused):
    code = "reason_missing"
    field = "reason"
    message = _("Hãy ghi một dòng lý do để người viết biết cần sửa gì.")


class KeyMissing(DeedRefused):
    code = "key_missing"
    message = _("Bạn chưa có khóa duyệt. Hãy báo quản trị cấp khóa.")


class SoundLost(DeedRefused):
    code = "sound_lost"
    message = _("Tệp âm thanh không còn nguyên vẹn trong kho. Hãy trả lại để làm bản thu mới.")


class PasskeyAsked(DeedRefused):
    code = "passkey_asked"
    message = _(
        "Bạn duyệt bằng khóa riêng. Hãy mở trang duyệt ở Bàn làm việc, trong trình duyệt bật "
        "JavaScript, và bấm “Duyệt bằng khóa của tôi”."
    )


class PreparedTooOld(DeedRefused):
    code = "prepared_too_old"
    message = _("Lượt ký này đã quá năm phút hoặc không còn dùng được. Hãy bấm Duyệt lần nữa.")


class NotBelieved(DeedRefused):
    """Devices would refuse it; better that the approver hears it now."""

    code = "not_believed"
    message = _("Thiết bị sẽ không tin lần duyệt này. Hãy báo quản trị của thành phố.")


class AssertionRefused(NotBelieved):
    code = "assertion_refused"
    message = _("Khóa riêng đã ký không đúng bản vừa chuẩn bị. Hãy bấm Duyệt lần nữa.")


class KeyNotListed(NotBelieved):
    code = "key_not_listed"
    message = _(
        "Khóa của bạn chưa có trong danh bạ khóa mà thiết bị tin. Danh bạ mới đang chờ ký; "
        "hãy báo quản trị của thành phố."
    )


class PasskeyDemanded(NotBelieved):
    code = "passkey_demanded"
    message = _(
        "Nơi này chỉ tin khóa riêng của người duyệt. "
        "Hãy đăng ký khóa ở trang “Khóa phê duyệt của tôi”."
    )


class SecondPersonAwaited(DeedRefused):
    code = "second_person_awaited"
    message = _("Đã ghi lần duyệt thứ nhất. Cần một người nữa duyệt mới thành bản duyệt.")
