"""What is planned for two weeks stands in the book of the place, under the names of the orders."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from loa.flow.deliveries.actions import dispatch_due, let_books_follow
from loa.flow.deliveries.books import book_named, write_books
from loa.flow.deliveries.models import BookIssue, PlayOrder
from loa.flow.deliveries.queries import document_for
from loa.flow.schedules.actions import call_off_placement
from loa.flow.schedules.models import Placement
from loa.flow.schedules.programmes import Policies, save_rule
from loa.lib import clock
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import MORNING
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code
from loa.wire import books, envelope
from loa.wire.messages import Desired
from loa.wire.policies import Resume

DAILY = "DTSTART;TZID=Asia/Ho_Chi_Minh:20261124T170000\nRRULE:FREQ=DAILY"
DAY = timedelta(days=1)


@pytest.fixture
def daily(way, morning):
    """A programme at 17:00 of every day, in Hải Châu."""
    edition = way.edition(valid_until=MORNING + 60 * DAY)
    return save_rule(
        edition,
        by=person_by_username("mai"),
        recurrence=DAILY,
        valid_from=date(2026, 11, 24),
        valid_until=date(2027, 1, 10),
        places=[place_by_code(HAI_CHAU)],
        policies=Policies(resume="pause"),
    )


def held(device: str = "DN-0001") -> tuple[Desired, books.Book | None]:
    """Open the newest document of a device and the book it names, without asking who signed."""
    sealed = document_for(device)
    assert sealed is not None
    desired = envelope.parse(envelope.read(sealed).payload_bytes, Desired)
    if desired.book is None:
        return desired, None
    data = book_named(desired.book.sha256)
    assert data is not None
    return desired, books.open_book(data, desired.book, place=desired.place)


def test_two_weeks_stand_in_the_book_and_one_day_in_the_document(daily) -> None:
    assert let_books_follow()
    _, book = held()
    assert book is not None
    # What is near is not in it before the city has written the order down.
    assert all(one.start_at > MORNING + timedelta(hours=20) for one in book.orders)
    while dispatch_due():
        pass
    let_books_follow()
    desired, book = held()
    assert book is not None
    assert len(desired.orders) == 1
    assert [one.start_at for one in book.orders] == [
        clock.local(MORNING).replace(hour=17, minute=0) + n * DAY for n in range(len(book.orders))
    ]
    assert len(book.orders) >= 14
    assert {one.resume for one in book.orders} == {Resume.PAUSE}
    # One edition serves all of them.
    assert len(book.envelopes) == 1


def test_the_names_in_the_book_are_those_of_the_orders(daily) -> None:
    while dispatch_due():
        pass
    let_books_follow()
    desired, book = held()
    assert book is not None
    named = list(books.orders_of(book, "DN-0001", MORNING - DAY, MORNING + DAY))
    assert [order.order for order in named] == [order.order for order in desired.orders]
    assert {order.order for order in named} <= {
        str(pk) for pk in PlayOrder.objects.values_list("pk", flat=True)
    }
    elsewhere = {order.order for order in books.orders_of(book, "DN-0009", MORNING, MORNING + DAY)}
    assert elsewhere.isdisjoint({order.order for order in named})


def test_writing_again_changes_nothing_and_a_change_is_followed(daily) -> None:
    assert write_books()
    before = list(BookIssue.objects.values_list("place", "sha256"))
    assert write_books() == set()
    assert list(BookIssue.objects.values_list("place", "sha256")) == before
    call_off_placement(Placement._base_manager.order_by("start_at").last())
    let_books_follow()
    _, book = held()
    assert book is not None
    assert dict(BookIssue.objects.values_list("place", "sha256")) != dict(before)


def test_only_the_places_concerned_have_one(daily) -> None:
    write_books()
    assert all(
        code.startswith(HAI_CHAU) for code in BookIssue.objects.values_list("place", flat=True)
    )


def test_a_book_that_became_empty_is_named_no_more(daily) -> None:
    let_books_follow()
    for placement in Placement._base_manager.all():
        call_off_placement(placement)
    let_books_follow()
    assert held()[1] is None
    assert not BookIssue.objects.exists()
