"""Where sound goes: a WAV file that holds what was sounded, or nowhere, with only the time it takes."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from loa.lib import clock
from loa.wire.messages import Media
from loa.wire.reasons import Reason, Refused

RATE_HZ = 24_000
# How far the writing may run ahead of real time; a cut reaches the ear this much later at most.
AHEAD_SECONDS_MAX = 0.1


@dataclass(frozen=True)
class Sound:
    """What to sound: whose order it is, and the bytes that were approved."""

    order: str
    media: Media
    path: Path
    volume_percent: int | None = None  # None: as the device is set


@dataclass(frozen=True)
class Played:
    """What was sounded, from where."""

    duration_ms: int
    resumed_from_ms: int = 0
    samples: int = 0


class Output(Protocol):
    """One loudspeaker, or what stands for it. Cancelling `play` silences it at once."""

    rate: float
    can_relay: bool  # sounds streams and loops, for as long as they are on
    ahead_ms: int  # how long before a start it wants to be told: it then begins on the sample

    def position_ms(self, order: str) -> int:
        """Say how much of this order has sounded, as far as the output itself remembers."""
        ...

    def load(self, sound: Sound) -> None:
        """Get ready to sound exactly these bytes; raises Refused when they are not approved."""
        ...

    async def play(self, sound: Sound, *, from_ms: int, at: float | None = None) -> Played:
        """Sound what was loaded to its end; raises Refused when it cannot be sounded.

        `at` is the monotonic second of the first sample, if the output is told ahead of it.
        """
        ...

    async def relay(self, name: str, source: str) -> None:
        """Sound a stream until cancelled; raises Refused when there is no output."""
        ...

    def listen(self, sources: Sequence[str], on_change: Callable[[str, bool], None]) -> None:
        """Watch these streams, and no others; tell (address, is silent) when one changes."""
        ...

    def follow_volume(self) -> None:
        """Let what sounds now follow the volume the device was just set to."""
        ...

    def close_cut(self, order: str) -> None:
        """Note that this order was cut for good and will not go on."""
        ...


class NullOutput:
    """Sounds nothing and takes the time the approved sound would; for light devices."""

    can_relay = True
    ahead_ms = 0

    def __init__(self, *, rate: float = 1.0) -> None:
        self.rate = rate
        self._playing: tuple[str, int, float] | None = None

    def position_ms(self, order: str) -> int:
        """Say how far the clock has brought it, in this process."""
        if self._playing is None or self._playing[0] != order:
            return 0
        _, from_ms, began = self._playing
        return from_ms + int((clock.monotonic() - began) * 1000 * self.rate)

    def load(self, sound: Sound) -> None:
        pass

    async def play(self, sound: Sound, *, from_ms: int, at: float | None = None) -> Played:  # noqa: ARG002 - it is told in time
        left_ms = max(0, sound.media.duration_ms - from_ms)
        self._playing = (sound.order, from_ms, clock.monotonic())
        if self.rate:
            await asyncio.sleep(left_ms / 1000 / self.rate)
        return Played(sound.media.duration_ms, resumed_from_ms=from_ms)

    async def relay(self, name: str, source: str) -> None:  # noqa: ARG002 - nothing sounds
        await asyncio.Event().wait()

    def listen(self, sources: Sequence[str], on_change: Callable[[str, bool], None]) -> None:
        pass

    def follow_volume(self) -> None:
        pass

    def close_cut(self, order: str) -> None:
        pass


class WavOutput:
    """Writes what it sounds to `<folder>/<order>.wav`; goes on at the sample where it was cut.

    The file holds what was heard: after a pause it is told where in the sound to go on. A stream
    has no end and no file.
    """

    can_relay = False
    ahead_ms = 0

    def __init__(
        self,
        folder: Path,
        *,
        rate: float = 1.0,
        volume_percent: Callable[[], int] = lambda: 100,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.rate = rate
        self._volume_percent = volume_percent
        self._loaded = b""

    def path_of(self, order: str) -> Path:
        # An order's name comes from outside; only a harmless one becomes a file name.
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", order):
            order = hashlib.sha256(order.encode()).hexdigest()
        return self.folder / f"{order}.wav"

    def position_ms(self, order: str) -> int:
        from loa.lib.sound.pcm import SAMPLE_BYTES
        from loa.lib.sound.wave import HEADER_BYTES, part_path_of

        path = self.path_of(order)
        found = path if path.exists() else part_path_of(path)
        size = found.stat().st_size if found.exists() else 0
        written_ms = max(0, size - HEADER_BYTES) // SAMPLE_BYTES * 1000 // RATE_HZ
        return max(0, written_ms + self._offset_ms(path))

    def load(self, sound: Sound) -> None:
        """Read the file once and hash what was read: the bytes that sound are the ones checked."""
        try:
            data = sound.path.read_bytes()
        except OSError as error:
            raise Refused(Reason.MEDIA_MISSING, str(error)) from error
        if hashlib.sha256(data).hexdigest() != sound.media.sha256:
            raise Refused(Reason.MEDIA_MISMATCH, sound.media.sha256)
        self._loaded = data

    async def play(self, sound: Sound, *, from_ms: int, at: float | None = None) -> Played:  # noqa: ARG002 - it is told in time
        path = self.path_of(sound.order)
        if path.exists():
            # Killed between the last sample and the log: it has sounded, it must not again.
            samples = self._samples_of(path)
            return Played(samples * 1000 // RATE_HZ, samples * 1000 // RATE_HZ, samples)
        data, self._loaded = self._loaded, b""
        return await self._write(path, data, from_ms, sound.volume_percent)

    def _loud(self, samples: bytes, forced_percent: int | None) -> bytes:
        """Return the samples as loud as the device is set at this moment."""
        from loa.lib.sound.levels import bytes_of, gain_of, samples_from, scaled

        percent = self._volume_percent() if forced_percent is None else forced_percent
        if percent == 100:
            return samples
        return bytes_of(scaled(samples_from(samples), gain_of(percent)))

    async def relay(self, name: str, source: str) -> None:
        raise Refused(Reason.OUTPUT_FAILED, f"{name}: files hold no stream ({source})")

    def listen(self, sources: Sequence[str], on_change: Callable[[str, bool], None]) -> None:
        pass

    def follow_volume(self) -> None:
        """Each piece of a sound asks for the volume anyway."""

    def close_cut(self, order: str) -> None:
        """Give the file of what was heard its header and its name."""
        from loa.lib.sound.wave import WaveWriter, part_path_of

        path = self.path_of(order)
        if part_path_of(path).exists():
            WaveWriter(path, rate_hz=RATE_HZ).finish()

    async def _write(
        self, path: Path, data: bytes, from_ms: int, forced_percent: int | None
    ) -> Played:
        from loa.lib.sound.decode import decode
        from loa.lib.sound.errors import UndecodableSound
        from loa.lib.sound.wave import WaveWriter

        with WaveWriter(path, rate_hz=RATE_HZ) as writer:
            offset_ms = from_ms - writer.written_ms
            self._keep_offset(path, offset_ms)
            # Where the file itself stands is exact; elsewhere it goes on by the millisecond.
            skipped = from_ms * RATE_HZ // 1000 if offset_ms else writer.samples_written
            resumed_from_ms, skip_bytes = from_ms, skipped * 2
            pace = _Pace(self.rate, RATE_HZ)
            try:
                for samples in decode(data, rate_hz=RATE_HZ):
                    fresh = samples[skip_bytes:]
                    skip_bytes = max(0, skip_bytes - len(samples))
                    if fresh:
                        writer.append(self._loud(fresh, forced_percent))
                        await pace.keep(len(fresh) // 2)
            except UndecodableSound as error:
                raise Refused(Reason.MEDIA_UNREADABLE, str(error)) from error
            except OSError as error:
                raise Refused(Reason.OUTPUT_FAILED, str(error)) from error
            played = Played(writer.written_ms, resumed_from_ms, writer.samples_written)
            writer.finish()
        return played

    def _offset_ms(self, path: Path) -> int:
        """Return how far the sound is ahead of its file, after it joined late or began again."""
        try:
            return int(path.with_suffix(".offset").read_text())
        except (OSError, ValueError):
            return 0

    def _keep_offset(self, path: Path, offset_ms: int) -> None:
        if offset_ms != self._offset_ms(path):
            path.with_suffix(".offset").write_text(str(offset_ms))

    def _samples_of(self, path: Path) -> int:
        from loa.lib.sound.pcm import SAMPLE_BYTES
        from loa.lib.sound.wave import HEADER_BYTES

        return (path.stat().st_size - HEADER_BYTES) // SAMPLE_BYTES


class _Pace:
    """Holds the writer to the pace of the ear, by a clock that never steps."""

    def __init__(self, rate: float, rate_hz: int) -> None:
        self._samples_a_second = rate * rate_hz
        self._began = clock.monotonic()
        self._samples = 0

    async def keep(self, samples: int) -> None:
        self._samples += samples
        if not self._samples_a_second:
            await asyncio.sleep(0)
            return
        due = self._began + self._samples / self._samples_a_second
        await asyncio.sleep(max(0.0, due - clock.monotonic() - AHEAD_SECONDS_MAX))
