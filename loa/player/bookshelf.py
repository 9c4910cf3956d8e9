"""The book a device lives from when it is cut off: what is planned at its place for many days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from loa.player.journal import Journal
from loa.wire import books, rules
from loa.wire.books import Book
from loa.wire.canonical import content_hash
from loa.wire.messages import Desired, Media, Order, Roster
from loa.wire.reasons import Refused

BOOK = "book"
# Near enough to be an order; what the city dispatches meanwhile has the same name.
AHEAD = timedelta(hours=20)
BEHIND = timedelta(hours=2)
TURN = timedelta(minutes=10)


class Bookshelf:
    """Keeps the book that the document names, and the one before until it is here."""

    def __init__(self, device: str, place: str, journal: Journal) -> None:
        self._device, self._place, self._journal = device, place, journal
        self.book: Book | None = None
        self._sha256 = ""
        self._turn_at: datetime | None = None
        self._media: dict[str, tuple[Media, ...]] = {}

    def wanted(self, desired: Desired | None) -> str:
        """Return the hash of the book that is named and not here; empty: none."""
        named = desired.book if desired is not None else None
        return named.sha256 if named is not None and named.sha256 != self._sha256 else ""

    def take(self, data: bytes, desired: Desired) -> None:
        """Put this book on the shelf; raises Refused when it is not the one named."""
        assert desired.book is not None  # noqa: S101 - it was asked for because it is named
        self.book = books.open_book(data, desired.book, place=self._place)
        self._sha256, self._turn_at = desired.book.sha256, None
        self._journal.keep_document(BOOK, data, desired.seq)

    def restore(self, desired: Desired | None) -> None:
        """Take up the book of before this boot: the one named, else the newest as it is."""
        if desired is None or desired.book is None:
            return
        for data in self._journal.documents(BOOK):
            try:
                found = books.read_book(data, place=self._place)
            except Refused:
                continue
            sha256 = content_hash(data)
            if self.book is None or sha256 == desired.book.sha256:
                self.book, self._sha256 = found, sha256

    def is_time_to_turn(self, now: datetime) -> bool:
        """Say whether other orders may have come near since they were last asked for."""
        return self.book is not None and (self._turn_at is None or now >= self._turn_at)

    def orders(self, desired: Desired | None, now: datetime) -> list[Order]:
        """Return the orders near this instant; none when the document names no book any more."""
        self._turn_at = now + TURN
        if self.book is None or desired is None or desired.book is None:
            return []
        return list(books.orders_of(self.book, self._device, now - BEHIND, now + AHEAD))

    def document(self, desired: Desired) -> Desired:
        """Return the document with the envelopes of the book."""
        return books.as_document(self.book, desired) if self.book is not None else desired

    def media(
        self, desired: Desired | None, roster: Roster | None, now: datetime
    ) -> Iterator[tuple[Media, ...]]:
        """Yield the renditions of every edition still to sound, soonest first."""
        if self.book is None or roster is None or desired is None or desired.book is None:
            return
        ahead = [one for one in self.book.orders if one.latest_start_at > now]
        for name in dict.fromkeys(
            one.edition_sha256 for one in sorted(ahead, key=lambda one: one.start_at)
        ):
            if name not in self._media:
                self._media[name] = _media_of(self.book, name, roster)
            yield self._media[name]


def _media_of(book: Book, name: str, roster: Roster) -> tuple[Media, ...]:
    sealed = book.envelopes.get(name)
    if sealed is None:
        return ()
    try:
        edition, sha256, _ = rules.open_edition(bytes(sealed), roster)
    except Refused:
        return ()
    return edition.media if sha256 == name else ()
