"""What a bulletin says on each channel when nobody writes it by hand: pure.

The words of every channel come from title and body by one rule each, so that they can be shown
while typing and frozen with the edition.
"""

from __future__ import annotations

import re
from enum import StrEnum

from loa.flow.newsroom.rules import BODY_CHARACTERS_MAX, SENTENCE_ENDS, script_of
from loa.lib.slides import SLIDES_MAX, read_slides, slides_of, written_slides
from loa.lib.sms import without_marks
from loa.lib.text import normalise
from loa.wire import canonical


class Channel(StrEnum):
    """Where words go."""

    SPOKEN = "spoken"
    BOARD = "board"
    WEB = "web"
    SHORT = "short_160"
    LONGER = "short_300"
    SOCIAL = "social"


CHARACTERS_MAX: dict[Channel, int] = {
    Channel.SPOKEN: BODY_CHARACTERS_MAX,
    Channel.BOARD: 4_000,
    Channel.WEB: BODY_CHARACTERS_MAX,
    Channel.SHORT: 160,
    Channel.LONGER: 300,
    Channel.SOCIAL: 2_000,
}
MESSAGES = (Channel.SHORT, Channel.LONGER)
SOCIAL_BODY_CHARACTERS = 600
# Boards are Vietnamese whatever language the officer's screen has.
BOARD_REST = "Còn nữa. Toàn văn ở trang thông tin của địa bàn."
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")


def by_rule(channel: Channel, title: str, body: str, *, place: str) -> str:
    """Return the words of a channel made from title and body; `place` is the full name."""
    title, body = title.strip(), body.strip()
    if channel is Channel.SPOKEN:
        return script_of(title, body)
    if channel is Channel.BOARD:
        return written_slides(slides_of(title, body, rest=BOARD_REST))
    if channel is Channel.WEB:
        return body
    if channel is Channel.SOCIAL:
        return _post(title, body, place)
    return shortened(script_of(title, body), CHARACTERS_MAX[channel])


def in_form(channel: Channel, text: str, *, title: str, folded: bool = False) -> str:
    """Return what somebody typed as the channel takes it; doing it again changes nothing."""
    text = normalise(text).strip()
    if channel is Channel.BOARD:
        return written_slides(read_slides(text, title))
    if channel in MESSAGES:
        text = " ".join(text.split())
        return without_marks(text) if folded else text
    return text


def is_too_long(channel: Channel, text: str) -> bool:
    """Say whether the channel has no room for this."""
    if len(text) > CHARACTERS_MAX[channel]:
        return True
    return channel is Channel.BOARD and text.count("\n\n") >= SLIDES_MAX


def shortened(text: str, characters_max: int) -> str:
    """Return as many whole sentences as fit; when not even the first does, its first words."""
    sentences = [" ".join(s.split()) for s in _SENTENCE_END.split(text) if s.strip()]
    kept = ""
    for sentence in sentences:
        longer = f"{kept} {sentence}".strip()
        if len(longer) > characters_max:
            break
        kept = longer
    return kept or _first_words(" ".join(text.split()), characters_max)


def _first_words(text: str, characters_max: int) -> str:
    # Three dots take three places where marks are dropped.
    cut = text[: characters_max - 3]
    return f"{(cut.rpartition(' ')[0] or cut).rstrip(' ,;:-–')}…"


def _post(title: str, body: str, place: str) -> str:
    lead = title if title[-1:] in SENTENCE_ENDS else f"{title}."
    return "\n\n".join(
        part
        for part in (lead, shortened(body, SOCIAL_BODY_CHARACTERS) if body else "", place)
        if part
    )


def mark_of(title: str, body: str) -> str:
    """Return the name of what a text was written from: another one means it may have gone stale."""
    return canonical.content_hash(canonical.encode([title, body]))
