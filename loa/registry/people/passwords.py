"""What a password must be, in words a tired person understands at once."""

from __future__ import annotations

from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
)
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class LongEnough(MinimumLengthValidator):
    """Long beats strange: four plain words are better than one with signs in it."""

    def get_error_message(self) -> str:
        words = ngettext(
            "Mật khẩu cần ít nhất %(n)s ký tự. Hãy ghép vài từ dễ nhớ.",
            "Mật khẩu cần ít nhất %(n)s ký tự. Hãy ghép vài từ dễ nhớ.",
            self.min_length,
        )
        return words % {"n": self.min_length}


class UnlikeItsOwner(UserAttributeSimilarityValidator):
    """Whoever knows the person would try the name first."""

    def __init__(self) -> None:
        super().__init__(user_attributes=("username", "full_name"), max_similarity=0.7)

    def get_error_message(self) -> str:
        return _("Mật khẩu quá giống tên của bạn. Hãy chọn mật khẩu khác.")


class NotTriedFirst(CommonPasswordValidator):
    """The twenty thousand that are tried first everywhere."""

    def get_error_message(self) -> str:
        return _("Mật khẩu này nhiều người dùng nên dễ bị đoán. Hãy chọn mật khẩu khác.")
