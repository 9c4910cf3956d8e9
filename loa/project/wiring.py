"""Where adapters meet the ports of the stages: the only importer of `loa.connectors`."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Sequence

from django.conf import settings

from loa.connectors.bus.fleet import NatsFleetBus
from loa.connectors.bus.intake import Message, receive
from loa.connectors.voice.espeak import EspeakVoice
from loa.flow.deliveries.ports import fleet_bus
from loa.flow.newsroom.ports import Voice, voices

__all__ = ["Message", "receive_from_bus", "wire"]


class CityVoices:
    """The voices of this installation, central first."""

    def __init__(self) -> None:
        self._voices: list[Voice] = [
            EspeakVoice("vi-vn-x-central"),
            EspeakVoice("vi"),
            EspeakVoice("vi-vn-x-south"),
        ]

    def all(self) -> list[Voice]:
        return list(self._voices)

    def by_id(self, voice_id: str) -> Voice:
        for voice in self._voices:
            if voice.id == voice_id:
                return voice
        raise LookupError(voice_id)


class LazyFleetBus:
    """Connects when something is first put, so that web and worker open no connection."""

    def __init__(self) -> None:
        self._bus: NatsFleetBus | None = None

    def _connected(self) -> NatsFleetBus:
        if self._bus is None:
            self._bus = NatsFleetBus(nats_url())
        return self._bus

    def put(self, documents: Iterable[tuple[str, bytes]]) -> None:
        self._connected().put(documents)

    def hint(self, subjects: Iterable[str], seq: int) -> None:
        self._connected().hint(subjects, seq)

    def has_forgotten(self) -> bool:
        return self._bus is not None and self._bus.has_forgotten()


def nats_url() -> str:
    return os.environ.get("LOA_NATS_URL") or settings.LOA_NATS_URL


def wire() -> None:
    """Provide every port."""
    voices.provide(CityVoices())
    fleet_bus.provide(LazyFleetBus())


async def receive_from_bus(
    *,
    store_logs: Callable[[Sequence[Message]], Awaitable[dict[int, bytes]]],
    store_heartbeats: Callable[[Sequence[Message]], Awaitable[dict[int, bytes]]],
) -> None:
    await receive(nats_url(), store_logs=store_logs, store_heartbeats=store_heartbeats)
