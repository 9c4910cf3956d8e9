"""What sounds in place of an emergency's sound that is not there in time: of its own order, never as it.

The order itself waits on: once its sound is there it sounds, or at the next repetition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from loa.player.emergency import Alarm
from loa.player.entry import Entry
from loa.wire.emergency import STAND_IN_AFTER, stand_in_name
from loa.wire.messages import Media, Order, Priority


@dataclass(frozen=True)
class Wanted:
    """What is to be made ready: a tone, and after it this text by a voice of the device."""

    spoken: str | None


@dataclass
class StandIns:
    """The stand-ins of one device, by the order each stands in for."""

    codecs: tuple[str, ...] = ()
    _by_order: dict[str, Entry] = field(default_factory=dict)

    def note(self, entry: Entry, *, has_ended: Callable[[str], bool]) -> None:
        """Have a stand-in for this order of an emergency, if the emergency allows one."""
        alarm = entry.alarm
        if entry.name in self._by_order or alarm is None or alarm.stand_in is None:
            return
        name = stand_in_name(entry.name)
        order = Order(
            order=name,
            edition_sha256=entry.order.edition_sha256,
            priority=Priority.EMERGENCY,
            start_at=min(entry.order.start_at + STAND_IN_AFTER, entry.order.latest_start_at),
            latest_start_at=entry.order.latest_start_at,
        )
        self._by_order[entry.name] = Entry(
            order, edition=entry.edition, alarm=alarm, has_ended=has_ended(name)
        )

    def forget_but(self, orders: Iterable[str], playing: str) -> None:
        kept = {*orders}
        self._by_order = {
            order: entry
            for order, entry in self._by_order.items()
            if order in kept or entry.name == playing
        }

    def entries(self, held: dict[str, Entry], playing: str) -> Iterator[Entry]:
        """Yield those that may be needed now: their order's own sound is not there."""
        for order, stand_in in self._by_order.items():
            if stand_in.name == playing or _is_missing(held.get(order)):
                yield stand_in

    def wanted(self, held: dict[str, Entry]) -> Iterator[Wanted]:
        """Yield what must be made on the device while a sound is missing."""
        for order, stand_in in self._by_order.items():
            if _is_missing(held.get(order)) and not stand_in.has_ended and not stand_in.media:
                yield Wanted(_spoken_of(stand_in.alarm))

    def note_made(self, wanted: Wanted, media: Media, kind: str) -> None:
        """Take what was made; `kind` says in the log whether it speaks or only calls."""
        for order, stand_in in self._by_order.items():
            if _spoken_of(stand_in.alarm) == wanted.spoken and not stand_in.media:
                self._fill(order, stand_in, media, kind)

    def media_wanted(self) -> Iterator[Media]:
        """Yield the stored phrases that should lie ready."""
        for stand_in in self._by_order.values():
            media = self._phrases_of(stand_in.alarm)
            if media is not None and not stand_in.has_ended:
                yield media

    def note_media_ready(self, sha256: str) -> None:
        """Let stored phrases stand in where the device itself can only call, not speak."""
        for order, stand_in in self._by_order.items():
            media = self._phrases_of(stand_in.alarm)
            speaks = stand_in.detail.get("stand_in") == "speech"
            if media is not None and media.sha256 == sha256 and not speaks:
                self._fill(order, stand_in, media, "phrases")

    def _fill(self, order: str, stand_in: Entry, media: Media, kind: str) -> None:
        stand_in.media, stand_in.is_media_ready = media, True
        stand_in.detail = {"stand_in": kind, "for": order}

    def _phrases_of(self, alarm: Alarm | None) -> Media | None:
        phrases = alarm.phrases if alarm is not None else None
        found = phrases.media if phrases is not None else ()
        return next((m for codec in self.codecs for m in found if m.codec == codec), None)

    def end(self, name: str) -> None:
        for stand_in in self._by_order.values():
            if stand_in.name == name:
                stand_in.has_ended = True

    def recall(self, is_cancelled: Callable[[str], bool]) -> None:
        for order, stand_in in self._by_order.items():
            stand_in.is_recalled |= is_cancelled(order)


def _is_missing(entry: Entry | None) -> bool:
    return (
        entry is not None
        and not (entry.has_ended or entry.is_media_ready)
        and entry.refusal is None
        and entry.started_at is None
    )


def _spoken_of(alarm: Alarm | None) -> str | None:
    stand_in = alarm.stand_in if alarm is not None else None
    return stand_in.spoken if stand_in is not None else None
