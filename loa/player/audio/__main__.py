"""The sound process: commands on standard input, events on standard output, sound to one sink.

python -m loa.player.audio alsa:default
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
from array import array
from pathlib import Path

import msgspec

from loa.lib import clock
from loa.lib.sound.levels import bytes_of
from loa.player.audio.cards import CardUnusable
from loa.player.audio.mixer import Mixer, Voice
from loa.player.audio.relay import Station
from loa.player.audio.sinks import RATE_HZ, Sink, sink_of
from loa.player.audio.sources import MediaSource
from loa.player.audio.words import (
    At,
    Command,
    Event,
    Failed,
    Finished,
    Heard,
    Level,
    Listen,
    Play,
    Relay,
    Started,
    Stop,
    command_of,
    line_of,
)
from loa.wire.reasons import Reason, Refused

CHUNK_SAMPLES = RATE_HZ // 50
TELL_SECONDS = 0.2
IDLE_SECONDS = 0.2
# After the last sound the sink stays open for so long: the next item finds it warm.
OPEN_SECONDS = 5.0
FADE_MS = 20


class SoundProcess:
    """One loop: take commands, mix 20 ms, hand them to the sink, tell what happened."""

    def __init__(self, spec: str) -> None:
        self._spec = spec
        self._sink: Sink | None = None
        self._mixer = Mixer()
        self._stations: dict[str, Station] = {}
        self._commands: queue.Queue[Command | None] = queue.Queue()
        self._told: set[str] = set()
        self._from_ms: dict[str, int] = {}
        self._told_at = self._sounded_at = clock.monotonic()

    def run(self) -> None:
        """Work until standard input ends."""
        threading.Thread(target=self._read_commands, daemon=True).start()
        while self._take_commands():
            self._look_at_stations()
            if self._mixer.present is not None:
                self._sound()
            elif self._sink is not None and clock.monotonic() - self._sounded_at > OPEN_SECONDS:
                self._close()
            elif self._sink is not None:
                self._write(array("h", bytes(2 * CHUNK_SAMPLES)))
            self._tell_alive()
        self._close()

    # -- commands

    def _read_commands(self) -> None:
        for line in sys.stdin.buffer:
            with contextlib.suppress(msgspec.DecodeError):
                self._commands.put(command_of(line))
        self._commands.put(None)

    def _take_commands(self) -> bool:
        is_busy = self._sink is not None or self._mixer.present is not None
        try:
            command = self._commands.get(block=not is_busy, timeout=IDLE_SECONDS)
        except queue.Empty:
            return True
        if command is None:
            return False
        self._obey(command)
        return True

    def _obey(self, command: Command) -> None:
        match command:
            case Play():
                self._begin(command)
            case Relay():
                station = self._station(command.source)
                self._add(Voice(command.id, station, command.volume_percent))
            case Listen(sources=sources):
                for address in self._stations.keys() - set(sources):
                    self._stations.pop(address).close()
                for address in sources:
                    self._station(address)
            case Level(id=name, volume_percent=percent):
                for voice in self._mixer.named(name):
                    voice.set_volume(percent)
            case Stop(id=name, fade_ms=fade_ms):
                for voice in self._mixer.named(name):
                    voice.fade(fade_ms)

    def _begin(self, play: Play) -> None:
        try:
            source = MediaSource(Path(play.path), play.sha256, from_ms=play.from_ms)
        except Refused as refusal:
            _tell(Failed(id=play.id, reason=refusal.reason, detail=refusal.detail))
            return
        self._from_ms[play.id] = play.from_ms
        self._add(Voice(play.id, source, play.volume_percent, play.at))

    def _add(self, voice: Voice) -> None:
        self._mixer.add(voice, fade_ms=FADE_MS)

    def _station(self, address: str) -> Station:
        if address not in self._stations:
            self._stations[address] = Station(address, _tell_heard)
        return self._stations[address]

    def _look_at_stations(self) -> None:
        for station in self._stations.values():
            station.look()

    # -- sound

    def _sound(self) -> None:
        if self._sink is None and not self._open():
            return
        assert self._sink is not None  # noqa: S101 - it was just opened
        heard_at = clock.monotonic() + self._sink.delay_seconds()
        self._write(self._mixer.read(CHUNK_SAMPLES, heard_at))
        self._sounded_at = clock.monotonic()
        self._tell_progress()

    def _open(self) -> bool:
        try:
            self._sink = sink_of(self._spec)
        except (CardUnusable, OSError) as error:
            self._fail_all(str(error))
            return False
        return True

    def _write(self, samples: array[int]) -> None:
        assert self._sink is not None  # noqa: S101 - the callers opened it
        try:
            self._sink.write(bytes_of(samples))
        except OSError as error:
            self._fail_all(str(error))
            self._close()

    def _fail_all(self, detail: str) -> None:
        for voice in self._mixer.voices:
            _tell(Failed(id=voice.id, reason=Reason.OUTPUT_FAILED, detail=detail))
        self._mixer.voices.clear()

    def _close(self) -> None:
        if self._sink is not None:
            self._sink.close()
            self._sink = None

    # -- telling

    def _tell_progress(self) -> None:
        for voice in self._mixer.voices:
            if voice.started_at is not None and voice.id not in self._told:
                self._told.add(voice.id)
                _tell(Started(id=voice.id, at=voice.started_at))
        for voice in self._mixer.take_ended():
            self._told.discard(voice.id)
            if voice.trouble is not None:
                reason, detail = voice.trouble.reason, voice.trouble.detail
                _tell(Failed(id=voice.id, reason=reason, detail=detail))
            else:
                samples = self._samples_of(voice)
                ms = samples * 1000 // RATE_HZ
                _tell(Finished(id=voice.id, ms=ms, samples=samples, is_cut=voice.is_cut))

    def _samples_of(self, voice: Voice) -> int:
        return max(0, voice.heard_samples + self._from_ms.get(voice.id, 0) * RATE_HZ // 1000)

    def _tell_alive(self) -> None:
        if clock.monotonic() - self._told_at < TELL_SECONDS:
            return
        self._told_at = clock.monotonic()
        voice = self._mixer.present
        if voice is None:
            _tell(At())
        else:
            _tell(At(id=voice.id, ms=self._samples_of(voice) * 1000 // RATE_HZ))


def _tell(event: Event) -> None:
    os.write(1, line_of(event))


def _tell_heard(source: str, is_silent: bool) -> None:
    _tell(Heard(source=source, is_silent=is_silent))


if __name__ == "__main__":
    SoundProcess(sys.argv[1]).run()
