"""One process with one device or a thousand: what they may share is made once."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import nats

from loa.lib import clock
from loa.player.audio.output import ProcessOutput
from loa.player.commands import Commander
from loa.player.config import DeviceConfig
from loa.player.device import Device
from loa.player.engine import Engine
from loa.player.fetch import Fetcher
from loa.player.journal import MEMORY, FleetFile, Journal, JournalFile
from loa.player.link import Dial, Link
from loa.player.outputs import NullOutput, Output, WavOutput
from loa.player.store import MediaStore
from loa.player.traffic import Traffic
from loa.player.volume import Volume
from loa.wire.keys import SigningKey

CONNECTING_AT_ONCE = 64
CLOCK_LOOK_SECONDS = 1.0
CLOCK_STEP_SECONDS = 1.0
SPEAKING_DEVICES_MAX = 20


class Player:
    """One device with all its parts."""

    def __init__(self, device: Device, engine: Engine, link: Link) -> None:
        self.device = device
        self.engine = engine
        self.link = link

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.engine.fetch_media())
            group.create_task(self.engine.sound())
            group.create_task(self.link.run())
            if isinstance(self.device.output, ProcessOutput):
                group.create_task(self.device.output.run())


class Fleet:
    """All devices of this process."""

    def __init__(
        self,
        configs: Sequence[DeviceConfig],
        *,
        say: Callable[[str], None] = print,
        transport: httpx.AsyncBaseTransport | None = None,
        on_restart: Callable[[], None] | None = None,
    ) -> None:
        self.on_restart = on_restart
        self._may_restart = len(configs) == 1
        self._say = say
        # A thousand devices that all speak would tell a person nothing.
        self._is_chatty = len(configs) <= SPEAKING_DEVICES_MAX
        ca_files = {config.ca_file for config in configs} - {""}
        self._fetcher = Fetcher(transport, ca_file=next(iter(ca_files), ""))
        self._connecting = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._journals: dict[str, JournalFile] = {}
        self._stores: dict[Path, MediaStore] = {}
        self.players = [self._player(config) for config in configs]

    async def run(self) -> None:
        """Run every device until cancelled."""
        self._say(f"{len(self.players)} device(s) running")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch_clock())
                for player in self.players:
                    group.create_task(self._live(player))
        finally:
            await self._fetcher.close()
            for journal in self._journals.values():
                journal.close()

    async def _live(self, player: Player) -> None:
        await player.run()

    async def _watch_clock(self) -> None:
        """Wake everyone when the wall clock was set: waits are counted on the other clock."""
        drift = clock.now().timestamp() - clock.monotonic()
        while True:
            await asyncio.sleep(CLOCK_LOOK_SECONDS)
            seen = clock.now().timestamp() - clock.monotonic()
            if abs(seen - drift) > CLOCK_STEP_SECONDS:
                self._say(f"the clock was set by {seen - drift:+.0f} s")
                for player in self.players:
                    player.engine.wake()
            drift = seen

    def _player(self, config: DeviceConfig) -> Player:
        store = self._store(config)
        journal = self._journal(config)
        volume = Volume(journal)
        device = Device(
            config,
            SigningKey.load_or_create(Path(config.key_file)),
            journal,
            self._output(config, volume),
            volume=volume,
            say=self._say_for(config.device),
        )
        engine = Engine(device, store)
        commander = Commander(device, sound_tone=engine.sound_tone, reboot=self._reboot_of(config))
        link = Link(
            device,
            self._fetcher,
            connecting=self._connecting,
            free_mb=lambda: store.free_bytes() // 2**20,
            dial=self._dial(config),
            on_command=commander.take,
        )
        device.count_bytes = Traffic(config.data_interface, lambda: self._own_bytes(link))
        return Player(device, engine, link)

    def _own_bytes(self, link: Link) -> tuple[int, int]:
        came, went = link.bytes_moved()
        # What devices of one process download together belongs to none of them.
        return came + (self._fetcher.bytes_in if len(self.players) == 1 else 0), went

    def _reboot_of(self, config: DeviceConfig) -> Callable[[], None] | None:
        """Return how this device begins anew; devices that share a process cannot."""
        if config.reboot_command:
            return lambda: run_apart(config.reboot_command, self._say_for(config.device))
        return self.on_restart if self._may_restart else None

    def _output(self, config: DeviceConfig, volume: Volume) -> Output:
        return output_of(config, self._say_for(config.device), volume.percent)

    def _dial(self, config: DeviceConfig) -> Dial:  # noqa: ARG002 - all the same way
        return nats.connect

    def _journal(self, config: DeviceConfig) -> Journal:
        return Journal(self._journal_file(config), config.device)

    def _say_for(self, device: str) -> Callable[[str], None]:
        def say(line: str) -> None:
            if self._is_chatty:
                self._say(f"{device} {line}")

        return say

    def _journal_file(self, config: DeviceConfig) -> JournalFile:
        path = config.journal_path
        key = f"{MEMORY}{config.device}" if path == MEMORY else path
        if key not in self._journals:
            is_light = not config.durable
            self._journals[key] = FleetFile(path) if is_light else JournalFile(path, durable=True)
        return self._journals[key]

    def _store(self, config: DeviceConfig) -> MediaStore:
        folder = config.store_folder.absolute()
        if folder not in self._stores:
            self._stores[folder] = MediaStore(
                folder, self._fetcher, reserve_bytes=config.reserve_mb * 2**20
            )
        return self._stores[folder]


def run_apart(command: Sequence[str], say: Callable[[str], None]) -> None:
    """Begin a command of the operator and let it be: it may well end this process."""
    try:
        subprocess.Popen(list(command), start_new_session=True)
    except OSError as error:
        say(f"reboot: {error}")


def output_of(
    config: DeviceConfig,
    say: Callable[[str], None],
    volume_percent: Callable[[], int] = lambda: 100,
) -> Output:
    """Return the output the configuration names."""
    if config.has_sound_process:
        return ProcessOutput(
            config.output, config.state_folder, say=say, volume_percent=volume_percent
        )
    if config.output == "wav":
        return WavOutput(config.sounded_folder, rate=config.rate, volume_percent=volume_percent)
    return NullOutput(rate=config.rate)
