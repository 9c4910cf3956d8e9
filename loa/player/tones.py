"""The tones a device makes itself: one long to hear that it sounds, three short to find it by ear."""

from __future__ import annotations

import hashlib
import io
import math
import wave
from array import array
from pathlib import Path

from loa.lib.sound.levels import bytes_of
from loa.player.outputs import Sound
from loa.wire.messages import Media

RATE_HZ = 24_000
LEVEL = 0.3 * 32_767
RAMP_SAMPLES = RATE_HZ // 100
# (frequency, seconds); 0 is silence.
TEST = ((440, 3.0),)
IDENTIFY = ((880, 0.25), (0, 0.25)) * 3


def tone_sound(name: str, parts: tuple[tuple[int, float], ...], folder: Path) -> Sound:
    """Return a sound of these parts under this name, its file in the folder."""
    data = _wave_of(parts)
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / f"{sha256[:16]}.wav"
    if not path.exists() or path.read_bytes() != data:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(data)
    duration_ms = int(sum(seconds for _, seconds in parts) * 1000)
    return Sound(
        name, Media(sha256=sha256, bytes=len(data), codec="wav", duration_ms=duration_ms), path
    )


def _wave_of(parts: tuple[tuple[int, float], ...]) -> bytes:
    samples = array("h")
    for hz, seconds in parts:
        samples.extend(_samples(hz, int(seconds * RATE_HZ)))
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE_HZ)
        writer.writeframes(bytes_of(samples))
    return file.getvalue()


def _samples(hz: int, count: int) -> list[int]:
    def ramp(n: int) -> float:
        return min(1.0, n / RAMP_SAMPLES, (count - n) / RAMP_SAMPLES)

    return [int(LEVEL * ramp(n) * math.sin(2 * math.pi * hz * n / RATE_HZ)) for n in range(count)]
