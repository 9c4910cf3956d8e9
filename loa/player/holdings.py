"""What a device holds beside its documents: which files are there, and what of the standing sounds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from loa.player.entry import Entry
from loa.player.radio import Radio
from loa.player.stand_in import StandIns
from loa.player.standing import Tuned
from loa.player.telling import Telling
from loa.wire.messages import Event
from loa.wire.reasons import Reason


class Holdings:
    """The part of a device that notes what its files and streams do."""

    entries: dict[str, Entry]
    playing: str
    radio: Radio
    stand_ins: StandIns
    telling: Telling
    on_change: Callable[[], None]
    _ready: set[str]

    def now(self) -> datetime:
        raise NotImplementedError

    # -- files

    def media_urgent(self) -> set[str]:
        """Return the hashes of what an emergency is to sound: fetched beside all else, not after."""
        return {
            entry.media.sha256
            for entry in self.entries.values()
            if entry.is_emergency and not entry.has_ended and entry.media is not None
        }

    def has_media(self, sha256: str) -> bool:
        return sha256 in self._ready

    def note_media_ready(self, sha256: str) -> None:
        self._ready.add(sha256)
        self.stand_ins.note_media_ready(sha256)
        with self.telling.together():
            for entry in self._live_with(sha256):
                entry.is_media_ready, entry.media_trouble = True, None
                self.telling.climb(entry.name, entry.order.edition_sha256, Event.MEDIA_READY)
        self.on_change()

    def note_media_trouble(self, sha256: str, reason: Reason) -> None:
        """Note why the file is not there; an order that ends unsounded for want of it says so."""
        self._ready.discard(sha256)
        for entry in self._live_with(sha256):
            entry.is_media_ready, entry.media_trouble = False, reason
        self.telling.say(f"media {sha256[:12]}: {reason}")

    def _live_with(self, sha256: str) -> list[Entry]:
        return [
            entry
            for entry in self.entries.values()
            if not entry.has_ended and entry.media is not None and entry.media.sha256 == sha256
        ]

    # -- what stands every week

    def note_tuned(self, tuned: Tuned) -> None:
        """Write down what of something standing sounds from now on."""
        self.radio.note_tuned(tuned)
        self.playing = tuned.name

    def note_tuned_ended(self) -> None:
        """Ask again what comes next: the file of a loop came to its end, or a stream broke off."""
        self.radio.note_ended()
        self.on_change()

    def note_untuned(self) -> None:
        """Write down that what stands every week gave way, or that its hour is over."""
        self.radio.note_untuned()
        self.playing = ""
        self.on_change()

    def note_stream(self, source: str, *, is_silent: bool) -> None:
        """Take in that a stream fell silent or came back; the ladder decides what sounds instead."""
        self.radio.note_stream(source, is_silent=is_silent)
        self.on_change()

    def streams_wanted(self) -> tuple[str, ...]:
        return self.radio.streams_wanted(self.now())
