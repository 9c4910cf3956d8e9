from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loa.registry.people.errors import DeedRefused


class UploadTooBig(DeedRefused):
    code = "upload_too_big"
    field = "file"
    message = _("Tệp quá lớn (nhận đến 100 MB). Hãy cắt bớt hoặc chỉ tải phần âm thanh lên.")


class UploadEmpty(DeedRefused):
    code = "upload_empty"
    field = "file"
    message = _("Tệp không có gì bên trong. Hãy chọn lại tệp.")


class UploadIncomplete(DeedRefused):
    """`details`: received, how many bytes are here."""

    code = "upload_incomplete"
    field = "file"
    message = _("Tệp chưa lên đủ. Hãy gửi tiếp; phần đã lên vẫn còn.")


class RecordingUnusable(DeedRefused):
    code = "recording_unusable"
    field = "file"
    message = _("Bản thu này không dùng được. Hãy thu lại hoặc chọn tệp khác.")


class GapOutside(DeedRefused):
    code = "gap_outside"
    field = "gap_seconds"
    message = _("Quãng nghỉ phải từ 0 đến 10 giây.")
