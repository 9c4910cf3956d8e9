from __future__ import annotations

import pytest

from loa.flow.evaluation.tests.heard import HeardCity


@pytest.fixture
def city(db, morning) -> HeardCity:
    return HeardCity(devices=1)
