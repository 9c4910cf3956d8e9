"""What a rule says of its occurrences beside other sounds travels in each order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from loa.flow.deliveries.actions import dispatch_due
from loa.flow.deliveries.queries import document_for
from loa.flow.schedules.actions import place_edition
from loa.flow.schedules.programmes import Policies, save_rule
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import MORNING
from loa.registry.people.queries import opened_roster, person_by_username, present_roster
from loa.registry.places.queries import place_by_code
from loa.wire import rules
from loa.wire.messages import Order
from loa.wire.policies import LateKind, LatePolicy, Resume, StartKind, StartPolicy

DAILY = "DTSTART;TZID=Asia/Ho_Chi_Minh:20261124T170000\nRRULE:FREQ=DAILY"


def only_order(device: str = "DN-0001") -> Order:
    sealed = document_for(device)
    assert sealed is not None
    roster = opened_roster(present_roster())
    (order,) = rules.open_desired(sealed, roster, device=device).orders
    return order


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (
            Policies(start="hard", late="join", late_seconds_max=300, resume="pause"),
            (StartPolicy(), LatePolicy(kind=LateKind.JOIN), Resume.PAUSE),
        ),
        (
            Policies(start="wait", late="from_start", late_seconds_max=90, resume="underneath"),
            (StartPolicy(kind=StartKind.WAIT, wait_s=90), None, Resume.CONTINUE_UNDERNEATH),
        ),
        (Policies(start="next", late="skip", resume="restart"), (None, None, Resume.RESTART)),
        (Policies(start="next", resume="drop"), (None, None, None)),
    ],
)
def test_policies_of_a_rule_reach_the_device(way, morning, policies, expected) -> None:
    edition = way.edition(valid_until=MORNING + timedelta(days=30))
    save_rule(
        edition,
        by=person_by_username("mai"),
        recurrence=DAILY,
        valid_from=date(2026, 11, 24),
        valid_until=date(2026, 11, 24),
        places=[place_by_code(HAI_CHAU)],
        policies=policies,
    )
    assert dispatch_due()
    order = only_order()
    assert (order.start, order.late, order.resume) == expected


def test_what_a_person_placed_once_leaves_them_to_the_device(way, morning) -> None:
    place_edition(way.edition(), by=person_by_username("mai"))
    assert dispatch_due()
    order = only_order()
    assert (order.rank, order.start, order.late, order.resume) == (0, None, None, None)
