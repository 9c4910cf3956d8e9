"""Cut a sound, take the silence off its ends, let it begin and end softly: plain samples only."""

from __future__ import annotations

from array import array

from loa.lib.sound.levels import FULL_SCALE, bytes_of, peak, ramped, samples_from
from loa.lib.sound.pcm import SAMPLE_BYTES, Pcm

WINDOW_MS = 10
# A room hums some 40 dB below a voice; soft consonants at either end are kept by the margins.
QUIET_BELOW_PEAK_DB = 34.0
QUIET_FLOOR_DB = -60.0
KEPT_BEFORE_MS, KEPT_AFTER_MS = 150, 250
FADE_IN_MS, FADE_OUT_MS = 15, 60


def cut(pcm: Pcm, start_ms: int = 0, end_ms: int | None = None) -> Pcm:
    """Return what lies between two instants of the sound; beyond its end there is nothing."""
    end = len(pcm.samples) if end_ms is None else _at(pcm, end_ms)
    return Pcm(pcm.samples[_at(pcm, max(0, start_ms)) : end], pcm.rate_hz)


def without_silence(pcm: Pcm) -> Pcm:
    """Take the silence off both ends, with a breath left; a silent sound stays as it is."""
    windows = _window_peaks(samples_from(pcm.samples), pcm.rate_hz * WINDOW_MS // 1000)
    quiet = _quiet_below(max(windows, default=0))
    loud = [place for place, high in enumerate(windows) if high >= quiet]
    if not loud:
        return pcm
    start_ms = loud[0] * WINDOW_MS - KEPT_BEFORE_MS
    return cut(pcm, start_ms, (loud[-1] + 1) * WINDOW_MS + KEPT_AFTER_MS)


def faded(pcm: Pcm, *, in_ms: int = FADE_IN_MS, out_ms: int = FADE_OUT_MS) -> Pcm:
    """Let the sound come and go without a click."""
    samples = samples_from(pcm.samples)
    rise = min(len(samples), pcm.rate_hz * in_ms // 1000)
    samples[:rise] = ramped(samples[:rise], 0.0, 1.0)
    fall = min(len(samples), pcm.rate_hz * out_ms // 1000)
    if fall:
        samples[-fall:] = ramped(samples[-fall:], 1.0, 0.0)
    return Pcm(bytes_of(samples), pcm.rate_hz)


def _at(pcm: Pcm, instant_ms: int) -> int:
    return min(len(pcm.samples), SAMPLE_BYTES * (instant_ms * pcm.rate_hz // 1000))


def _window_peaks(samples: array[int], window: int) -> list[int]:
    return [peak(samples[start : start + window]) for start in range(0, len(samples), window)]


def _quiet_below(highest: int) -> float:
    relative = highest * 10 ** (-QUIET_BELOW_PEAK_DB / 20)
    return float(max(relative, FULL_SCALE * 10 ** (QUIET_FLOOR_DB / 20), 1))
