import pytest

from loa.wire.cast import Cast


@pytest.fixture
def cast():
    return Cast()
