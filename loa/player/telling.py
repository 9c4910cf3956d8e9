"""How a device tells what it did: log rows, each rung once, and sealed batches of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from loa.lib import clock
from loa.player.journal import Journal
from loa.wire import canonical, envelope
from loa.wire.keys import SigningKey
from loa.wire.messages import LOG, Clock, Event, LogBatch, LogRow
from loa.wire.reasons import Reason, Refused

BATCH_ROWS_MAX = 40
REFUSED_ROWS_AN_HOUR_MAX = 20
Detail = dict[str, str | int]


class Telling:
    """Writes the log of one device."""

    def __init__(
        self,
        device: str,
        key: SigningKey,
        journal: Journal,
        clock_state: Callable[[], Clock],
        say: Callable[[str], None],
    ) -> None:
        self._device = device
        self._key = key
        self._journal = journal
        self._clock_state = clock_state
        self.say = say
        self.on_rows: Callable[[], None] = lambda: None
        self._open: tuple[list[LogRow], list[str]] | None = None
        self._unlogged_refusals = 0
        self._refusals_this_hour = (clock.monotonic(), 0)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write all rows of the block in one go."""
        if self._open is not None:
            yield
            return
        self._open = ([], [])
        try:
            yield
        finally:
            rows, orders = self._open
            self._open = None
            self._write(rows, orders)

    def row(
        self,
        event: Event,
        order: str = "",
        edition_sha256: str = "",
        *,
        at: datetime | None = None,
        reason: Reason | None = None,
        detail: Detail | None = None,
    ) -> None:
        """Log one thing that happened."""
        row = LogRow(
            seq=0,  # the journal numbers it
            at=at or clock.now(),
            monotonic_ms=int(clock.monotonic() * 1000),
            clock=self._clock_state(),
            event=event,
            order=order,
            edition_sha256=edition_sha256,
            reason=reason or "",
            detail=detail or {},
        )
        with self.together():
            assert self._open is not None  # noqa: S101 - opened one line above
            self._open[0].append(row)
            if order:
                self._open[1].append(order)
        self.say(" ".join(part for part in (event, order, reason) if part))

    def climb(
        self,
        order: str,
        edition_sha256: str,
        event: Event,
        *,
        at: datetime | None = None,
        detail: Detail | None = None,
    ) -> None:
        """Log a rung of an order, unless it was logged before, in this life or an earlier one."""
        progress = self._journal.begin(order, edition_sha256)
        if event in progress.rungs:
            return
        progress.rungs.append(event)
        self.row(event, order, edition_sha256, at=at, detail=detail)

    def finish(self, order: str, edition_sha256: str, detail: Detail) -> None:
        self._journal.begin(order, edition_sha256).has_ended = True
        self.row(Event.FINISHED, order, edition_sha256, detail=detail)

    def end(self, order: str, edition_sha256: str, reason: Reason) -> None:
        """Log that an order ends without having sounded to its end; it never sounds again."""
        self._journal.begin(order, edition_sha256).has_ended = True
        self.row(Event.SKIPPED, order, edition_sha256, reason=reason)

    def refuse(self, document: str, sha256: str, refusal: Refused) -> None:
        """Log a bad document once; whoever sends many different ones cannot fill the log."""
        began, count = self._refusals_this_hour
        if clock.monotonic() - began >= 3600:
            began, count = clock.monotonic(), 0
        if count >= REFUSED_ROWS_AN_HOUR_MAX or not self._journal.remember_refusal(sha256):
            self._unlogged_refusals += 1
            return
        self._refusals_this_hour = (began, count + 1)
        detail: Detail = {"document": document, "sha256": sha256, "why": refusal.detail[:120]}
        if self._unlogged_refusals:
            detail["more"] = self._unlogged_refusals
            self._unlogged_refusals = 0
        self.row(Event.REFUSED, reason=refusal.reason, detail=detail)

    def batch(self, boot: str) -> bytes | None:
        """Return the oldest rows the city does not hold, sealed, within the size of a message."""
        self._journal.save()
        rows = self._journal.unacknowledged(BATCH_ROWS_MAX)
        while rows:
            message = LogBatch(
                device=self._device, log=self._journal.log, boot=boot, rows=tuple(rows)
            )
            sealed = envelope.seal(LOG, canonical.encode(message), self._key)
            if len(sealed) <= canonical.MESSAGE_BYTES_MAX:
                return sealed
            rows = rows[: len(rows) // 2]
        return None

    def _write(self, rows: list[LogRow], orders: list[str]) -> None:
        if not rows:
            return
        if not self._journal.write(rows, orders):
            self.say(f"the disk refuses the log, kept in memory: {self._journal.trouble}")
        self.on_rows()
