"""The outline of a sound, for drawing."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from loa.lib.sound.decode import SoundSource, decode
from loa.lib.sound.filters import filtered, frames_of, mono_s16_steps, samples_of
from loa.lib.sound.pcm import Pcm

DRAWING_RATE_HZ = 8_000
WINDOW_SAMPLES = 80
FULL_SCALE = 32_768


def peaks(source: SoundSource | Pcm, buckets: int) -> list[int]:
    """Return the highest level of each of `buckets` equal parts, 0..100 of full scale."""
    if buckets < 1:
        raise ValueError("a drawing needs at least one bucket")
    highs = list(_window_peaks(_drawing_samples(source)))
    if not highs:
        return [0] * buckets
    parts = (_part(highs, number, buckets) for number in range(buckets))
    return [min(100, round(100 * max(part) / FULL_SCALE)) for part in parts]


def _part(highs: list[int], number: int, buckets: int) -> list[int]:
    start = number * len(highs) // buckets
    return highs[start : max(start + 1, (number + 1) * len(highs) // buckets)]


def _drawing_samples(source: SoundSource | Pcm) -> Iterator[bytes]:
    if not isinstance(source, Pcm):
        return decode(source, rate_hz=DRAWING_RATE_HZ)
    frames = filtered(frames_of(source), *mono_s16_steps(DRAWING_RATE_HZ))
    return (samples_of(frame) for frame in frames)


def _window_peaks(chunks: Iterable[bytes]) -> Iterator[int]:
    """Keep one figure for each 10 ms, so that a long sound stays small in memory."""
    waiting = array("h")
    for chunk in chunks:
        waiting.frombytes(chunk)
        whole = len(waiting) - len(waiting) % WINDOW_SAMPLES
        for start in range(0, whole, WINDOW_SAMPLES):
            yield _high(waiting[start : start + WINDOW_SAMPLES])
        del waiting[:whole]
    if waiting:
        yield _high(waiting)


def _high(window: array[int]) -> int:
    highest, lowest = max(window), min(window)
    return max(highest, -lowest)
