"""A commune becomes part of another: its people, devices and history go along as one act."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from loa.flow.deliveries.actions import dispatch_due, renew_documents
from loa.flow.deliveries.models import DispatchRefusal
from loa.flow.deliveries.tests.test_dispatch import held, roster
from loa.flow.evaluation.queries import sounded_at
from loa.flow.receipts.actions import open_log_batch, record_receipts
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HOA_VANG
from loa.project.tests.way import MORNING, log_batch
from loa.registry.devices.models import Device
from loa.registry.devices.register import save_group
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Mandate
from loa.registry.people.rosters import issue_roster
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import communes, place_by_code
from loa.registry.reforms import actions, errors
from loa.registry.reforms.actions import carry_out_due, prepare_reform, withdraw_reform
from loa.registry.reforms.models import PlaceReform
from loa.registry.reforms.queries import moving_with
from loa.wire import rules
from loa.wire.messages import Event
from loa.wire.reasons import Reason, Refused

NEW = "20999"
TOMORROW = MORNING + timedelta(days=1)


@pytest.fixture
def an(cast):
    """Who administers the city."""
    return cast["an"]


def prepared(by, sources=(HAI_CHAU, HOA_VANG), **fields) -> PlaceReform:
    given = {
        "code": NEW,
        "kind": "ward",
        "name": "Sông Hàn",
        "effective_on": TOMORROW.date(),
        "decision_number": "5/NQ",
    }
    places = [place_by_code(code) for code in sources]
    return prepare_reform(sources=places, by=by, **(given | fields))


def test_nothing_changes_before_the_day_and_everything_goes_along_on_it(way, morning, an) -> None:
    device = Device.objects.get(pk="DN-0001")
    duc = way.people["duc"]
    save_group("Chợ", place=place_by_code(HAI_CHAU), devices=[device.pk], by=duc)
    reform = prepared(an)
    assert prepared(an) == reform
    assert moving_with(place_by_code(HAI_CHAU)).devices == 2
    assert carry_out_due() == 0
    assert not Place.objects.filter(code=NEW).exists()
    with clock.at(TOMORROW):
        assert (carry_out_due(), carry_out_due()) == (1, 0)
        way.people["hung"].forget_rights()
        assert way.people["hung"].may(Deed.APPROVE, place_by_code(NEW))
    names = [place.name for place in communes()]
    assert ("Sông Hàn" in names, "Hải Châu" in names) == (True, False)
    device.refresh_from_db()
    assert (device.place_id, device.groups.get().place_id) == (NEW, NEW)
    former = place_by_code(HAI_CHAU)
    assert (former.parent_id, former.valid_until) == (NEW, MORNING.date())
    names = {alias.name for alias in place_by_code(NEW).aliases.all()}
    assert {"Hải Châu", "Hòa Vang"} <= names
    chair = Mandate.objects.get(person__username="hung", ended_at=None)
    assert (chair.place_id, chair.decision_number) == (NEW, "5/NQ")
    fact = Fact.objects.get(kind="reform_carried_out")
    assert fact.body["parts"][HAI_CHAU]["devices"] == 2


def test_a_device_that_was_not_touched_takes_what_the_new_place_orders(way, morning, an) -> None:
    way.place(at=MORNING + timedelta(hours=1))
    dispatch_due()
    stand, before = held().place, roster()
    prepared(an)
    with clock.at(TOMORROW):
        carry_out_due()
        issue_roster()
        for person in way.people.values():
            person.forget_rights()
        edition = way.edition(place=NEW)
        way.place(edition)
        assert dispatch_due() == 3  # those of both former communes
        desired = held()
        # As it was enrolled: no key of the server alone moves a device.
        assert desired.place == stand
        (order,) = [one for one in desired.orders if one.edition_sha256 == edition.sha256]
        with pytest.raises(Refused) as refused:
            rules.open_order(order, desired, before)
        assert refused.value.reason in {Reason.WRONG_PLACE, Reason.NO_MANDATE}
        rules.open_order(order, desired, roster())


def test_what_was_planned_before_still_sounds_at_the_former_place(way, morning, an) -> None:
    edition = way.edition()
    way.place(edition, at=TOMORROW + timedelta(hours=2))
    prepared(an)
    with clock.at(TOMORROW):
        carry_out_due()
        issue_roster()
        assert (dispatch_due(), [r.reason for r in DispatchRefusal.objects.all()]) == (2, [])
        renew_documents()
        assert [one.edition_sha256 for one in held().orders] == [edition.sha256]


def test_what_sounded_before_adds_up_under_the_new_place(way, morning, an, keys) -> None:
    way.place()
    dispatch_due()
    order = str(held().orders[0].order)
    batch = log_batch(keys[0], "DN-0001", [(1, Event.STARTED, order)])
    record_receipts([open_log_batch(batch, "DN-0001", {"DN-0001": keys[0].public_hex})])
    assert len(sounded_at(place_by_code(HAI_CHAU))) == 1
    prepared(an)
    with clock.at(TOMORROW):
        carry_out_due()
        assert len(sounded_at(place_by_code(NEW))) == 1
        assert len(sounded_at(place_by_code(HAI_CHAU))) == 1


def test_one_that_cannot_be_carried_out_holds_up_no_other(way, morning, an, monkeypatch) -> None:
    prepared(an, [], code=HAI_CHAU, name="Bạch Đằng")
    prepared(an, [HOA_VANG], code="20998", decision_number="6/NQ")
    # The second finds a register that does not let its mandates go on.
    monkeypatch.setattr(actions, "grant_mandate", lambda *_, **__: 1 / 0)
    with clock.at(TOMORROW):
        assert carry_out_due() == 1
    assert place_by_code(HAI_CHAU).name == "Bạch Đằng"
    left = place_by_code(HOA_VANG)
    assert (left.parent_id, left.valid_until) == (CITY, None)
    assert not Place.objects.filter(code="20998").exists()
    assert Mandate.objects.filter(place=left, ended_at=None).exists()
    monkeypatch.undo()
    with clock.at(TOMORROW + timedelta(minutes=1)):
        assert carry_out_due() == 1


def test_a_village_that_changes_its_commune_takes_its_devices_along(way, morning, an) -> None:
    device = Device.objects.exclude(village=None).first()
    home = device.place
    code, kind, name = (HOA_VANG, "commune", "Hòa Vang")
    assert home.code != HOA_VANG
    prepared(an, [device.village_id], code=code, kind=kind, name=name)
    with clock.at(TOMORROW):
        assert carry_out_due() == 1
    device.refresh_from_db()
    assert (device.place_id, device.village.parent_id) == (HOA_VANG, HOA_VANG)
    assert place_by_code(home.code).valid_until is None


def test_a_new_name_leaves_the_former_one_as_an_alias(way, morning, an) -> None:
    prepared(an, [], code=HAI_CHAU, name="Bạch Đằng")
    with clock.at(TOMORROW):
        assert carry_out_due() == 1
    renamed = place_by_code(HAI_CHAU)
    assert (renamed.name, renamed.aliases.filter(name="Hải Châu", kind="phường").count()) == (
        "Bạch Đằng",
        1,
    )


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"decision_number": " "}, errors.DecisionMissing),
        ({"effective_on": date(2026, 1, 1)}, errors.DayGone),
        ({"name": ""}, errors.NameMissing),
        ({"code": "12"}, errors.CodeUnusable),
        ({"sources": []}, errors.NothingChanges),
        ({"sources": [CITY]}, errors.SourceUnusable),
        ({"code": HAI_CHAU}, errors.SourceUnusable),
    ],
)
def test_what_no_decision_can_mean_is_refused(morning, an, given, refusal) -> None:
    with pytest.raises(refusal):
        prepared(an, **given)


def test_only_who_administers_the_city_prepares_and_takes_back(way, morning, an) -> None:
    with pytest.raises(MandateMissing):
        prepared(way.people["mai"])
    reform = prepared(an)
    with pytest.raises(errors.ReformWaiting):
        prepared(an, [HAI_CHAU], code="20998")
    with pytest.raises(MandateMissing):
        withdraw_reform(reform, by=way.people["mai"])
    withdraw_reform(reform, by=an)
    with clock.at(TOMORROW):
        assert carry_out_due() == 0
