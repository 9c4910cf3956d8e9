"""Carries out what the core decides: fetches what it wants, sounds what it starts, cuts what it stops."""

from __future__ import annotations

import asyncio
from datetime import datetime

from loa.lib import clock
from loa.player.calling import called, duration_ms_of
from loa.player.device import Device
from loa.player.entry import Entry
from loa.player.outputs import Sound
from loa.player.stand_in import Wanted
from loa.player.standing import Tuned
from loa.player.state import Pause, Skip, Start, Stop, Tune, Untune, Wait
from loa.player.store import MediaStore
from loa.wire.messages import Media
from loa.wire.reasons import Reason, Refused

# Even with nothing to wait for: the wall clock may have been set.
LOOK_AGAIN_SECONDS = 30.0
# An output that fails is not tried without a breath in between.
AGAIN_SECONDS = 2.0
_BAD_FILE = (Reason.MEDIA_MISSING, Reason.MEDIA_MISMATCH, Reason.MEDIA_UNREADABLE)


class Engine:
    """The two loops of one device that need no bus."""

    def __init__(self, device: Device, store: MediaStore) -> None:
        self._device = device
        self._store = store
        self._wake = asyncio.Event()
        self._media_changed = asyncio.Event()
        self._fetching: dict[str, asyncio.Task[None]] = {}
        self._urgent: set[str] = set()
        self._making: dict[Wanted, asyncio.Task[None]] = {}
        self._sounding: asyncio.Task[None] | None = None
        self._tone: asyncio.Task[None] | None = None
        device.on_change = self.wake

    def wake(self) -> None:
        """Look again at what to do."""
        self._wake.set()
        self._media_changed.set()

    # -- media

    async def fetch_media(self) -> None:
        """Keep on disk what the documents name, until cancelled."""
        try:
            while True:
                self._media_changed.clear()
                self._fetch_wanted()
                await self._media_changed.wait()
        finally:
            for task in (*self._fetching.values(), *self._making.values()):
                task.cancel()

    def _fetch_wanted(self) -> None:
        wanted = dict(self._device.media_wanted())
        self._store.name_wanted(self._device.config.device, wanted)
        urgent = self._device.media_urgent()
        # What waits behind other files and became urgent is asked for anew.
        for sha256 in (self._fetching.keys() - wanted.keys()) | (
            self._fetching.keys() & (urgent - self._urgent)
        ):
            self._fetching.pop(sha256).cancel()
        self._urgent = urgent
        for sha256, size in wanted.items():
            if self._device.has_media(sha256) or sha256 in self._fetching:
                continue
            if self._store.is_ready(sha256):
                self._device.note_media_ready(sha256)
            else:
                fetch = self._fetch(sha256, size, urgent=sha256 in urgent)
                self._fetching[sha256] = asyncio.create_task(fetch)
        for stand_in in self._device.stand_ins.wanted(self._device.entries):
            if stand_in not in self._making:
                self._making[stand_in] = asyncio.create_task(self._make(stand_in))

    async def _fetch(self, sha256: str, size: int, *, urgent: bool) -> None:
        def note_trouble(reason: Reason) -> None:
            self._device.note_media_trouble(sha256, reason)

        await self._store.ensure(
            sha256, size, self._device.config.http_url, note_trouble, urgent=urgent
        )
        self._fetching.pop(sha256, None)
        self._device.note_media_ready(sha256)

    async def _make(self, wanted: Wanted) -> None:
        """Have a tone, and the text after it, ready for when the approved sound does not come."""
        data, kind = await called(wanted.spoken)
        try:
            sha256 = self._store.keep(data)
        except OSError as error:
            self._device.telling.say(f"no stand-in: {error}")
            return
        duration_ms = duration_ms_of(data)
        media = Media(sha256=sha256, bytes=len(data), codec="wav", duration_ms=duration_ms)
        self._device.stand_ins.note_made(wanted, media, kind)
        self.wake()

    # -- sound

    async def sound(self) -> None:
        """Start, stop and skip orders as the core decides, until cancelled."""
        try:
            while True:
                self._wake.clear()
                self._device.output.listen(self._device.streams_wanted(), self._hear_stream)
                until = await self._take_step()
                if until is not None:
                    await self._wait(until.until)
        finally:
            self._cut_tone()
            if self._sounding is not None:
                # A shutdown is not a cut: what has not sounded goes on at the next boot.
                self._sounding.cancel()
                await asyncio.gather(self._sounding, return_exceptions=True)

    async def _take_step(self) -> Wait | None:
        match self._device.next_step():
            case Start() as start:
                self._begin(start)
            case Stop(order, reason):
                await self._cut(order, reason)
            case Pause(order):
                await self._pause(order)
            case Tune(tuned):
                await self._tune(tuned)
            case Untune():
                await self._untune()
            case Skip(order, reason):
                self._device.note_skipped(order, reason)
                self._device.output.close_cut(order)
            case Wait() as wait:
                return wait
        return None

    async def _wait(self, until: datetime | None) -> None:
        seconds = LOOK_AGAIN_SECONDS
        if until is not None:
            seconds = min(seconds, max(0.0, (until - self._device.now()).total_seconds()))
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def sound_tone(self, sound: Sound) -> bool:
        """Sound a tone of our own unless something sounds; whatever is due cuts it."""
        if self._device.playing or (self._tone is not None and not self._tone.done()):
            return False
        self._device.output.load(sound)
        self._tone = asyncio.create_task(self._play_tone(sound))
        return True

    async def _play_tone(self, sound: Sound) -> None:
        try:
            await self._device.output.play(sound, from_ms=0)
        except Refused as refusal:
            self._device.telling.say(f"{sound.order}: {refusal}")

    def _cut_tone(self) -> None:
        if self._tone is not None:
            self._tone.cancel()
            self._tone = None

    def _begin(self, start: Start) -> None:
        self._cut_tone()
        entry = start.entry
        sound = self._sound_of(entry)
        try:
            self._device.output.load(sound)
        except Refused as refusal:
            # The file went bad since it was hashed: fetch it anew, the order still stands.
            self._store.distrust(sound.media.sha256)
            self._device.note_media_trouble(sound.media.sha256, refusal.reason)
            self._media_changed.set()
            return
        ahead = max(0.0, (start.at - self._device.now()).total_seconds()) if start.at else 0.0
        self._device.note_started(start)
        at = clock.monotonic() + ahead if ahead else None
        self._sounding = asyncio.create_task(self._play(sound, start.from_ms, at))

    def _sound_of(self, entry: Entry) -> Sound:
        assert entry.media is not None  # noqa: S101 - only an order with its media ready starts
        path = self._store.path_of(entry.media.sha256)
        return Sound(entry.name, entry.media, path, entry.volume_percent)

    async def _play(self, sound: Sound, from_ms: int, at: float | None) -> None:
        output = self._device.output
        try:
            played = await output.play(sound, from_ms=from_ms, at=at)
        except Refused as refusal:
            self._device.note_skipped(sound.order, refusal.reason)
            output.close_cut(sound.order)
        except Exception as error:  # an output may break in its own ways; the device goes on
            self._device.telling.say(f"output: {error!r}")
            self._device.note_skipped(sound.order, Reason.OUTPUT_FAILED)
        else:
            self._device.note_finished(sound.order, played)

    def _hear_stream(self, source: str, is_silent: bool) -> None:
        self._device.note_stream(source, is_silent=is_silent)

    async def _tune(self, tuned: Tuned) -> None:
        self._cut_tone()
        await self._fall_silent()
        self._device.note_tuned(tuned)
        self._sounding = asyncio.create_task(self._sound_standing(tuned))

    async def _sound_standing(self, tuned: Tuned) -> None:
        output = self._device.output
        try:
            if tuned.media is None:
                await output.relay(tuned.name, tuned.source)
            else:
                sound = Sound(tuned.name, tuned.media, self._store.path_of(tuned.media.sha256))
                output.load(sound)
                await output.play(sound, from_ms=tuned.from_ms)
        except Refused as refusal:
            self._device.telling.say(f"{tuned.name}: {refusal}")
            if tuned.media is not None and refusal.reason in _BAD_FILE:
                self._store.distrust(tuned.media.sha256)
                self._device.note_media_trouble(tuned.media.sha256, refusal.reason)
            await asyncio.sleep(AGAIN_SECONDS)
        self._device.note_tuned_ended()

    async def _untune(self) -> None:
        await self._fall_silent()
        self._device.note_untuned()

    async def _pause(self, order: str) -> None:
        """Fall silent and write down where: a death in between goes on like after a power cut."""
        await self._fall_silent()
        if self._device.playing == order:
            self._device.note_paused(order, self._device.output.position_ms(order))

    async def _cut(self, order: str, reason: Reason) -> None:
        """Fall silent; it is written first that the order ended, so that no boot goes on with it."""
        self._device.note_skipped(order, reason)
        await self._fall_silent()
        self._device.output.close_cut(order)

    async def _fall_silent(self) -> None:
        if self._sounding is not None:
            self._sounding.cancel()
            await asyncio.gather(self._sounding, return_exceptions=True)
