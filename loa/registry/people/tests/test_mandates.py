"""Rights come from one table, and every right has its time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HAI_VAN, HOA_VANG, SINCE
from loa.project.tests.way import MORNING
from loa.registry.ledger.models import Fact
from loa.registry.people.actions import end_mandate, enter_person, grant_mandate
from loa.registry.people.models import Mandate, Person
from loa.registry.people.queries import live_approval_key, people_who_may, person_by_username
from loa.registry.people.roles import role_names, roles_in_order
from loa.registry.people.rules import Deed, role_faults
from loa.registry.people.shipped_roles import SHIPPED
from loa.registry.places.queries import codes_within, place_by_code

pytestmark = pytest.mark.usefixtures("cast", "morning")


def who(name: str) -> Person:
    """Ask the register anew: a person in hand remembers the mandates he had."""
    return person_by_username(name)


def deeds_of(name: str, place: str) -> set[Deed]:
    return {deed for deed in Deed if who(name).may(deed, place_by_code(place))}


def test_the_roles_loa_comes_with_are_in_the_register_and_no_deed_is_nobodys() -> None:
    assert [role.pk for role in roles_in_order()] == [role.code for role in SHIPPED]
    assert {deed for role in roles_in_order() for deed in role.deeds} == set(Deed)
    assert {role.pk: role_faults(role.level, role.deeds) for role in roles_in_order()} == {
        role.code: [] for role in SHIPPED
    }


def test_who_gives_roles_gives_only_those_that_are() -> None:
    known = set(role_names())
    assert all(known.issuperset(role.grants) for role in roles_in_order())


def test_a_mandate_covers_its_place_and_what_is_below() -> None:
    assert Deed.WRITE in deeds_of("mai", HAI_CHAU)
    assert Deed.WRITE in deeds_of("mai", f"{HAI_CHAU}-01")
    assert deeds_of("mai", HOA_VANG) == deeds_of("mai", CITY) == set()
    assert who("lan").places_with(Deed.WRITE) == codes_within([CITY])


def test_a_village_head_reads_in_his_village_and_does_nothing_else() -> None:
    village = f"{HOA_VANG}-01"
    assert deeds_of("thuy", village) == {Deed.READ}
    assert who("thuy").places_in_scope() == {village}
    assert deeds_of("thuy", HOA_VANG) == deeds_of("thuy", f"{HOA_VANG}-02") == set()


def test_a_stranger_may_nothing_anywhere() -> None:
    stranger = who("la")
    assert deeds_of("la", CITY) == set()
    assert not any(stranger.may_anywhere(deed) for deed in Deed)
    assert stranger.places_in_scope() == set()
    assert not any(stranger.places_with(deed) for deed in Deed)
    assert live_approval_key(stranger) is None


def test_a_mandate_begins_and_ends_to_the_instant() -> None:
    begin, end = MORNING, MORNING + timedelta(days=30)
    mandate = grant_mandate(
        who("la"), "commune_chair", place_by_code(HAI_VAN), decision_number="40", valid_from=begin
    )
    Mandate.objects.filter(pk=mandate.pk).update(valid_until=end)
    moment = timedelta(microseconds=1)
    live = {
        begin - moment: False,
        begin: True,
        end - moment: True,
        end: False,
    }
    person, place = who("la"), place_by_code(HAI_VAN)
    assert {at: person.may(Deed.APPROVE, place, at=at) for at in live} == live
    for at, expected in live.items():
        with clock.at(at):
            assert who("la").may_anywhere(Deed.APPROVE) is expected
            assert bool(who("la").places_with(Deed.APPROVE)) is expected


def test_an_ended_mandate_ends_at_once_and_ending_it_again_changes_nothing() -> None:
    mandate = who("hung").mandates.get()
    end_mandate(mandate, ended_by=who("an"), reason="Nghỉ hưu")
    assert deeds_of("hung", HAI_CHAU) == set()
    assert who("hung").may(Deed.APPROVE, place_by_code(HAI_CHAU), at=MORNING - timedelta(days=1))
    with clock.at(MORNING + timedelta(days=1)):
        end_mandate(Mandate.objects.get(pk=mandate.pk), ended_by=who("an"))
    fact = Fact.objects.get(kind="mandate_ended")
    assert (fact.actor, fact.subject, fact.place) == ("an", "hung", HAI_CHAU)
    assert Mandate.objects.get(pk=mandate.pk).valid_until == MORNING


def test_giving_a_mandate_again_changes_nothing() -> None:
    before = (Mandate.objects.count(), Fact.objects.count())
    again = grant_mandate(
        who("hung"),
        "commune_chair",
        place_by_code(HAI_CHAU),
        decision_number="32/QĐ-UBND",
        valid_from=MORNING,
    )
    assert again.valid_from == SINCE
    assert (Mandate.objects.count(), Fact.objects.count()) == before


def test_two_mandates_do_not_lend_each_other_their_deeds() -> None:
    grant_mandate(
        who("mai"),
        "commune_chair",
        place_by_code(HAI_VAN),
        decision_number="41",
        valid_from=MORNING,
    )
    assert Deed.APPROVE in deeds_of("mai", HAI_VAN)
    assert Deed.APPROVE not in deeds_of("mai", HAI_CHAU)
    assert Deed.WRITE not in deeds_of("mai", HAI_VAN)


def test_who_no_longer_works_may_nothing() -> None:
    Person.objects.filter(username="binh").update(is_active=False)
    assert deeds_of("binh", CITY) == set()
    assert who("binh").places_in_scope() == set()
    assert "binh" not in {p.username for p in people_who_may(Deed.APPROVE, place_by_code(CITY))}


def test_who_may_is_named_nearest_first() -> None:
    able = people_who_may(Deed.APPROVE, place_by_code(HAI_CHAU))
    assert [person.username for person in able] == ["hung", "binh", "yen"]
    assert people_who_may(Deed.APPROVE, place_by_code(HAI_VAN)) == [
        who(name) for name in ("phuc", "binh", "yen")
    ]


def test_the_database_refuses_a_mandate_that_ends_before_it_begins() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        who("hung").mandates.update(valid_until=SINCE)


def test_entering_again_gives_only_a_missing_password() -> None:
    again = {"full_name": "Ai khác", "title": ""}
    person = enter_person("mai", password="mot-mat-khau-dai", **again)
    assert (person.full_name, person.check_password("mot-mat-khau-dai")) == ("Lê Thị Mai", True)
    assert enter_person("mai", password="mat-khau-thu-hai", **again).check_password(
        "mot-mat-khau-dai"
    )
