"""The supervisor with real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loa.project.supervisor import AlreadyRunning, Program, SingleInstance, State, read_status
from loa.project.supervisor.instance import holder_pid
from loa.project.supervisor.log import ProcessLog
from loa.project.supervisor.process_table import is_alive, pids_marked, wait_until
from loa.project.supervisor.program import in_start_order

SCRIPT = """
import asyncio, json, sys
from pathlib import Path
from loa.project.supervisor import Program, SingleInstance, Supervisor

def as_program(ready_file="", **options):
    async def is_there():
        return Path(ready_file).exists()
    return Program(ready=is_there if ready_file else None, **options)

folder, programs = Path(sys.argv[1]), json.loads(sys.argv[2])
with SingleInstance(folder / "run" / "lock"):
    supervisor = Supervisor(
        [as_program(**program) for program in programs],
        log=folder / "log" / "loa.log", run_folder=folder / "run",
    )
    sys.exit(asyncio.run(supervisor.run()))
"""
SAYS_GOODBYE = 'trap "echo goodbye; exit 0" TERM; echo hello; while :; do sleep 0.05; done'
# The store is ready a while after it spoke, so a web that did not wait would be seen.
SAYS_READY = "sleep 0.2; touch {}"
IGNORES = 'trap "" TERM; echo deaf; while :; do sleep 0.05; done'


def shell(name: str, text: str, **options: object) -> dict[str, object]:
    return {"name": name, "argv": ["sh", "-c", text], **options}


class Run:
    """One supervisor in a process of its own."""

    def __init__(self, folder: Path, *programs: dict[str, object]) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder), json.dumps(programs)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def status(self, name: str):
        return (read_status(self.folder / "run") or {}).get(name)

    def is_running(self, name: str) -> bool:
        status = self.status(name)
        return status is not None and status.state is State.RUNNING

    def wait_running(self, *names: str) -> None:
        assert wait_until(lambda: all(map(self.is_running, names)), seconds_max=10), self.log()

    def log(self) -> str:
        path = self.folder / "log" / "loa.log"
        return path.read_text() if path.exists() else ""

    def left(self) -> list[int]:
        return pids_marked(str((self.folder / "run").resolve()))

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.fixture
def begin(tmp_path):
    runs: list[Run] = []

    def begin_run(*programs: dict[str, object]) -> Run:
        runs.append(Run(tmp_path, *programs))
        return runs[-1]

    yield begin_run
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
        run.process.communicate()
        assert wait_until(lambda run=run: not run.left(), seconds_max=5)


def test_killed_child_is_started_again(begin):
    run = begin(shell("clock", SAYS_GOODBYE))
    run.wait_running("clock")
    first = run.status("clock").pid
    os.kill(first, signal.SIGKILL)
    assert wait_until(
        lambda: run.is_running("clock") and run.status("clock").pid != first, seconds_max=10
    )
    assert run.status("clock").restarts == 1
    assert not is_alive(first)


def test_term_stops_users_before_what_they_use_and_ends_with_0(begin, tmp_path):
    mark = tmp_path / "ready"
    run = begin(
        shell("web", SAYS_GOODBYE, depends_on=["store"]),
        shell("store", f"({SAYS_READY.format(mark)}) & {SAYS_GOODBYE}", ready_file=str(mark)),
    )
    run.wait_running("web", "store")
    assert wait_until(lambda: run.log().count("hello") == 2, seconds_max=5)
    assert run.end() == 0
    said = [tuple(line.split()[1:3]) for line in run.log().splitlines()]
    assert said.index(("store", "hello")) < said.index(("web", "hello"))
    assert said.index(("web", "goodbye")) < said.index(("store", "goodbye"))
    assert not run.left()


def test_child_that_does_not_listen_is_killed_after_its_grace(begin):
    run = begin(shell("deaf", IGNORES, grace_seconds=0.3))
    run.wait_running("deaf")
    assert wait_until(lambda: "deaf       deaf" in run.log(), seconds_max=5)
    assert run.end() == 0
    assert "did not stop in time" in run.log()
    assert not run.left()


def test_kill_9_of_the_supervisor_leaves_no_child(begin):
    run = begin(shell("one", "exec sleep 600"), shell("two", IGNORES))
    run.wait_running("one", "two")
    pids = [run.status("one").pid, run.status("two").pid]
    run.process.kill()
    run.process.wait()
    assert wait_until(lambda: not any(map(is_alive, pids)), seconds_max=5)


def test_grandchildren_of_a_killed_supervisor_end_at_the_next_start(begin):
    run = begin(shell("parent", "sleep 600 & echo born; wait"))
    run.wait_running("parent")
    assert wait_until(lambda: "born" in run.log(), seconds_max=5)
    run.process.kill()
    run.process.wait()
    assert wait_until(lambda: len(run.left()) == 1, seconds_max=5)
    [grandchild] = run.left()
    second = begin(shell("other", SAYS_GOODBYE))
    second.wait_running("other")
    assert not is_alive(grandchild)
    assert second.end() == 0


def test_workers_of_a_dead_child_go_with_it(begin):
    run = begin(shell("parent", "sleep 600 & echo worker $!; wait"))
    run.wait_running("parent")
    assert wait_until(lambda: "worker" in run.log(), seconds_max=5)
    worker = int(re.search(r"worker (\d+)", run.log())[1])
    os.kill(run.status("parent").pid, signal.SIGKILL)
    assert wait_until(lambda: not is_alive(worker), seconds_max=5)


def test_second_supervisor_is_refused_by_the_pid_of_the_first(begin, tmp_path):
    run = begin(shell("one", SAYS_GOODBYE))
    run.wait_running("one")
    second = Run(tmp_path)
    said, _ = second.process.communicate(timeout=20)
    assert second.process.returncode != 0
    assert f"process {run.process.pid}" in said
    assert run.is_running("one")


def test_essential_program_that_cannot_be_kept_ends_everything_with_1(begin):
    run = begin(
        shell("broken", "exit 3", essential=True, restart=False), shell("other", SAYS_GOODBYE)
    )
    assert run.wait() == 1
    assert "ended with status 3" in run.log()
    assert not run.left()


def test_program_that_is_not_there_is_named_in_the_log(begin):
    run = begin({"name": "ghost", "argv": ["/nowhere/ghost"], "essential": True, "restart": False})
    assert run.wait() == 1
    assert "cannot start /nowhere/ghost" in run.log()


def test_each_line_says_when_in_local_time_and_who(begin):
    run = begin(shell("voice", "printf 'xin chào\\nnửa'; exec sleep 600"))
    run.wait_running("voice")
    assert wait_until(lambda: "xin chào" in run.log(), seconds_max=5)
    assert run.end() == 0
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+07:00"
    assert re.search(rf"^{stamp} voice      xin chào$", run.log(), re.MULTILINE)
    assert re.search(rf"^{stamp} voice      nửa$", run.log(), re.MULTILINE)


def test_status_is_nothing_once_nobody_runs(begin, tmp_path):
    run = begin(shell("one", SAYS_GOODBYE))
    run.wait_running("one")
    assert holder_pid(tmp_path / "run" / "lock") == run.process.pid
    run.end()
    assert read_status(tmp_path / "run") is None


def test_lock_of_a_killed_holder_is_free(tmp_path):
    lock = tmp_path / "run" / "lock"
    with SingleInstance(lock), pytest.raises(AlreadyRunning) as refused, SingleInstance(lock):
        pass
    assert refused.value.pid == os.getpid()
    with SingleInstance(lock):
        assert lock.read_text().strip() == str(os.getpid())


def test_log_starts_anew_when_full_and_keeps_a_few(tmp_path):
    log = ProcessLog(tmp_path / "loa.log", bytes_max=200, old_files_max=2)
    for number in range(40):
        log.write("web", f"line {number}")
    log.close()
    assert {path.name for path in tmp_path.iterdir()} == {"loa.log", "loa.log.1", "loa.log.2"}
    assert (tmp_path / "loa.log").read_text().splitlines()[-1].endswith("line 39")
    assert all(path.stat().st_size < 300 for path in tmp_path.iterdir())


def test_log_on_a_full_disk_loses_lines_not_the_process():
    log = ProcessLog(Path("/dev/full"))
    log.write("web", "lost")
    log.close()


def test_programs_that_wait_for_each_other_are_refused():
    with pytest.raises(ValueError, match="wait for each other"):
        in_start_order(
            [Program("a", ["a"], depends_on=["b"]), Program("b", ["b"], depends_on=["a"])]
        )


def test_dependency_nobody_starts_is_refused():
    with pytest.raises(ValueError, match="nobody starts"):
        in_start_order([Program("a", ["a"], depends_on=["b"])])
