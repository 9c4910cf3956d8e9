"""A document holds few orders: which ones, and how the others follow."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import msgspec

from loa.flow.approvals.models import Edition
from loa.flow.deliveries import actions
from loa.flow.deliveries.actions import (
    dispatch_due,
    let_orders_follow,
    note_ended,
    renew_documents,
)
from loa.flow.deliveries.models import PlayOrder
from loa.flow.deliveries.queries import document_for
from loa.flow.deliveries.rules import ORDERS_MAX
from loa.flow.schedules.rules import START_WINDOW
from loa.lib import clock
from loa.project.cast import device_code
from loa.project.tests.way import MORNING, Way
from loa.wire import envelope
from loa.wire.messages import Desired

DEVICE = device_code(1)
MINUTE = timedelta(minutes=1)


def placed_at(way: Way, edition: Edition, *instants: datetime) -> list[str]:
    """Place the edition at each of these instants; return the device's orders in their turn."""
    for instant in instants:
        way.place(edition, at=instant)
    dispatch_due()
    orders = PlayOrder.objects.filter(device=DEVICE, occurrence__start_at__in=instants)
    return [str(order.pk) for order in orders.order_by("occurrence__start_at")]


def ordered() -> list[str]:
    data = document_for(DEVICE)
    assert data is not None
    payload = envelope.read(data).payload_bytes
    return [order.order for order in msgspec.json.decode(payload, type=Desired).orders]


def every_ten_minutes(begin: datetime, count: int) -> list[datetime]:
    return [begin + 10 * number * MINUTE for number in range(count)]


def test_a_new_order_takes_the_place_of_the_earliest_that_has_passed(way) -> None:
    with clock.at(MORNING):
        edition = way.edition()
        earlier = placed_at(way, edition, *every_ten_minutes(MORNING + MINUTE, ORDERS_MAX))
    with clock.at(MORNING + 60 * MINUTE):
        (fresh,) = placed_at(way, edition, clock.now() + MINUTE)
        assert ordered() == [*earlier[1:], fresh]


def test_a_sixth_sound_within_minutes_is_ordered_at_once(way) -> None:
    with clock.at(MORNING):
        edition = way.edition()
        earlier = placed_at(way, edition, *(MORNING + n * MINUTE for n in range(1, ORDERS_MAX + 1)))
    with clock.at(MORNING + 8 * MINUTE):
        (fresh,) = placed_at(way, edition, clock.now() + MINUTE)
        assert ordered() == [*earlier[:-1], fresh]


def test_what_ended_gives_way_to_what_was_held_up(way) -> None:
    with clock.at(MORNING):
        edition = way.edition()
        earlier = placed_at(way, edition, *(MORNING + n * MINUTE for n in range(1, ORDERS_MAX + 1)))
        held_up = MORNING + (ORDERS_MAX + 1) * MINUTE
    with clock.at(held_up):
        way.place(edition, at=held_up)
    with clock.at(held_up + MINUTE):
        # All six should have ended by now, and all may still begin: the latest has no room.
        dispatch_due()
        assert ordered() == earlier
    with clock.at(held_up + 2 * MINUTE):
        note_ended([(uuid.UUID(earlier[1]), DEVICE)])
        assert let_orders_follow(clock.now()) == 1
        fresh = PlayOrder.objects.get(device=DEVICE, occurrence__start_at=held_up)
        assert ordered() == [earlier[0], *earlier[2:], str(fresh.pk)]


def test_an_end_counts_only_from_the_device_of_the_order(way) -> None:
    with clock.at(MORNING):
        (order,) = placed_at(way, way.edition(), MORNING + MINUTE)
        note_ended([(uuid.UUID(order), device_code(2)), (uuid.uuid4(), DEVICE)])
        assert PlayOrder.objects.get(pk=order).ended_at is None
        note_ended([])


def test_that_a_sound_ended_is_no_news_to_a_device_with_room(way) -> None:
    with clock.at(MORNING):
        edition = way.edition()
        first, _ = placed_at(way, edition, MORNING + MINUTE, MORNING + 30 * MINUTE)
    for minutes in (5, 15):
        with clock.at(MORNING + minutes * MINUTE):
            note_ended([(uuid.UUID(first), DEVICE)])
            assert renew_documents() == 0


def test_later_orders_follow_when_earlier_ones_are_past(way) -> None:
    begin = MORNING + MINUTE
    with clock.at(MORNING):
        edition = way.edition()
        orders = placed_at(way, edition, *every_ten_minutes(begin, ORDERS_MAX + 1))
        assert ordered() == orders[:ORDERS_MAX]
        assert let_orders_follow() == 0
    with clock.at(begin + START_WINDOW + MINUTE):
        assert let_orders_follow() > 0
        assert ordered() == orders[1:]


def test_a_device_with_room_for_its_orders_keeps_its_document(way) -> None:
    with clock.at(MORNING):
        placed_at(way, way.edition(), *every_ten_minutes(MORNING + MINUTE, ORDERS_MAX))
    with clock.at(MORNING + 60 * MINUTE):
        assert let_orders_follow() == 0


def test_many_devices_are_ordered_some_at_a_time_and_all_in_the_end(way, monkeypatch) -> None:
    monkeypatch.setattr(actions, "DEVICES_AT_ONCE", 1)
    with clock.at(MORNING):
        edition = way.edition()
        way.place(edition, at=MORNING + MINUTE)
        way.place(edition, at=MORNING + 20 * MINUTE)
        assert [dispatch_due() for _ in range(3)] == [2, 2, 0]
        assert len(ordered()) == 2
