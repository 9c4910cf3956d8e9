"""The embedded PostgreSQL, started for real."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from loa.project.servers.errors import ServerStillRunning, ServerUnavailable
from loa.project.servers.postgres import PostgresServer
from loa.project.servers.running import running, start
from loa.project.supervisor.process_table import pids_working_in, wait_until

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., PostgresServer]]:
    made: list[PostgresServer] = []

    def make(**options: object) -> PostgresServer:
        made.append(PostgresServer(tmp_path / "postgres", **options))
        return made[-1]

    yield make
    for server in made:
        assert not pids_working_in(server.place.data)
        shutil.rmtree(server.place.folder, ignore_errors=True)


def ask(server: PostgresServer, query: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchone()[0] if cursor.description else None


def test_first_start_makes_a_database_that_knows_vietnamese_letters(make_server, tmp_path):
    server = make_server(durable=False)
    with running(server, tmp_path / "log"):
        assert ask(server, "SELECT lower('ĐẶNG THỊ Ỷ')") == "đặng thị ỷ"
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SHOW data_checksums") == "on"
        assert ask(server, "SHOW listen_addresses") == ""
        assert ask(server, "SELECT current_user || current_database()") == "loaloa"


def test_socket_and_data_are_closed_to_others(make_server, tmp_path):
    server = make_server(durable=False)
    with running(server, tmp_path / "log"):
        for folder in (server.place.data, server.place.socket_folder()):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert folder.stat().st_uid == server.place.account.uid


def test_what_was_committed_is_there_after_kill_9(make_server, tmp_path):
    server = make_server()
    process = start(server, tmp_path / "log")
    server.wait_ready(has_ended=lambda: process.poll() is not None)
    ask(server, "CREATE TABLE said AS SELECT 'một' AS word")
    process.kill()
    process.wait()
    again = make_server()
    with running(again, tmp_path / "log"):
        assert ask(again, "SELECT word FROM said") == "một"


def test_pid_file_that_names_a_living_stranger_is_no_obstacle(make_server, tmp_path):
    server = make_server(durable=False)
    server.ensure_initialised()
    stranger = subprocess.Popen(["sleep", "60"])
    pid_file = server.place.data / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{server.place.data}\n0\n5432\n\n\n0 0\nready\n")
    try:
        with running(server, tmp_path / "log"):
            assert ask(server, "SELECT 1") == 1
            assert int(pid_file.read_text().split()[0]) != stranger.pid
    finally:
        stranger.kill()
        stranger.wait()


def test_second_server_in_the_same_folder_is_refused_by_its_pid(make_server, tmp_path):
    server = make_server(durable=False)
    with running(server, tmp_path / "log") as process:
        second = make_server(durable=False, predecessor_seconds_max=0.1)
        with pytest.raises(ServerStillRunning, match=str(process.pid)):
            second.ensure_initialised()


def test_server_that_still_shuts_down_is_waited_for(make_server, tmp_path):
    server = make_server(durable=False)
    process = start(server, tmp_path / "log")
    server.wait_ready(has_ended=lambda: process.poll() is not None)
    process.send_signal(signal.SIGINT)
    with running(make_server(durable=False), tmp_path / "log"):
        assert ask(server, "SELECT 1") == 1
    process.wait()


def test_half_made_database_is_made_anew(make_server, tmp_path):
    server = make_server(durable=False)
    half = server.place.folder / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with running(server, tmp_path / "log"):
        assert ask(server, "SELECT 1") == 1
    assert not half.exists()


def test_data_of_another_version_are_refused_with_a_way_out(make_server, tmp_path):
    server = make_server(durable=False)
    server.ensure_initialised()
    (server.place.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(ServerUnavailable, match="LOA_POSTGRES_BIN"):
        server.ensure_initialised()


@pytest.mark.skipif(not DEBIAN_15.is_dir(), reason="Debian's PostgreSQL 15 is not installed")
def test_postgresql_15_of_debian_serves_as_well(make_server, tmp_path):
    server = make_server(durable=False, bin_folder=DEBIAN_15)
    with running(server, tmp_path / "log"):
        assert str(ask(server, "SHOW server_version")).startswith("15.")
        assert ask(server, "SELECT lower('ĐÀ NẴNG')") == "đà nẵng"


def test_deep_checkout_gets_a_short_private_socket_folder(make_server, tmp_path):
    deep = tmp_path.joinpath(*["một-thư-mục-rất-sâu"] * 6)
    deep.mkdir(parents=True)
    server = PostgresServer(deep, durable=False, roots_home=tmp_path / "home")
    place = type(server.place)(deep, server.place.account)
    assert len(os.fsencode(place.socket_folder())) <= 85


def test_orphans_of_a_killed_postmaster_end_before_the_next_start(make_server, tmp_path):
    server = make_server(durable=False)
    process = start(server, tmp_path / "log")
    server.wait_ready(has_ended=lambda: process.poll() is not None)
    with psycopg.connect(server.url, autocommit=True):
        process.kill()
        process.wait()
        with running(make_server(durable=False), tmp_path / "log"):
            assert ask(server, "SELECT 2") == 2
    assert wait_until(lambda: not pids_working_in(server.place.data), seconds_max=5)
