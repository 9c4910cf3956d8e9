"""What the supervisor is told about a program, and what it tells about it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import msgspec

LAUNCH = Path(__file__).with_name("launch.py")
MARK = "LOA_SUPERVISED"


class State(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    FAILED = "failed"
    STOPPED = "stopped"


class Status(msgspec.Struct, frozen=True):
    """One program as it is now."""

    state: State
    pid: int | None
    restarts: int


@dataclass(frozen=True)
class Program:
    """One process to keep running.

    `prepare` runs in a thread before every start. It is ready once it printed `ready_line`, where
    one is named, and `ready`, asked again and again, says yes.
    An essential program that cannot be kept running stops the whole system.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_line: str = ""
    prepare: Callable[[], None] | None = None
    depends_on: Sequence[str] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    restart: bool = True
    essential: bool = False
    uid: int | None = None
    gid: int | None = None
    folder: Path | None = None
    grace_seconds: float = 10.0
    ready_seconds_max: float = 60.0

    def launch_argv(self) -> list[str]:
        """Return the command that drops rights, ties the process to its parent, and becomes it."""
        launch = [sys.executable, "-I", "-S", str(LAUNCH)]
        launch += ["--parent", str(os.getpid()), "--death-signal", str(int(self.death_signal))]
        if self.uid is not None and self.gid is not None:
            launch += ["--uid", str(self.uid), "--gid", str(self.gid)]
        if self.folder is not None:
            launch += ["--folder", str(self.folder)]
        return [*launch, "--", *self.argv]

    def environment(self, mark: str) -> dict[str, str]:
        return {**os.environ, **self.env, MARK: mark}


def in_start_order(programs: Sequence[Program]) -> list[Program]:
    """Return the programs so that each follows what it depends on."""
    by_name = {program.name: program for program in programs}
    ordered: dict[str, Program] = {}

    def place(program: Program, path: tuple[str, ...]) -> None:
        if program.name in path:
            raise ValueError(f"programs wait for each other: {' → '.join((*path, program.name))}")
        for name in program.depends_on:
            if name not in by_name:
                raise ValueError(f"{program.name} depends on {name}, which nobody starts")
            place(by_name[name], (*path, program.name))
        ordered.setdefault(program.name, program)

    for program in programs:
        place(program, ())
    return list(ordered.values())
