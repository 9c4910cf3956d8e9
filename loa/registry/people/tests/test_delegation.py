"""Who may give which rights where, and that nobody reaches beyond his own place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HOA_VANG
from loa.project.tests.way import MORNING
from loa.registry.ledger.models import Fact
from loa.registry.people import errors
from loa.registry.people.actions import end_mandate, extend_mandate, grant_mandate
from loa.registry.people.delegation import roles_to_give
from loa.registry.people.models import Mandate, Person, Role, Suspension
from loa.registry.people.queries import (
    opened_roster,
    people_who_may,
    person_by_username,
    present_roster,
)
from loa.registry.people.rules import Deed
from loa.registry.people.suspensions import lift_suspension, suspend_person, suspend_place
from loa.registry.places.queries import parents_of_all, place_by_code

pytestmark = pytest.mark.usefixtures("cast", "morning")
HOUR = timedelta(hours=1)


def who(name: str) -> Person:
    return person_by_username(name)


def give(by: str, to: str, role: str, place: str, **more) -> Mandate:
    return grant_mandate(
        who(to),
        role,
        place_by_code(place),
        decision_number="50/QĐ-UBND",
        valid_from=MORNING,
        granted_by=who(by),
        **more,
    )


def test_a_manager_gives_her_communes_roles_and_it_says_by_whom() -> None:
    mandate = give("hoa", "la", "commune_editor", HAI_CHAU, valid_until=MORNING + HOUR)
    assert (mandate.granted_by, mandate.granted_at) == (who("hoa"), MORNING)
    assert who("la").may(Deed.WRITE, place_by_code(HAI_CHAU))
    assert not who("la").may(Deed.WRITE, place_by_code(HAI_CHAU), at=MORNING + HOUR)
    give("hoa", "la", "village_head", f"{HAI_CHAU}-02")
    fact = Fact.objects.filter(kind="mandate_granted", subject="la").first()
    assert (fact.actor, fact.place, fact.body["decision"]) == ("hoa", HAI_CHAU, "50/QĐ-UBND")


@pytest.mark.parametrize(
    ("by", "role", "place"),
    [
        ("hoa", "commune_editor", HOA_VANG),
        ("hoa", "village_head", f"{HOA_VANG}-01"),
        ("hoa", "commune_chair", HAI_CHAU),
        ("hoa", "commune_manager", HAI_CHAU),
        ("mai", "commune_editor", HAI_CHAU),
        ("hung", "commune_editor", HAI_CHAU),
        ("binh", "city_leader", CITY),
        ("la", "administrator", CITY),
    ],
)
def test_nobody_gives_what_is_not_his_to_give(by, role, place) -> None:
    with pytest.raises(errors.NotYoursToGive):
        give(by, "nga" if by == "la" else "la", role, place)


def test_a_role_is_given_only_where_it_is_held() -> None:
    for role, place in (
        ("city_leader", HAI_CHAU),
        ("commune_chair", CITY),
        ("village_head", HAI_CHAU),
    ):
        with pytest.raises(errors.LevelWrong):
            give("an", "la", role, place)


def test_nobody_decides_about_his_own_rights() -> None:
    own = who("hoa").mandates.get()
    with pytest.raises(errors.OwnRights):
        give("an", "an", "inspector", CITY)
    with pytest.raises(errors.OwnRights):
        end_mandate(own, ended_by=who("hoa"))
    with pytest.raises(errors.OwnRights):
        extend_mandate(own, valid_until=None, decision_number="9", by=who("hoa"))
    with pytest.raises(errors.OwnRights):
        suspend_person(who("hoa"), by=who("hoa"), reason="x")


def test_a_mandate_that_was_not_begun_is_ended_for_good_and_none_is_extended_after_its_end() -> (
    None
):
    later = grant_mandate(
        who("la"),
        "commune_editor",
        place_by_code(HAI_CHAU),
        decision_number="51",
        valid_from=MORNING + HOUR,
        granted_by=who("hoa"),
    )
    end_mandate(later, ended_by=who("hoa"), reason="Nhầm người")
    assert not who("la").may(Deed.WRITE, place_by_code(HAI_CHAU), at=MORNING + 2 * HOUR)
    with pytest.raises(errors.MandateOver):
        extend_mandate(later, valid_until=None, decision_number="52", by=who("hoa"))


def test_extending_says_until_when_by_which_decision_and_again_changes_nothing() -> None:
    mandate = give("hoa", "la", "commune_editor", HAI_CHAU, valid_until=MORNING + HOUR)
    for _ in range(2):
        extend_mandate(
            mandate, valid_until=MORNING + 3 * HOUR, decision_number="60/QĐ", by=who("hoa")
        )
    with clock.at(MORNING + 2 * HOUR):
        assert who("la").may_anywhere(Deed.WRITE)
    assert Fact.objects.filter(kind="mandate_extended").count() == 1
    with pytest.raises(errors.DatesWrong):
        extend_mandate(mandate, valid_until=MORNING, decision_number="61", by=who("hoa"))


def test_a_suspended_person_may_nothing_until_the_hold_is_off() -> None:
    suspension = suspend_person(who("mai"), by=who("hoa"), reason="Chờ xác minh")
    assert suspend_person(who("mai"), by=who("hoa"), reason="Lần nữa") == suspension
    assert not any(who("mai").may_anywhere(deed) for deed in Deed)
    assert who("mai").places_in_scope() == set()
    assert who("mai").may(Deed.WRITE, place_by_code(HAI_CHAU), at=MORNING - HOUR)
    with clock.at(MORNING + HOUR):
        lift_suspension(suspension, by=who("an"), reason="Đã rõ")
        lift_suspension(suspension, by=who("an"), reason="Đã rõ")
        assert who("mai").may(Deed.WRITE, place_by_code(HAI_CHAU))
    assert not who("mai").may(Deed.WRITE, place_by_code(HAI_CHAU), at=MORNING)
    assert Fact.objects.filter(kind="suspension_lifted").count() == 1


def test_horns_do_not_believe_a_suspended_approver_while_the_hold_lasts() -> None:
    suspension = suspend_person(who("hung"), by=who("an"), reason="Chờ xác minh")
    with clock.at(MORNING + HOUR):
        lift_suspension(suspension, by=who("an"), reason="Đã rõ")
    rows = [key for key in opened_roster(present_roster()).keys if key.holder == "hung"]
    assert [(key.valid_from < MORNING, key.valid_until) for key in rows] == [
        (True, MORNING),
        (False, None),
    ]
    assert rows[1].valid_from == MORNING + HOUR
    able = people_who_may(Deed.APPROVE, place_by_code(HAI_CHAU))
    assert "hung" not in {person.username for person in able}


@pytest.mark.parametrize(
    ("by", "person"), [("hoa", "tam"), ("hoa", "hung"), ("mai", "hoa"), ("binh", "mai")]
)
def test_nobody_suspends_whom_he_does_not_decide_about(by, person) -> None:
    with pytest.raises(errors.NotYourPerson):
        suspend_person(who(person), by=who(by), reason="x")


def test_who_works_in_two_communes_is_suspended_by_the_city_only() -> None:
    give("an", "mai", "commune_editor", HOA_VANG)
    with pytest.raises(errors.NotYourPerson):
        suspend_person(who("mai"), by=who("hoa"), reason="x")
    assert suspend_person(who("mai"), by=who("an"), reason="x").suspended_by == who("an")


def test_only_who_decides_above_suspends_a_place_and_nobody_the_city() -> None:
    for by, place in (("hoa", HAI_CHAU), ("hung", HAI_CHAU), ("an", CITY), ("hoa", HOA_VANG)):
        with pytest.raises(errors.NotYourPlace):
            suspend_place(place_by_code(place), by=who(by), reason="x")
    with pytest.raises(errors.ReasonNeeded):
        suspend_place(place_by_code(HAI_CHAU), by=who("an"), reason=" ")
    with pytest.raises(errors.UntilPast):
        suspend_place(place_by_code(HAI_CHAU), by=who("an"), reason="x", until=MORNING)


def test_roles_to_give_are_those_of_the_own_role() -> None:
    assert {role.pk for role in roles_to_give(who("hoa"))} == {
        "commune_editor",
        "service_operator",
        "text_converter",
        "village_head",
    }
    assert roles_to_give(who("mai")) == []


# -- against a naive definition

_HOURS = st.integers(-3, 3)
_MANDATES = st.lists(
    st.tuples(
        st.sampled_from(["commune_editor", "commune_chair", "administrator", "maintainer"]),
        st.sampled_from([CITY, HAI_CHAU, f"{HAI_CHAU}-01", HOA_VANG]),
        _HOURS,
        st.none() | st.integers(1, 4),
        st.booleans(),
    ),
    max_size=4,
)
_SUSPENSIONS = st.lists(
    st.tuples(_HOURS, st.none() | st.integers(1, 3), st.none() | st.integers(0, 3)), max_size=2
)


def _at(hours: int) -> datetime:
    return datetime(2026, 11, 24, 1, 30, tzinfo=UTC) + hours * HOUR


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(mandates=_MANDATES, suspensions=_SUSPENSIONS, active=st.booleans(), at=_HOURS)
def test_may_is_what_the_rows_say_and_nothing_more(mandates, suspensions, active, at) -> None:
    person = who("la")
    Mandate.objects.filter(person=person).delete()
    Suspension.objects.filter(person=person).delete()
    Person.objects.filter(pk=person.pk).update(is_active=active)
    for role, place, begin, hours, cancelled in mandates:
        Mandate.objects.create(
            person=person,
            role_id=role,
            place_id=place,
            valid_from=_at(begin),
            valid_until=_at(begin + hours) if hours else None,
            ended_at=_at(begin - 1) if cancelled else None,
            decision_number="1",
        )
    for begin, until, lifted in suspensions:
        Suspension.objects.create(
            person=person,
            begun_at=_at(begin),
            until=_at(begin + until) if until else None,
            lifted_at=_at(begin + lifted) if lifted is not None else None,
            reason="x",
        )
    deeds = {role.pk: role.deeds for role in Role.objects.all()}
    parents = parents_of_all()

    def above(code: str | None) -> list[str]:
        return [] if code is None else [code, *above(parents.get(code))]

    held = any(
        begin <= at < begin + min(until or 99, 99 if lifted is None else lifted)
        for begin, until, lifted in suspensions
    )
    for deed in (Deed.WRITE, Deed.APPROVE, Deed.GRANT, Deed.TEND_DEVICES):
        for place in (CITY, HAI_CHAU, f"{HAI_CHAU}-01", HOA_VANG):
            expected = (
                active
                and not held
                and any(
                    deed in deeds[role]
                    and where in above(place)
                    and begin <= at < begin + (hours or 99)
                    and not cancelled
                    for role, where, begin, hours, cancelled in mandates
                )
            )
            assert who("la").may(deed, place_by_code(place), at=_at(at)) is expected
