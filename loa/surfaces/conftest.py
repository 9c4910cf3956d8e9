"""What the tests of every surface share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path: Path) -> None:
    settings.LOA_MEDIA = tmp_path / "media"
    settings.LOA_KEYS = tmp_path / "keys"
