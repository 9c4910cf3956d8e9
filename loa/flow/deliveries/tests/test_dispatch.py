"""What is due leaves once, signed, and only if it may still leave."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.db import transaction

from loa.flow.approvals.errors import ReasonMissing
from loa.flow.deliveries.actions import (
    HORIZON,
    dispatch_due,
    let_orders_follow,
    push_documents,
    recall_placement,
    republish_all,
    send_ahead,
    write_documents,
)
from loa.flow.deliveries.alarms import raise_alarms
from loa.flow.deliveries.models import DesiredDocument, DispatchRefusal, PlayOrder, Recall
from loa.flow.deliveries.ports import fleet_bus
from loa.flow.deliveries.queries import document_for, unpushed_document_count
from loa.flow.deliveries.rules import ORDERS_MAX
from loa.flow.newsroom.models import Submission
from loa.flow.newsroom.queries import open_submissions
from loa.flow.schedules import errors
from loa.flow.schedules.actions import confirm_placement
from loa.flow.schedules.models import Occurrence, Placement
from loa.lib import clock
from loa.project.cast import HAI_CHAU, HAI_VAN
from loa.project.tests.way import MORNING, NIGHT, Rival, meet
from loa.registry.devices.models import Device
from loa.registry.ledger.models import Fact
from loa.registry.people.actions import end_mandate
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Mandate, Person
from loa.registry.people.queries import opened_roster, person_by_username, present_roster
from loa.registry.places.queries import place_by_code
from loa.wire import canonical, rules
from loa.wire.messages import Desired

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def roster():
    return opened_roster(present_roster())


def held(device: str = "DN-0001") -> Desired:
    """Open the newest document as the device would."""
    sealed = document_for(device)
    assert len(sealed) <= canonical.MESSAGE_BYTES_MAX
    desired = rules.open_desired(sealed, roster(), device=device, now=clock.now())
    for order in desired.orders:
        rules.open_order(order, desired, roster())
    return desired


def refusal_of(placement: Placement) -> str:
    return DispatchRefusal.objects.get(occurrence__placement=placement).reason


def facts(kind: str) -> int:
    return Fact.objects.filter(kind=kind).count()


def test_what_is_due_leaves_once_to_every_loudspeaker_of_the_place(way, morning) -> None:
    placement = way.place()
    assert dispatch_due() == 2
    assert [order.device_id for order in PlayOrder.objects.order_by("device")] == [
        "DN-0001",
        "DN-0003",
    ]
    for device in ("DN-0001", "DN-0003"):
        (order,) = held(device).orders
        assert order.edition_sha256 == placement.edition.sha256
        assert order.order == str(PlayOrder.objects.get(device=device).pk)
    assert document_for("DN-0002") is None
    assert [dispatch_due() for _ in range(3)] == [0, 0, 0]
    assert (PlayOrder.objects.count(), facts("order_dispatched")) == (2, 1)
    assert Fact.objects.get(kind="order_dispatched").body["devices"] == ["DN-0001", "DN-0003"]


def test_a_village_and_a_commune_reach_the_devices_that_stand_there(way, morning) -> None:
    way.place(way.edition(targets=[place_by_code(f"{HAI_CHAU}-02")]))
    dispatch_due()
    assert [order.device_id for order in PlayOrder.objects.all()] == ["DN-0003"]


def test_what_is_farther_than_a_day_waits(way, morning) -> None:
    edition = way.edition(valid_until=MORNING + timedelta(days=9))
    way.place(edition, at=MORNING + HORIZON + SECOND)
    assert dispatch_due() == 0
    with clock.at(MORNING + SECOND):
        assert dispatch_due() == 2


def test_what_waits_for_a_second_person_does_not_leave(way) -> None:
    with clock.at(NIGHT):
        placement = way.place()
        assert dispatch_due() == 0
        confirm_placement(placement, by=way.people["binh"])
        assert dispatch_due() == 2
        assert held().orders[0].confirmation is not None


def test_too_late_is_refused_once_and_said(way, morning) -> None:
    placement = way.place()
    occurrence = placement.occurrences.get()
    with clock.at(occurrence.latest_start_at + SECOND):
        assert [dispatch_due() for _ in range(2)] == [0, 0]
    assert refusal_of(placement) == "late"
    assert (PlayOrder.objects.count(), facts("dispatch_refused")) == (0, 1)
    on_time = way.place(way.edition(title="Khác"), at=MORNING + HOUR)
    with clock.at(on_time.occurrences.get().latest_start_at):
        assert dispatch_due() == 2


def test_an_edition_out_of_its_validity_does_not_leave(way, morning) -> None:
    placement = way.place(way.edition(valid_until=MORNING + timedelta(minutes=5)))
    with clock.at(MORNING + timedelta(minutes=5)):
        assert dispatch_due() == 0
    assert refusal_of(placement) == "expired"


def test_a_place_without_loudspeakers_is_said_once(way, agreed, morning) -> None:
    placement = way.place(
        way.edition(by="lan", approver="binh", targets=[place_by_code(HAI_VAN)], place="48"),
        by="lan",
    )
    assert [dispatch_due() for _ in range(2)] == [0, 0]
    assert refusal_of(placement) == "no_device"
    assert facts("dispatch_refused") == 1


def test_an_approval_without_a_mandate_at_its_time_does_not_leave(way, morning) -> None:
    """A decision may end a mandate from an earlier day on: what was approved since stays here."""
    placement = way.place(at=MORNING + HOUR)
    Mandate.objects.filter(person__username="hung").update(valid_until=MORNING)
    assert dispatch_due() == 0
    assert refusal_of(placement) == "no_mandate"


def test_the_approval_of_somebody_who_no_longer_works_does_not_leave(way, morning) -> None:
    placement = way.place(at=MORNING + HOUR)
    Person.objects.filter(username="hung").update(is_active=False)
    assert dispatch_due() == 0
    assert refusal_of(placement) == "no_mandate"


def test_what_was_approved_in_office_leaves_also_after_the_office_ended(way, morning) -> None:
    """The device says the same: it asks for the mandate at the time of the approval."""
    way.place(at=MORNING + HOUR)
    with clock.at(MORNING + timedelta(minutes=1)):
        end_mandate(Mandate.objects.get(person__username="hung"))
        assert dispatch_due() == 2
        assert len(held().orders) == 1


def test_an_emergency_needs_the_mandate_for_emergencies(way, morning) -> None:
    placement = way.place(way.edition(priority="emergency"))
    Mandate.objects.filter(person__username="hung").update(role="village_head")
    assert (dispatch_due(), raise_alarms()) == (0, [])
    assert refusal_of(placement) == "no_mandate"


def test_a_document_is_numbered_anew_only_when_there_is_news(way, morning) -> None:
    devices = list(Device.objects.all())
    assert write_documents(devices) == 3
    assert write_documents(devices) == 0
    assert [held(device.code).seq for device in devices] == [1, 1, 1]
    way.place()
    dispatch_due()
    assert (held("DN-0001").seq, held("DN-0002").seq) == (2, 1)
    with clock.at(MORNING + timedelta(minutes=9)):
        assert write_documents(devices) == 0
    assert DesiredDocument.objects.count() == 5


def test_no_more_orders_than_fit_and_the_others_follow_in_time(way, morning) -> None:
    edition = way.edition()
    count = ORDERS_MAX + 3
    starts = [MORNING + number * timedelta(minutes=1) for number in range(1, count + 1)]
    for start_at in starts:
        way.place(edition, at=start_at)
    assert dispatch_due() == 2 * count
    seen = {order.start_at: order.latest_start_at for order in held().orders}
    assert sorted(seen) == starts[:ORDERS_MAX]
    followed_at = MORNING
    for minute in range(1, 25):
        now = MORNING + timedelta(minutes=minute)
        with clock.at(now):
            let_orders_follow(followed_at)
            followed_at = now
            for order in held().orders:
                if now <= order.latest_start_at:
                    seen.setdefault(order.start_at, order.latest_start_at)
    assert sorted(seen) == starts


def test_five_confirmed_notices_fit_one_message_or_are_fewer(way) -> None:
    with clock.at(NIGHT):
        for number in range(ORDERS_MAX):
            edition = way.edition(
                title="Tiêm chủng mở rộng tại trạm y tế", info_class=f"2{'abcdefg'[number]}"
            )
            placement = way.place(edition, at=NIGHT + (number + 1) * timedelta(minutes=5))
            confirm_placement(placement, by=way.people["binh"])
        dispatch_due()
        assert 1 <= len(held().orders) <= ORDERS_MAX


def test_a_recall_stops_what_is_planned_and_tells_every_device(way, morning) -> None:
    placement, mai = way.place(), way.people["mai"]
    dispatch_due()
    orders = {order.device_id: str(order.pk) for order in PlayOrder.objects.all()}
    with pytest.raises(ReasonMissing):
        recall_placement(placement, by=mai, reason=" ")
    for who in ("tam", "son", "la"):
        with pytest.raises(MandateMissing):
            recall_placement(placement, by=person_by_username(who), reason="Sai")
    recall = recall_placement(placement, by=mai, reason=" Đổi  ngày ")
    assert (recall.reason, recall.recalled_at) == ("Đổi ngày", MORNING)
    for device, order in orders.items():
        assert (held(device).orders, held(device).recalls) == ((), (order,))
    assert recall_placement(placement, by=way.people["hung"], reason="Khác") == recall
    assert facts("placement_recalled") == 1
    assert dispatch_due() == 0


def test_what_is_recalled_before_it_left_never_leaves(way, morning) -> None:
    placement = way.place(at=MORNING + HOUR)
    recall_placement(placement, by=way.people["mai"], reason="Hoãn")
    assert dispatch_due() == 0
    assert not PlayOrder.objects.exists()
    assert not DispatchRefusal.objects.exists()


def test_what_is_recalled_while_it_waits_is_not_confirmed_into_sounding(way) -> None:
    with clock.at(NIGHT):
        placement = way.place()
        recall_placement(placement, by=way.people["mai"], reason="Hoãn")
        with pytest.raises(errors.CalledOff):
            confirm_placement(placement, by=way.people["binh"])
        assert dispatch_due() == 0
    assert not Occurrence.objects.exists()


def test_sounds_that_wait_for_approval_are_sent_ahead_and_give_no_right(way, morning) -> None:
    submission = way.submit()
    assert send_ahead(open_submissions()) == 2
    desired = held()
    assert [one.sha256 for one in desired.prefetch] == [submission.rendition.opus_id]
    assert (desired.orders, document_for("DN-0002")) == ((), None)
    assert send_ahead(Submission.objects.none()) == 0


class KeptBus:
    """A bus in memory, which may be down."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.hints: list[str] = []
        self.is_down = False

    def put(self, documents: Iterable[tuple[str, bytes]]) -> None:
        if self.is_down:
            raise ConnectionError("the bus is down")
        self.documents.update(documents)

    def hint(self, subjects: Iterable[str], seq: int) -> None:
        self.hints.extend(subjects)

    def has_forgotten(self) -> bool:
        return False


@pytest.fixture
def bus():
    kept = KeptBus()
    with fleet_bus.replaced(kept):
        yield kept


def test_signed_documents_reach_the_bus_once_and_a_bus_that_was_down_later(
    way, morning, bus
) -> None:
    way.place()
    dispatch_due()
    bus.is_down = True
    with pytest.raises(ConnectionError):
        push_documents()
    assert unpushed_document_count() == 2
    bus.is_down = False
    assert push_documents() == 2
    assert bus.documents == {
        f"dev.{device}": document_for(device) for device in ("DN-0001", "DN-0003")
    }
    assert sorted(bus.hints) == ["hint.dev.DN-0001", "hint.dev.DN-0003"]
    assert (push_documents(), unpushed_document_count()) == (0, 0)


def test_of_several_documents_the_newest_is_pushed(way, morning, bus) -> None:
    placement = way.place()
    dispatch_due()
    recall_placement(placement, by=way.people["mai"], reason="Hoãn")
    assert push_documents() == 2
    assert bus.documents["dev.DN-0001"] == document_for("DN-0001")
    assert unpushed_document_count() == 0


def test_a_bus_that_lost_everything_gets_it_again(way, morning, bus) -> None:
    way.place()
    dispatch_due()
    push_documents()
    before = dict(bus.documents)
    bus.documents.clear()
    assert republish_all() == 4
    assert before.items() <= bus.documents.items()
    assert bus.documents["roster"] == bytes(present_roster().envelope)
    assert bus.hints[-1] == "hint.all"


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_at_once_dispatch_once(way) -> None:
    with clock.at(MORNING):
        edition = way.edition()
        for number in range(3):
            way.place(edition, at=MORNING + number * HOUR + SECOND)
        mine, rival = meet(dispatch_due, dispatch_due)
        assert (mine, rival.outcome()) == (6, 0)
        assert (PlayOrder.objects.count(), facts("order_dispatched")) == (6, 3)
        assert dispatch_due() == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_write_for_one_device_at_once_number_in_turn(way) -> None:
    with clock.at(MORNING):
        first = way.place()
        dispatch_due()
        way.place(way.edition(title="Khác"), at=MORNING + HOUR)
        with transaction.atomic():
            recall_placement(first, by=way.people["mai"], reason="Hoãn")
            rival = Rival(dispatch_due)
            rival.wait_until_held()
        assert rival.outcome() == 2
        assert [row.seq for row in DesiredDocument.objects.filter(device="DN-0001")] == [1, 2, 3]
        assert len(held().orders) == len(held().recalls) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_recall_at_once_recall_once(way) -> None:
    with clock.at(MORNING):
        placement = way.place()
        dispatch_due()
        mine, rival = meet(
            lambda: recall_placement(placement, by=way.people["mai"], reason="Một"),
            lambda: recall_placement(placement, by=way.people["hung"], reason="Hai"),
        )
        assert rival.outcome() == mine
        assert (Recall.objects.get().reason, facts("placement_recalled")) == ("Một", 1)
