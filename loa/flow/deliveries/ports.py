from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from loa.lib.port import Port


class FleetBus(Protocol):
    """Where devices look for what they should do."""

    def put(self, documents: Iterable[tuple[str, bytes]]) -> None:
        """Store each document under its key; returns once the store holds them all."""
        ...

    def hint(self, subjects: Iterable[str], seq: int) -> None:
        """Wake whoever listens; nothing depends on its arrival."""
        ...

    def say(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Say each of these on its subject to whoever listens now; nothing keeps them."""
        ...

    def put_out(self, devices: Iterable[str]) -> None:
        """End the connections of these devices at once."""
        ...

    def has_forgotten(self) -> bool:
        """Say, once, that what was put before is gone and wants to be put again."""
        ...


fleet_bus: Port[FleetBus] = Port("deliveries.fleet_bus")
# A line of its own: an emergency does not stand behind ten thousand documents.
emergency_bus: Port[FleetBus] = Port("deliveries.emergency_bus")
