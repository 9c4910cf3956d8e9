"""Telephone numbers of a text as links, so that a phone dials at a touch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

_PARAGRAPHS = re.compile(r"\n\s*\n")
# Ten or eleven digits from 0 or +84, or a 1800/1900 line; a date in digits is no number to call.
_PHONE = re.compile(
    r"(?<![\w.,/+-])(?!\d{1,2}[ .-]\d{1,2}[ .-]\d{4})"
    r"(?:(?:\+84[ .-]?|0)\d(?:[ .-]?\d){8,9}|1[89]00(?:[ .-]?\d){4,6})(?![\w/:]|[.,]\d)"
)


def with_phones(text: str) -> SafeString:
    """Return the paragraphs of a text as HTML; everything but the numbers is escaped."""
    paragraphs = ((_linked(part),) for part in _PARAGRAPHS.split(text.strip()) if part)
    return format_html_join("\n", '<p class="kept-lines">{}</p>', paragraphs)


def _linked(text: str) -> SafeString:
    return format_html_join("", "{}", ((piece,) for piece in _pieces(text)))


def _pieces(text: str) -> Iterator[str]:
    done = 0
    for match in _PHONE.finditer(text):
        yield text[done : match.start()]
        address = re.sub(r"[^\d+]", "", match[0])
        yield format_html('<a href="tel:{}">{}</a>', address, match[0])
        done = match.end()
    yield text[done:]
