"""Deeds on the schedule as a thing to be approved: how a place asks, and words and hour at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from loa.flow.approvals.actions import answer_for_bulletin
from loa.flow.approvals.models import Approval
from loa.flow.approvals.statements import PasskeyAnswer
from loa.flow.newsroom.models import Submission
from loa.flow.schedules import errors
from loa.flow.schedules.actions import PAST_TOLERANCE, confirm_placement, place_edition
from loa.flow.schedules.asked import HourWish, SchedulePolicy
from loa.flow.schedules.models import Placement, Rule, RuleApproval
from loa.flow.schedules.rules import GROUND_POLICY
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import DeedRefused, MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place


@transaction.atomic
def decide_policy(place: Place, *, by: Person, asks: str) -> SchedulePolicy:
    """Decide whether every hour at a place and below waits for a second person, from now on.

    What was placed before stays as it is; deciding the same again changes nothing.
    """
    if not by.may(Deed.SET_HOURS, place):
        raise MandateMissing
    if asks not in SchedulePolicy.Asks.values:
        raise errors.PolicyUnknown
    known = SchedulePolicy.objects.select_for_update().filter(place=place).first()
    if known is not None and known.asks == asks:
        return known
    policy, _ = SchedulePolicy.objects.update_or_create(
        place=place, defaults={"asks": asks, "decided_by": by, "decided_at": clock.now()}
    )
    record_fact(
        "schedule_policy_decided",
        actor=by.username,
        subject=place.code,
        place=place.code,
        body={"asks": asks},
    )
    return policy


@transaction.atomic
def wish_hour(submission: Submission, *, by: Person, start_at: datetime | None = None) -> HourWish:
    """Ask for an hour (now without `start_at`) while the words wait; another wish replaces it."""
    submission = Submission.objects.select_for_update().get(pk=submission.pk)
    bulletin = submission.bulletin
    targets = {place.code for place in bulletin.targets.all()}
    if not targets <= by.places_with(Deed.PLACE):
        raise MandateMissing
    if submission.closed_at is not None:
        raise errors.AnsweredMeanwhile
    now = clock.now()
    begin = start_at or now
    if begin < now - PAST_TOLERANCE:
        raise errors.StartInPast
    if not bulletin.valid_from <= begin < bulletin.valid_until:
        raise errors.OutsideValidity
    known = HourWish.objects.filter(submission=submission).first()
    if known is not None and (known.is_now, known.start_at) == (start_at is None, start_at):
        return known
    wish, _ = HourWish.objects.update_or_create(
        submission=submission,
        defaults={
            "is_now": start_at is None,
            "start_at": start_at,
            "wished_by": by,
            "wished_at": now,
        },
    )
    record_fact(
        "hour_wished",
        actor=by.username,
        subject=bulletin.code,
        place=bulletin.place_id,
        body={"start_at": clock.iso(start_at) if start_at else "now"},
    )
    return wish


@dataclass(frozen=True)
class BothAnswers:
    """What came of answering words and hour in one visit; `refused` says why the hour did not."""

    approval: Approval | None
    placement: Placement | None = None
    refused: DeedRefused | None = None


def answer_both(
    submission: Submission,
    *,
    approver: Person,
    content_hash: str,
    given: PasskeyAnswer | None = None,
    with_hour: bool,
) -> BothAnswers:
    """Answer for the words, and give them the hour their author wished.

    Two deeds, each in a transaction of its own: an hour that is taken meanwhile must not take the
    approval back. Quiet hours and a day's limit still ask another person than the approver.
    """
    approval = answer_for_bulletin(
        submission, approver=approver, content_hash=content_hash, given=given
    )
    wish = HourWish.objects.filter(submission=submission).first()
    if approval is None or wish is None or not with_hour:
        return BothAnswers(approval)
    try:
        placement = _place_as_wished(approval, wish)
        if placement.is_waiting and placement.grounds == [GROUND_POLICY]:
            confirm_placement(placement, by=approver)
    except DeedRefused as refused:
        return BothAnswers(approval, refused=refused)
    return BothAnswers(approval, placement)


def _place_as_wished(approval: Approval, wish: HourWish) -> Placement:
    return place_edition(approval.edition, by=wish.wished_by, start_at=wish.start_at)


@transaction.atomic
def approve_rule(rule: Rule, *, by: Person) -> RuleApproval:
    """Answer for a recurring schedule as the second person; answering again changes nothing.

    Occurrences that wait for this alone may sound; those in quiet hours still wait, each one.
    """
    rule = Rule._base_manager.select_for_update(of=("self",)).get(pk=rule.pk)  # noqa: SLF001
    if not {place.code for place in rule.places.all()} <= by.places_with(Deed.CONFIRM):
        raise MandateMissing
    done = RuleApproval.objects.filter(rule=rule).first()
    if done is not None:
        return done
    if rule.ended_at is not None:
        raise errors.RuleEnded
    if by.pk == rule.saved_by_id:
        raise errors.SamePerson
    approval = RuleApproval.objects.create(rule=rule, approved_by=by, approved_at=clock.now())
    for placement in rule.placements.filter(called_off_at=None, confirmation=None):
        if placement.grounds == [GROUND_POLICY] and placement.start_at > clock.now():
            confirm_placement(placement, by=by)
    record_fact(
        "rule_approved",
        actor=by.username,
        subject=rule.edition.bulletin.code,
        place=rule.place_id,
        body={"rule": str(rule.pk)},
    )
    return approval
