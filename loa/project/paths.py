"""Where the state of this checkout lives: everything Loa writes stands under VAR."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("LOA_VAR") or ROOT / "var").absolute()

_PRIVATE = 0o700


def run_folder() -> Path:
    """Lock, ports and status of the running system."""
    return private_folder(VAR / "run")


def log_folder() -> Path:
    return private_folder(VAR / "log")


def media_folder() -> Path:
    return open_folder(VAR / "media")


def keys_folder() -> Path:
    return private_folder(VAR / "keys")


def nats_folder() -> Path:
    return private_folder(VAR / "nats")


def postgres_folder() -> Path:
    return private_folder(VAR / "postgres")


def devices_folder() -> Path:
    """What the reference devices keep and what they sounded."""
    return open_folder(VAR / "devices")


def private_folder(path: Path) -> Path:
    """Make the folder readable by its owner only; an existing one is closed too."""
    open_folder(path)
    if path.stat().st_mode & 0o777 != _PRIVATE:
        path.chmod(_PRIVATE)
    return path


def open_folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
