"""Short signals made of bell tones: what a station without a jingle of its own opens and closes with."""

from __future__ import annotations

import cmath
import math
from array import array
from dataclasses import dataclass

from loa.lib.sound.levels import bytes_of
from loa.lib.sound.pcm import Pcm
from loa.lib.sound.trim import faded

RATE_HZ = 24_000
# A horn gives little below 300 Hz and hurts above 3 kHz: all tones lie between.
_PITCH_HZ = {"d": 587.33, "e": 659.26, "g": 783.99, "a": 880.0, "b": 987.77, "D": 1174.66}
# Of each partial: how many times the pitch, how strong, how many seconds until it is a third.
_PARTIALS = ((1.0, 1.0, 0.55), (2.0, 0.35, 0.30), (3.01, 0.12, 0.15))
_PEAK = 0.5


@dataclass(frozen=True)
class Tune:
    """Notes in a row: when each is struck, in seconds, and its pitch."""

    notes: tuple[tuple[float, str], ...]
    seconds: float


TUNES: dict[str, Tune] = {
    "rising": Tune(((0.0, "g"), (0.35, "b"), (0.7, "D")), 2.2),
    "falling": Tune(((0.0, "D"), (0.35, "b"), (0.7, "g")), 2.2),
    "two-bells": Tune(((0.0, "a"), (0.45, "e")), 1.8),
    "five-notes": Tune(((0.0, "d"), (0.25, "e"), (0.5, "g"), (0.75, "a"), (1.0, "D")), 2.6),
}
OPENING, CLOSING = "rising", "falling"


def play(name: str) -> Pcm:
    """Return a tune by its name; the same samples every time. Raises KeyError."""
    tune = TUNES[name]
    mix = [0.0] * int(tune.seconds * RATE_HZ)
    for begin_seconds, pitch in tune.notes:
        _strike(mix, int(begin_seconds * RATE_HZ), _PITCH_HZ[pitch])
    highest = max(abs(value) for value in mix)
    scale = _PEAK * 32_767 / highest
    samples = array("h", [round(value * scale) for value in mix])
    return faded(Pcm(bytes_of(samples), RATE_HZ), in_ms=5, out_ms=100)


def _strike(mix: list[float], start: int, pitch_hz: float) -> None:
    for times, strength, fades_seconds in _PARTIALS:
        # Each sample is the last one turned and shortened: a bell without a sine for each.
        turn = cmath.exp(complex(-1 / fades_seconds, 2 * math.pi * pitch_hz * times) / RATE_HZ)
        pointer = complex(strength)
        for place in range(start, len(mix)):
            mix[place] += pointer.imag
            pointer *= turn
