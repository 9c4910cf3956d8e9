"""What one order rests on, and how far it got before: put together each time its grounds change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from loa.player.config import DeviceConfig
from loa.player.entry import Entry
from loa.player.journal import Journal
from loa.player.outputs import Output
from loa.wire.messages import Confirmation, Edition, Media
from loa.wire.reasons import Reason, Refused

Grounds = Callable[[], tuple[Edition, Confirmation | None]]


class Judge:
    """Knows what this device remembers, holds and can sound."""

    def __init__(
        self,
        config: DeviceConfig,
        journal: Journal,
        output: Output,
        ready: set[str],
        now: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._journal = journal
        self._output = output
        self._ready = ready
        self._now = now

    def judged(self, entry: Entry, rests_on: Grounds, *, playing: str) -> Entry:
        """Fill in what it rests on and how far it got; `rests_on` raises Refused."""
        order = entry.order
        progress = self._journal.progress(order.order)
        if progress is not None:
            entry.has_ended = progress.has_ended
            if progress.started_at and order.order != playing:
                entry.started_at = datetime.fromisoformat(progress.started_at)
            if progress.paused_at and order.order != playing:
                entry.paused_at = datetime.fromisoformat(progress.paused_at)
        if entry.has_ended:
            return entry  # it never sounds again: nothing rests on it any more
        try:
            entry.edition, entry.confirmation = rests_on()
            entry.media = self._media_of(entry.edition)
        except Refused as refusal:
            entry.refusal = refusal.reason
            return entry
        entry.is_media_ready = entry.media.sha256 in self._ready
        if entry.paused_at is not None and progress is not None:
            entry.position_ms = progress.paused_ms
        elif entry.started_at is not None:
            entry.position_ms = self._position_ms(entry)
        return entry

    def _media_of(self, edition: Edition) -> Media:
        chosen = self.rendition_of(edition.media)
        if chosen is None:
            raise Refused(Reason.MEDIA_MISSING, "no rendition this device can sound")
        return chosen

    def rendition_of(self, renditions: Sequence[Media]) -> Media | None:
        """Return the rendition this device sounds best, if it sounds any."""
        for codec in self._config.codecs:
            for media in renditions:
                if media.codec == codec:
                    return media
        return None

    def _position_ms(self, entry: Entry) -> int:
        known_ms = self._output.position_ms(entry.name)
        is_silent = self._config.output == "null"
        if known_ms or not is_silent or entry.started_at is None or not entry.media:
            return known_ms
        duration_ms = entry.media.duration_ms
        if not self._output.rate:
            return duration_ms
        passed_ms = (self._now() - entry.started_at).total_seconds() * 1000 * self._output.rate
        return max(0, min(int(passed_ms), duration_ms))

    def has_ended(self, order: str) -> bool:
        progress = self._journal.progress(order)
        return progress is not None and progress.has_ended
