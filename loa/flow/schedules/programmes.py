"""Deeds on what recurs: save a rule, end it, change one occurrence, place what is near.

A rule places its occurrences 14 days ahead, each as a placement of its own: what holds for
placements (a second person in quiet hours, recall, proof) holds for them.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from django.db import transaction

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.licensing import are_rights_over
from loa.flow.newsroom.models import Priority
from loa.flow.schedules import errors
from loa.flow.schedules.actions import (
    PAST_TOLERANCE,
    call_off_placement,
    chosen_places,
    hold_places,
    plan_occurrences,
    refuse_unadopted,
    refuse_where_suspended,
)
from loa.flow.schedules.foreseen import foreseen_clashes, overrides_of, recurring_in
from loa.flow.schedules.inbox import communes_unwilling, owner_of_placement
from loa.flow.schedules.models import Daypart, Omission, Override, Placement, Rule, RuleApproval
from loa.flow.schedules.patterns import Pattern, recurrences_of
from loa.flow.schedules.queries import clashes_in, grounds_at
from loa.flow.schedules.recurrence_text import RecurrenceUnreadable, parse, write
from loa.flow.schedules.repeats import Window
from loa.flow.schedules.rules import GROUND_POLICY
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place

RULE_SAVED, RULE_ENDED = "rule_saved", "rule_ended"
OCCURRENCE_OVERRIDDEN = "occurrence_overridden"
AHEAD = timedelta(days=14)
# A rule is looked at once a day, not at every sweep.
AHEAD_MIN = timedelta(days=13)
RULES_AT_ONCE = 500
EXPANDING_SECONDS = 0.5
CLASHES_FORESEEN = timedelta(days=366)
LATE_SECONDS_MAX = 3600

_RANK_OF = {
    Priority.NORMAL: Rule.RankClass.PROGRAMME,
    Priority.PRIORITY: Rule.RankClass.PRIORITY,
    Priority.EMERGENCY: Rule.RankClass.EMERGENCY,
}


@dataclass(frozen=True)
class Policies:
    """What becomes of an occurrence beside other sounds; the rank follows the edition unless said."""

    rank_class: str = ""
    start: str = Rule.StartPolicy.WAIT
    late: str = Rule.LatePolicy.FROM_START
    late_seconds_max: int = 600
    resume: str = Rule.ResumePolicy.DROP


@transaction.atomic
def save_rule(
    edition: Edition,
    *,
    by: Person,
    recurrence: str,
    valid_from: date,
    valid_until: date,
    places: Collection[Place] | None = None,
    policies: Policies | None = None,
    daypart: Daypart | None = None,
    times: int = 1,
    pause_seconds: int = 60,
) -> Rule:
    """Let an approved edition recur, on local days from `valid_from` to `valid_until` included.

    Each occurrence sounds `times` times, `pause_seconds` from an end to the next beginning.
    The same wish again changes nothing. An occurrence in quiet hours or above a day's limit is
    placed, but waits for a second person, each one. Raises Clash with all that is at the same
    times in the year to come, RuleUnreadable, RuleEmpty, RuleOverlapsItself, DatesReversed,
    RankUnfit, PolicyUnknown, RepeatWrong, OutsideDaypart, NotATarget, MandateMissing.
    """
    now = clock.now()
    Edition._base_manager.select_for_update(of=("self",)).get(pk=edition.pk)  # noqa: SLF001
    chosen = chosen_places(edition, places)
    _refuse_without_mandate(by, chosen)
    rule = Rule(
        edition=edition,
        place=owner_of_placement(edition, chosen, by),
        recurrence=_canonical(recurrence),
        valid_from=valid_from,
        valid_until=valid_until,
        daypart=daypart,
        repeat_times=times,
        pause_seconds=pause_seconds if times > 1 else 60,
        saved_by=by,
        saved_at=now,
        expanded_until=now,
    )
    _settle_policies(rule, policies or Policies())
    already = _same_wish(rule, chosen)
    if already is not None:
        return already
    _refuse_wrong_rule(rule, now)
    refuse_where_suspended(edition, chosen)
    windows = _windows(rule, now)
    refuse_unadopted(edition, chosen, by, [begin for begin, _ in windows])
    hold_places(chosen)
    if not edition.is_emergency:
        there = clashes_in(chosen, windows) + foreseen_clashes(chosen, windows)
        if there:
            raise errors.Clash(occurrences=there)
    rule.save(force_insert=True)
    rule.places.set(chosen)
    _expand(rule, now)
    record_fact(
        RULE_SAVED,
        actor=by.username,
        subject=edition.bulletin.code,
        place=rule.place_id,
        body={
            "rule": str(rule.pk),
            "edition": edition.sha256,
            "recurrence": rule.recurrence,
            "places": sorted(place.code for place in chosen),
            "valid_from": valid_from.isoformat(),
            "valid_until": valid_until.isoformat(),
        },
    )
    return rule


@transaction.atomic
def save_pattern(
    edition: Edition,
    pattern: Pattern,
    *,
    by: Person,
    places: Collection[Place] | None = None,
    policies: Policies | None = None,
    daypart: Daypart | None = None,
) -> list[Rule]:
    """Let an edition recur at each hour of a pattern, all of them or none; see `save_rule`."""
    return [
        save_rule(
            edition,
            by=by,
            recurrence=recurrence,
            valid_from=pattern.valid_from,
            valid_until=pattern.valid_until,
            places=places,
            policies=policies,
            daypart=daypart,
            times=pattern.times,
            pause_seconds=pattern.pause_seconds,
        )
        for recurrence in recurrences_of(pattern)
    ]


@transaction.atomic
def end_rule(rule: Rule, *, by: Person, reason: str) -> Rule:
    """Let the rule bring nothing any more; what sounds now ends by itself, or is recalled.

    Every occurrence still to begin is called off. Ending again changes nothing.
    """
    rule = _locked(rule)
    _refuse_without_mandate(by, list(rule.places.all()))
    if rule.ended_at is not None:
        return rule
    rule.end_reason = _reason(reason)
    rule.ended_at, rule.ended_by = clock.now(), by
    rule.save(update_fields=["ended_at", "ended_by", "end_reason"])
    ahead = rule.placements.filter(called_off_at=None, start_at__gt=rule.ended_at)
    called_off = [call_off_placement(placement) for placement in ahead]
    record_fact(
        RULE_ENDED,
        actor=by.username,
        subject=rule.edition.bulletin.code,
        place=rule.place_id,
        body={
            "rule": str(rule.pk),
            "reason": rule.end_reason,
            "called_off": len(called_off),
        },
    )
    return rule


@transaction.atomic
def override_occurrence(
    rule: Rule, recurs_at: datetime, *, by: Person, reason: str, moved_to: datetime | None = None
) -> Override:
    """Move one occurrence of a rule, or drop it (without `moved_to`); the same again changes nothing.

    `recurs_at` is when the rule brings it, whatever was decided before. Raises RuleEnded,
    NotAnOccurrence, StartInPast, OutsideValidity, Clash, ReasonMissing, MandateMissing.
    """
    now = clock.now()
    rule = _locked(rule)
    places = list(rule.places.all())
    _refuse_without_mandate(by, places)
    if rule.ended_at is not None:
        raise errors.RuleEnded
    if recurring_in(rule, recurs_at, recurs_at + timedelta(seconds=1)) != [recurs_at]:
        raise errors.NotAnOccurrence
    last = overrides_of([rule]).get((rule.pk, recurs_at))
    if last is not None and last.moved_to == moved_to:
        return last
    reason = _reason(reason)
    hold_places(places)
    placed = rule.placements.filter(recurs_at=recurs_at, called_off_at=None).first()
    effective = placed.start_at if placed else recurs_at
    if min(effective, moved_to or effective) < now - PAST_TOLERANCE:
        raise errors.StartInPast
    if placed is not None:
        call_off_placement(placed)
    override = Override.objects.create(
        rule=rule,
        recurs_at=recurs_at,
        moved_to=moved_to,
        reason=reason,
        decided_by=by,
        decided_at=now,
    )
    if moved_to is not None:
        refuse_unadopted(rule.edition, places, by, [moved_to])
        _refuse_move(rule, places, moved_to)
        _place(rule, places, recurs_at, moved_to, now, placed_by=by)
    record_fact(
        OCCURRENCE_OVERRIDDEN,
        actor=by.username,
        subject=rule.edition.bulletin.code,
        place=rule.place_id,
        body={
            "rule": str(rule.pk),
            "recurs_at": clock.iso(recurs_at),
            "moved_to": clock.iso(moved_to) if moved_to else None,
            "reason": reason,
        },
    )
    return override


@transaction.atomic
def name_daypart(place: Place, *, by: Person, name: str, start: time, end: time) -> Daypart:
    """Name a window of a place's day; the same name again changes its hours for new rules."""
    if not by.may(Deed.SET_HOURS, place):
        raise MandateMissing
    name = " ".join(name.split())[:100]
    if not name or end <= start:
        raise errors.DaypartWrong
    known = Daypart.objects.filter(place=place, name=name).first()
    if known is not None and (known.start, known.end) == (start, end):
        return known
    daypart, _ = Daypart.objects.update_or_create(
        place=place, name=name, defaults={"start": start, "end": end}
    )
    record_fact(
        "daypart_named",
        actor=by.username,
        subject=place.code,
        place=place.code,
        body={"name": name, "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"},
    )
    return daypart


def expand_rules(now: datetime, seconds_max: float = EXPANDING_SECONDS) -> int:
    """Place what rules bring within 14 days; returns how many rules were looked at.

    It begins no further rule after `seconds_max`; the next call goes on. Each rule is a
    transaction of its own, so it may be killed anywhere. A rule another process works on is left
    to it.
    """
    known = Rule._base_manager.filter(ended_at=None, expanded_until__lt=now + AHEAD_MIN)  # noqa: SLF001
    until = clock.monotonic() + seconds_max
    done = 0
    for key in known.order_by("expanded_until").values_list("pk", flat=True)[:RULES_AT_ONCE]:
        if clock.monotonic() > until:
            break
        done += _expand_one(key, now)
    return done


@transaction.atomic
def _expand_one(key: uuid.UUID, now: datetime) -> bool:
    rows = Rule._base_manager.select_for_update(of=("self",), skip_locked=True)  # noqa: SLF001
    rule = rows.select_related("edition").filter(pk=key, ended_at=None).first()
    if rule is None or rule.expanded_until >= now + AHEAD_MIN:
        return False
    hold_places(list(rule.places.all()))
    _expand(rule, now)
    return True


def _expand(rule: Rule, now: datetime) -> None:
    """Place what recurs up to 14 days from now and was not placed, overridden or omitted yet."""
    begin, end = max(rule.expanded_until, now), now + AHEAD
    places = list(rule.places.all())
    overridden = overrides_of([rule])
    placed = set(rule.placements.values_list("recurs_at", flat=True))
    for recurs_at in recurring_in(rule, begin, end):
        if recurs_at in placed or (rule.pk, recurs_at) in overridden:
            continue
        reason = _why_omitted(rule, places, recurs_at)
        if reason:
            Omission.objects.get_or_create(
                rule=rule, recurs_at=recurs_at, defaults={"reason": reason, "omitted_at": now}
            )
            continue
        _place(rule, places, recurs_at, recurs_at, now, placed_by=rule.saved_by)
    rule.expanded_until = end
    rule.save(update_fields=["expanded_until"])


def _grounds(rule: Rule, places: list[Place], begin: datetime) -> list[str]:
    """Return why a second person must answer; what the rule was approved for is not asked again."""
    asked = grounds_at(rule.edition, places, begin, rule.repeat)
    is_approved = RuleApproval.objects.filter(rule=rule).exists()
    return [ground for ground in asked if not (is_approved and ground == GROUND_POLICY)]


def _why_omitted(rule: Rule, places: list[Place], begin: datetime) -> str:
    """Return why the rule may not bring this occurrence, or nothing."""
    if rule.edition.is_emergency:
        return ""
    # A commune may have ended its agreement since the rule was saved.
    if communes_unwilling(rule.edition, places, rule.saved_by, [begin]):
        return "not_adopted"
    if are_rights_over(rule.edition.bulletin, clock.local(begin).date()):
        return "rights_over"
    return "clash" if clashes_in(places, rule.windows_at(begin)) else ""


def _place(
    rule: Rule,
    places: list[Place],
    recurs_at: datetime,
    start_at: datetime,
    now: datetime,
    *,
    placed_by: Person,
) -> Placement:
    placement = Placement.objects.create(
        edition=rule.edition,
        place=rule.place,
        start_at=start_at,
        grounds=_grounds(rule, places, start_at),
        repeat_times=rule.repeat.times,
        repeat_seconds=rule.repeat.every_s,
        rule=rule,
        recurs_at=recurs_at,
        placed_by=placed_by,
        placed_at=now,
    )
    placement.places.set(places)
    if not placement.grounds:
        plan_occurrences(placement, places)
    return placement


def _locked(rule: Rule) -> Rule:
    rows = Rule._base_manager.select_for_update(of=("self",))  # noqa: SLF001
    return rows.select_related("edition__bulletin", "place").get(pk=rule.pk)


def _refuse_without_mandate(by: Person, places: Collection[Place]) -> None:
    mine = by.places_with(Deed.PLACE)
    if any(place.code not in mine for place in places):
        raise MandateMissing


def _reason(words: str) -> str:
    words = " ".join(words.split())[:500]
    if not words:
        raise errors.ReasonMissing
    return words


def _canonical(text: str) -> str:
    try:
        return write(parse(text))
    except RecurrenceUnreadable as refused:
        raise errors.RuleUnreadable(
            fault=refused.fault, part=refused.part, value=refused.value
        ) from refused


def _settle_policies(rule: Rule, policies: Policies) -> None:
    fitting = _RANK_OF[Priority(rule.edition.priority)]
    rule.rank_class = policies.rank_class or fitting
    if rule.rank_class != fitting:
        raise errors.RankUnfit
    known = (
        policies.start in Rule.StartPolicy.values
        and policies.late in Rule.LatePolicy.values
        and policies.resume in Rule.ResumePolicy.values
    )
    if not known or not 1 <= policies.late_seconds_max <= LATE_SECONDS_MAX:
        raise errors.PolicyUnknown
    rule.start_policy, rule.late_policy = policies.start, policies.late
    rule.late_seconds_max, rule.resume_policy = policies.late_seconds_max, policies.resume


def _same_wish(rule: Rule, chosen: Collection[Place]) -> Rule | None:
    rows = Rule._base_manager.filter(  # noqa: SLF001
        edition=rule.edition,
        ended_at=None,
        **{
            name: getattr(rule, name)
            for name in (
                "recurrence", "valid_from", "valid_until", "daypart", "rank_class",
                "start_policy", "late_policy", "late_seconds_max", "resume_policy",
                "repeat_times", "pause_seconds",
            )
        },
    )  # fmt: skip
    wanted = {place.code for place in chosen}
    for row in rows.prefetch_related("places"):
        if {place.code for place in row.places.all()} == wanted:
            return row
    return None


def _windows(rule: Rule, now: datetime) -> list[Window]:
    times = recurring_in(rule, now, now + CLASHES_FORESEEN)
    return [window for t in times for window in rule.windows_at(t)]


def _refuse_wrong_rule(rule: Rule, now: datetime) -> None:
    if rule.valid_until < rule.valid_from:
        raise errors.DatesReversed
    windows = _windows(rule, now)
    if not windows:
        raise errors.RuleEmpty
    if any(end > begin for (_, end), (begin, _) in pairwise(windows)):
        raise errors.RuleOverlapsItself
    daypart = rule.daypart
    if daypart is not None and not all(_is_inside(daypart, window) for window in windows):
        raise errors.OutsideDaypart


def _is_inside(daypart: Daypart, window: Window) -> bool:
    begin, end = (clock.local(instant) for instant in window)
    same_day = begin.date() == end.date()
    return same_day and daypart.start <= begin.time() and end.time() <= daypart.end


def _refuse_move(rule: Rule, places: list[Place], moved_to: datetime) -> None:
    edition = rule.edition
    if not edition.valid_from <= moved_to < edition.valid_until:
        raise errors.OutsideValidity
    if edition.is_emergency:
        return
    windows = rule.windows_at(moved_to)
    there = clashes_in(places, windows) + foreseen_clashes(places, windows)
    if there:
        raise errors.Clash(occurrences=there)
