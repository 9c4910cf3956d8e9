"""The city that journeys and simulations share; one for each process of the test run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.city import City


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A running city with two full players and two light devices; see `tests/city.py`."""
    city = City(tmp_path_factory.mktemp("city") / "var")
    try:
        city.wait_up()
        yield city
        assert city.stop() == 0, city.log()
        assert not city.left_over()
    finally:
        city.end()
