"""A real browser in the running city; without Chromium every journey is skipped by name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.city import City
from tests.journeys.visitor import Visitors

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Only pages of the city under test are opened; in a container Chromium cannot make its sandbox.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.journey)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # For one file only: while it runs, Django takes this thread for an asynchronous one.
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def visitors(browser: Browser, city: City) -> Visitors:
    return Visitors(browser, city.url)
