"""What a short message costs: its letters, its encoding and how many messages the network sends.

GSM 03.38 packs 160 letters of its own alphabet into one message, UCS-2 70 of any; a longer text is
sent in pieces that lose room to a header. Vietnamese with its marks is UCS-2.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each takes two places: an escape and itself.
_EXTENDED = frozenset("^{}\\[~]|€\f")
GSM_ROOM, GSM_ROOM_OF_PIECE = 160, 153
UCS2_ROOM, UCS2_ROOM_OF_PIECE = 70, 67
_PLAIN = str.maketrans({"đ": "d", "Đ": "D", "–": "-", "—": "-", "“": '"', "”": '"', "’": "'"})
_PLAIN |= str.maketrans({"‘": "'", "…": "...", "\u00a0": " "})


@dataclass(frozen=True)
class Cost:
    """How a text is sent; `units` are places of its alphabet, `left` those free in the last message."""

    is_gsm: bool
    units: int
    messages: int
    left: int


def cost_of(text: str) -> Cost:
    """Return what sending this text takes; nothing takes no message."""
    is_gsm = all(c in _BASIC or c in _EXTENDED for c in text)
    if is_gsm:
        units = sum(2 if c in _EXTENDED else 1 for c in text)
        room, room_of_piece = GSM_ROOM, GSM_ROOM_OF_PIECE
    else:
        units = len(text.encode("utf-16-le")) // 2
        room, room_of_piece = UCS2_ROOM, UCS2_ROOM_OF_PIECE
    if units <= room:
        return Cost(is_gsm, units, min(units, 1), room - units)
    pieces = math.ceil(units / room_of_piece)
    return Cost(is_gsm, units, pieces, pieces * room_of_piece - units)


def without_marks(text: str) -> str:
    """Return the text without Vietnamese marks, its capitals kept, for the cheap alphabet."""
    apart = unicodedata.normalize("NFD", text.translate(_PLAIN))
    return "".join(c for c in apart if unicodedata.category(c) != "Mn")
