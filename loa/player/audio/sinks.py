"""Where samples go at the pace of the ear: a card, a recording, or nowhere."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

from loa.lib import clock
from loa.player.audio.cards import AlsaCard, CardUnusable, PulseCard

RATE_HZ = 24_000
SAMPLE_BYTES = 2
AHEAD_SECONDS = 0.06
KINDS = ("alsa", "pulse", "record", "silent")


class Sink(Protocol):
    """Takes samples and makes the writer wait, so that nothing is written long before it is heard."""

    def write(self, samples: bytes) -> None:
        """Hand over samples behind the last ones; waits while enough is ahead."""
        ...

    def delay_seconds(self) -> float:
        """Return how long until what is written next is heard."""
        ...

    def close(self) -> None:
        """Fall silent at once."""
        ...


class NullSink:
    """Nowhere, in real time."""

    def __init__(self) -> None:
        self._began = clock.monotonic()
        self._samples = 0

    def write(self, samples: bytes) -> None:
        self._samples += len(samples) // SAMPLE_BYTES
        wait = self.delay_seconds() - AHEAD_SECONDS
        if wait > 0:
            time.sleep(wait)

    def delay_seconds(self) -> float:
        heard = self._began + self._samples / RATE_HZ
        delay = heard - clock.monotonic()
        if delay < 0:
            # Nobody wrote for a while: the next sample is heard now, not in the past.
            self._began -= delay
            return 0.0
        return delay

    def close(self) -> None:
        pass


class RecordingSink(NullSink):
    """Real time into a file of plain samples: sample n was heard n / RATE_HZ after the first.

    `<file>.began` holds the monotonic second of the first sample. A writer that comes too late
    leaves a gap of silence, as an ear would hear it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("wb", buffering=0)
        path.with_name(f"{path.name}.began").write_text(f"{self._began:.6f}")

    def write(self, samples: bytes) -> None:
        behind = clock.monotonic() - (self._began + self._samples / RATE_HZ)
        if behind > 0:
            gap = round(behind * RATE_HZ)
            self._samples += gap
            self._file.write(bytes(gap * SAMPLE_BYTES))
        self._file.write(samples)
        super().write(samples)

    def delay_seconds(self) -> float:
        return max(0.0, self._began + self._samples / RATE_HZ - clock.monotonic())

    def close(self) -> None:
        self._file.close()


def sink_of(spec: str) -> Sink:
    """Open `alsa:<pcm>`, `pulse:<sink>`, `record:<file>` or `silent`; raises CardUnusable."""
    kind, _, name = spec.partition(":")
    if kind == "alsa":
        return AlsaCard(name or "default", rate_hz=RATE_HZ)
    if kind == "pulse":
        return PulseCard(name, rate_hz=RATE_HZ)
    if kind == "record" and name:
        return RecordingSink(Path(name))
    if kind == "silent":
        return NullSink()
    raise CardUnusable(f"no such output: {spec}; one of {', '.join(KINDS)}")
