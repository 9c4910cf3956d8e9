"""An emergency leaves by its own lane at once, is said until it is over, and is ordered by both ways alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest

from loa.flow.deliveries import alarms
from loa.flow.deliveries.actions import FOLLOW_AFTER, dispatch_due, follow_alarm, recall_placement
from loa.flow.deliveries.models import DesiredDocument, EmergencyMessage, PlayOrder
from loa.flow.deliveries.ports import emergency_bus
from loa.flow.deliveries.queries import document_for
from loa.flow.receipts.actions import record_receipts
from loa.flow.receipts.models import PlayLog
from loa.flow.schedules.actions import place_edition
from loa.flow.schedules.errors import NotAnUpdate
from loa.lib import clock
from loa.project.cast import HAI_CHAU
from loa.project.processes.emergency_lane import Lane
from loa.project.tests.way import MORNING, arrival, meet
from loa.registry.ledger.models import Fact
from loa.registry.people.models import Mandate
from loa.registry.people.queries import opened_roster, person_by_username, present_roster
from loa.registry.places.queries import place_by_code
from loa.wire import canonical, rules, subjects
from loa.wire import emergency as lane
from loa.wire.emergency import EmergencyKind, RepeatPlan
from loa.wire.messages import Event

DEVICES = ("DN-0001", "DN-0003")  # those of Hải Châu
SECOND = timedelta(seconds=1)


class Told:
    """A bus that keeps what it was told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bytes]] = []
        self.kept: dict[str, bytes] = {}
        self.is_away = False

    def say(self, messages) -> None:
        if self.is_away:
            raise TimeoutError
        self.said += messages

    def put(self, documents) -> None:
        self.kept |= dict(documents)


@pytest.fixture
def bus() -> Iterator[Told]:
    told = Told()
    with emergency_bus.replaced(told):
        yield told


@pytest.fixture
def storm(way, morning):
    return way.edition(priority="emergency", title="Bão số 5")


def opened(sealed: bytes, place: str = HAI_CHAU) -> lane.Emergency:
    return lane.open_emergency(
        sealed, opened_roster(present_roster()), place=place, now=clock.now()
    )


def recalled(placement) -> None:
    recall_placement(placement, by=person_by_username("hung"), reason="bão tan")


def test_an_emergency_is_said_whole_and_signed_where_it_is_for(way, storm, bus) -> None:
    placement = way.place(storm)
    assert Lane().turn() == 1
    ((subject, sealed),) = bus.said
    assert subject == subjects.emergency_for_place(HAI_CHAU)
    assert len(sealed) <= canonical.MESSAGE_BYTES_MAX
    said = opened(sealed)
    assert (said.emergency, said.kind, said.number) == (str(placement.pk), EmergencyKind.ALERT, 1)
    edition, _ = lane.open_approved(
        said, opened_roster(present_roster()), device="DN-0001", place=HAI_CHAU
    )
    assert (edition.title, said.stand_in.spoken is not None) == ("Bão số 5", True)
    assert list(lane.read_list(bus.kept[subjects.EMERGENCY_KEY])) == [sealed]


def test_its_orders_are_written_before_it_is_said_and_a_receipt_finds_its_order(
    way, storm, bus, keys
) -> None:
    placement = way.place(storm)
    Lane().turn()
    name = lane.order_name(str(placement.pk), "DN-0001", 0)
    said = [(1, Event.PULLED, name), (2, Event.VERIFIED, name), (3, Event.STARTED, name)]
    record_receipts([arrival(keys[0], "DN-0001", said)])
    assert PlayLog.objects.get(order=name).started_at == MORNING + 3 * SECOND
    assert set(PlayOrder.objects.values_list("device", flat=True)) == set(DEVICES)
    assert Fact.objects.get(kind="emergency_said").body["devices"] == 2


def test_a_repeat_plan_makes_an_occurrence_and_an_order_for_each_time(way, storm, bus) -> None:
    plan = RepeatPlan(every_s=120, times=3)
    placement = place_edition(storm, by=person_by_username("mai"), repeat=plan)
    Lane().turn()
    assert [o.start_at for o in placement.occurrences.all()] == [
        MORNING + number * 120 * SECOND for number in range(3)
    ]
    names = {lane.order_name(str(placement.pk), d, n) for d in DEVICES for n in range(3)}
    assert {str(order.pk) for order in PlayOrder.objects.all()} == names
    said = opened(bus.said[0][1])
    assert [(o.start_at, o.latest_start_at) for o in lane.orders_of(said, "DN-0001")] == [
        (o.start_at, o.latest_start_at) for o in placement.occurrences.all()
    ]


def test_an_ordinary_item_repeats_without_the_lane(way, morning, bus) -> None:
    placement = place_edition(
        way.edition(), by=person_by_username("mai"), repeat=RepeatPlan(times=5)
    )
    assert placement.occurrences.count() == 5
    assert (Lane().turn(), bus.said) == (0, [])


def test_the_documents_follow_with_the_same_orders(way, storm, bus) -> None:
    placement = way.place(storm)
    Lane().turn()
    assert (dispatch_due(), follow_alarm(), DesiredDocument.objects.count()) == (0, 0, 0)
    with clock.at(MORNING + FOLLOW_AFTER + SECOND):
        assert (follow_alarm(), follow_alarm()) == (2, 0)
        assert follow_alarm() == 0
    assert EmergencyMessage.objects.get().documents_at is not None
    desired = rules.open_desired(
        document_for("DN-0001"), opened_roster(present_roster()), device="DN-0001"
    )
    assert [o.order for o in desired.orders] == [lane.order_name(str(placement.pk), "DN-0001", 0)]


def test_it_is_said_every_five_seconds_then_every_half_minute_until_it_is_over(
    way, storm, bus
) -> None:
    way.place(storm)
    lane_process, said = Lane(), []
    for second in [*range(130), *range(130, 4_000, 10)]:
        with clock.at(MORNING + second * SECOND):
            if lane_process.turn():
                said.append(second)
    assert said[:13] == list(range(0, 65, 5))
    assert {later - earlier for earlier, later in pairwise(said[12:])} == {30}
    assert said[-1] < 10 * 60 + 30 * 60 <= said[-1] + 30


def test_who_takes_over_says_all_that_is_live_at_once_and_signs_nothing_anew(
    way, storm, bus
) -> None:
    way.place(storm)
    Lane().turn()
    with clock.at(MORNING + SECOND):
        assert Lane().turn() == 1
    first, again = bus.said
    assert (first, EmergencyMessage.objects.count()) == (again, 1)


def test_a_recall_says_in_its_own_transaction_that_it_is_over(way, storm, bus) -> None:
    placement = way.place(storm)
    process = Lane()
    process.turn()
    recalled(placement)
    process.turn()
    cancel = opened(bus.said[-1][1])
    assert (cancel.kind, cancel.number) == (EmergencyKind.CANCEL, 2)
    assert cancel.supersedes == (str(placement.pk),)
    assert list(lane.read_list(alarms.emergency_list(MORNING))) == [bus.said[-1][1]]
    assert DesiredDocument.objects.count() == 0  # ten thousand of them would keep it waiting
    with clock.at(MORNING + 2 * FOLLOW_AFTER):
        while follow_alarm():
            pass
    desired = rules.open_desired(
        document_for("DN-0001"), opened_roster(present_roster()), device="DN-0001"
    )
    assert desired.recalls == (lane.order_name(str(placement.pk), "DN-0001", 0),)


def updated(way, old, **fields):
    fresh = way.edition(priority="emergency", title="Bão số 5 đổi hướng", **fields)
    return place_edition(fresh, by=person_by_username("mai"), supersedes=old)


def test_an_update_takes_the_place_of_what_it_supersedes(way, storm, bus) -> None:
    old = way.place(storm)
    process = Lane()
    process.turn()
    fresh = updated(way, old)
    process.turn()
    said = opened(bus.said[-1][1])
    assert (said.kind, said.emergency, said.supersedes) == (
        EmergencyKind.UPDATE,
        str(fresh.pk),
        (str(old.pk),),
    )
    assert (said.number, said.floor) == (2, 2)
    assert list(lane.read_list(alarms.emergency_list(MORNING))) == [bus.said[-1][1]]
    old.refresh_from_db()
    assert old.called_off_at == MORNING
    assert Fact.objects.filter(kind="edition_placed").last().body["supersedes"] == str(old.pk)


def test_the_end_of_an_update_ends_all_that_came_before_it(way, storm, bus) -> None:
    first = way.place(storm)
    process = Lane()
    process.turn()
    second = updated(way, first)
    process.turn()
    recalled(second)
    process.turn()
    cancel = opened(bus.said[-1][1])
    assert cancel.kind is EmergencyKind.CANCEL
    assert cancel.supersedes == (str(second.pk), str(first.pk))


def test_an_update_of_what_nobody_said_yet_is_an_alert(way, storm, bus) -> None:
    fresh = updated(way, way.place(storm))
    Lane().turn()
    (said,) = (opened(sealed) for _, sealed in bus.said)
    assert (said.kind, said.emergency) == (EmergencyKind.ALERT, str(fresh.pk))


def test_an_update_that_may_not_sound_ends_what_it_was_to_replace(way, storm, bus) -> None:
    old = way.place(storm)
    process = Lane()
    process.turn()
    fresh = updated(way, old)
    Mandate.objects.filter(person__username="hung").update(valid_until=MORNING - SECOND)
    process.turn()
    assert not fresh.emergency_messages.exists()
    assert opened(bus.said[-1][1]).kind is EmergencyKind.CANCEL


def test_only_a_live_emergency_is_superseded_and_wherever_it_sounded(way, storm, bus) -> None:
    calm = way.place(way.edition())
    with pytest.raises(NotAnUpdate):
        updated(way, calm)
    with pytest.raises(NotAnUpdate):
        place_edition(
            way.edition(title="Tin thường"), by=person_by_username("mai"), supersedes=calm
        )
    old = way.place(storm)
    village = place_by_code(f"{HAI_CHAU}-01")
    narrow = way.edition(priority="emergency", title="Chỉ một tổ")
    with pytest.raises(NotAnUpdate):
        place_edition(narrow, by=person_by_username("mai"), places=[village], supersedes=old)
    recalled(old)
    with pytest.raises(NotAnUpdate):
        updated(way, old)


def test_recalled_before_anybody_said_it_nothing_is_said(way, storm, bus) -> None:
    recalled(way.place(storm))
    assert (Lane().turn(), bus.said) == (0, [])


def test_the_floor_ends_what_is_over_also_for_who_missed_its_end(way, storm, bus) -> None:
    placement = way.place(storm)
    process = Lane()
    process.turn()
    recalled(placement)
    way.place(way.edition(priority="emergency", title="Sóng thần"))
    process.turn()
    floors = [opened(sealed).floor for _, sealed in bus.said if opened(sealed).number == 3]
    assert floors == [3]


def test_without_the_bus_the_list_by_http_has_it(client, way, storm, bus) -> None:
    way.place(storm)
    bus.is_away = True
    with pytest.raises(TimeoutError):
        Lane().turn()
    answer = client.get("/device/emergency")
    (sealed,) = lane.read_list(answer.content)
    assert opened(sealed).number == 1
    assert client.get("/device/emergency", HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304


def test_no_emergency_is_an_empty_list(client, way, morning) -> None:
    assert json.loads(client.get("/device/emergency").content) == []


@pytest.mark.django_db(transaction=True)
def test_two_lanes_at_once_say_it_once(way, storm) -> None:
    way.place(storm)
    (mine,), rival = meet(alarms.raise_alarms, alarms.raise_alarms)
    assert (mine.number, rival.outcome()) == (1, [])
    assert EmergencyMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_recall_while_it_is_being_signed_ends_it(way, storm) -> None:
    placement = way.place(storm)
    _, rival = meet(alarms.raise_alarms, lambda: recalled(placement))
    rival.outcome()
    kinds = EmergencyMessage.objects.values_list("kind", flat=True)
    assert list(kinds) == ["alert", "cancel"]


def test_a_text_longer_than_one_may_be_stays_behind(way, storm, bus, monkeypatch) -> None:
    monkeypatch.setattr(alarms, "SPOKEN_MAX", len(storm.rendition.spoken_text) - 1)
    way.place(storm)
    Lane().turn()
    assert opened(bus.said[0][1]).stand_in.spoken is None


def test_a_text_for_which_the_message_has_no_room_stays_behind(
    way, storm, bus, monkeypatch
) -> None:
    way.place(storm)
    Lane().turn()
    ((_, roomy),) = bus.said
    monkeypatch.setattr(canonical, "MESSAGE_BYTES_MAX", len(roomy) - 8)
    later = way.place(storm, at=MORNING + SECOND)
    Lane().turn()
    said = {opened(sealed).emergency: opened(sealed).stand_in for _, sealed in bus.said}
    assert said[str(later.pk)].spoken is None
    assert opened(roomy).stand_in.spoken


def test_one_far_ahead_is_ordered_in_time_and_said_at_hand(way, storm, bus) -> None:
    placement = way.place(storm, at=MORNING + timedelta(hours=1))
    assert (dispatch_due(), Lane().turn()) == (2, 0)
    with clock.at(MORNING + timedelta(minutes=56)):
        assert Lane().turn() == 1
    names = {str(order.pk) for order in PlayOrder.objects.all()}
    assert names == {lane.order_name(str(placement.pk), device, 0) for device in DEVICES}


def test_who_cannot_say_it_has_signed_it_and_says_it_when_the_bus_is_back(way, storm, bus) -> None:
    way.place(storm)
    process = Lane()
    bus.is_away = True
    with pytest.raises(TimeoutError):
        process.turn()
    assert EmergencyMessage.objects.count() == 1
    bus.is_away = False
    with clock.at(MORNING + SECOND):
        assert process.say() == 1
