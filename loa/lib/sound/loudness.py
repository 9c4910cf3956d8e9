"""Loudness after EBU R 128 and true peak, of frames as they pass."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from av import AudioFrame

from loa.lib.sound.filters import FilterLine

SILENCE_LUFS = -70.0
SILENCE_DBTP = -100.0


@dataclass(frozen=True)
class Loudness:
    lufs: float
    peak_dbtp: float


class LoudnessMeter:
    """Hears frames and says how loud they were altogether."""

    def __init__(self, *, with_peak: bool = True) -> None:
        mode = "true" if with_peak else "none"
        self._line = FilterLine(
            ("aformat", "channel_layouts=mono"),
            # The scanner reports whole tenths of a second: the pad brings the last part out.
            ("apad", "pad_dur=0.1"),
            ("ebur128", f"peak={mode}:metadata=1:framelog=quiet"),
        )
        self._lufs, self._peak = SILENCE_LUFS, 0.0
        self._opening: list[AudioFrame] = []
        self._seconds = 0.0

    def hear(self, frame: AudioFrame) -> None:
        if self._seconds < 1:
            self._opening.append(frame)
            self._seconds += frame.samples / frame.sample_rate
            if self._seconds >= 1:
                self._opening.clear()
        self._read(self._line.push(frame))

    def result(self) -> Loudness:
        # R 128 looks at blocks of 0.4 s; a shorter sound is heard again until there are some.
        again = math.ceil(1 / self._seconds) if 0 < self._seconds < 1 else 0
        for frame in self._opening * again:
            self._read(self._line.push(frame))
        self._read(self._line.finish())
        peak_db = 20 * math.log10(self._peak) if self._peak > 0 else SILENCE_DBTP
        return Loudness(round(self._lufs, 2), round(peak_db, 2))

    def _read(self, scanned: Iterable[AudioFrame]) -> None:
        for frame in scanned:
            said = frame.metadata
            if "lavfi.r128.I" in said:
                self._lufs = max(SILENCE_LUFS, float(said["lavfi.r128.I"]))
            self._peak = max(self._peak, float(said.get("lavfi.r128.true_peak", 0.0)))


def loudness_of(frames: Iterable[AudioFrame], *, with_peak: bool = True) -> Loudness:
    """Measure a whole stream of frames."""
    meter = LoudnessMeter(with_peak=with_peak)
    for frame in frames:
        meter.hear(frame)
    return meter.result()
