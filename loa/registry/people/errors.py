from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _


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
