"""Cut off for two weeks, a device plays all that was planned, from the book of its place."""

from __future__ import annotations

import uuid
from datetime import timedelta

import msgspec
import pytest

from loa.wire import canonical
from loa.wire.books import Book, Booked
from loa.wire.cast import COMMUNE, NEIGHBOUR
from loa.wire.emergency import order_name
from loa.wire.messages import Prefetch, Priority

DAY = timedelta(days=1)
SERIES = [str(uuid.UUID(int=number)) for number in range(14)]


@pytest.fixture
def book(town, cast, watch):
    """Return the bytes of a book with one item at this hour of each of fourteen days."""

    def make(place=COMMUNE, by="chair", **changes):
        edition = cast.edition(media=(town.media,), approver=by, valid_until=watch.now + 30 * DAY)
        sha256, sealed = cast.sealed_edition(edition, by)
        fields = {
            "place": place,
            "begins_at": watch.now,
            "ends_at": watch.now + 15 * DAY,
            "orders": tuple(
                Booked(
                    series=series,
                    edition_sha256=sha256,
                    priority=Priority.NORMAL,
                    start_at=watch.now + number * DAY + timedelta(hours=1),
                    latest_start_at=watch.now + number * DAY + timedelta(hours=1, minutes=10),
                )
                for number, series in enumerate(SERIES)
            ),
            "envelopes": {sha256: sealed},
        }
        return canonical.encode(Book(**(fields | changes)))

    return make


def named(data: bytes) -> Prefetch:
    return Prefetch(sha256=canonical.content_hash(data), bytes=len(data))


def name(number: int) -> str:
    return order_name(SERIES[number], "dn-0001", 0)


def hours_pass(device, ear, watch, hours: int) -> None:
    for _ in range(hours * 2):
        watch.pass_by(minutes=30)
        ear.follow(device)


def test_it_plays_every_day_of_two_weeks_without_a_word_from_the_city(town, cast, ear, watch, book):
    device, data = town.boot(), book()
    device.take_desired(cast.document(book=named(data), quiet_hours=()))
    assert device.bookshelf.wanted(device.desired) == canonical.content_hash(data)
    device.take_book(data)
    assert device.bookshelf.wanted(device.desired) == ""
    assert (town.media.sha256, town.media.bytes) in set(device.media_wanted())
    device.note_media_ready(town.media.sha256)
    for day in range(14):
        hours_pass(device, ear, watch, 24)
        if day == 6:
            device = town.boot(roster=False)  # a power cut in the middle
            device.note_media_ready(town.media.sha256)
    assert ear.heard == [name(number) for number in range(14)]


def test_what_the_document_names_too_sounds_once(town, cast, ear, watch, book):
    device, data = town.boot(), book()
    start = {"order": name(0), "start_at": watch.now + timedelta(hours=1)}
    device.take_desired(town.desired(start, book=named(data), quiet_hours=()))
    device.take_book(data)
    device.note_media_ready(town.media.sha256)
    hours_pass(device, ear, watch, 3)
    device.take_desired(cast.document(seq=9, book=named(data), quiet_hours=()))
    hours_pass(device, ear, watch, 3)
    assert ear.heard == [name(0)]


def test_a_newer_book_takes_the_place_of_the_older(town, cast, ear, watch, book):
    device, old = town.boot(), book()
    device.take_desired(cast.document(book=named(old), quiet_hours=()))
    device.take_book(old)
    device.note_media_ready(town.media.sha256)
    new = book(orders=())
    device.take_desired(cast.document(seq=9, book=named(new), quiet_hours=()))
    assert device.bookshelf.wanted(device.desired)
    device.take_book(new)
    hours_pass(device, ear, watch, 30)
    assert ear.heard == []


def test_when_none_is_named_any_more_nothing_of_it_sounds(town, cast, ear, watch, book):
    device, data = town.boot(), book()
    device.take_desired(cast.document(book=named(data), quiet_hours=()))
    device.take_book(data)
    device.note_media_ready(town.media.sha256)
    device.take_desired(cast.document(seq=9, quiet_hours=()))
    hours_pass(device, ear, watch, 12)
    again = town.boot()
    again.note_media_ready(town.media.sha256)
    hours_pass(again, ear, watch, 30)
    assert ear.heard == []


def test_after_a_boot_the_newest_book_stands_until_the_next_is_here(town, cast, ear, watch, book):
    device, first = town.boot(), book()
    second, third = book(orders=()), book(begins_at=watch.now + DAY)
    for seq, data in ((8, first), (9, second)):
        device.take_desired(cast.document(seq=seq, book=named(data), quiet_hours=()))
        device.take_book(data)
    device.take_desired(cast.document(seq=10, book=named(third), quiet_hours=()))
    again = town.boot()
    again.note_media_ready(town.media.sha256)
    hours_pass(again, ear, watch, 30)
    assert ear.heard == []


def test_what_is_not_the_book_named_is_refused(  # noqa: PLR0917 - fixtures
    town, cast, ear, ladder, watch, book
):
    device, data = town.boot(), book()
    device.take_desired(cast.document(book=named(data), quiet_hours=()))
    device.take_book(data + b" ")
    elsewhere = book(place=NEIGHBOUR)
    device.take_desired(cast.document(seq=9, book=named(elsewhere), quiet_hours=()))
    device.take_book(elsewhere)
    torn = b"{"
    device.take_desired(cast.document(seq=10, book=named(torn), quiet_hours=()))
    device.take_book(torn)
    assert [row for row in ladder(device) if row.startswith("refused")] == [
        "refused media_mismatch",
        "refused wrong_place",
        "refused malformed",
    ]
    hours_pass(device, ear, watch, 30)
    assert ear.heard == []


def test_nobody_approves_by_a_book(town, cast, ear, watch, book):
    device, data = town.boot(), book(by="stranger")
    device.take_desired(cast.document(book=named(data), quiet_hours=()))
    device.take_book(data)
    device.note_media_ready(town.media.sha256)
    hours_pass(device, ear, watch, 30)
    assert ear.heard == []


def test_a_book_outlives_a_power_cut_that_comes_before_the_next(town, cast, ear, watch, book):
    device, data = town.boot(), book()
    device.take_desired(cast.document(book=named(data), quiet_hours=()))
    device.take_book(data)
    newer = book(begins_at=watch.now + DAY)
    device.take_desired(cast.document(seq=9, book=named(newer), quiet_hours=()))
    again = town.boot()
    again.note_media_ready(town.media.sha256)
    assert again.bookshelf.wanted(again.desired) == canonical.content_hash(newer)
    hours_pass(again, ear, watch, 3)
    assert ear.heard == [name(0)]


def test_a_book_of_odd_shape_is_malformed(book):
    plain = msgspec.json.decode(book())
    for field, value in (("orders", [{}]), ("place", 5), ("envelopes", []), ("begins_at", "now")):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(plain | {field: value}, Book)
