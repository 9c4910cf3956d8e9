"""What a device tells its sound process, and what that says: one JSON object a line."""

from __future__ import annotations

import msgspec
from msgspec import Struct


class Play(Struct, frozen=True, tag="play", tag_field="do", kw_only=True):
    """Sound these bytes from a position on; `at` is the monotonic second of the first sample."""

    id: str
    path: str
    sha256: str
    from_ms: int = 0
    at: float | None = None
    volume_percent: int = 100


class Relay(Struct, frozen=True, tag="relay", tag_field="do", kw_only=True):
    """Sound a stream that is listened to."""

    id: str
    source: str
    volume_percent: int = 100


class Listen(Struct, frozen=True, tag="listen", tag_field="do", kw_only=True):
    """Keep these streams open and say when they fall silent and come back; no others."""

    sources: tuple[str, ...]


class Stop(Struct, frozen=True, tag="stop", tag_field="do", kw_only=True):
    """Fade out whatever sounds under this name."""

    id: str
    fade_ms: int = 20


class Level(Struct, frozen=True, tag="level", tag_field="do", kw_only=True):
    """Let what sounds under this name go on at another volume."""

    id: str
    volume_percent: int


Command = Play | Relay | Listen | Stop | Level


class At(Struct, frozen=True, tag="at", tag_field="say", kw_only=True):
    """Alive; `id` sounds and has come to `ms`. Without one nothing sounds."""

    id: str = ""
    ms: int = 0


class Started(Struct, frozen=True, tag="started", tag_field="say", kw_only=True):
    """Its first sample was heard, or will be in a moment, at this monotonic second."""

    id: str
    at: float


class Finished(Struct, frozen=True, tag="finished", tag_field="say", kw_only=True):
    """Its last sample was written; `ms` and `samples` count from the beginning of the media."""

    id: str
    ms: int
    samples: int
    is_cut: bool = False  # it was stopped, or another took its place


class Failed(Struct, frozen=True, tag="failed", tag_field="say", kw_only=True):
    """It cannot be sounded; `reason` is a word of `loa.wire.reasons`."""

    id: str
    reason: str
    detail: str = ""


class Heard(Struct, frozen=True, tag="heard", tag_field="say", kw_only=True):
    """A stream came back, or fell silent."""

    source: str
    is_silent: bool


Event = At | Started | Finished | Failed | Heard

command_of = msgspec.json.Decoder(Command).decode
event_of = msgspec.json.Decoder(Event).decode


def line_of(word: Command | Event) -> bytes:
    return msgspec.json.encode(word) + b"\n"
