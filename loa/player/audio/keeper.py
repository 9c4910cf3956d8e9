"""Keeps the sound process of a device alive: one that dies or hangs is replaced within two seconds.

What sounded goes on from where it was last known to be.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from loa.lib import clock
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
    event_of,
    line_of,
)
from loa.wire.reasons import Reason, Refused

SILENT_SECONDS_MAX = 1.4  # the process speaks five times a second
WATCH_SECONDS = 0.1
DEATHS_MAX = 5  # for one sound; then it is given up
AGAIN_SECONDS = 0.1
OnStarted = Callable[[float], None]  # given the monotonic second of the first sample


def _nobody(at: float) -> None:
    del at


@dataclass
class _Sounding:
    """A command that has not come to its end, and how far it is."""

    name: str
    command: Play | Relay
    ended: asyncio.Future[Finished]
    on_started: OnStarted
    ms: int = 0
    deaths: int = 0

    def again(self) -> Play | Relay:
        """Return the command that goes on where this one was."""
        if isinstance(self.command, Relay) or not self.ms:
            return self.command
        return replace(self.command, from_ms=self.ms, at=None)


class Keeper:
    """One sink and the process that feeds it."""

    def __init__(
        self,
        spec: str,
        *,
        say: Callable[[str], None],
        on_heard: Callable[[str, bool], None] = lambda source, is_silent: None,  # noqa: ARG005 - nobody asks
        on_position: Callable[[str, int], None] = lambda name, ms: None,  # noqa: ARG005 - nobody asks
    ) -> None:
        self._spec = spec
        self._say = say
        self.on_heard = on_heard
        self._on_position = on_position
        self._process: Process | None = None
        self._spoke_at = 0.0
        self._soundings: dict[str, _Sounding] = {}
        self._count = 0
        self._listened: tuple[str, ...] = ()

    async def run(self) -> None:
        """Start the process, and start it again, until cancelled."""
        while True:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "loa.player.audio", self._spec, stdin=PIPE, stdout=PIPE
            )
            self._spoke_at = clock.monotonic()
            try:
                self._say_again()
                await self._hear(self._process)
            finally:
                await self._end(self._process)
            self._say("the sound process ended; starting another")
            self._count_death()
            await asyncio.sleep(AGAIN_SECONDS)

    async def play(self, play: Play, *, on_started: OnStarted = _nobody) -> Finished:
        """Sound it to its end or its cut; raises Refused. Cancelling falls silent."""
        return await self._until_ended(play, on_started)

    async def relay(self, relay: Relay, *, on_started: OnStarted = _nobody) -> Finished:
        """Sound a stream until cancelled; raises Refused when there is no output."""
        return await self._until_ended(relay, on_started)

    def listen(self, sources: Iterable[str]) -> None:
        """Watch these streams for silence, and no others."""
        wanted = tuple(sorted(set(sources)))
        if wanted != self._listened:
            self._listened = wanted
            self._tell(Listen(sources=wanted))

    def level(self, name: str, volume_percent: int) -> None:
        """Let what sounds under this name go on at another volume, also after a crash."""
        for one in self._soundings.values():
            if one.name == name:
                one.command = replace(one.command, volume_percent=volume_percent)
                self._tell(Level(id=one.command.id, volume_percent=volume_percent))

    @property
    def pid(self) -> int:
        """The present process, 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    async def _until_ended(self, command: Play | Relay, on_started: OnStarted) -> Finished:
        ended: asyncio.Future[Finished] = asyncio.get_running_loop().create_future()
        ms = command.from_ms if isinstance(command, Play) else 0
        # What was stopped a moment ago under the same name must not be taken for this one.
        self._count += 1
        name, command = command.id, replace(command, id=f"{command.id} {self._count}")
        self._soundings[command.id] = _Sounding(name, command, ended, on_started, ms)
        self._tell(command)
        try:
            return await ended
        except asyncio.CancelledError:
            self._tell(Stop(id=command.id))
            raise
        finally:
            self._soundings.pop(command.id, None)

    def position_ms(self, name: str) -> int:
        """Return how far what sounds under this name has come."""
        return max((one.ms for one in self._soundings.values() if one.name == name), default=0)

    # -- the process

    async def _hear(self, process: Process) -> None:
        assert process.stdout is not None  # noqa: S101 - it was started with a pipe
        hearing = asyncio.create_task(self._read(process.stdout))
        try:
            while not hearing.done():
                await asyncio.wait({hearing}, timeout=WATCH_SECONDS)
                if clock.monotonic() - self._spoke_at > SILENT_SECONDS_MAX:
                    self._say("the sound process hangs")
                    return
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _read(self, lines: asyncio.StreamReader) -> None:
        while line := await lines.readline():
            self._spoke_at = clock.monotonic()
            with contextlib.suppress(msgspec.DecodeError):
                self._take(event_of(line))

    @staticmethod
    async def _end(process: Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    def _tell(self, command: Command) -> None:
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None:
            return  # said again when there is one
        with contextlib.suppress(OSError, RuntimeError):
            process.stdin.write(line_of(command))

    def _say_again(self) -> None:
        if self._listened:
            self._tell(Listen(sources=self._listened))
        for sounding in self._soundings.values():
            self._tell(sounding.again())

    def _count_death(self) -> None:
        for sounding in list(self._soundings.values()):
            sounding.deaths += 1
            if sounding.deaths >= DEATHS_MAX and not sounding.ended.done():
                sounding.ended.set_exception(
                    Refused(Reason.OUTPUT_FAILED, "the sound process keeps ending")
                )

    # -- events

    def _take(self, event: Event) -> None:
        if isinstance(event, Heard):
            self.on_heard(event.source, event.is_silent)
            return
        sounding = self._soundings.get(event.id)
        if sounding is None or sounding.ended.done():
            return
        match event:
            case At(ms=ms):
                sounding.ms = max(sounding.ms, ms)
                self._on_position(sounding.name, sounding.ms)
            case Started(at=at):
                sounding.on_started(at)
            case Finished():
                sounding.ended.set_result(event)
            case Failed(reason=reason, detail=detail):
                sounding.ended.set_exception(Refused(Reason(reason), detail))
