import asyncio
from datetime import timedelta

from loa.lib import clock


def test_a_wrong_clock_is_wrong_only_for_the_task_that_goes_by_it_and_what_it_starts():
    drift = clock.Drift(timedelta(days=-1))

    async def ask():
        return clock.now()

    async def device():
        clock.go_by(drift)
        first = await asyncio.create_task(ask())
        drift.offset = timedelta(0)
        return first, await asyncio.create_task(ask())

    async def run():
        return await asyncio.create_task(device()), await asyncio.create_task(ask())

    (wrong, right), others = asyncio.run(run())
    assert others - wrong >= timedelta(days=1)
    assert abs(right - others) < timedelta(hours=1)
