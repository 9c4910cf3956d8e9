"""How much a device has moved over the network since it began: what a SIM pays for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

INTERFACES = Path("/sys/class/net")
InOut = tuple[int, int]


class Traffic:
    """Counts by the network interface if one is named: only that sees streams and overhead as well.

    Without one it adds up what the bus and the downloads of this process carried.
    """

    def __init__(
        self, interface: str, count_own: Callable[[], InOut], folder: Path = INTERFACES
    ) -> None:
        self._counters = folder / interface / "statistics" if interface else None
        self._count_own = count_own
        self._last = self._read()
        self._sum = (0, 0)

    def __call__(self) -> InOut:
        """Return bytes in and out since this began."""
        read = self._read()
        if read is None:
            return self._count_own()
        last = self._last or read
        # A modem that was plugged in again counts from nothing.
        fresh = [
            now - before if now >= before else now for now, before in zip(read, last, strict=True)
        ]
        self._last, self._sum = read, (self._sum[0] + fresh[0], self._sum[1] + fresh[1])
        return self._sum

    def _read(self) -> InOut | None:
        if self._counters is None:
            return None
        try:
            texts = [(self._counters / name).read_text() for name in ("rx_bytes", "tx_bytes")]
            return int(texts[0]), int(texts[1])
        except (OSError, ValueError):
            return None
