"""What a password must be, in words a tired person understands at once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loa.lib.text import fold

# How many letters must not come from the name.
OWN_LETTERS_MIN = 6


class LongEnough(MinimumLengthValidator):
    """Long beats strange: four plain words are better than one with signs in it."""

    def get_error_message(self) -> str:
        words = ngettext(
            "Mật khẩu cần ít nhất %(n)s ký tự. Hãy ghép vài từ dễ nhớ.",
            "Mật khẩu cần ít nhất %(n)s ký tự. Hãy ghép vài từ dễ nhớ.",
            self.min_length,
        )
        return words % {"n": self.min_length}


class UnlikeItsOwner:
    """Whoever knows the person would try the name first, with or without marks and a year behind."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError when little is left beside the owner's names and numbers."""
        rest = _letters(password)
        names = [_letters(getattr(user, name, "")) for name in ("full_name", "username")]
        is_named = any(name and name in rest for name in names)
        for name in sorted(filter(None, names), key=len, reverse=True):
            rest = rest.replace(name, "")
        if is_named and len(rest) < OWN_LETTERS_MIN:
            words = _("Mật khẩu quá giống tên của bạn. Hãy chọn mật khẩu khác.")
            raise ValidationError(words, code="password_too_similar")

    def get_help_text(self) -> str:
        return _("Mật khẩu quá giống tên của bạn. Hãy chọn mật khẩu khác.")


def _letters(text: str) -> str:
    return "".join(letter for letter in fold(text) if letter.isalpha())


class NotTriedFirst(CommonPasswordValidator):
    """The twenty thousand that are tried first everywhere."""

    def get_error_message(self) -> str:
        return _("Mật khẩu này nhiều người dùng nên dễ bị đoán. Hãy chọn mật khẩu khác.")
