"""Files as people bring them, made of tones: what a phone would have recorded."""

from __future__ import annotations

import math
from array import array
from functools import cache

from loa.lib.sound.coding import Coding, encode
from loa.lib.sound.filters import frames_of
from loa.lib.sound.levels import bytes_of
from loa.lib.sound.pcm import Pcm

RATE_HZ = 24_000
WEBM = Coding("libopus", "webm", "s16", RATE_HZ, 48_000, ())


@cache
def spoken_file(seconds: float, *, hz: float = 300.0) -> bytes:
    """Return a WebM file such as a browser records: a tone that swells as syllables do."""
    return encode(frames_of(swelling(seconds, hz)), WEBM)


def swelling(seconds: float, hz: float = 300.0) -> Pcm:
    levels = (
        0.3
        * (0.6 + 0.4 * math.sin(math.tau * 4 * n / RATE_HZ))
        * math.sin(math.tau * hz * n / RATE_HZ)
        for n in range(int(seconds * RATE_HZ))
    )
    return Pcm(bytes_of(array("h", [round(32_000 * level) for level in levels])), RATE_HZ)
