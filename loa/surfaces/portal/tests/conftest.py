from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from loa.flow.evaluation.tests.heard import HeardCity

Read = Callable[[str], str]


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
