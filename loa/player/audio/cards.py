"""Sound cards, by the C libraries every Linux with sound has: libasound and libpulse-simple.

PipeWire speaks both. Writing blocks while the card's buffer is full: the card sets the pace.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Any

SAMPLE_BYTES = 2
BUFFER_MS = 80
_PLAYBACK = 0
_S16_LE = 2
_RW_INTERLEAVED = 3
_PULSE_PLAYBACK = 1
_PULSE_S16LE = 3
_DEFAULT = 0xFFFF_FFFF


class CardUnusable(OSError):
    """The card cannot be opened or does not take sound; the message is the library's."""


def _library(name: str) -> Any:
    found = ctypes.util.find_library(name)
    if found is None:
        raise CardUnusable(f"lib{name} is not installed")
    return ctypes.CDLL(found)


class AlsaCard:
    """One PCM of ALSA by its name: `default`, `plughw:1,0`, a name of asound.conf."""

    def __init__(self, name: str, *, rate_hz: int) -> None:
        self._alsa = _library("asound")
        self._alsa.snd_strerror.restype = ctypes.c_char_p
        self._alsa.snd_pcm_writei.restype = ctypes.c_long
        self._alsa.snd_pcm_writei.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong]
        self._pcm = ctypes.c_void_p()
        self._rate_hz = rate_hz
        self._done(self._alsa.snd_pcm_open(ctypes.byref(self._pcm), name.encode(), _PLAYBACK, 0))
        microseconds, resample = BUFFER_MS * 1000, 1
        self._done(
            self._alsa.snd_pcm_set_params(
                self._pcm, _S16_LE, _RW_INTERLEAVED, 1, rate_hz, resample, microseconds
            )
        )

    def write(self, samples: bytes) -> None:
        """Hand samples over, waiting while the buffer is full; an underrun is got over."""
        left = samples
        while left:
            written = self._alsa.snd_pcm_writei(self._pcm, left, len(left) // SAMPLE_BYTES)
            if written < 0:
                self._done(self._alsa.snd_pcm_recover(self._pcm, int(written), 1))
                continue
            left = left[written * SAMPLE_BYTES :]

    def delay_seconds(self) -> float:
        """Return how long until what is written next is heard."""
        frames = ctypes.c_long()
        if self._alsa.snd_pcm_delay(self._pcm, ctypes.byref(frames)) < 0:
            return 0.0
        return max(0, frames.value) / self._rate_hz

    def close(self) -> None:
        if self._pcm:
            self._alsa.snd_pcm_drop(self._pcm)
            self._alsa.snd_pcm_close(self._pcm)
            self._pcm = ctypes.c_void_p()

    def _done(self, code: int) -> None:
        if code < 0:
            raise CardUnusable(self._alsa.snd_strerror(code).decode())


class _SampleSpec(ctypes.Structure):
    _fields_ = [
        ("format", ctypes.c_int),
        ("rate", ctypes.c_uint32),
        ("channels", ctypes.c_uint8),
    ]


class _BufferAttributes(ctypes.Structure):
    _fields_ = [
        ("maxlength", ctypes.c_uint32),
        ("tlength", ctypes.c_uint32),
        ("prebuf", ctypes.c_uint32),
        ("minreq", ctypes.c_uint32),
        ("fragsize", ctypes.c_uint32),
    ]


class PulseCard:
    """One sink of PulseAudio or PipeWire by its name; empty: the default one."""

    def __init__(self, name: str, *, rate_hz: int) -> None:
        self._pulse = _library("pulse-simple")
        self._pulse.pa_simple_new.restype = ctypes.c_void_p
        self._pulse.pa_simple_get_latency.restype = ctypes.c_uint64
        self._pulse.pa_simple_get_latency.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self._pulse.pa_simple_write.argtypes = [
            ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p,
        ]  # fmt: skip
        self._pulse.pa_simple_free.argtypes = [ctypes.c_void_p]
        self._error = ctypes.c_int()
        spec = _SampleSpec(_PULSE_S16LE, rate_hz, 1)
        target = rate_hz * SAMPLE_BYTES * BUFFER_MS // 1000
        buffer = _BufferAttributes(_DEFAULT, target, 0, _DEFAULT, _DEFAULT)
        self._stream = self._pulse.pa_simple_new(
            None, b"loa", _PULSE_PLAYBACK, name.encode() or None, b"loa",
            ctypes.byref(spec), None, ctypes.byref(buffer), ctypes.byref(self._error),
        )  # fmt: skip
        if not self._stream:
            raise CardUnusable(f"PulseAudio: error {self._error.value}")

    def write(self, samples: bytes) -> None:
        """Hand samples over, waiting while the buffer is full."""
        error = ctypes.byref(self._error)
        if self._pulse.pa_simple_write(self._stream, samples, len(samples), error) < 0:
            raise CardUnusable(f"PulseAudio: error {self._error.value}")

    def delay_seconds(self) -> float:
        """Return how long until what is written next is heard."""
        found = self._pulse.pa_simple_get_latency(self._stream, ctypes.byref(self._error))
        return 0.0 if found >= 2**62 else float(found) / 1e6

    def close(self) -> None:
        if self._stream:
            self._pulse.pa_simple_free(self._stream)
            self._stream = None
