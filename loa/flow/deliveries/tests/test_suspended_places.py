"""A place whose right to play is suspended sounds emergencies only, until the hold is taken off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loa.flow.deliveries.actions import (
    dispatch_due,
    let_books_follow,
    renew_documents,
    write_documents,
)
from loa.flow.deliveries.alarms import raise_alarms
from loa.flow.deliveries.models import BookIssue, DispatchRefusal, PlayOrder
from loa.flow.deliveries.tests.test_dispatch import held
from loa.flow.schedules import errors
from loa.flow.schedules.actions import confirm_placement
from loa.flow.schedules.programmes import save_rule
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU
from loa.project.tests.way import MORNING, NIGHT
from loa.registry.devices.models import Device
from loa.registry.people.suspensions import lift_suspension, suspend_place
from loa.registry.places.queries import place_by_code

HOUR = timedelta(hours=1)


def hold_hai_chau(way, until=None):
    return suspend_place(
        place_by_code(HAI_CHAU), by=way.people["binh"], reason="Phát sai giờ", until=until
    )


def test_nothing_but_an_emergency_is_placed_there(way, morning) -> None:
    edition, urgent = way.edition(), way.edition(title="Lũ về", priority="emergency")
    hold_hai_chau(way)
    with pytest.raises(errors.PlaceSuspended, match="Phường Hải Châu"):
        way.place(edition)
    with pytest.raises(errors.PlaceSuspended):
        save_rule(
            edition,
            by=way.people["mai"],
            recurrence="DTSTART;TZID=Asia/Ho_Chi_Minh:20261124T170000\nRRULE:FREQ=DAILY",
            valid_from=MORNING.date(),
            valid_until=MORNING.date(),
        )
    placement = way.place(urgent)
    assert (dispatch_due(), len(raise_alarms())) == (0, 1)
    assert PlayOrder.objects.filter(occurrence__placement=placement).count() == 2
    write_documents(Device.objects.all())
    assert [order.edition_sha256 for order in held().orders] == [urgent.sha256]


def test_what_was_ordered_is_unsaid_at_once_and_said_again_when_the_hold_is_off(
    way, morning
) -> None:
    way.place(at=MORNING + HOUR)
    assert (dispatch_due(), len(held().orders)) == (2, 1)
    let_books_follow()
    assert BookIssue.objects.exists()
    suspension = hold_hai_chau(way)
    renew_documents()
    assert (held().orders, held().book) == ((), None)
    let_books_follow()
    assert not BookIssue.objects.exists()
    lift_suspension(suspension, by=way.people["binh"], reason="Đã sửa")
    renew_documents()
    assert len(held().orders) == 1


def test_what_is_due_waits_for_its_time_and_is_then_refused_with_the_reason(way, morning) -> None:
    placement = way.place(at=MORNING + HOUR)
    hold_hai_chau(way)
    assert dispatch_due() == 0
    assert not DispatchRefusal.objects.exists()
    with clock.at(MORNING + HOUR):
        assert dispatch_due() == 0
    assert DispatchRefusal.objects.get(occurrence__placement=placement).reason == "suspended"


def test_a_hold_that_ends_before_its_time_loses_nothing(way, morning) -> None:
    way.place(at=MORNING + 2 * HOUR)
    hold_hai_chau(way, until=MORNING + HOUR)
    assert dispatch_due() == 0
    with clock.at(MORNING + HOUR):
        assert dispatch_due() == 2


def test_a_placement_of_the_whole_city_sounds_everywhere_else(way, morning) -> None:
    hold_hai_chau(way)
    city = [place_by_code(CITY)]
    edition = way.edition(by="lan", approver="binh", place=CITY, targets=city, priority="priority")
    way.place(edition, by="lan")
    assert dispatch_due() == 1
    assert [order.device_id for order in PlayOrder.objects.all()] == ["DN-0002"]


def test_the_second_person_confirms_nothing_there(way) -> None:
    with clock.at(NIGHT):
        placement = way.place()
        hold_hai_chau(way)
        with pytest.raises(errors.PlaceSuspended):
            confirm_placement(placement, by=way.people["binh"])
