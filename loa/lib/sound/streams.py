"""The sound of another station, decoded as it arrives; the same for a device and for a check."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import av
from av import AudioFrame

from loa.lib import clock
from loa.lib.sound.filters import filtered, mono_s16_steps, samples_of
from loa.lib.sound.levels import is_silent, samples_from

OPEN_SECONDS_MAX = 5.0
READ_SECONDS_MAX = 3.0
CHECK_RATE_HZ = 24_000
# Half a second tells what is sent; libav would otherwise listen for five before the first sample.
_LOOK_BRIEFLY = {"probesize": "65536", "analyzeduration": "500000"}
# What a stream may lead to: nothing on the disk of this machine.
_ONLY_THE_NET = {"protocol_whitelist": "http,https,tcp,tls,crypto"}
StreamFault = (av.error.FFmpegError, OSError, ValueError)


@dataclass(frozen=True)
class Heard:
    """What a few seconds of a stream held."""

    seconds: float
    is_sounding: bool
    fault: str = ""  # unreachable, no_sound_track, too_little


def samples_of_stream(address: str, *, rate_hz: int) -> Iterator[array[int]]:
    """Yield mono samples as they arrive; raises one of StreamFault, ends where the stream ends."""
    waits = (OPEN_SECONDS_MAX, READ_SECONDS_MAX)
    with av.open(address, "r", timeout=waits, options=_LOOK_BRIEFLY | _ONLY_THE_NET) as container:
        if not container.streams.audio:
            return
        frames = (
            frame
            for frame in container.decode(container.streams.audio[0])
            if isinstance(frame, AudioFrame)
        )
        for frame in filtered(frames, *mono_s16_steps(rate_hz)):
            yield samples_from(samples_of(frame))


def listen(address: str, *, seconds: float, patience_seconds: float) -> Heard:
    """Hear so many seconds of a stream, waiting no longer than `patience_seconds` for them."""
    until = clock.monotonic() + patience_seconds
    heard, is_sounding = 0.0, False
    try:
        for samples in samples_of_stream(address, rate_hz=CHECK_RATE_HZ):
            heard += len(samples) / CHECK_RATE_HZ
            is_sounding = is_sounding or not is_silent(samples)
            if heard >= seconds or clock.monotonic() > until:
                break
    except StreamFault:
        return Heard(heard, is_sounding, "unreachable")
    if not heard:
        return Heard(0.0, False, "no_sound_track")
    return Heard(heard, is_sounding, "" if heard >= seconds else "too_little")
