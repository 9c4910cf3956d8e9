"""What is heard at each instant: one voice, and what fades out under it. No clock, no device."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from loa.lib.sound.levels import gain_of, mixed, ramped, scaled
from loa.player.audio.sinks import RATE_HZ
from loa.player.audio.sources import Source
from loa.wire.reasons import Refused


@dataclass
class Voice:
    """A source that sounds, from an instant on, at a volume."""

    id: str
    source: Source
    volume_percent: int = 100
    at: float | None = (
        None  # the second at which its first sample is heard; None: as soon as may be
    )
    heard_samples: int = 0
    started_at: float | None = None
    has_ended: bool = False
    trouble: Refused | None = None
    _fade_left: int = -1
    _fade_samples: int = 1
    _gain: float = field(init=False)
    _wanted_gain: float = field(init=False)

    def __post_init__(self) -> None:
        self._gain = self._wanted_gain = gain_of(self.volume_percent)

    def set_volume(self, percent: int) -> None:
        """Go on at this volume; it moves there within what is read next, so that nothing clicks."""
        self.volume_percent, self._wanted_gain = percent, gain_of(percent)

    @property
    def is_cut(self) -> bool:
        return self._fade_left >= 0

    def fade(self, fade_ms: int) -> None:
        """Become silent within so long, and end."""
        if self.is_cut:
            return
        self._fade_samples = max(1, fade_ms * RATE_HZ // 1000)
        self._fade_left = self._fade_samples

    def read(self, count: int, heard_at: float) -> array[int]:
        """Return what of it is heard in the `count` samples that begin at this second."""
        late = self._silence_before(count, heard_at)
        if late >= count or self.has_ended:
            return array("h", bytes(2 * count))
        if self.started_at is None:
            self.started_at = heard_at + late / RATE_HZ
        try:
            samples = self.source.read(count - late)
        except Refused as refusal:
            self.trouble, self.has_ended = refusal, True
            samples = array("h")
        self.heard_samples += len(samples)
        self.has_ended |= len(samples) < count - late
        sounded = self._faded(self._at_volume(samples))
        return array("h", bytes(2 * late)) + sounded if late else sounded

    def _at_volume(self, samples: array[int]) -> array[int]:
        begin, self._gain = self._gain, self._wanted_gain
        if begin == self._gain:
            return scaled(samples, begin)
        return ramped(samples, begin, self._gain)

    def _silence_before(self, count: int, heard_at: float) -> int:
        if self.started_at is not None or self.at is None:
            return 0
        return max(0, min(count, round((self.at - heard_at) * RATE_HZ)))

    def _faded(self, samples: array[int]) -> array[int]:
        if self._fade_left < 0:
            return samples
        kept = samples[: self._fade_left]
        begin = self._fade_left / self._fade_samples
        self._fade_left -= len(kept)
        if self._fade_left <= 0 or len(kept) < len(samples):
            self.has_ended = True
        return ramped(kept, begin, self._fade_left / self._fade_samples)


class Mixer:
    """The voices of one output: the newest is the present one, the others are fading out."""

    def __init__(self) -> None:
        self.voices: list[Voice] = []

    @property
    def present(self) -> Voice | None:
        return self.voices[-1] if self.voices else None

    def named(self, name: str) -> list[Voice]:
        return [voice for voice in self.voices if voice.id == name]

    def add(self, voice: Voice, *, fade_ms: int) -> None:
        """Let a voice in; who sounds gives way."""
        for other in self.voices:
            other.fade(fade_ms)
        self.voices.append(voice)

    def read(self, count: int, heard_at: float) -> array[int]:
        """Return so many samples; `heard_at` is the second at which the first is heard."""
        whole = array("h", bytes(2 * count))
        for voice in self.voices:
            whole = mixed(whole, voice.read(count, heard_at))
        return whole

    def take_ended(self) -> list[Voice]:
        """Return the voices that came to their end since it was last asked, and forget them."""
        ended = [voice for voice in self.voices if voice.has_ended]
        self.voices = [voice for voice in self.voices if not voice.has_ended]
        return ended
