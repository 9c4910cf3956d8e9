"""Waiting for a server that was just started."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from loa.lib import clock
from loa.project.servers.errors import ServerUnavailable


def wait_until_ready(
    what: str,
    is_ready: Callable[[], Awaitable[bool]],
    *,
    seconds_max: float,
    has_ended: Callable[[], bool] | None = None,
) -> None:
    """Return once the server answers; raise when its process ended or time is up."""
    asyncio.run(_wait(what, is_ready, seconds_max, has_ended))


async def _wait(
    what: str,
    is_ready: Callable[[], Awaitable[bool]],
    seconds_max: float,
    has_ended: Callable[[], bool] | None,
) -> None:
    deadline = clock.monotonic() + seconds_max
    while not await is_ready():
        if has_ended is not None and has_ended():
            raise ServerUnavailable(f"{what} ended instead of answering.")
        if clock.monotonic() > deadline:
            raise ServerUnavailable(f"{what} did not answer within {seconds_max:.0f} s.")
        await asyncio.sleep(0.02)
