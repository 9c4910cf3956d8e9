"""A device on the bus: hears hints, pulls its documents, hands in its log; HTTP when the bus is away."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import ssl
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from loa.lib import clock
from loa.player.commands import Answer
from loa.player.device import Device, Taken
from loa.player.fetch import Fetcher, Unreachable, full_jitter
from loa.wire import rules, subjects
from loa.wire.books import BOOK_BYTES_MAX
from loa.wire.canonical import ROSTER_BYTES_MAX, content_hash
from loa.wire.emergency import LIST_BYTES_MAX, read_list
from loa.wire.reasons import Refused

T = TypeVar("T")
OnCommand = Callable[[bytes], Answer | None]
Hearer = Callable[[Msg], Coroutine[Any, Any, None]]
Dial = Callable[..., Coroutine[Any, Any, Client]]

ANSWER_SECONDS_MAX = 5.0
# Hints that bring nothing new are answered ever more rarely: anyone may forge one.
PULL_SPACING_SECONDS = 0.1
# What follows a document at once (media ready, started) leaves in the same batch, and the devices
# of a city do not all answer in the same instant.
GATHER_SECONDS = 0.2
PULL_SPACING_SECONDS_MAX = 5.0
ROOTS_AT_ONCE_MAX = 1_000
HTTP_POLL_SECONDS_MAX = 60.0
DOUBTED_MAX = 10
_GONE = frozenset({"DEL", "PURGE"})


class Link:
    """One connection of one device; every loop below runs until it is cancelled."""

    def __init__(
        self,
        device: Device,
        fetcher: Fetcher,
        *,
        connecting: asyncio.Semaphore,
        free_mb: Callable[[], int],
        dial: Dial = nats.connect,
        on_command: OnCommand = lambda data: None,  # noqa: ARG005 - obeys nobody unless told how
    ) -> None:
        self._device = device
        self._config = device.config
        self._fetcher = fetcher
        self._connecting = connecting
        self._free_mb = free_mb
        self._dial = dial
        self._on_command = on_command
        self._moved = (0, 0)
        self._bus: Client | None = None
        self._heard: dict[str, Subscription] = {}
        self._is_connected = asyncio.Event()
        self._was_lost = asyncio.Event()
        self._pull_wanted = asyncio.Event()
        self._rows_wanted = asyncio.Event()
        self._hinted_at: datetime | None = None
        self._is_emergency_wanted = True
        self._doubted: list[bytes] = []  # emergencies whose signer the held roster does not know
        self._is_roster_wanted = True
        self._are_roots_wanted = True
        self._spacing_seconds = PULL_SPACING_SECONDS
        device.telling.on_rows = self._rows_wanted.set

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            if self._config.nats_url:
                group.create_task(self._stay_connected())
            group.create_task(self._keep_pulling())
            group.create_task(self._keep_telling())
            group.create_task(self._keep_beating())

    # -- the connection

    async def _stay_connected(self) -> None:
        attempt = 0
        try:
            while True:
                if await self._connect():
                    attempt = 0
                    await self._was_lost.wait()
                    self._device.telling.say("the bus is away")
                self._is_connected.clear()
                wait = full_jitter(attempt, seconds_max=self._config.reconnect_seconds_max)
                attempt += 1
                await asyncio.sleep(wait)
        finally:
            if self._bus is not None:
                await self._bus.close()

    async def _connect(self) -> bool:
        self._was_lost.clear()
        try:
            async with self._connecting:
                self._moved = self.bytes_moved()
                self._bus = await _apart(
                    self._dial(
                        self._config.nats_url,
                        name=self._config.device,
                        **self._signing_in(),
                        **self._trusting(),
                        inbox_prefix=subjects.inbox_of(self._config.device),
                        allow_reconnect=False,  # ours knows jitter
                        connect_timeout=10,
                        ping_interval=30,
                        error_cb=_ignore,
                        closed_cb=self._lose,
                    )
                )
                self._heard = {}
                await self._listen(self._bus)
                await _apart(self._bus.flush(int(ANSWER_SECONDS_MAX)))
                _refuse_closed(self._bus)
        except (Unreachable, NatsError, OSError, TimeoutError) as error:
            self._device.telling.say(f"no bus: {error!r}")
            if self._bus is not None:
                # Half open, it might yet be let in: then there would be two.
                with contextlib.suppress(Unreachable, NatsError, OSError):
                    await _apart(self._bus.close())
            return False
        self._is_connected.set()
        self._is_emergency_wanted = True
        self._is_roster_wanted = True
        self._pull_wanted.set()  # whatever was hinted meanwhile went unheard
        self._rows_wanted.set()
        return True

    def _trusting(self) -> dict[str, Any]:
        if not self._config.nats_url.startswith("tls:"):
            return {}
        # TLS before the first word: an INFO that denies it would otherwise be believed.
        context = ssl.create_default_context(cafile=self._config.ca_file or None)
        return {"tls": context, "tls_handshake_first": True}

    def _signing_in(self) -> dict[str, Any]:
        """Prove who it is with its own key, unless the address names a user."""
        if "@" in self._config.nats_url:
            return {}

        def sign(nonce: str) -> bytes:
            return base64.urlsafe_b64encode(self._device.key.sign(nonce.encode())).rstrip(b"=")

        return {"token": self._config.device, "signature_cb": sign}

    async def _listen(self, bus: Client) -> bool:
        """Hear the hints for all that is above the device by the roster; True if some are new."""
        # A connection made meanwhile begins a list of its own.
        heard, wanted = self._heard, self._subjects()
        fresh = [subject for subject in wanted if subject not in heard]
        for subject in heard.keys() - wanted:
            await heard.pop(subject).unsubscribe()
        for subject in fresh:
            heard[subject] = await bus.subscribe(subject, cb=wanted[subject])
        return bool(fresh)

    def _subjects(self) -> dict[str, Hearer]:
        """Return what this device listens to, and what it does then; emergencies first."""
        parents = self._device.roster.parents if self._device.roster else {}
        places = [*rules.lineage(self._config.place, parents), self._config.city]
        hints = [
            subjects.hint_for_all(),
            subjects.hint_for_device(self._config.device),
            *map(subjects.hint_for_place, places),
        ]
        alarms = map(subjects.emergency_for_place, places)
        heard: dict[str, Hearer] = dict.fromkeys(alarms, self._hear_emergency)
        heard |= dict.fromkeys(hints, self._hear)
        return heard | {subjects.command_for(self._config.device): self._hear_command}

    async def _lose(self) -> None:
        self._note_lost()

    def _note_lost(self) -> None:
        self._is_connected.clear()
        self._is_emergency_wanted = True
        self._was_lost.set()
        self._pull_wanted.set()

    async def _hear(self, hint: Msg) -> None:
        self._hinted_at = self._hinted_at or clock.now()
        self._is_roster_wanted |= hint.subject == subjects.hint_for_all()
        self._pull_wanted.set()

    async def _hear_emergency(self, message: Msg) -> None:
        if self._device.take_emergency(message.data) is Taken.NEEDS_ROSTER:
            # With the newest roster it is judged once more; anyone may say what asks for one.
            self._doubted = [*self._doubted[1 - DOUBTED_MAX :], message.data]
            self._spacing_seconds = min(self._spacing_seconds * 2, PULL_SPACING_SECONDS_MAX)
            self._is_roster_wanted = self._is_emergency_wanted = True
            self._pull_wanted.set()

    async def _hear_command(self, message: Msg) -> None:
        """Do what is told, say what became of it, and only then what would end this process."""
        answer = self._on_command(message.data)
        if answer is None:
            return
        try:
            bus = self._live_bus()
            await bus.publish(subjects.command_receipt_of(self._config.device), answer.receipt)
            await _apart(bus.flush(int(ANSWER_SECONDS_MAX)))
        except (Unreachable, NatsError, OSError, TimeoutError) as error:
            self._device.telling.say(f"command receipt: {error!r}")  # it is asked again
        if answer.then is not None:
            answer.then()

    def bytes_moved(self) -> tuple[int, int]:
        """Return the bytes of messages that came and went over the bus since this began."""
        stats = self._bus.stats if self._bus is not None else {}
        came, went = self._moved
        return came + stats.get("in_bytes", 0), went + stats.get("out_bytes", 0)

    # -- documents

    async def _keep_pulling(self) -> None:
        if self._config.nats_url:
            await self._wait_for(self._is_connected, ANSWER_SECONDS_MAX)
        failures = 0
        while True:
            self._pull_wanted.clear()
            try:
                await self._pull()
                failures = 0
                seconds = self._poll_seconds()
            except (Unreachable, NatsError, OSError, TimeoutError) as error:
                self._device.telling.say(f"pull: {error!r}")
                seconds = full_jitter(failures, seconds_max=self._config.reconnect_seconds_max)
                failures += 1
            await asyncio.sleep(min(seconds, self._spacing_seconds))
            if not await self._wait_for(self._pull_wanted, seconds):
                self._is_emergency_wanted = True
                self._is_roster_wanted = self._are_roots_wanted = True

    def _poll_seconds(self) -> float:
        seconds = self._config.poll_seconds
        if not self._is_connected.is_set():
            seconds = min(seconds, HTTP_POLL_SECONDS_MAX)
        return _spread(seconds)

    async def _pull(self) -> None:
        hinted_at, self._hinted_at = self._hinted_at, None
        is_roster_wanted, self._is_roster_wanted = self._is_roster_wanted, False
        try:
            if self._is_emergency_wanted:
                await self._pull_emergencies(is_roster_fresh=False)
            if is_roster_wanted or self._is_emergency_wanted or self._device.roster is None:
                await self._pull_roster()
            if self._is_emergency_wanted:
                await self._pull_emergencies(is_roster_fresh=True)
            taken = await self._pull_desired(hinted_at, is_roster_fresh=is_roster_wanted)
            await self._pull_book()
        except BaseException:
            self._hinted_at = hinted_at or self._hinted_at
            self._is_roster_wanted |= is_roster_wanted
            raise
        if taken is Taken.NEW:
            self._spacing_seconds = PULL_SPACING_SECONDS
        elif hinted_at is not None:
            self._spacing_seconds = min(self._spacing_seconds * 2, PULL_SPACING_SECONDS_MAX)

    async def _pull_roots(self) -> None:
        """Follow the chain of roots to its end; not at every reconnect of a whole city."""
        for _ in range(ROOTS_AT_ONCE_MAX):
            version = self._device.trust.wanted
            data = await self._document(subjects.root_key(version), f"device/root/{version}")
            if data is None or not self._device.take_root(data):
                break
        self._device.trust.note_none()
        self._are_roots_wanted = False

    async def _pull_emergencies(self, *, is_roster_fresh: bool) -> None:
        """Fetch all that are live, before anything else; what a newer roster may answer waits for it."""
        data = await self._document(subjects.EMERGENCY_KEY, "device/emergency", LIST_BYTES_MAX)
        try:
            sealed = list(read_list(data)) if data is not None else []
        except Refused as refusal:
            self._device.telling.refuse("emergency", content_hash(data or b""), refusal)
            sealed = []
        taken = {
            self._device.take_emergency(one, is_roster_fresh=is_roster_fresh, is_listed=True)
            for one in sealed
        }
        if is_roster_fresh:
            doubted, self._doubted = self._doubted, []
            for one in doubted:
                self._device.take_emergency(one, is_roster_fresh=True)
        self._is_emergency_wanted = Taken.NEEDS_ROSTER in taken or bool(self._doubted)

    async def _pull_roster(self) -> None:
        if self._are_roots_wanted or self._device.trust.root is None:
            await self._pull_roots()
        data = await self._document(subjects.ROSTER_KEY, "device/roster")
        if data is not None:
            taken = self._device.take_roster(data, is_root_fresh=False)
            if taken is Taken.NEEDS_ROOT:
                await self._pull_roots()
                self._device.take_roster(data)
        if self._is_connected.is_set() and await self._listen(self._live_bus()):
            self._pull_wanted.set()  # a hint for a place that is ours only now went by unheard

    async def _pull_desired(
        self, hinted_at: datetime | None, *, is_roster_fresh: bool
    ) -> Taken | None:
        device = self._config.device
        data = await self._document(subjects.desired_key(device), f"device/{device}/desired")
        if data is None:
            return None
        # A hint that came while the answer was on its way led to this document as well.
        hinted_at = hinted_at or self._hinted_at
        taken = self._device.take_desired(
            data, hinted_at=hinted_at, is_roster_fresh=is_roster_fresh
        )
        if taken is Taken.NEEDS_ROSTER:
            await self._pull_roster()
            taken = self._device.take_desired(data, hinted_at=hinted_at, is_roster_fresh=True)
        return taken

    async def _pull_book(self) -> None:
        """Fetch what is planned for the days ahead; it is too long for the bus."""
        sha256 = self._device.bookshelf.wanted(self._device.desired)
        if not sha256 or not self._config.http_url:
            return
        url = f"{self._config.http_url.rstrip('/')}/device/book/{sha256}"
        data = await self._fetcher.document(url, BOOK_BYTES_MAX)
        if data is not None:
            self._device.take_book(data)

    async def _document(
        self, key: str, path: str, bytes_max: int = ROSTER_BYTES_MAX
    ) -> bytes | None:
        """Return what the city holds under this key, or None; by HTTP when the bus does not answer."""
        try:
            return await self._ask_bus(key)
        except (Unreachable, NatsError, OSError, TimeoutError):
            if not self._config.http_url:
                raise
        url = f"{self._config.http_url.rstrip('/')}/{path}"
        return await self._fetcher.document(url, bytes_max)

    async def _ask_bus(self, key: str) -> bytes | None:
        bus = self._live_bus()
        subject = subjects.direct_get_subject(key)
        answer = await _apart(bus.request(subject, b"", ANSWER_SECONDS_MAX))
        headers = answer.headers or {}
        status = headers.get("Status", "")
        if status == "404" or headers.get("KV-Operation") in _GONE:
            return None
        if status:
            raise Unreachable(f"the bus answers {status}")
        return answer.data

    def _live_bus(self) -> Client:
        if self._bus is None or not self._is_connected.is_set():
            raise Unreachable("not connected")
        if self._bus.is_closed:
            # The library does not tell of every end: without this it would be waited for for ever.
            self._note_lost()
            raise Unreachable("the connection closed")
        return self._bus

    # -- what the device says

    async def _keep_telling(self) -> None:
        failures = 0
        while True:
            self._rows_wanted.clear()
            batch = self._device.log_batch() if self._is_connected.is_set() else None
            if batch is None:
                # Now and then, too: rows the disk refused may fit by now.
                if await self._wait_for(self._rows_wanted, _spread(self._config.heartbeat_seconds)):
                    await asyncio.sleep(_spread(GATHER_SECONDS))
                continue
            if await self._hand_in(batch):
                failures = 0
                continue
            seconds_max = min(30.0, self._config.reconnect_seconds_max)
            await asyncio.sleep(full_jitter(failures, seconds_max=seconds_max))
            failures += 1

    async def _hand_in(self, batch: bytes) -> bool:
        """Give rows to the city; True when it signed for at least one more of them."""
        before = self._device.journal.upto
        try:
            subject = subjects.log_of(self._config.device)
            bus = self._live_bus()
            answer = await _apart(bus.request(subject, batch, ANSWER_SECONDS_MAX))
            self._device.take_receipt(answer.data)
        except (Unreachable, NatsError, OSError, TimeoutError) as error:
            self._device.telling.say(f"the log waits: {error!r}")
        except Refused as refusal:
            self._device.telling.say(f"not the city's receipt: {refusal}")
        return self._device.journal.upto > before

    async def _keep_beating(self) -> None:
        while True:
            await self._is_connected.wait()
            try:
                subject = subjects.heartbeat_of(self._config.device)
                beat = self._device.heartbeat(free_mb=self._free_mb())
                await self._live_bus().publish(subject, beat)
            except (Unreachable, NatsError, OSError) as error:
                self._device.telling.say(f"no heartbeat: {error!r}")
            await asyncio.sleep(_spread(self._config.heartbeat_seconds))

    async def _wait_for(self, event: asyncio.Event, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        return True


def _spread(seconds: float) -> float:
    """Return the time ± 20 %: a fleet must not breathe in step."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311


def _refuse_closed(bus: Client) -> None:
    # The library says that it is connected before the bus has let it in.
    if not bus.is_connected:
        raise Unreachable("the bus closed its door")


async def _apart(work: Coroutine[Any, Any, T]) -> T:
    """Await a deed of the bus library in a task of its own.

    Inside it a cancellation may be lost (`wait_for` of Python 3.11 does that when the answer comes
    at the same moment), and a closing connection cancels what waits: neither may reach our loops.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task})
    finally:
        task.cancel()
    if task.cancelled():
        raise Unreachable("the connection closed")
    return task.result()


async def _ignore(error: Exception) -> None:
    """What breaks a connection is seen when it closes."""
