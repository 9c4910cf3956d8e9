"""A device's output by its sound process: real time, a real card, goes on after a crash of either."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from loa.player.audio.keeper import Keeper
from loa.player.audio.words import Play, Relay
from loa.player.outputs import Played, Sound

SAVE_EVERY_MS = 2_000


class ProcessOutput:
    """Sounds through `spec` (see `sinks.sink_of`); the position is kept in a file every two seconds."""

    rate = 1.0
    can_relay = True
    ahead_ms = 300

    def __init__(
        self,
        spec: str,
        folder: Path,
        *,
        say: Callable[[str], None],
        volume_percent: Callable[[], int] = lambda: 100,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._volume_percent = volume_percent
        self.keeper = Keeper(spec, say=say, on_position=self._note)
        self._following = ""
        self._noted: tuple[str, int] = self._read()

    async def run(self) -> None:
        """Keep the sound process alive until cancelled."""
        await self.keeper.run()

    def position_ms(self, order: str) -> int:
        return self._noted[1] if self._noted[0] == order else 0

    def load(self, sound: Sound) -> None:
        """The process reads, hashes and decodes the file when it is to sound."""

    async def play(self, sound: Sound, *, from_ms: int, at: float | None = None) -> Played:
        play = Play(
            id=sound.order,
            path=str(sound.path),
            sha256=sound.media.sha256,
            from_ms=from_ms,
            at=at,
            volume_percent=(
                self._volume_percent() if sound.volume_percent is None else sound.volume_percent
            ),
        )
        if sound.volume_percent is None:
            self._following = sound.order
        finished = await self.keeper.play(play)
        return Played(finished.ms, from_ms, finished.samples)

    async def relay(self, name: str, source: str) -> None:
        self._following = name
        relay = Relay(id=name, source=source, volume_percent=self._volume_percent())
        await self.keeper.relay(relay)

    def listen(self, sources: Sequence[str], on_change: Callable[[str, bool], None]) -> None:
        self.keeper.on_heard = on_change
        self.keeper.listen(sources)

    def follow_volume(self) -> None:
        """Let what sounds as loud as the device is set follow a change at once."""
        self.keeper.level(self._following, self._volume_percent())

    def close_cut(self, order: str) -> None:
        if self._noted[0] == order:
            self._noted = ("", 0)
            self._path.unlink(missing_ok=True)

    # -- where it stood, for the next boot

    @property
    def _path(self) -> Path:
        return self._folder / "position"

    def _note(self, order: str, ms: int) -> None:
        name, noted_ms = self._noted
        if name == order and 0 <= ms - noted_ms < SAVE_EVERY_MS:
            return
        self._noted = (order, ms)
        with contextlib.suppress(OSError):  # a full disk costs the position, not the sound
            fresh = self._path.with_suffix(".new")
            fresh.write_text(f"{order} {ms}")
            os.replace(fresh, self._path)  # noqa: PTH105 - atomic, both are ours

    def _read(self) -> tuple[str, int]:
        try:
            order, _, ms = self._path.read_text().partition(" ")
            return order, int(ms)
        except (OSError, ValueError):
            return "", 0
