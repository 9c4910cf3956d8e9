"""Plain samples: signed 16 bit, little endian, one channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SAMPLE_BYTES = 2


@dataclass(frozen=True)
class Pcm:
    """One stretch of sound in memory."""

    samples: bytes
    rate_hz: int

    def __post_init__(self) -> None:
        if self.rate_hz <= 0:
            raise ValueError(f"a rate of {self.rate_hz} Hz is no rate")
        if len(self.samples) % SAMPLE_BYTES:
            raise ValueError("half a sample at the end")

    @property
    def duration_ms(self) -> int:
        return round(len(self.samples) * 1000 / (SAMPLE_BYTES * self.rate_hz))


def silence(duration_ms: int, *, rate_hz: int) -> Pcm:
    """Return that much silence."""
    return Pcm(bytes(SAMPLE_BYTES * (duration_ms * rate_hz // 1000)), rate_hz)


def join(parts: Iterable[Pcm]) -> Pcm:
    """Put sounds of one rate behind one another."""
    kept = list(parts)
    rates = {part.rate_hz for part in kept}
    if len(rates) != 1:
        raise ValueError(f"cannot join sounds of rates {sorted(rates)}")
    return Pcm(b"".join(part.samples for part in kept), rates.pop())
