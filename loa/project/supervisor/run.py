"""The supervisor: starts in order, restarts what dies, stops in reverse."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from loa.lib import clock
from loa.project.supervisor.instance import holder_pid
from loa.project.supervisor.keeper import Keeper
from loa.project.supervisor.log import ProcessLog
from loa.project.supervisor.process_table import end_marked
from loa.project.supervisor.program import Program, Status, in_start_order

STATUS_FILE = "status.json"
LOCK_FILE = "lock"


class Snapshot(msgspec.Struct, frozen=True):
    """What the status file holds."""

    written_at: str
    programs: dict[str, Status]


class Supervisor:
    """Keep programs running until a signal, `stop`, or the end of an essential one."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        log: Path,
        run_folder: Path,
        on_line: Callable[[str, str], None] | None = None,
    ) -> None:
        self._log = ProcessLog(log)
        self._on_line = on_line
        self._run_folder = run_folder
        self._mark = str(run_folder.resolve())
        self._stopping = asyncio.Event()
        self._keepers: dict[str, Keeper] = {}
        for program in in_start_order(programs):
            waits_for = [self._keepers[name] for name in program.depends_on]
            self._keepers[program.name] = Keeper(
                program, waits_for, self._mark, self.say, self._write_status
            )

    async def run(self) -> int:
        """Keep everything running; return 0 after an asked stop, 1 when something essential ended."""
        self._listen_to_signals()
        left_over = await asyncio.to_thread(end_marked, self._mark)
        if left_over:
            self.say("supervisor", f"ended processes of an earlier run: {left_over}")
        keeping = [asyncio.create_task(keeper.keep()) for keeper in self._keepers.values()]
        asked = asyncio.create_task(self._stopping.wait())
        failed = await self._until_asked_or_failed(keeping, asked)
        await self._stop_all()
        for task in (*keeping, asked):
            task.cancel()
        await asyncio.gather(*keeping, asked, return_exceptions=True)
        self._write_status()
        self._log.close()
        return 1 if failed else 0

    def stop(self) -> None:
        """Ask for a clean stop; safe to call again."""
        self._stopping.set()

    async def wait_running(self, *names: str) -> None:
        """Return once the named programs (or all) are ready."""
        wanted = names or tuple(self._keepers)
        await asyncio.gather(*(self._keepers[name].is_up.wait() for name in wanted))

    def status(self) -> dict[str, Status]:
        return {name: keeper.status() for name, keeper in self._keepers.items()}

    def say(self, name: str, text: str) -> None:
        """Write one line to the log and to whoever listens."""
        self._log.write(name, text)
        if self._on_line is not None:
            self._on_line(name, text)

    async def _until_asked_or_failed(
        self, keeping: list[asyncio.Task[bool]], asked: asyncio.Task[bool]
    ) -> bool:
        """Return whether something essential ended before anybody asked to stop."""
        open_tasks: set[asyncio.Task[bool]] = {*keeping, asked}
        while asked in open_tasks:
            done, open_tasks = await asyncio.wait(open_tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {asked}:
                if task.exception() is not None or not task.result():
                    return not self._stopping.is_set()
        return False

    async def _stop_all(self) -> None:
        self._stopping.set()
        self.say("supervisor", "stopping")
        stops: dict[str, asyncio.Task[None]] = {}
        for keeper in reversed(self._keepers.values()):
            users = [stops[name] for name in stops if keeper.name in self._needs(name)]
            stops[keeper.name] = asyncio.create_task(keeper.stop_after(users))
        await asyncio.gather(*stops.values())
        self.say("supervisor", "stopped")

    def _needs(self, name: str) -> Sequence[str]:
        return self._keepers[name].program.depends_on

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self.stop)

    def _write_status(self) -> None:
        snapshot = Snapshot(clock.iso(clock.now()), self.status())
        path = self._run_folder / STATUS_FILE
        fresh = path.with_suffix(".new")
        try:
            fresh.write_bytes(msgspec.json.encode(snapshot))
            fresh.replace(path)
        except OSError as error:
            self.say("supervisor", f"cannot write {path}: {error.strerror}")


def read_status(run_folder: Path) -> dict[str, Status] | None:
    """Return the programs of the running system, or None when it does not run."""
    if holder_pid(run_folder / LOCK_FILE) is None:
        return None
    try:
        return msgspec.json.decode((run_folder / STATUS_FILE).read_bytes(), type=Snapshot).programs
    except FileNotFoundError:
        return {}
