from __future__ import annotations

from typing import Protocol

from loa.lib.port import Port
from loa.lib.sound.pcm import Pcm


class Voice(Protocol):
    """Somebody or something that can say a text aloud."""

    id: str
    title: str
    fingerprint: str  # changes whenever the same text would sound different

    def speak(self, text: str, *, speed: float) -> Pcm: ...


class Voices(Protocol):
    """The voices this city has, the first being the usual one."""

    def all(self) -> list[Voice]: ...

    def by_id(self, voice_id: str) -> Voice:
        """Return a voice; raises LookupError."""
        ...


voices: Port[Voices] = Port("newsroom.voices")
