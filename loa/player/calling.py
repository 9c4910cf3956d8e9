"""An attention tone made on the device, and after it a text by the voice that is installed, if one is.

espeak-ng runs as a process of its own; without it only the tone calls.
"""

from __future__ import annotations

import asyncio
import io
import math
import shutil
import wave
from array import array
from contextlib import suppress

RATE_HZ = 22_050
TONE_SECONDS = 3.0
TONE_HZ = (660, 880)
TONE_STEP_SECONDS = 0.25
TONE_LEVEL = 0.5 * 32_767
PAUSE_SECONDS = 0.5
SPEAKING_SECONDS_MAX = 20.0
VOICE = ("espeak-ng", "-v", "vi", "-s", "150", "--stdin", "--stdout")


async def called(spoken: str | None) -> tuple[bytes, str]:
    """Return a WAV file and what it is: `speech` after the tone, or only the `tone`."""
    samples = _tone()
    said = await _said(spoken) if spoken else None
    if said:
        samples += array("h", bytes(2 * int(PAUSE_SECONDS * RATE_HZ)))
        samples += said
    return _wave(samples), "speech" if said else "tone"


def duration_ms_of(data: bytes) -> int:
    with wave.open(io.BytesIO(data)) as file:
        frames: int = file.getnframes()
    return frames * 1000 // RATE_HZ


async def _said(spoken: str) -> array[int] | None:
    """Return the text as samples; None where no voice is installed or it fails."""
    if shutil.which(VOICE[0]) is None:
        return None
    with suppress(OSError, TimeoutError, wave.Error, EOFError):
        process = await asyncio.create_subprocess_exec(
            *VOICE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(SPEAKING_SECONDS_MAX):
                output, _ = await process.communicate(spoken.encode())
        finally:
            with suppress(ProcessLookupError):
                process.kill()
        return _samples(output)
    return None


def _samples(output: bytes) -> array[int] | None:
    """Read what the voice wrote; its header does not know how long the stream became."""
    head = output.find(b"data")
    if not output.startswith(b"RIFF") or head < 0:
        return None
    raw = output[head + 8 :]
    samples = array("h", raw[: len(raw) // 2 * 2])
    return samples if len(samples) > RATE_HZ // 10 else None


def _tone() -> array[int]:
    step = int(TONE_STEP_SECONDS * RATE_HZ)
    return array(
        "h",
        (
            int(TONE_LEVEL * math.sin(2 * math.pi * TONE_HZ[n // step % 2] * n / RATE_HZ))
            for n in range(int(TONE_SECONDS * RATE_HZ))
        ),
    )


def _wave(samples: array[int]) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return made.getvalue()
