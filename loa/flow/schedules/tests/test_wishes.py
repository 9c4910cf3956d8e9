"""Words and schedule are approved apart; one visit may answer for both."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loa.flow.approvals.models import Approval, Edition
from loa.flow.schedules import errors
from loa.flow.schedules.actions import confirm_placement, place_edition
from loa.flow.schedules.models import Occurrence, Placement
from loa.flow.schedules.programmes import expand_rules, save_rule
from loa.flow.schedules.queries import (
    placements_awaiting_confirmation,
    rules_awaiting_approval,
    schedule_policy_at,
)
from loa.flow.schedules.rules import GROUND_POLICY, GROUND_QUIET_HOURS
from loa.flow.schedules.wishes import answer_both, approve_rule, decide_policy, wish_hour
from loa.lib import clock
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import MORNING, NIGHT
from loa.registry.people.errors import MandateMissing
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code

HOUR = timedelta(hours=1)


def who(name: str):
    return person_by_username(name)


@pytest.fixture
def strict(way, morning) -> None:
    """In Hải Châu every hour waits for a second person."""
    decide_policy(place_by_code(HAI_CHAU), by=who("hung"), asks="all")


def both(submission, *, by: str = "hung", with_hour: bool = True):
    return answer_both(
        submission,
        approver=who(by),
        content_hash=submission.content_hash,
        with_hour=with_hour,
    )


def test_where_the_place_asks_every_hour_waits_for_a_second_person(way, strict) -> None:
    placement = way.place(at=MORNING + HOUR)
    assert placement.grounds == [GROUND_POLICY]
    assert placements_awaiting_confirmation(who("hung")) == [placement]
    assert placements_awaiting_confirmation(who("mai")) == []
    # Who approved the words may answer for the hour as well, who placed it may not.
    confirm_placement(placement, by=who("hung"))
    assert Occurrence.objects.count() == 1


def test_a_village_follows_its_commune_and_others_are_not_asked(way, strict) -> None:
    assert schedule_policy_at(place_by_code(f"{HAI_CHAU}-01")) == "all"
    assert schedule_policy_at(place_by_code("20320")) == "grounds"
    with pytest.raises(MandateMissing):
        decide_policy(place_by_code(HAI_CHAU), by=who("mai"), asks="grounds")
    with pytest.raises(errors.PolicyUnknown):
        decide_policy(place_by_code(HAI_CHAU), by=who("hung"), asks="never")


def test_quiet_hours_still_ask_another_than_the_approver(way) -> None:
    with clock.at(NIGHT):
        decide_policy(place_by_code(HAI_CHAU), by=who("hung"), asks="all")
        placement = way.place()
        assert placement.grounds == sorted([GROUND_POLICY, GROUND_QUIET_HOURS])
        assert placements_awaiting_confirmation(who("hung")) == []
        with pytest.raises(errors.SamePerson):
            confirm_placement(placement, by=who("hung"))
        assert confirm_placement(placement, by=who("yen"))


def test_words_and_hour_are_answered_in_one_visit(way, strict) -> None:
    submission = way.submit()
    wish_hour(submission, by=who("mai"), start_at=MORNING + HOUR)
    wish_hour(submission, by=who("mai"), start_at=MORNING + 2 * HOUR)
    done = both(submission)
    assert (done.placement.start_at, done.placement.placed_by) == (MORNING + 2 * HOUR, who("mai"))
    assert Occurrence.objects.get().start_at == MORNING + 2 * HOUR
    assert both(submission).approval == done.approval
    assert Placement.objects.count() == 1


def test_the_words_alone_may_be_answered(way, morning) -> None:
    submission = way.submit()
    wish_hour(submission, by=who("mai"))
    assert both(submission, with_hour=False).placement is None
    assert Approval.objects.count() == 1
    assert not Placement.objects.exists()
    with pytest.raises(errors.AnsweredMeanwhile):
        wish_hour(submission, by=who("mai"), start_at=MORNING + HOUR)


def test_an_hour_that_is_taken_meanwhile_does_not_take_the_approval_back(way, morning) -> None:
    submission = way.submit()
    wish_hour(submission, by=who("mai"), start_at=MORNING + HOUR)
    way.place(way.edition(title="Tin khác"), at=MORNING + HOUR)
    done = both(submission)
    assert isinstance(done.refused, errors.Clash)
    assert Edition.objects.filter(submission=submission).exists()


def test_a_wish_keeps_to_the_clock_the_validity_and_the_mandate(way, morning) -> None:
    submission = way.submit()
    with pytest.raises(errors.StartInPast):
        wish_hour(submission, by=who("mai"), start_at=MORNING - HOUR)
    with pytest.raises(errors.OutsideValidity):
        wish_hour(submission, by=who("mai"), start_at=submission.bulletin.valid_until)
    with pytest.raises(MandateMissing):
        wish_hour(submission, by=who("tam"))


def test_a_recurring_schedule_is_approved_once_for_all_its_occurrences(way, strict) -> None:
    rule = save_rule(
        way.edition(valid_until=MORNING + 40 * 24 * HOUR),
        by=who("mai"),
        recurrence="DTSTART;TZID=Asia/Ho_Chi_Minh:20261125T170000\nRRULE:FREQ=DAILY",
        valid_from=MORNING.date(),
        valid_until=(MORNING + 30 * 24 * HOUR).date(),
    )
    assert not Occurrence.objects.exists()
    assert rules_awaiting_approval(who("hung")) == [rule]
    assert placements_awaiting_confirmation(who("hung")) == []
    with pytest.raises(MandateMissing):
        approve_rule(rule, by=who("mai"))
    assert approve_rule(rule, by=who("hung")) == approve_rule(rule, by=who("hung"))
    placed = Occurrence.objects.count()
    with clock.at(MORNING + 48 * HOUR):
        expand_rules(clock.now())
    assert (placed, Occurrence.objects.count()) == (13, 15)
    assert rules_awaiting_approval(who("hung")) == []


def test_an_emergency_waits_for_no_schedule(way, strict) -> None:
    assert place_edition(way.edition(priority="emergency"), by=who("mai")).grounds == []
