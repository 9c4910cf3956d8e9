from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loa.registry.people.errors import DeedRefused


class NobodyByThatCode(DeedRefused):
    code = "nobody_by_that_code"
    field = "claim_code"
    message = _(
        "Không có thiết bị nào đang chờ với mã này. Hãy xem lại mã trên máy, và máy đã có mạng chưa."
    )


class CodeNotUnique(DeedRefused):
    code = "code_not_unique"
    field = "claim_code"
    message = _(
        "Có hai máy cùng hiện mã này; một máy có thể là giả. Hãy báo người quản trị trước khi nhận."
    )


class KeyRetired(DeedRefused):
    code = "key_retired"
    field = "claim_code"
    message = _(
        "Khóa của máy này đã ngừng dùng. Hãy xóa bộ nhớ để máy tạo khóa mới, rồi nhận bằng mã mới."
    )


class NotAStand(DeedRefused):
    code = "not_a_stand"
    field = "place"
    message = _("Hãy chọn xã, phường, đặc khu hay thôn, tổ dân phố nơi đặt máy.")


class WhyMissing(DeedRefused):
    code = "reason_missing"
    field = "reason"
    message = _("Hãy ghi lý do.")


class NameMissing(DeedRefused):
    code = "name_missing"
    field = "name"
    message = _("Hãy đặt tên.")


class FieldUnusable(DeedRefused):
    """One field of the register cannot hold what was given."""

    code = "field_unusable"
    message = _("Giá trị này không dùng được.")

    @classmethod
    def of(cls, field: str, words: str) -> FieldUnusable:
        refusal = cls(words)
        refusal.field = field
        return refusal


class KeyInUse(DeedRefused):
    code = "key_in_use"
    field = "claim_code"
    message = _("Máy này đang là một thiết bị khác trong sổ.")


class PhotoUnusable(DeedRefused):
    code = "photo_unusable"
    field = "photo"
    message = _("Ảnh phải là tệp JPEG hay PNG, nguyên vẹn và không quá 8 MB.")


class DeviceElsewhere(DeedRefused):
    code = "device_elsewhere"
    field = "devices"
    message = _("Nhóm chỉ gồm thiết bị đặt trong địa bàn của nhóm.")


class GroupNamedTwice(DeedRefused):
    code = "group_named_twice"
    field = "name"
    message = _("Địa bàn này đã có nhóm cùng tên.")


class SheetUnreadable(DeedRefused):
    """A table of machines that cannot be read at all; a bad row alone spoils no other."""

    code = "sheet_unreadable"
    field = "sheet"
    message = _("Không đọc được bảng này.")
