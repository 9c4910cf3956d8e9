"""A state folder of its own for each measurement, so that none disturbs a running city.

Called before anything reads the settings.
"""

from __future__ import annotations

import os
from pathlib import Path

from loa.project import paths

_OF_ANOTHER_CITY = (
    "LOA_DATABASE_URL",
    "LOA_NATS_URL",
    "LOA_DEVICE_NATS_URL",
    "LOA_MEDIA",
    "LOA_KEYS",
)


def state_folder(name: str) -> Path:
    var = Path(os.environ.get("LOA_VAR") or Path(__file__).resolve().parents[3] / "var")
    return var.absolute() / "bench" / name


def use_own_state(name: str) -> None:
    """Make this process, and what it starts, keep everything under `var/bench/<name>`."""
    folder = state_folder(name)
    os.environ["LOA_VAR"] = str(folder)
    # The command line may have looked already where this installation keeps its things.
    paths.VAR = folder
    for variable in _OF_ANOTHER_CITY:
        os.environ.pop(variable, None)
