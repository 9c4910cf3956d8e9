"""A fleet that things happen to: each device lives, loses its power and boots again."""

from __future__ import annotations

import asyncio
import contextvars
import errno
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nats.aio.client import Client

from loa.lib import clock
from loa.lib.faults import Faults
from loa.player.config import ConfigUnusable, DeviceConfig
from loa.player.faults.blackbox import BlackBox, WitnessedOutput
from loa.player.faults.line import FaultyClient, FaultyTransport, Line
from loa.player.faults.power import PoweredFile, Supply
from loa.player.fleet import Fleet, Player
from loa.player.journal import Journal
from loa.player.link import Dial
from loa.player.outputs import Output
from loa.player.volume import Volume

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class Trial:
    """What happens to one device over all its boots."""

    def __init__(self, device: str, faults: Faults, seed: int) -> None:
        dice = random.Random(f"{seed}:{device}")  # noqa: S311 - faults, not secrets
        self.supply = Supply(faults, dice)
        self.line = Line(faults, dice, self.supply)
        self.drift = clock.Drift(_offset(dice) if dice.random() < faults.clock else timedelta(0))
        self.client: FaultyClient | None = None
        self.context = contextvars.copy_context()
        self.context.run(clock.go_by, self.drift)

    async def dial(self, url: str, **options: Any) -> Client:
        self.client = FaultyClient(self.line)
        await self.client.connect(url, **options)
        return self.client

    def break_off(self) -> None:
        if self.client is not None:
            self.client.break_off()

    def recover(self) -> None:
        """From now on everything works."""
        self.supply.recover()
        self.line.faults = Faults()
        self.drift.offset = timedelta(0)


def _offset(dice: random.Random) -> timedelta:
    """Return how wrong a clock is: an hour or a day either way, or never set."""
    to_1970 = datetime(1970, 1, 1, tzinfo=UTC) - clock.now()
    return dice.choice([_HOUR, -_HOUR, _DAY, -_DAY, to_1970])


class FaultyFleet(Fleet):
    """The same devices and the same code, on bad lines, bad power and bad clocks."""

    def __init__(
        self,
        configs: Sequence[DeviceConfig],
        faults: Faults,
        seed: int,
        *,
        say: Callable[[str], None] = print,
    ) -> None:
        for config in configs:
            if config.output != "null":
                raise ConfigUnusable(f"{config.device}: faults are for light devices, output null")
        self._trials = {c.device: Trial(c.device, faults, seed) for c in configs}
        self._boxes: dict[str, BlackBox] = {}
        self._http = FaultyTransport(faults, random.Random(seed))  # noqa: S311
        self._living: dict[str, Player] = {}
        super().__init__(configs, say=say, transport=self._http)

    def recover(self) -> None:
        """End all faults; what happened already stays."""
        self._http.faults = Faults()
        for trial in self._trials.values():
            trial.recover()
        for player in self._living.values():
            player.engine.wake()  # the clock may have been set

    def break_off(self) -> None:
        """End all connections at once."""
        for trial in self._trials.values():
            trial.break_off()

    async def _live(self, player: Player) -> None:
        trial = self._trials[player.device.config.device]
        while True:
            self._living[player.device.config.device] = player
            await self._live_once(player, trial)
            await asyncio.sleep(trial.supply.seconds_dark())
            trial.supply.go_on()
            player = self._player(player.device.config)

    async def _live_once(self, player: Player, trial: Trial) -> None:
        running = asyncio.create_task(player.run(), context=trial.context.copy())
        cut = asyncio.create_task(trial.supply.wait_cut())
        try:
            await asyncio.wait({running, cut}, return_when=asyncio.FIRST_COMPLETED)
            if not trial.supply.is_cut:
                running.result()  # it ended by itself: that is an error, and here it is raised
        finally:
            trial.break_off()
            for task in (running, cut):
                task.cancel()
            await asyncio.gather(running, cut, return_exceptions=True)

    def _player(self, config: DeviceConfig) -> Player:
        player = self._booted(config)
        assert isinstance(player.device.output, WitnessedOutput)  # noqa: S101 - made below
        player.device.output.device = player.device
        self._box(config).note_boot(player.device)
        return player

    def _booted(self, config: DeviceConfig) -> Player:
        context = self._trials[config.device].context
        while True:
            try:
                return context.copy().run(super()._player, config)
            except OSError as error:
                # Not even its first word found room: whoever starts it starts it again.
                if error.errno != errno.ENOSPC:
                    raise

    def _output(self, config: DeviceConfig, volume: Volume) -> Output:  # noqa: ARG002 - silent
        supply = self._trials[config.device].supply
        return WitnessedOutput(self._box(config), supply, rate=config.rate)

    def _dial(self, config: DeviceConfig) -> Dial:
        return self._trials[config.device].dial

    def _journal(self, config: DeviceConfig) -> Journal:
        supply = self._trials[config.device].supply
        return Journal(PoweredFile(self._journal_file(config), supply), config.device)

    def _box(self, config: DeviceConfig) -> BlackBox:
        path = config.journal_path
        if path not in self._boxes:
            self._boxes[path] = BlackBox(self._journal_file(config))
        return self._boxes[path]
