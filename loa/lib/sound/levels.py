"""Louder, softer, faded, mixed: arithmetic on plain samples (signed 16 bit, one channel)."""

from __future__ import annotations

import math
import sys
from array import array

FULL_SCALE = 32_767
SILENT_BELOW_DB = -55.0


def samples_from(data: bytes) -> array[int]:
    """Read little-endian bytes as samples."""
    samples = array("h", data)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def bytes_of(samples: array[int]) -> bytes:
    """Write samples as little-endian bytes."""
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    return samples.tobytes()


def gain_of(percent: int) -> float:
    """Return the factor of a volume: half the number sounds half as loud, 0 is silent.

    Ten decibels are heard as twice or half as loud; 100 percent changes nothing.
    """
    if percent <= 0:
        return 0.0
    return float(10 ** (10 * math.log2(percent / 100) / 20))


def scaled(samples: array[int], gain: float) -> array[int]:
    """Return the samples times a gain; what would be too loud is clipped."""
    if gain == 1.0:
        return samples
    return array("h", [_clipped(int(value * gain)) for value in samples])


def ramped(samples: array[int], begin: float, end: float) -> array[int]:
    """Return the samples with a gain that moves evenly from begin to end, both in 0 … 1."""
    step = (end - begin) / max(1, len(samples))
    return array("h", [int(value * (begin + step * n)) for n, value in enumerate(samples)])


def mixed(one: array[int], other: array[int]) -> array[int]:
    """Return both at once, as long as the longer; what would be too loud is clipped."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    both = array("h", longer)
    for n, value in enumerate(shorter):
        both[n] = _clipped(longer[n] + value)
    return both


def peak(samples: array[int]) -> int:
    """Return the greatest distance from zero, 0 … 32,768."""
    if not samples:
        return 0
    highest, lowest = max(samples), min(samples)
    return max(highest, -lowest)


def is_silent(samples: array[int], below_db: float = SILENT_BELOW_DB) -> bool:
    """Say whether nothing in it reaches the level, in dB of full scale."""
    return peak(samples) < FULL_SCALE * 10 ** (below_db / 20)


def _clipped(value: int) -> int:
    return max(-FULL_SCALE - 1, min(FULL_SCALE, value))
