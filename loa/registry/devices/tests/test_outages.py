"""Outages: what fell silent together in one place is one thing to look for, from its begin to its end."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from loa.project.cast import HAI_CHAU, stand_device
from loa.project.tests.way import MORNING
from loa.registry.devices.incidents import (
    incidents_of,
    look_for_outages,
    open_incidents,
    take_on,
)
from loa.registry.devices.models import SILENT_AFTER, Device, DeviceState, Incident
from loa.registry.devices.outages import TOGETHER_WITHIN, OpenOutage, Silent, decide
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.rules import Deed

MINUTE = timedelta(minutes=1)
A, B = "20194", "20200"


def silent(name: str, minute: float = 0, *, commune: str = A, village: str | None = None) -> Silent:
    return Silent(name, commune, village, MORNING + minute * MINUTE)


def shape(decision) -> list[tuple[str, str | None, list[str]]]:
    return [(o.commune, o.village, [d.device for d in o.devices]) for o in decision.begun]


# -- the rule


def test_eighty_devices_of_one_commune_are_one_outage_in_any_order() -> None:
    dark = [silent(f"d{n:02}", n * 0.1, village=f"{A}-{n % 5}") for n in range(80)]
    alone = silent("x", 3, commune=B, village=f"{B}-1")
    everyone = [*dark, alone]
    expected = shape(decide(everyone, []))
    assert [(commune, village, len(names)) for commune, village, names in expected] == [
        (A, None, 80),
        (B, f"{B}-1", 1),
    ]
    for seed in range(5):
        random.Random(seed).shuffle(everyone)
        assert shape(decide(everyone, [])) == expected


def test_what_fell_silent_long_apart_is_not_one_outage() -> None:
    later = TOGETHER_WITHIN / MINUTE + 1
    decision = decide([silent("a"), silent("b", later), silent("c", later + 1)], [])
    assert [names for _, _, names in shape(decision)] == [["a"], ["b", "c"]]


def test_an_outage_of_one_village_is_named_by_the_village_until_another_joins() -> None:
    here = f"{A}-1"
    (begun,) = decide([silent("a", village=here), silent("b", 1, village=here)], []).begun
    assert (begun.village, begun.since) == (here, MORNING)
    known = OpenOutage(7, A, here, MORNING + MINUTE)
    same = decide([silent("c", 2, village=here)], [known])
    assert (same.begun, same.joined[7].village) == ([], here)
    wider = decide([silent("c", 2, village=f"{A}-2")], [known])
    assert wider.joined[7].village is None
    other = decide([silent("c", 40, village=here)], [known])
    assert (len(other.begun), other.joined) == (1, {})
    elsewhere = decide([silent("c", 2, commune=B)], [known])
    assert (len(elsewhere.begun), elsewhere.joined) == (1, {})


# -- what is written down


@pytest.fixture
def city(cast):
    """Six devices, all heard of a moment ago."""
    for number in range(4, 7):
        stand_device(number, f"{number:02x}" * 32)
    for device in Device.objects.all():
        DeviceState.objects.create(device=device, seen_at=MORNING, boot="b")
    return cast


def hear(at, *codes: str) -> None:
    DeviceState.objects.filter(device__in=codes).update(seen_at=at)


def kinds() -> list[str]:
    facts = Fact.objects.filter(kind__startswith="outage").order_by("seq")
    return list(facts.values_list("kind", flat=True))


def test_a_dark_commune_is_one_incident_that_grows_and_ends(city) -> None:
    everyone = set(Device.objects.values_list("code", flat=True))
    here = sorted(Device.objects.filter(place=HAI_CHAU).values_list("code", flat=True))
    assert len(here) >= 2
    late = MORNING + SILENT_AFTER + MINUTE
    hear(MORNING + 2 * MINUTE, here[-1])
    hear(late, *everyone - set(here))
    assert look_for_outages(late) == len(here) - 1
    assert look_for_outages(late) == 0
    later = late + 2 * MINUTE
    hear(later, *everyone - set(here))
    look_for_outages(later)
    (incident,) = Incident.objects.all()
    assert [row.device_id for row in incident.devices.order_by("device")] == here
    assert (incident.opened_at, incident.closed_at) == (MORNING, None)
    hear(later + MINUTE, here[0])
    look_for_outages(later + MINUTE)
    incident.refresh_from_db()
    assert incident.closed_at is None
    hear(later + 2 * MINUTE, *everyone)
    look_for_outages(later + 2 * MINUTE)
    incident.refresh_from_db()
    assert incident.closed_at == later + 2 * MINUTE
    assert kinds() == ["outage_begun", "outage_over"]
    assert len(incidents_of(Device.objects.get(pk=here[0]))) == 1


def test_nothing_is_read_again_while_nothing_changes(city, django_assert_max_num_queries) -> None:
    look_for_outages(MORNING + SILENT_AFTER + MINUTE)
    with django_assert_max_num_queries(4):
        look_for_outages(MORNING + SILENT_AFTER + 2 * MINUTE)


def test_a_device_out_of_use_or_never_heard_is_no_outage(city) -> None:
    everyone = list(Device.objects.values_list("code", flat=True))
    late = MORNING + SILENT_AFTER + MINUTE
    hear(late, *everyone)
    hear(MORNING, "DN-0001")
    DeviceState.objects.filter(device="DN-0003").delete()
    look_for_outages(late)
    assert [row.device_id for row in Incident.objects.get().devices.all()] == ["DN-0001"]
    Device.objects.filter(pk="DN-0001").update(retired_at=late)
    look_for_outages(late + MINUTE)
    assert Incident.objects.get().closed_at == late + MINUTE


def test_who_tends_the_place_takes_an_outage_on(city) -> None:
    look_for_outages(MORNING + SILENT_AFTER + MINUTE)
    mine = city["duc"].places_with(Deed.TEND_DEVICES)
    incident = next(one for one in open_incidents(mine) if one.commune_code == HAI_CHAU)
    taken = take_on(incident, by=city["duc"], note=" mất điện  cả phường ")
    assert (taken.taken_by, taken.note) == (city["duc"], "mất điện cả phường")
    take_on(incident, by=city["duc"], note="mất điện cả phường")
    assert kinds().count("outage_taken_on") == 1
    for username in ("mai", "la"):
        with pytest.raises(MandateMissing):
            take_on(incident, by=city[username], note="x")
