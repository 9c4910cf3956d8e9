from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from loa.wire.reasons import Refused


class DeedRefused(Exception):
    """A deed that cannot be done; says what happened, what it means and what to do.

    `code` is for programs, `field` names the form field it belongs to, if one does.
    """

    code = "refused"
    field = ""
    message: Any = _("Không làm được việc này.")

    def __init__(self, message: Any = None, **details: Any) -> None:
        self.details = details
        if message is not None:
            self.message = message
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)


class MandateMissing(DeedRefused):
    code = "mandate_missing"
    message = _("Bạn chưa được giao quyền làm việc này tại địa bàn này.")


class DocumentRefused(DeedRefused):
    """A signed root or roster that does not hold; the cause is the reason in the shared words."""

    code = "document_refused"
    message = _("Văn bản này chưa đủ chữ ký hoặc không nối tiếp bản đang dùng.")

    def __init__(self, refused: Refused) -> None:
        super().__init__(reason=str(refused.reason))
        self.refused = refused


class FirstRootMissing(DeedRefused):
    code = "first_root_missing"
    message = _("Thành phố chưa có gốc tin cậy. Hãy nhận văn bản gốc số 1 trước.")


class DirectorMissing(DeedRefused):
    code = "director_missing"
    message = _(
        "Danh bạ này không có khóa điều hành của máy chủ: nhận vào là mọi loa ngừng nghe lệnh."
    )


class KeyNotInRoster(DeedRefused):
    code = "key_not_in_roster"
    message = _(
        "Khóa của bạn chưa có trong danh bạ đã ký cho địa bàn này, nên loa sẽ không nhận. "
        "Danh bạ mới đang chờ những người giữ khóa gốc ký."
    )


class PasskeyRefused(DeedRefused):
    code = "passkey_refused"
    message = _(
        "Chưa nhận được khóa này. Hãy thử lại; máy phải hỏi mã PIN, vân tay hoặc khuôn mặt."
    )
