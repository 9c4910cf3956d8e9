"""Emergencies: judged as their vectors say, and one name for an order by whichever way it comes."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa.wire import emergency as lane
from loa.wire import vectors
from loa.wire.cast import NOW
from loa.wire.emergency import RepeatPlan
from loa.wire.reasons import Reason, Refused
from loa.wire.vector_emergencies import STORM, emergency_verdict

FILE = json.loads((vectors.FOLDER / "emergencies.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", FILE["cases"], ids=lambda case: case["name"])
def test_emergency_is_judged_as_its_vector_says(case):
    assert emergency_verdict(case, FILE) == case["expect"]


@given(st.integers(10, 3600), st.integers(1, 30), st.integers(0, 7200))
def test_at_any_instant_at_most_one_time_of_a_plan_may_begin(every_s, times, window_s):
    plan = RepeatPlan(every_s=every_s, times=times)
    found = lane.soundings(NOW, NOW + timedelta(seconds=window_s), plan)
    assert [one.number for one in found] == list(range(times))
    for one, following in pairwise(found):
        assert one.latest_start_at < following.start_at
        assert one.start_at <= one.latest_start_at
    assert found[-1].latest_start_at - found[-1].start_at == timedelta(seconds=window_s)


def test_orders_of_devices_and_times_have_names_of_their_own():
    names = {lane.order_name(STORM, device, n) for device in ("dn-0001", "dn-0002") for n in (0, 1)}
    assert len(names) == 4
    assert lane.order_name(STORM, "dn-0001", 0) in names


def test_a_list_is_read_as_it_was_made():
    sealed = [b'{"a":1}', b'{"b":[2]}']
    assert list(lane.read_list(lane.listed(sealed))) == sealed
    assert list(lane.read_list(lane.listed([]))) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{}", Reason.MALFORMED),
        (b"[", Reason.MALFORMED),
        (b"\xff", Reason.MALFORMED),
        (b"[" * 9_000, Reason.MALFORMED),
        (b" " * (lane.LIST_BYTES_MAX + 1), Reason.OVERSIZE),
    ],
)
def test_what_is_no_list_is_refused(data, reason):
    with pytest.raises(Refused) as caught:
        list(lane.read_list(data))
    assert caught.value.reason is reason
