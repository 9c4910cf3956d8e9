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
