"""Takes what devices say from the bus into the database, in batches, and answers after commit."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from django.db import close_old_connections
from django_scopes import scopes_disabled

from loa.flow.deliveries.commands import record_answers
from loa.flow.receipts.actions import (
    count_refusals,
    open_log_batch,
    record_receipts,
    sealed_receipt,
)
from loa.flow.receipts.arrivals import Arrival
from loa.lib import clock
from loa.project.wiring import Knock, Message, Rights, receive_from_bus
from loa.registry.devices.actions import note_heartbeats
from loa.registry.devices.queries import keys_and_places, public_keys
from loa.wire import envelope, messages, subjects
from loa.wire.keys import is_signature_valid, key_id_of
from loa.wire.messages import Heartbeat
from loa.wire.reasons import Reason, Refused

log = logging.getLogger("loa.receiver")
DEVICE_NAME = re.compile("[A-Za-z0-9_-]{1,24}")
T = TypeVar("T")
U = TypeVar("U")
KEYS_FRESH_SECONDS = 10.0


class DeviceKeys:
    """The register's public keys, read again now and then and whenever a device is unknown."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._read_at = float("-inf")

    def for_devices(self, devices: set[str]) -> Mapping[str, str]:
        age = clock.monotonic() - self._read_at
        if age > KEYS_FRESH_SECONDS or (age > 1.0 and not devices <= self._keys.keys()):
            self._keys, self._read_at = public_keys(), clock.monotonic()
        return self._keys

    def learn(self, device: str, public_hex: str) -> None:
        """Take the key a device has just proved: its machine may have been replaced."""
        self._keys[device] = public_hex


class Receiver:
    """Verifies and stores; refuses by silence, so that an honest device tries again."""

    def __init__(self) -> None:
        self._keys = DeviceKeys()

    def store_logs(self, batch: Sequence[Message]) -> dict[int, bytes]:
        """Store every batch that its device signed; return the signed answers by position."""
        keys = self._keys.for_devices({message.device for message in batch})
        arrivals: dict[int, Arrival] = {}
        refusals: list[tuple[str, Reason]] = []
        for position, message in enumerate(batch):
            try:
                arrivals[position] = open_log_batch(message.body, message.device, keys)
            except Refused as refused:
                log.warning("log of %s refused: %s", message.device, refused)
                refusals.append((message.device, refused.reason))
        upto = record_receipts(list(arrivals.values())) if arrivals else {}
        count_refusals(_known(refusals, keys), list(arrivals.values()))
        return {
            position: sealed_receipt(*arrival.log, upto[arrival.log])
            for position, arrival in arrivals.items()
        }

    def store_heartbeats(self, batch: Sequence[Message]) -> dict[int, bytes]:
        keys = self._keys.for_devices({message.device for message in batch})
        now = clock.now()
        beats: list[Heartbeat] = []
        refusals: list[tuple[str, Reason]] = []
        for message in batch:
            try:
                beats.append(_heartbeat(message, keys))
            except Refused as refused:
                log.warning("heartbeat of %s refused: %s", message.device, refused)
                refusals.append((message.device, refused.reason))
        note_heartbeats([(beat, now) for beat in beats])
        count_refusals(_known(refusals, keys))
        return {}

    def store_answers(self, batch: Sequence[Message]) -> dict[int, bytes]:
        """Keep what devices say became of their commands."""
        keys = self._keys.for_devices({message.device for message in batch})
        found = record_answers([(message.device, message.body) for message in batch], keys)
        for device, refused in found:
            log.warning("command receipt of %s refused: %s", device, refused)
        count_refusals(_known([(device, refused.reason) for device, refused in found], keys))
        return {}

    def admit(self, knocks: Sequence[Knock]) -> dict[int, Rights]:
        """Let in who proves by its key to be a device of the register; returns rights by position."""
        # Anyone may knock by any name: one the database cannot take must not shut out the others.
        known = keys_and_places({k.device for k in knocks if DEVICE_NAME.fullmatch(k.device)})
        rights = {}
        for position, knock in enumerate(knocks):
            public_hex, places = known.get(knock.device, ("", []))
            if public_hex and is_signature_valid(public_hex, knock.nonce, knock.signature):
                self._keys.learn(knock.device, public_hex)
                rights[position] = Rights(
                    may_say=subjects.device_may_say(knock.device),
                    may_hear=subjects.device_may_hear(knock.device, places),
                )
            else:
                log.warning("%.40r may not enter the bus", knock.device)
        return rights


def _known(
    refusals: Sequence[tuple[str, Reason]], keys: Mapping[str, str]
) -> list[tuple[str, Reason]]:
    # A subject may name anything; what is no device of the register is counted nowhere.
    return [(device, reason) for device, reason in refusals if device in keys]


def _heartbeat(message: Message, keys: Mapping[str, str]) -> Heartbeat:
    """Return what this device said of itself; raises Refused."""
    public_hex = keys.get(message.device)
    known = {key_id_of(public_hex): public_hex} if public_hex else {}
    payload, _ = envelope.open_payload(message.body, messages.HEARTBEAT, known)
    beat = envelope.parse(payload, Heartbeat)
    if beat.device != message.device:
        raise Refused(Reason.WRONG_DEVICE, beat.device)
    return beat


def _in_thread(
    store: Callable[[Sequence[T]], dict[int, U]],
) -> Callable[[Sequence[T]], Awaitable[dict[int, U]]]:
    def guarded(batch: Sequence[T]) -> dict[int, U]:
        try:
            close_old_connections()
            with scopes_disabled():
                return store(batch)
        except Exception:
            # Without an answer the devices keep their rows and send them again.
            log.exception("a batch of %s could not be stored", len(batch))
            return {}

    async def run(batch: Sequence[T]) -> dict[int, U]:
        return await asyncio.to_thread(guarded, batch)

    return run


async def run() -> None:
    receiver = Receiver()
    work = asyncio.create_task(
        receive_from_bus(
            store_logs=_in_thread(receiver.store_logs),
            store_answers=_in_thread(receiver.store_answers),
            store_heartbeats=_in_thread(receiver.store_heartbeats),
            admit=_in_thread(receiver.admit),
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    print("receiver ready", flush=True)
    try:
        await work
    except asyncio.CancelledError:
        return


def main() -> None:
    asyncio.run(run())
