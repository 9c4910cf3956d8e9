"""The dispatcher keeps programmes placed ahead, and unsays what it had ordered of an ended one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from loa.flow.deliveries.models import DesiredDocument, PlayOrder
from loa.flow.schedules.models import Occurrence
from loa.flow.schedules.programmes import RULE_ENDED, end_rule, save_rule
from loa.lib import clock
from loa.project.processes import dispatcher
from loa.project.tests.way import MORNING

DAY = timedelta(days=1)


class Silent:
    """A bus that takes everything and has forgotten nothing."""

    def __getattr__(self, _name):
        return lambda *_args, **_fields: None


@pytest.fixture
def rule(way, morning, monkeypatch):
    for module in ("loa.flow.deliveries.actions", "loa.project.processes.dispatcher"):
        monkeypatch.setattr(f"{module}.fleet_bus", Silent)
    return save_rule(
        way.edition(valid_until=MORNING + 100 * DAY),
        by=way.people["mai"],
        recurrence="DTSTART;TZID=Asia/Ho_Chi_Minh:20261124T170000\nRRULE:FREQ=DAILY",
        valid_from=date(2026, 11, 24),
        valid_until=date(2027, 1, 31),
    )


def test_each_turn_places_what_came_into_reach(rule) -> None:
    with clock.at(MORNING + 5 * DAY):
        dispatcher.Dispatcher().turn(set())
        dispatcher.Dispatcher().turn(set())
    assert Occurrence.objects.filter(placement__rule=rule).count() == 19


def test_an_ended_rule_is_unsaid_on_the_devices_that_had_its_order(rule, way) -> None:
    turner = dispatcher.Dispatcher()
    turner.turn(set())
    ordered = list(PlayOrder.objects.filter(occurrence__placement__rule=rule))
    before = {row.device_id: row.seq for row in DesiredDocument.objects.order_by("seq")}
    assert ordered
    end_rule(rule, by=way.people["mai"], reason="Hết đợt")
    turner.turn({RULE_ENDED})
    after = {row.device_id: row.seq for row in DesiredDocument.objects.order_by("seq")}
    for order in ordered:
        assert after[order.device_id] > before[order.device_id]
    assert not Occurrence.objects.filter(placement__rule=rule, called_off_at=None).exists()
