"""Roles are rows: changed by who keeps the system, never against the rules of the house."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa.project.cast import HAI_CHAU, HAI_VAN
from loa.project.tests.way import MORNING
from loa.registry.ledger.models import Fact
from loa.registry.people import errors
from loa.registry.people.actions import grant_mandate
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.queries import (
    live_approval_key,
    opened_roster,
    person_by_username,
    present_roster,
)
from loa.registry.people.roles import Wish, add_role, change_role, role_by_code
from loa.registry.people.rules import Deed, Level, RoleFault, is_within, role_faults, without
from loa.registry.places.queries import place_by_code


def who(name: str) -> Person:
    return person_by_username(name)


def as_it_is(code: str) -> Wish:
    role = role_by_code(code)
    return Wish(role.name, role.level, set(role.deeds), set(role.grants))


def test_a_change_holds_for_everybody_at_once_and_is_a_fact(cast, morning) -> None:
    wish = as_it_is("village_head")
    assert not who("thuy").may_anywhere(Deed.TEND_DEVICES)
    for _ in range(2):
        change_role(
            role_by_code("village_head"),
            replace(wish, deeds={*wish.deeds, Deed.TEND_DEVICES}),
            by=who("an"),
        )
    assert who("thuy").may_anywhere(Deed.TEND_DEVICES)
    fact = Fact.objects.get(kind="role_changed")
    assert (fact.actor, fact.subject, fact.body["given"]) == (
        "an",
        "village_head",
        ["tend_devices"],
    )


@pytest.mark.parametrize("by", ["hoa", "hung", "binh", "nga", "la"])
def test_only_who_keeps_the_system_changes_roles(cast, morning, by) -> None:
    with pytest.raises(MandateMissing):
        change_role(role_by_code("village_head"), as_it_is("village_head"), by=who(by))
    with pytest.raises(MandateMissing):
        add_role(Wish("thợ máy", "commune", {Deed.TEND_DEVICES}), by=who(by))


@pytest.mark.parametrize(
    ("level", "deeds", "fault"),
    [
        ("commune", {"read", "write", "approve"}, RoleFault.WRITES_AND_APPROVES),
        ("commune", {"write"}, RoleFault.UNREADING),
        ("city", {"read", "edit_roles", "place"}, RoleFault.RULES_AND_SPEAKS),
        ("commune", {"edit_roles"}, RoleFault.ROLES_OUTSIDE_CITY),
        ("outside", {"read", "approve"}, RoleFault.OUTSIDER_ANSWERS),
        ("central", {"grant"}, RoleFault.OUTSIDER_ANSWERS),
        ("village", {"read", "confirm"}, RoleFault.VILLAGE_ANSWERS),
    ],
)
def test_some_deeds_do_not_go_together(cast, morning, level, deeds, fault) -> None:
    assert role_faults(level, deeds) == [fault]
    with pytest.raises(errors.RoleRefused) as refused:
        add_role(Wish("vai mới", level, deeds), by=who("an"))
    assert str(refused.value).endswith(".")


def test_approving_is_not_taken_from_a_role_that_people_approved_under(cast, morning) -> None:
    chair = as_it_is("commune_chair")
    with pytest.raises(errors.RoleAnswered):
        change_role(
            role_by_code("commune_chair"),
            replace(chair, deeds={*chair.deeds} - {Deed.APPROVE}),
            by=who("an"),
        )


def test_who_keeps_the_roles_does_not_lock_himself_out(cast, morning) -> None:
    mine = as_it_is("administrator")
    with pytest.raises(errors.RoleKeepsYou):
        change_role(
            role_by_code("administrator"),
            replace(mine, deeds={*mine.deeds} - {Deed.EDIT_ROLES}),
            by=who("an"),
        )


def test_a_role_of_the_citys_own_is_given_like_any_other(cast, morning) -> None:
    role = add_role(
        Wish(" Phó  chủ tịch phụ trách văn xã ", "commune", {"read", "approve"}), by=who("an")
    )
    assert (role.pk, role.name) == ("pho_chu_tich_phu_tra", "Phó chủ tịch phụ trách văn xã")
    with pytest.raises(errors.RoleNameTaken):
        add_role(Wish("phó chủ tịch phụ trách văn xã", "commune", {"read"}), by=who("an"))
    grant_mandate(
        who("la"), role.pk, place_by_code(HAI_VAN), decision_number="1", valid_from=MORNING
    )
    assert who("la").may(Deed.APPROVE, place_by_code(HAI_VAN))


def test_who_holds_a_role_that_approves_from_now_on_gets_a_key_the_horns_know(
    cast, morning
) -> None:
    role = add_role(Wish("phó chủ tịch", "commune", {"read"}), by=who("an"))
    grant_mandate(
        who("la"), role.pk, place_by_code(HAI_CHAU), decision_number="1", valid_from=MORNING
    )
    change_role(role, Wish("phó chủ tịch", "commune", {"read", "approve"}), by=who("an"))
    key = live_approval_key(who("la"))
    rows = [row for row in opened_roster(present_roster()).keys if row.holder == "la"]
    assert [(row.key_id, row.places, row.emergency) for row in rows] == [
        (key.key_id, (HAI_CHAU,), False)
    ]


# -- pure

_MOMENTS = st.integers(0, 12).map(lambda h: datetime(2026, 1, 1, h, tzinfo=UTC))
_SPANS = st.tuples(_MOMENTS, st.none() | st.integers(1, 12).map(lambda h: timedelta(hours=h))).map(
    lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
)


@given(span=_SPANS, gaps=st.lists(_SPANS, max_size=4), at=_MOMENTS)
def test_what_is_left_of_an_interval_is_it_without_its_gaps(span, gaps, at) -> None:
    left = list(without(span, gaps))
    expected = is_within(at, span) and not any(is_within(at, gap) for gap in gaps)
    assert any(is_within(at, piece) for piece in left) is expected
    assert all(end is None or begin < end for begin, end in left)


@given(
    level=st.sampled_from(list(Level)),
    deeds=st.sets(st.sampled_from(list(Deed))),
)
def test_no_role_lets_one_person_write_and_approve(level, deeds) -> None:
    if Deed.WRITE in deeds and Deed.APPROVE in deeds:
        assert RoleFault.WRITES_AND_APPROVES in role_faults(level, deeds)
