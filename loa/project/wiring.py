"""Where adapters meet the ports of the stages: the only importer of `loa.connectors`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from loa.connectors.bus import gate
from loa.connectors.bus.fleet import NatsFleetBus
from loa.connectors.bus.gate import Admit, Knock, Rights
from loa.connectors.bus.intake import Message, Store, receive
from loa.connectors.voice.espeak import EspeakVoice, VoiceFailed
from loa.connectors.voice.neural import MODEL_NAME, PHONEMISER, Layout, NeuralVoice
from loa.connectors.voice.server import ServerVoice
from loa.flow.deliveries.ports import emergency_bus, fleet_bus
from loa.flow.newsroom.ports import Voice, voices
from loa.registry.library.models import InstalledVoice
from loa.registry.library.voices import folder_of, live_voice, live_voices
from loa.registry.people import keyring
from loa.wire import subjects

__all__ = ["PHONEMISER", "Knock", "Message", "Rights", "VoiceFailed", "receive_from_bus", "wire"]


# While one batch of logs is written the next is verified; each log is held by one of them.
LOG_BATCHES_AT_ONCE = 3


class CityVoices:
    """The voices of this installation: those installed that speak Vietnamese, then espeak-ng."""

    def __init__(self) -> None:
        self._own: list[Voice] = [
            EspeakVoice("vi-vn-x-central"),
            EspeakVoice("vi"),
            EspeakVoice("vi-vn-x-south"),
        ]

    def all(self) -> list[Voice]:
        rows = live_voices()
        first = [voice_of(row) for row in rows if row.speaks_vietnamese]
        return [*first, *self._own, *(voice_of(row) for row in rows if not row.speaks_vietnamese)]

    def by_id(self, voice_id: str) -> Voice:
        # Most are our own: they need no question to the database.
        for voice in self._own:
            if voice.id == voice_id:
                return voice
        row = live_voice(voice_id)
        if row is None:
            raise LookupError(voice_id)
        return voice_of(row)


def voice_of(row: InstalledVoice) -> Voice:
    """Return the adapter that speaks as an installed voice."""
    fingerprint = f"{row.sha256[:16]}:{row.phonemiser}"
    if row.kind == InstalledVoice.Kind.SERVER:
        return ServerVoice(row.pk, row.title, fingerprint, row.address)
    return NeuralVoice(row.pk, row.title, fingerprint, folder_of(row.sha256))


def neural_voice_in(folder: Path) -> NeuralVoice:
    """Return the voice of a folder that is not entered yet; raises VoiceFailed."""
    return NeuralVoice("try", folder.name, "try", folder)


def server_voice_at(address: str) -> ServerVoice:
    return ServerVoice("try", address, "try", address)


def layout_in(folder: Path) -> Layout:
    """Return what the description of a voice says; raises VoiceFailed."""
    return Layout.read(folder / f"{MODEL_NAME}.json")


class LazyFleetBus:
    """Connects when something is first put, so that web and worker open no connection."""

    def __init__(self) -> None:
        self._bus: NatsFleetBus | None = None

    def _connected(self) -> NatsFleetBus:
        if self._bus is None:
            self._bus = NatsFleetBus(nats_url(), os.environ.get("LOA_NATS_SYSTEM_URL", ""))
        return self._bus

    def put(self, documents: Iterable[tuple[str, bytes]]) -> None:
        self._connected().put(documents)

    def hint(self, names: Iterable[str], seq: int) -> None:
        self._connected().hint(names, seq)

    def say(self, messages: Iterable[tuple[str, bytes]]) -> None:
        self._connected().say(messages)

    def put_out(self, devices: Iterable[str]) -> None:
        self._connected().put_out(devices)

    def has_forgotten(self) -> bool:
        return self._bus is not None and self._bus.has_forgotten()


def nats_url() -> str:
    return os.environ.get("LOA_NATS_URL") or settings.LOA_NATS_URL


def wire() -> None:
    """Provide every port."""
    voices.provide(CityVoices())
    fleet_bus.provide(LazyFleetBus())
    emergency_bus.provide(LazyFleetBus())


async def receive_from_bus(
    *, store_logs: Store, store_heartbeats: Store, store_answers: Store, admit: Admit
) -> None:
    """Take logs, heartbeats and receipts, and answer who wants to enter the bus, until cancelled."""
    stores = {
        gate.SUBJECT: gate.gate(admit, keyring.gate_key()),
        subjects.ALL_LOGS: store_logs,
        subjects.ALL_HEARTBEATS: store_heartbeats,
        subjects.ALL_COMMAND_RECEIPTS: store_answers,
    }
    await receive(nats_url(), stores, at_once={subjects.ALL_LOGS: LOG_BATCHES_AT_ONCE})
