"""A server for the length of a block: tests and one-off commands, without the supervisor."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from loa.project.supervisor.program import Program


class Server(Protocol):
    def ensure_initialised(self) -> None: ...
    def program(self, name: str = ...) -> Program: ...
    def wait_ready(self, *, has_ended: Callable[[], bool] | None = ...) -> None: ...


@contextmanager
def running(server: Server, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the server, wait until it answers, and stop it at the end of the block."""
    process = start(server, log)
    try:
        server.wait_ready(has_ended=lambda: process.poll() is not None)
        yield process
    finally:
        stop(process, server.program().stop_signal)


def start(server: Server, log: Path) -> subprocess.Popen[bytes]:
    """Start the server as a child that dies with us; what it says goes to `log`."""
    server.ensure_initialised()
    program = server.program()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            program.launch_argv(),
            env={**os.environ, **program.env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def stop(
    process: subprocess.Popen[bytes], stop_signal: signal.Signals, *, grace_seconds: float = 20
) -> None:
    """Ask the process to stop, and kill it when it does not."""
    process.send_signal(stop_signal)
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
