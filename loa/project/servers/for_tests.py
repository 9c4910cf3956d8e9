"""A plugin of pytest: gives the tests a PostgreSQL of their own before Django reads its settings.

Loaded by `-p`, because a conftest comes after the settings. The controlling process owns the
server; its workers get the address from the environment. Two runs at once use two folders.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_FOLDERS_MAX = 9
_open = ExitStack()


def _test_folders() -> list[Path]:
    var = Path(__file__).resolve().parents[3] / "var"
    return [var / "test", *(var / f"test-{number}" for number in range(2, _FOLDERS_MAX + 1))]


def _claim_folder() -> Path:
    """Hold the first test folder that no other run uses."""
    from loa.project.supervisor.instance import AlreadyRunning, SingleInstance

    for folder in _test_folders():
        try:
            _open.enter_context(SingleInstance(folder / "run" / "lock"))
        except AlreadyRunning:
            continue
        return folder
    raise RuntimeError(f"{_FOLDERS_MAX} test runs already use this checkout; wait for one to end.")


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


# The cast's passwords are public: only tests of the second factor ask for one.
os.environ["LOA_MFA"] = "training"
_is_embedded = False
if not _is_worker():
    folder = _claim_folder()
    os.environ["LOA_VAR"] = str(folder)
    # The server of static files warns of a missing folder, and in tests a warning is a failure.
    (folder / "static").mkdir(parents=True, exist_ok=True)
    if not os.environ.get("LOA_DATABASE_URL"):
        from loa.project.paths import postgres_folder
        from loa.project.servers.postgres import PostgresServer

        _is_embedded = True
        _server = PostgresServer(postgres_folder(), durable=False)
        os.environ["LOA_DATABASE_URL"] = _server.url


def pytest_configure(config: pytest.Config) -> None:
    """Start the server, unless this run only looks."""
    del config
    if _is_embedded:
        from loa.project.paths import log_folder
        from loa.project.servers.running import running

        _open.enter_context(running(_server, log_folder() / "postgres.log"))


def pytest_unconfigure(config: pytest.Config) -> None:
    del config
    _open.close()
