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
