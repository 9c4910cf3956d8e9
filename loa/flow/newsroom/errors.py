from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loa.registry.people.errors import DeedRefused


class TitleMissing(DeedRefused):
    code = "title_missing"
    field = "title"
    message = _("Bản tin cần một tiêu đề.")


class TitleTooLong(DeedRefused):
    code = "title_too_long"
    field = "title"
    message = _("Tiêu đề dài quá 300 chữ cái. Hãy rút gọn; phần còn lại để trong nội dung.")


class BodyTooLong(DeedRefused):
    code = "body_too_long"
    field = "body"
    message = _("Nội dung quá dài để đọc trên loa. Hãy rút gọn.")


class ChannelTextTooLong(DeedRefused):
    """`details`: channel."""

    code = "channel_text_too_long"
    message = _("Quá dài cho kênh này. Hãy rút gọn.")

    @property
    def channel(self) -> str:
        return str(self.details["channel"])


class ChecksFailed(DeedRefused):
    """`details`: checks, the keys of what must be mended."""

    code = "checks_failed"
    message = _("Còn điều phải sửa trước khi gửi. Xem mục “Kiểm tra trước khi gửi”.")


class ChecksUnanswered(DeedRefused):
    """`details`: checks, the keys of what wants a reason."""

    code = "checks_unanswered"
    message = _(
        "Còn điều cần xem lại. Hãy sửa, hoặc ghi lý do giữ nguyên ở mục “Kiểm tra trước khi gửi”."
    )


class CheckReasonMissing(DeedRefused):
    code = "check_reason_missing"
    field = "reason"
    message = _("Hãy ghi một dòng vì sao để nguyên, để người duyệt biết.")


class ThirdPartyUnknown(DeedRefused):
    code = "third_party_unknown"
    field = "third_party"
    message = _("Loa chỉ phát thông báo hộ trong các loại đã liệt kê.")


class TemplateNameMissing(DeedRefused):
    code = "template_name_missing"
    field = "name"
    message = _("Hãy đặt tên cho mẫu.")


class NothingToRead(DeedRefused):
    code = "nothing_to_read"
    field = "body"
    message = _("Bản tin chưa có lời nào để đọc.")


class ValidityReversed(DeedRefused):
    code = "validity_reversed"
    field = "valid_until"
    message = _("Ngày hết hiệu lực phải sau ngày bắt đầu.")


class AlreadyOver(DeedRefused):
    code = "already_over"
    field = "valid_until"
    message = _("Bản tin đã hết hiệu lực. Hãy sửa ngày trước khi gửi.")


class TargetsMissing(DeedRefused):
    code = "targets_missing"
    field = "targets"
    message = _("Hãy chọn ít nhất một nơi để phát.")


class TargetsTooMany(DeedRefused):
    code = "targets_too_many"
    field = "targets"
    message = _("Quá nhiều nơi phát. Hãy chọn cả xã, phường hoặc thành phố thay cho từng thôn.")


class TargetOutside(DeedRefused):
    code = "target_outside"
    field = "targets"
    message = _("Có nơi phát ngoài địa bàn bạn được giao.")


class VoiceUnknown(DeedRefused):
    code = "voice_unknown"
    field = "voice"
    message = _("Giọng đọc này không có trên hệ thống.")


class SpeedOutside(DeedRefused):
    code = "speed_outside"
    field = "speed"
    message = _("Tốc độ đọc phải từ 70 đến 150 phần trăm.")


class BeingApproved(DeedRefused):
    code = "being_approved"
    message = _("Bản tin đang chờ duyệt. Hãy rút lại trước khi sửa.")


class EditedMeanwhile(DeedRefused):
    """`details`: revision, the present one."""

    code = "edited_meanwhile"
    message = _(
        "Bản tin vừa được sửa ở nơi khác. Hãy mở bản mới nhất; phần bạn gõ vẫn còn trên màn hình."
    )


class ReadingsUnanswered(DeedRefused):
    """`details`: written, the forms nobody has said how to read."""

    code = "readings_unanswered"
    field = "body"

    def __str__(self) -> str:
        forms = ", ".join(self.details["written"])
        return str(_("Còn chỗ chưa biết đọc thế nào: %(forms)s. Hãy trả lời “đọc là…”.")) % {
            "forms": forms
        }


class SoundNotReady(DeedRefused):
    code = "sound_not_ready"
    message = _("Bản thu đang được làm. Hãy chờ một lát rồi nghe và gửi.")


class VoiceBroken(DeedRefused):
    code = "voice_broken"
    message = _("Giọng máy không đọc được bản tin này. Hãy thử giọng khác hoặc báo quản trị.")


class ProgrammeEmpty(DeedRefused):
    code = "programme_empty"
    field = "items"
    message = _("Chương trình chưa có mục nào để phát. Hãy thêm bản tin hoặc bản thu.")


class TakeUnusable(DeedRefused):
    code = "take_unusable"
    message = _("Bản thu này không dùng được. Hãy thu lại hoặc chọn tệp khác.")


class EndsReversed(DeedRefused):
    code = "ends_reversed"
    field = "end_seconds"
    message = _("Điểm kết thúc phải sau điểm bắt đầu ít nhất nửa giây.")


class ProgrammeTooLong(DeedRefused):
    code = "programme_too_long"
    field = "items"
    message = _("Chương trình có quá nhiều mục (nhiều nhất 60). Hãy tách thành hai chương trình.")


class ItemUnknown(DeedRefused):
    code = "item_unknown"
    field = "items"
    message = _("Mục này không còn ở địa bàn. Hãy tải lại trang rồi chọn lại.")


class GapOutside(DeedRefused):
    code = "gap_outside"
    field = "gap_seconds"
    message = _("Quãng nghỉ phải hơn 0 và không quá 60 giây.")
