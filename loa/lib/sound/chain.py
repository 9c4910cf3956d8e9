"""From a raw voice to the sound that is sent: one chain for every rendition.

1. High-pass at 120 Hz: a horn cannot sound lower, and it only eats headroom.
2. Four all-pass filters: they turn phases, which no ear notices, and flatten the sharp pulses
   of a synthetic voice, so that less has to be limited away.
3. Gain to a fixed level, then a compressor, so that it bites equally on a whisper and a shout.
4. Gain to the target loudness and a limiter at twice the rate (so between-sample peaks
   are limited too). The limiter takes loudness away; the gain is raised until the measured
   loudness after it is on target. This replaces `loudnorm`, whose work at 192 kHz costs more
   than all of this and which stops short where peaks forbid linear gain.
5. MP3 (mono, 24 kHz, 64 kbit/s constant: what old network horns play) and Opus (mono,
   24 kbit/s constant, in Ogg).
6. Both are decoded again. A codec may raise peaks: where one comes too near to full scale it
   is coded again, softer by as much.

Figures: −16 LUFS, true peak at most −2.5 dBTP before coding and below −1 dBTP after it.
Equal samples give equal bytes under one version of libav: no time stamps, no random serials.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from loa.lib.sound.coding import Coding, encode
from loa.lib.sound.decode import frames_in
from loa.lib.sound.errors import SilentSound
from loa.lib.sound.filters import Step, filtered, frames_of, samples_of
from loa.lib.sound.loudness import SILENCE_LUFS, Loudness, LoudnessMeter, loudness_of
from loa.lib.sound.measure import Measure, measure
from loa.lib.sound.pcm import Pcm

MASTER_RATE_HZ = 24_000
LIMITER_RATE_HZ = 2 * MASTER_RATE_HZ
# Coding takes a few tenths away, so the master stands a little above the −16 LUFS wanted.
MASTER_LUFS = -15.8
MASTER_NEAR_DB = 0.25
CODED_PEAK_DBTP_MAX = -1.1
CEILING_DB = -3.5
COMPRESSOR_LUFS = -20.0
ROUNDS_MAX = 5

AS_FLOAT: Step = ("aformat", "sample_fmts=flt")
HIGH_PASS: Step = ("highpass", "f=120")
COMPRESSOR: Step = ("acompressor", "threshold=0.06:ratio=4:attack=1:release=50:knee=4")
ALL_PASS: tuple[Step, ...] = tuple(
    ("allpass", f"f={hz}:width_type=q:w=0.7") for hz in (150, 300, 600, 1200)
)
LIMITER: tuple[Step, ...] = (
    ("aresample", str(LIMITER_RATE_HZ)),
    ("alimiter", f"limit={10 ** (CEILING_DB / 20):.5f}:attack=2:release=30:level=0:latency=1"),
    ("aresample", str(MASTER_RATE_HZ)),
    ("aformat", "sample_fmts=s16"),
)

MP3 = Coding("libmp3lame", "mp3", "s16p", MASTER_RATE_HZ, 64_000, (("compression_level", "7"),))
OPUS = Coding(
    "libopus",
    "ogg",
    "s16",
    MASTER_RATE_HZ,
    24_000,
    (("application", "audio"), ("compression_level", "5"), ("vbr", "off")),
    # Opus adds more to peaks than MP3 and takes less from loudness.
    gain_db=-0.7,
)

_REVISION = 1
_SETTINGS = (
    _REVISION,
    *(MASTER_RATE_HZ, LIMITER_RATE_HZ, MASTER_LUFS, MASTER_NEAR_DB, CODED_PEAK_DBTP_MAX),
    *(COMPRESSOR_LUFS, ROUNDS_MAX),
    *(AS_FLOAT, HIGH_PASS, ALL_PASS, COMPRESSOR, LIMITER, MP3, OPUS),
)
CHAIN_VERSION = f"{_REVISION}-{hashlib.sha256(repr(_SETTINGS).encode()).hexdigest()[:10]}"
"""Part of every cache key: follows the settings; raise _REVISION when the way itself changes."""


Heard = TypeVar("Heard", Measure, Loudness)


@dataclass(frozen=True)
class Mastered:
    """The two renditions, and the figures of the MP3 as it decodes."""

    mp3: bytes
    opus: bytes
    measure: Measure


def master(pcm: Pcm) -> Mastered:
    """Make a sound fit for loudspeakers; raises SilentSound where nothing can be heard."""
    return coded(levelled(pcm))


def levelled(pcm: Pcm) -> Pcm:
    """Bring a sound to the loudness and peaks wanted, not yet coded; raises SilentSound."""
    return _limited(pcm, _compressed_steps(pcm))


def coded(limited: Pcm) -> Mastered:
    """Code a sound that is level already, or several of them behind one another."""
    mp3, figures = _coded(limited, MP3, measure)
    opus, _ = _coded(limited, OPUS, _loudness_of_file)
    return Mastered(mp3, opus, figures)


def _compressed_steps(pcm: Pcm) -> tuple[Step, ...]:
    gain_db = COMPRESSOR_LUFS - _heard(pcm, (AS_FLOAT, HIGH_PASS, *ALL_PASS))
    return (AS_FLOAT, HIGH_PASS, *ALL_PASS, _gain(gain_db), COMPRESSOR)


def _limited(pcm: Pcm, body: tuple[Step, ...]) -> Pcm:
    gain_db = MASTER_LUFS - _heard(pcm, body)
    for _ in range(ROUNDS_MAX):
        samples = bytearray()
        missing_db = MASTER_LUFS - _heard(pcm, (*body, _gain(gain_db), *LIMITER), keep=samples)
        if abs(missing_db) <= MASTER_NEAR_DB:
            break
        # Part of each added decibel goes into the limiter, so ask for more than is missing.
        gain_db += missing_db * 1.5
    return Pcm(bytes(samples), MASTER_RATE_HZ)


def _heard(pcm: Pcm, steps: tuple[Step, ...], *, keep: bytearray | None = None) -> float:
    """Return the loudness behind the steps, and keep the samples if asked."""
    meter = LoudnessMeter(with_peak=False)
    for frame in filtered(frames_of(pcm), *steps):
        meter.hear(frame)
        if keep is not None:
            keep += samples_of(frame)
    lufs = meter.result().lufs
    if lufs <= SILENCE_LUFS:
        raise SilentSound(f"nothing to hear in {pcm.duration_ms} ms of sound")
    return lufs


def _coded(limited: Pcm, coding: Coding, hear: Callable[[bytes], Heard]) -> tuple[bytes, Heard]:
    """Code the sound, softer by what the codec added above the peak allowed."""
    trim_db = coding.gain_db
    for _ in range(ROUNDS_MAX):
        file = encode(filtered(frames_of(limited), _gain(trim_db)), coding)
        heard = hear(file)
        if heard.peak_dbtp <= CODED_PEAK_DBTP_MAX:
            break
        trim_db -= heard.peak_dbtp - CODED_PEAK_DBTP_MAX + 0.2
    return file, heard


def _gain(gain_db: float) -> Step:
    return ("volume", f"volume={gain_db:.2f}dB:precision=float")


def _loudness_of_file(file: bytes) -> Loudness:
    return loudness_of(frames_in(file))
