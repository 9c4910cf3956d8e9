"""Two hundred devices on bad lines, bad power and wrong clocks: afterwards both sides agree."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loa.project.servers.postgres import PostgresServer

DEVICES = 200
FAULTS = (
    "loss=8%,double=5%,reorder=10%,delay=0-200ms,cuts=6/min,clock=20%,http=10%,disk=2%,storms=1"
)


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    var = tmp_path_factory.mktemp("simulate")
    yield var
    own = var / "bench" / "simulate"
    shutil.rmtree(PostgresServer(own / "postgres").place.folder, ignore_errors=True)


def simulate(var: Path, *words: str) -> tuple[int, dict[str, list[str]], str]:
    """Run the command; return its status, what differs, and what it said."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LOA_", "PYTEST_"))}
    report = var / "report.json"
    done = subprocess.run(
        [sys.executable, "-P", "-m", "loa.project.cli", "simulate", "--json", report, *words],
        env={**kept, "LOA_VAR": str(var)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    said = done.stdout + done.stderr
    found = json.loads(report.read_text()) if report.exists() else {}
    return done.returncode, found.get("differences", {}), said


def test_after_healing_the_city_knows_what_its_devices_know(var: Path) -> None:
    words = ["--devices", str(DEVICES), "--seconds", "3", "--notices", "4", "--faults", FAULTS]
    status, found, said = simulate(var, *words)
    assert not any(found.values()), said
    assert status == 0, said
    report = json.loads((var / "report.json").read_text())
    assert report["boots"] > DEVICES  # some died
    assert report["soundings"] >= DEVICES


def test_the_comparison_sees_a_row_that_one_side_has_not(var: Path) -> None:
    path = next((var / "bench" / "simulate" / "devices").glob("light-*/journal.db"))
    with sqlite3.connect(path) as db:
        device, seq = db.execute("SELECT device, max(seq) FROM written GROUP BY device").fetchone()
        body = db.execute("SELECT body FROM written WHERE device = ?", (device,)).fetchone()[0]
        db.execute("INSERT INTO written VALUES (?, ?, ?)", (device, seq + 1, body))
        db.execute("DELETE FROM written WHERE device = ? AND seq = 1", (device,))
    status, found, said = simulate(var, "--again")
    assert status == 1, said
    rows = found["each row once, and no other"]
    assert any(f"row {seq + 1} of {device}" in line and "no such row" in line for line in rows)
    assert any(f"row 1 of {device}" in line and "never wrote it" in line for line in rows)


def test_faults_nobody_can_read_are_named(tmp_path: Path) -> None:
    status, _, said = simulate(tmp_path, "--faults", "loss=5")
    assert status == 2
    assert "write loss=5%" in " ".join(said.replace("│", " ").split())
