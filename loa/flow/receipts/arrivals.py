"""What came from a device and passed."""

from __future__ import annotations

from dataclasses import dataclass

from loa.wire.messages import LogBatch


@dataclass(frozen=True)
class Arrival:
    """A log batch that passed: whose it is, its bytes and its rows."""

    sealed: bytes
    batch: LogBatch

    @property
    def log(self) -> tuple[str, str]:
        return self.batch.device, self.batch.log
