"""One device with its real engine and sound process, made-up orders, and the recording of it all."""

from __future__ import annotations

import asyncio
import hashlib
import random
from array import array
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from loa.lib import clock
from loa.lib.sound.chain import MP3
from loa.lib.sound.coding import encode
from loa.lib.sound.filters import frames_of
from loa.lib.sound.levels import samples_from
from loa.lib.sound.pcm import Pcm
from loa.lib.sound.wave import WaveWriter
from loa.player.audio.output import ProcessOutput
from loa.player.audio.sinks import RATE_HZ
from loa.player.config import DeviceConfig
from loa.player.device import Device
from loa.player.engine import Engine
from loa.player.fetch import Fetcher
from loa.player.journal import Journal, JournalFile
from loa.player.store import MediaStore
from loa.wire.cast import COMMUNE, Cast
from loa.wire.messages import Media, Priority


class Bench:
    """One device, its parts running, and the recording of all it sounded."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cast = folder, Cast(clock.now())
        self.recording = folder / "recording"
        config = DeviceConfig(
            device="dn-0001",
            place=COMMUNE,
            key_file=str(folder / "device.key"),
            root_sha256=self.cast.pin,
            state=str(folder),
            output=f"record:{self.recording}",
            durable=False,
            reserve_mb=0,
        )
        self.output = ProcessOutput(config.output, folder, say=_silently)
        journal = Journal(JournalFile(config.journal_path, durable=False), config.device)
        self.device = Device(config, self.cast.keys["device"], journal, self.output)
        self.store = MediaStore(config.store_folder, Fetcher(), reserve_bytes=0)
        self.engine = Engine(self.device, self.store)
        self._seq = 0
        self.device.take_root(self.cast.root())
        self.device.take_roster(self.cast.roster())

    async def during(self, way: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Walk the way while the device runs."""
        running = [
            asyncio.create_task(part)
            for part in (self.engine.fetch_media(), self.engine.sound(), self.output.run())
        ]
        try:
            await way()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def sound(self, ms: int, level: int) -> Media:
        """Make a file of one loudness, ready in the store."""
        path = self.folder / f"{ms}-{level}.wav"
        with WaveWriter(path, rate_hz=RATE_HZ) as writer:
            writer.append(array("h", [level] * (RATE_HZ * ms // 1000)).tobytes())
            writer.finish()
        return self._kept(path.read_bytes(), ms)

    def mp3(self, ms: int) -> Media:
        """Make an MP3 file as the city makes them, ready in the store."""
        noise = random.Random(1).randbytes(RATE_HZ * 2 * ms // 1000)  # noqa: S311 - costs as much to decode as speech
        return self._kept(encode(frames_of(Pcm(noise, RATE_HZ)), MP3), ms)

    def _kept(self, data: bytes, ms: int) -> Media:
        sha256 = hashlib.sha256(data).hexdigest()
        ready = self.store.path_of(sha256)
        ready.parent.mkdir(parents=True, exist_ok=True)
        ready.write_bytes(data)
        return Media(sha256=sha256, bytes=len(data), codec="mp3", duration_ms=ms)

    def give(self, *given: dict[str, Any], **document: Any) -> None:
        """Hand the device a document with these orders."""
        self._seq += 1
        orders, envelopes = [], dict(document.pop("envelopes", {}))
        for one in given:
            media, priority = one.pop("media"), one.pop("priority", Priority.NORMAL)
            by = "leader" if priority is Priority.EMERGENCY else "chair"
            edition = self.cast.edition(
                media=(media,), edition=media.sha256, priority=priority, approver=by
            )
            sha256, sealed = self.cast.sealed_edition(edition, by)
            envelopes[sha256] = sealed
            orders.append(self.cast.order(sha256, priority=priority, **one))
        self.device.take_desired(
            self.cast.document(
                seq=self._seq,
                issued_at=clock.now(),
                quiet_hours=(),
                orders=tuple(orders),
                envelopes=envelopes,
                **document,
            )
        )

    async def until_ended(self, *orders: str) -> None:
        while not all(self.has_ended(order) for order in orders):  # noqa: ASYNC110 - a device tells nobody
            await asyncio.sleep(0.05)

    def has_ended(self, order: str) -> bool:
        progress = self.device.journal.progress(order)
        return progress is not None and progress.has_ended

    def heard(self) -> tuple[array[int], float]:
        """Return all samples, and the monotonic second of the first."""
        data = self.recording.read_bytes()
        began = float(self.recording.with_name("recording.began").read_text())
        return samples_from(data[: len(data) // 2 * 2]), began


def _silently(line: str) -> None:
    del line
