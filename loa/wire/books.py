"""The book of a place: all that is planned there for the days ahead, shared by its devices.

A desired document has room for a few orders; it names the book by its hash, and so the director
signs for it. What a device orders itself from it rests on the same editions and confirmations.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from loa.wire import canonical, envelope
from loa.wire.emergency import order_name
from loa.wire.messages import Desired, Instant, Order, Prefetch, Priority
from loa.wire.policies import Count, LatePolicy, Resume, StartPolicy
from loa.wire.reasons import Reason, Refused
from loa.wire.rules import LAST_YEAR

BOOK_BYTES_MAX = 1_048_576
ORDERS_MAX = 2_000
SeriesName = Annotated[
    str, Meta(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
]


class Booked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every device of the place is to sound once; each gives it the name that is its own."""

    series: SeriesName
    sounding: Count = 0
    edition_sha256: str
    priority: Priority
    start_at: Instant
    latest_start_at: Instant
    confirmation: str | None = None
    rank: Count = 0
    start: StartPolicy | None = None
    late: LatePolicy | None = None
    resume: Resume | None = None


class Book(Struct, frozen=True, kw_only=True):
    """All that is planned at a place from `begins_at` until `ends_at`."""

    schema: str = "loa/book/1"
    place: str
    begins_at: Instant
    ends_at: Instant
    orders: Annotated[tuple[Booked, ...], Meta(max_length=ORDERS_MAX)] = ()
    envelopes: dict[str, msgspec.Raw] = {}


def open_book(data: bytes, named: Prefetch, *, place: str) -> Book:
    """Return the book a desired document names; raises Refused.

    Other bytes are `media_mismatch`, another place's is `wrong_place`.
    """
    if len(data) > BOOK_BYTES_MAX:
        raise Refused(Reason.OVERSIZE, f"{len(data)} bytes")
    if len(data) != named.bytes or canonical.content_hash(data) != named.sha256:
        raise Refused(Reason.MEDIA_MISMATCH, named.sha256)
    return read_book(data, place=place)


def read_book(data: bytes, *, place: str) -> Book:
    """Return a book that was opened before; raises Refused."""
    book = envelope.parse(data, Book)
    if book.place != place:
        raise Refused(Reason.WRONG_PLACE, book.place)
    if any(booked.latest_start_at.year > LAST_YEAR for booked in book.orders):
        raise Refused(Reason.MALFORMED, "an instant at the end of the calendar")
    return book


def orders_of(book: Book, device: str, begin: datetime, end: datetime) -> Iterator[Order]:
    """Yield the orders of this device that begin in [begin, end)."""
    for booked in book.orders:
        if begin <= booked.start_at < end:
            yield Order(
                order=order_name(booked.series, device, booked.sounding),
                edition_sha256=booked.edition_sha256,
                priority=booked.priority,
                start_at=booked.start_at,
                latest_start_at=booked.latest_start_at,
                confirmation=booked.confirmation,
                rank=booked.rank,
                start=booked.start,
                late=booked.late,
                resume=booked.resume,
            )


def as_document(book: Book, desired: Desired) -> Desired:
    """Return the desired document with the envelopes of its book, to verify an order of it."""
    return msgspec.structs.replace(desired, envelopes={**book.envelopes, **desired.envelopes})
