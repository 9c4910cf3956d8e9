"""What a bulletin will sound like: the parts behind one another, and the name of that sound.

A bulletin is read by a person (its take), else by a voice. Signals may stand around it. A
programme is its items in a row. Asking changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from loa.flow.newsroom.models import (
    PERSON,
    PROGRAMME,
    Bulletin,
    ProgrammeItem,
    Signals,
    Take,
)
from loa.flow.newsroom.ports import Voice, voices
from loa.flow.newsroom.queries import speech_of_bulletin
from loa.flow.newsroom.rules import cache_key_of
from loa.lib.sound.chain import CHAIN_VERSION
from loa.registry.library.models import Jingle
from loa.registry.library.signals import SignalsInUse, habit_of, signal_of
from loa.registry.places.models import Place
from loa.wire import canonical

# Raise it when the way parts are put together changes: the same plan would sound otherwise.
PLAN_VERSION = 1
VOICE_CHARACTERS_MAX = 64


@dataclass(frozen=True)
class Part:
    """One stretch of sound: exactly one of text, sha256 (an original), tune or gap says which."""

    text: str = ""
    voice: str = ""
    fingerprint: str = ""
    speed_percent: int = 100
    sha256: str = ""
    start_ms: int = 0
    end_ms: int | None = None
    tune: str = ""
    gap_ms: int = 0

    @property
    def is_speech(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True)
class Plan:
    """All parts of one sound, the words in it, and whose voice is said to read."""

    parts: tuple[Part, ...]
    spoken_text: str
    voice: str
    speed_percent: int

    @property
    def is_plain_speech(self) -> bool:
        return len(self.parts) == 1 and self.parts[0].is_speech

    @property
    def cache_key(self) -> str:
        """The name of the rendition: equal plans are one sound."""
        if self.is_plain_speech:
            (part,) = self.parts
            return cache_key_of(
                part.text,
                voice=part.voice,
                fingerprint=part.fingerprint,
                speed_percent=part.speed_percent,
            )
        said = [PLAN_VERSION, CHAIN_VERSION, self.voice, self.spoken_text, self.rows()]
        return canonical.content_hash(canonical.encode(said))

    def rows(self) -> list[dict[str, Any]]:
        """Return the parts as plain JSON, for a job."""
        return [asdict(part) for part in self.parts]


def plan_of(bulletin: Bulletin) -> Plan | None:
    """Return how the bulletin will sound as it stands now; None when there is nothing to hear."""
    plan = _programme(bulletin) if bulletin.is_programme else core_plan_of(bulletin)
    if plan is None or bulletin.is_programme or not uses_signals(bulletin):
        return plan
    parts = (*_signal(bulletin.place, Jingle.Role.OPENING), *plan.parts)
    parts += tuple(reversed(_signal(bulletin.place, Jingle.Role.CLOSING)))
    return Plan(parts, plan.spoken_text, plan.voice, plan.speed_percent)


def core_plan_of(bulletin: Bulletin) -> Plan | None:
    """Return how a bulletin sounds without signals: its take, or a voice reading its words."""
    spoken = speech_of_bulletin(bulletin).text
    take = bulletin.take
    if take is not None:
        reader = f"{PERSON}{take.taken_by.username}"[:VOICE_CHARACTERS_MAX]
        return Plan((_take_part(take),), spoken, reader, 100)
    if not spoken.strip():
        return None
    voice = voice_for(bulletin)
    part = Part(
        text=spoken,
        voice=voice.id,
        fingerprint=voice.fingerprint,
        speed_percent=bulletin.speed_percent,
    )
    return Plan((part,), spoken, voice.id, bulletin.speed_percent)


def uses_signals(bulletin: Bulletin, *, habit: SignalsInUse | None = None) -> bool:
    """Say whether signals stand around this; an emergency waits for none unless told to."""
    if bulletin.signals != Signals.PLACE:
        return bulletin.signals == Signals.WITH
    if bulletin.is_emergency:
        return False
    return (habit or habit_of(bulletin.place)).uses_signals


def voice_for(bulletin: Bulletin) -> Voice:
    """Return the voice chosen, or while that is missing the first this city has."""
    try:
        return voices().by_id(bulletin.voice)
    except LookupError:
        return voices().all()[0]


def unanswered_in(bulletin: Bulletin) -> list[str]:
    """Return the written forms nobody has said how to read, in everything a machine will read."""
    if bulletin.is_programme:
        inside = [one.bulletin for one in items_of(bulletin) if one.bulletin is not None]
        return sorted({form for one in inside for form in unanswered_in(one)})
    if bulletin.take is not None:
        return []
    return sorted({reading.source for reading in speech_of_bulletin(bulletin).unknown})


def items_of(programme: Bulletin) -> list[ProgrammeItem]:
    """Return the items of a programme in their order."""
    return list(
        programme.items.select_related(
            "bulletin__place", "bulletin__take__recording", "bulletin__take__taken_by", "recording"
        )
    )


def _take_part(take: Take) -> Part:
    return Part(sha256=take.recording.original_id, start_ms=take.start_ms, end_ms=take.end_ms)


def _programme(programme: Bulletin) -> Plan | None:
    parts: list[Part] = []
    texts: list[str] = []
    for item in items_of(programme):
        if item.bulletin is not None:
            plan = core_plan_of(item.bulletin)
            if plan is not None:
                parts += plan.parts
                texts.append(plan.spoken_text)
        else:
            parts += _item_parts(programme.place, item)
    if not any(part.is_speech or part.sha256 for part in parts):
        return None
    return Plan(tuple(parts), "\n\n".join(texts) or programme.title, PROGRAMME, 100)


def _item_parts(place: Place, item: ProgrammeItem) -> Iterator[Part]:
    if item.recording is not None:
        yield Part(sha256=item.recording.original_id)
    elif item.kind == ProgrammeItem.Kind.GAP:
        yield Part(gap_ms=item.gap_ms)
    else:
        yield _signal(place, item.kind)[0]


def _signal(place: Place, role: str) -> tuple[Part, Part]:
    signal = signal_of(place, role)
    return Part(tune=signal.tune, sha256=signal.sha256), Part(gap_ms=habit_of(place).gap_ms)
