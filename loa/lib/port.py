"""A port: the place where a stage asks for something the outside gives.

The stage declares the port beside its protocol; `loa.project.wiring` provides the adapter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class PortNotProvided(LookupError):
    """Nothing was wired to this port."""


class Port(Generic[T]):
    """One named opening; holds at most one adapter."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._adapter: T | None = None

    def provide(self, adapter: T) -> None:
        self._adapter = adapter

    def __call__(self) -> T:
        """Return the adapter; raises PortNotProvided when the wiring forgot it."""
        if self._adapter is None:
            raise PortNotProvided(self.name)
        return self._adapter

    @contextmanager
    def replaced(self, adapter: T) -> Iterator[None]:
        """Use another adapter while the block runs (tests)."""
        before, self._adapter = self._adapter, adapter
        try:
            yield
        finally:
            self._adapter = before
