"""Measure a finished sound by decoding it, as a loudspeaker would."""

from __future__ import annotations

from dataclasses import dataclass

from av.error import FFmpegError

from loa.lib.sound.decode import SoundSource, frames_in
from loa.lib.sound.errors import UndecodableSound
from loa.lib.sound.loudness import LoudnessMeter
from loa.lib.sound.speech import SpeechMeter


@dataclass(frozen=True)
class Measure:
    """Figures shown beside a sound; silence is -70 LUFS and -100 dBTP."""

    duration_ms: int
    loudness_lufs: float
    peak_dbtp: float
    speech_share: float


def measure(source: SoundSource) -> Measure:
    """Decode once and hear everything; needs the speech detector of the server extra."""
    loudness_meter, speech_meter, seconds = LoudnessMeter(), SpeechMeter(), 0.0
    try:
        for frame in frames_in(source):
            seconds += frame.samples / frame.sample_rate
            loudness_meter.hear(frame)
            speech_meter.hear(frame)
        loudness, share = loudness_meter.result(), speech_meter.share()
    except FFmpegError as error:
        raise UndecodableSound(str(error)) from error
    return Measure(round(seconds * 1000), loudness.lufs, loudness.peak_dbtp, share)
