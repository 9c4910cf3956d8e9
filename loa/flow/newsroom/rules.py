"""What a bulletin says aloud, and by which name that sound is known: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from loa.lib.sound.chain import CHAIN_VERSION
from loa.lib.speakable import Lexicon, Spoken, to_speech
from loa.wire import canonical

BODY_CHARACTERS_MAX = 50_000
SENTENCE_ENDS = ".!?…:;"


def script_of(title: str, body: str) -> str:
    """Return the words to be read, in writing: the title as a sentence, then the body."""
    title, body = title.strip(), body.strip()
    if title and title[-1] not in SENTENCE_ENDS:
        title += "."
    return f"{title}\n{body}" if title and body else title or body


TITLE_CHARACTERS_MAX = 200


def title_and_body(text: str) -> tuple[str, str]:
    """Split a text that came in: its first line is the title if it is short enough to be one."""
    first, _, rest = text.strip().partition("\n")
    if len(first) <= TITLE_CHARACTERS_MAX:
        return first.strip(), rest.strip()
    words = first.split()
    return " ".join(words[:12]) + "…", text.strip()


def speech_of(script: str, lexicon: Lexicon, *, is_emergency: bool) -> Spoken:
    """Return what will be said; an emergency spells out what nobody has explained."""
    return to_speech(script, lexicon=lexicon, spell_unknown=is_emergency)


def cache_key_of(spoken_text: str, *, voice: str, fingerprint: str, speed_percent: int) -> str:
    """Return the name of a rendition: same words, same voice, same chain, same sound."""
    parts = [spoken_text, voice, fingerprint, speed_percent, CHAIN_VERSION]
    return canonical.content_hash(canonical.encode(parts))


def content_hash_of(
    *,
    title: str,
    body: str,
    spoken_text: str,
    priority: str,
    info_class: str,
    targets: Sequence[str],
    valid_from: datetime,
    valid_until: datetime,
    media: Sequence[str],
    texts: Mapping[str, Any],
) -> str:
    """Return the hash of all that an approver answers for; it changes when any of it does."""
    content: dict[str, Any] = {
        "title": title,
        "body": body,
        "spoken": spoken_text,
        "priority": priority,
        "info_class": info_class,
        "targets": sorted(targets),
        "valid_from": valid_from,
        "valid_until": valid_until,
        "media": list(media),
    }
    # What was handed in before channels had words keeps the hash it was shown with.
    if texts:
        content["texts"] = dict(texts)
    return canonical.content_hash(canonical.encode(content))
