"""Keeps one program running: starts it, reads what it says, starts it again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterable, Sequence

from loa.lib import clock
from loa.project.supervisor.program import Program, State, Status

BACKOFF_SECONDS_MIN = 0.2
BACKOFF_SECONDS_MAX = 5.0
# A life at least as long as the longest pause needs none: restarting it cannot become a storm.
HEALTHY_SECONDS = BACKOFF_SECONDS_MAX
FAILED_STARTS_MAX = 6
LINE_BYTES_MAX = 65_536


class Keeper:
    """One program, its process, and the tasks around it."""

    def __init__(
        self,
        program: Program,
        waits_for: Sequence[Keeper],
        mark: str,
        say: Callable[[str, str], None],
        on_change: Callable[[], None],
    ) -> None:
        self.program = program
        self.name = program.name
        self.is_up = asyncio.Event()
        self._waits_for = waits_for
        self._mark = mark
        self._say = say
        self._on_change = on_change
        self._state = State.WAITING
        self._restarts = 0
        self._has_said_ready = False
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    def status(self) -> Status:
        pid = self._process.pid if self._process is not None else None
        return Status(self._state, pid, self._restarts)

    async def keep(self) -> bool:
        """Run the program until stopped; False when it is essential and cannot be kept."""
        for keeper in self._waits_for:
            await keeper.is_up.wait()
        backoff_seconds, short_lives = BACKOFF_SECONDS_MIN, 0
        while not self._stopping.is_set():
            began = clock.monotonic()
            exit_status = await self._live_once()
            if self._stopping.is_set():
                break
            healthy = clock.monotonic() - began >= HEALTHY_SECONDS
            short_lives = 0 if healthy else short_lives + 1
            if not self.program.restart:
                return exit_status == 0 or not self.program.essential
            if self.program.essential and short_lives >= FAILED_STARTS_MAX:
                self._say(self.name, "cannot be kept running; giving up")
                return False
            backoff_seconds = BACKOFF_SECONDS_MIN if healthy else backoff_seconds
            await self._pause(backoff_seconds)
            backoff_seconds = min(backoff_seconds * 2, BACKOFF_SECONDS_MAX)
            self._restarts += 1
        return True

    async def stop_after(self, users: Iterable[asyncio.Task[None]]) -> None:
        """Stop once the programs that need this one have stopped."""
        await asyncio.gather(*users)
        self._stopping.set()
        self._send_stop()
        if not await _came(self._at_rest, self.program.grace_seconds):
            self._say(self.name, "did not stop in time; killed")
            self._kill()
            await self._at_rest.wait()
        self._change(State.STOPPED)

    async def _live_once(self) -> int:
        """Start the process and stay until it ends; return its exit status."""
        self._change(State.STARTING)
        self._at_rest.clear()
        try:
            if self.program.prepare is not None:
                await asyncio.to_thread(self.program.prepare)
            return 0 if self._stopping.is_set() else await self._start_and_watch()
        except Exception as error:
            self._say(self.name, f"cannot start: {error}")
            self._change(State.FAILED)
            return 1
        finally:
            self._at_rest.set()

    async def _start_and_watch(self) -> int:
        process, reading = await self._start()
        if self._stopping.is_set():
            self._send_stop()
        readiness = asyncio.create_task(self._watch_readiness())
        exit_status = await process.wait()
        readiness.cancel()
        # Workers of the dead process would hold its ports and its pipe.
        _kill_group(process.pid)
        await self._finish_reading(reading)
        self._process = None
        self.is_up.clear()
        if not self._stopping.is_set():
            self._say(self.name, f"ended with status {exit_status}")
            self._change(State.FAILED if self.program.restart or exit_status else State.STOPPED)
        return exit_status

    async def _start(self) -> tuple[asyncio.subprocess.Process, asyncio.Task[None]]:
        self._has_said_ready = False
        reader, writer = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.program.launch_argv(),
                env=self.program.environment(self._mark),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writer,
                stderr=asyncio.subprocess.STDOUT,
            )
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        self._on_change()
        return self._process, asyncio.create_task(self._read_lines(reader))

    async def _watch_readiness(self) -> None:
        deadline = clock.monotonic() + self.program.ready_seconds_max
        while not await self._is_ready():
            if clock.monotonic() > deadline:
                self._say(self.name, "did not become ready in time; starting it anew")
                self._kill()
                return
            await asyncio.sleep(0.03)
        self.is_up.set()
        self._change(State.RUNNING)

    async def _is_ready(self) -> bool:
        if self.program.ready_line and not self._has_said_ready:
            return False
        if self.program.ready is None:
            return True
        try:
            return await self.program.ready()
        except Exception as error:
            self._say(self.name, f"readiness probe: {error}")
            return False

    async def _read_lines(self, descriptor: int) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(descriptor, "rb"))
        pending = b""
        try:
            while chunk := await reader.read(LINE_BYTES_MAX):
                *lines, pending = (pending + chunk).split(b"\n")
                if len(pending) > LINE_BYTES_MAX:
                    lines, pending = [*lines, pending], b""
                self._say_lines(lines)
        finally:
            transport.close()
            self._say_lines([pending] if pending else [])

    def _say_lines(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip("\r")
            self._has_said_ready |= text == self.program.ready_line
            self._say(self.name, text)

    async def _finish_reading(self, reading: asyncio.Task[None]) -> None:
        # A process that left the group may hold the pipe for ever.
        await asyncio.wait([reading], timeout=1.0)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _send_stop(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(self.program.stop_signal)

    def _kill(self) -> None:
        if self._process is not None:
            _kill_group(self._process.pid)
            # The launcher may not lead its own group yet.
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def _change(self, state: State) -> None:
        self._state = state
        self._on_change()


async def _came(event: asyncio.Event, seconds_max: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds_max)
    except TimeoutError:
        return False
    return True


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
