"""What the operator types, and what is said when it cannot be done."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from tests.city import City

pytestmark = pytest.mark.city


@pytest.mark.parametrize("words", [("up",), ("demo", "--once")], ids=" ".join)
def test_a_second_one_says_so_and_stops(city: City, words: tuple[str, ...]) -> None:
    second = city.run_command(*words)
    assert second.returncode == 1
    assert str(city.process.pid) in second.stderr
    assert "Traceback" not in second.stderr
    assert all(map(city.is_running, city.names))


def test_a_taken_port_is_named_with_what_to_do(city: City, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = city.run_command("up", "--port", str(port), var=tmp_path / "var")
    assert refused.returncode == 1
    assert f"Port {port} is in use; choose another with --port" in refused.stderr


def test_a_text_that_is_not_there_is_named(city: City, tmp_path: Path) -> None:
    missing = tmp_path / "khong-co.txt"
    refused = city.run_command("demo", "--once", "--text", str(missing), var=tmp_path / "var")
    assert refused.returncode == 1
    # A terminal breaks long lines wherever they end.
    said = "".join(refused.stderr.split())
    assert f"Cannotread{missing}:Nosuchfileordirectory." in said


def test_an_unknown_bulletin_is_named(city: City) -> None:
    asked = city.run_command("evidence", "48-000000-01")
    assert asked.returncode == 2
    assert "There is no bulletin 48-000000-01." in asked.stdout


def test_interrupted_at_the_keyboard_it_leaves_nothing(tmp_path: Path) -> None:
    """SIGTERM does the same: so every city of these tests is stopped."""
    own = City(tmp_path / "var", devices=0)
    try:
        own.wait_up()
        programs = set(own.names)
        assert own.stop(signal.SIGINT) == 0, own.log()
        assert own.left_over() == []
        names = {line.split()[1] for line in own.log().splitlines()}
        assert names == {"supervisor", *programs}, names
    finally:
        own.end()
