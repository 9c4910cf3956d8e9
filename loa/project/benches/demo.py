"""Wall time of `bin/demo --once`: with an empty state folder, and once more with what is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from loa.lib import clock
from loa.project.benches.own_state import state_folder
from loa.project.paths import ROOT

AIM_SECONDS = 30.0
WARM_RUNS = 3

console = Console(highlight=False)


def run(*, json_file: Path | None) -> int:
    """Measure and print; returns 0 if every warm run stays below the aim."""
    folder = state_folder("demo")
    shutil.rmtree(folder, ignore_errors=True)
    figures: dict[str, Any] = {
        "aim_warm_seconds": AIM_SECONDS,
        "first_seconds": _timed(folder),
        "warm_seconds": [_timed(folder) for _ in range(WARM_RUNS)],
    }
    table = Table("bin/demo --once", "seconds")
    table.add_row("empty state folder", f"{figures['first_seconds']:.1f}")
    for seconds in figures["warm_seconds"]:
        table.add_row("again", f"{seconds:.1f}")
    console.print(table)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if max(figures["warm_seconds"]) < AIM_SECONDS else 1


def _timed(folder: Path) -> float:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LOA_")}
    began = clock.monotonic()
    subprocess.run(
        [ROOT / "bin" / "demo", "--once"],
        env={**environment, "LOA_VAR": str(folder)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return round(clock.monotonic() - began, 1)
