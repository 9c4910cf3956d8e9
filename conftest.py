"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

pytest_plugins = ("loa.project.tests.way",)


# Emptied after each test that commits, though the database refuses it otherwise.
TABLES_THAT_STAND = {
    "ledger_fact": "fact_stays",
    "approvals_edition": "edition_stays",
    "approvals_approval": "approval_stays",
}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table, refusal in TABLES_THAT_STAND.items():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {refusal}")


@pytest.fixture(autouse=True)
def _own_language() -> None:
    """Begin in the city's language: the last request of another test may have asked for English."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_jobs_left(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """Empty the queue after a test that commits: its tables are not emptied with Django's own."""
    yield
    mark = request.node.get_closest_marker("django_db")
    if mark is None or not mark.kwargs.get("transaction"):
        return
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also what takes minutes more")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is long, unless it is asked for."""
    if config.getoption("--long"):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


class NatsUrls(NamedTuple):
    server: str
    device: str


@pytest.fixture(scope="session")
def nats_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsUrls]:
    """A real NATS, shared by the tests of one process: addresses for the server and for devices."""
    given = os.environ.get("LOA_NATS_URL")
    if given:
        yield NatsUrls(given, os.environ.get("LOA_DEVICE_NATS_URL", given))
        return
    from loa.project.servers.nats import NatsServer
    from loa.project.servers.running import running

    folder = tmp_path_factory.mktemp("nats")
    server = NatsServer(folder / "nats", keys=folder / "keys", ports=folder / "ports.json")
    with running(server, folder / "nats.log"):
        # What devices may do is tested with the gate; here they need no sign-in.
        yield NatsUrls(server.server_url, server.server_url)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name every journey that could not be made: a quiet skip would look like a pass."""
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if "journeys" in r.nodeid]
    if skipped:
        terminalreporter.section("JOURNEYS NOT MADE: no Chromium on this machine", red=True)
        for report in skipped:
            terminalreporter.line(report.nodeid)
        terminalreporter.line("On Debian or Ubuntu: apt install chromium")
