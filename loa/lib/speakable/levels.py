"""Flood alarm levels of rivers: BĐ1 to BĐ3."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loa.lib.speakable.view import Claim, View

_LEVEL = re.compile(r"(?<!\w)BĐ\.? ?(?P<level>III|II|I|[123])(?!\w|[.,]\d)")
_FURTHER = re.compile(r"(?P<dash> ?[-–] ?)(?P<level>III|II|I|[123])(?!\w|[.,/]\d)")
_NAMES = {"1": "một", "2": "hai", "3": "ba", "I": "một", "II": "hai", "III": "ba"}


def find_levels(view: View) -> Iterator[Claim]:
    """Claim BĐ3, BĐ I, and the ranges BĐ1–3, BĐI–III."""
    for match in _LEVEL.finditer(view.text):
        said, end = f"báo động {_NAMES[match['level']]}", match.end()
        further = _FURTHER.match(view.text, end)
        if further:
            said, end = f"{said} đến {_NAMES[further['level']]}", further.end()
        yield Claim(match.start(), end, said, counts=True)
