from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from loa.flow.evaluation.tests.heard import MORNING, HeardCity
from loa.lib import clock

Read = Callable[[str], str]


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path: Path) -> None:
    settings.LOA_MEDIA = tmp_path / "media"
    settings.LOA_KEYS = tmp_path / "keys"
    # The server of static files warns of a missing folder, and here a warning is a failure.
    if settings.STATIC_ROOT:
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def morning():
    with clock.at(MORNING):
        yield MORNING


@pytest.fixture
def city(db, morning) -> HeardCity:
    return HeardCity(devices=4)


@pytest.fixture
def read() -> Read:
    """Read a page as anybody may: without signing in."""

    def page(path: str) -> str:
        answer = Client().get(path)
        assert answer.status_code == 200, answer.content
        return answer.content.decode()

    return page
