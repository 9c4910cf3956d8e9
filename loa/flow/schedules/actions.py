from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.licensing import refuse_after_rights
from loa.flow.schedules import errors
from loa.flow.schedules.foreseen import foreseen_clashes
from loa.flow.schedules.inbox import communes_unwilling, owner_of_placement
from loa.flow.schedules.models import Confirmation, Occurrence, Placement, Rule
from loa.flow.schedules.queries import clashes_in, grounds_at, places_sounding
from loa.flow.schedules.repeats import Window, refuse_wrong_repeat, windows_of
from loa.flow.schedules.rules import GROUND_POLICY, START_WINDOW
from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.people import keyring
from loa.registry.people.errors import KeyNotInRoster, MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.queries import answers_by_roster, live_approval_key
from loa.registry.people.rosters import issue_roster
from loa.registry.people.rules import Deed
from loa.registry.people.suspensions import suspended_places
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within
from loa.wire import canonical, envelope, messages
from loa.wire.emergency import RepeatPlan, soundings

PAST_TOLERANCE = timedelta(minutes=1)


@transaction.atomic
def place_edition(
    edition: Edition,
    *,
    by: Person,
    start_at: datetime | None = None,
    places: Collection[Place] | None = None,
    repeat: RepeatPlan | None = None,
    supersedes: Placement | None = None,
) -> Placement:
    """Give an approved edition its time: now without `start_at`, else once at that time.

    Quiet hours and a day's limit do not refuse, they ask for a second person: the placement
    then waits (`is_waiting`) and sounds only after confirm_placement. The same wish again, by
    whomever, changes nothing; a "now" is the same wish as long as devices may still begin it.
    Only an emergency may take the place of another one, which is over with it.
    An ordinary item of the city sounds where the commune took it or agreed to take all.
    Raises Clash, StartInPast, OutsideValidity, RepeatWrong, NotATarget, NotAnUpdate, NotAdopted,
    PlaceSuspended, MandateMissing.
    """
    now = clock.now()
    # Two may press at once: the second waits here and then finds what the first did.
    Edition._base_manager.select_for_update(of=("self",)).get(pk=edition.pk)  # noqa: SLF001
    chosen = chosen_places(edition, places)
    mine = by.places_with(Deed.PLACE)
    if any(place.code not in mine for place in chosen):
        raise MandateMissing
    repeat = repeat or RepeatPlan()
    already = _same_wish(edition, chosen, start_at, now, repeat)
    if already is not None:
        return already
    begin = start_at or now
    _refuse_wrong_time(edition, begin, now)
    refuse_where_suspended(edition, chosen)
    if not edition.is_emergency:
        refuse_wrong_repeat(repeat, edition.duration)
    windows = windows_of(begin, edition.duration, repeat)
    refuse_unadopted(edition, chosen, by, [opens for opens, _ in windows])
    hold_places(chosen)
    if supersedes is not None:
        _end_superseded(supersedes, edition, chosen)
    if start_at is not None and not edition.is_emergency:
        _refuse_clash(chosen, windows)
    placement = Placement.objects.create(
        edition=edition,
        place=owner_of_placement(edition, chosen, by),
        is_now=start_at is None,
        start_at=begin,
        grounds=grounds_at(edition, chosen, begin, repeat),
        supersedes=supersedes,
        placed_by=by,
        placed_at=now,
        repeat_times=repeat.times,
        repeat_seconds=repeat.every_s,
    )
    placement.places.set(chosen)
    if not placement.grounds:
        plan_occurrences(placement, chosen)
    record_fact(
        "edition_placed",
        actor=by.username,
        subject=edition.bulletin.code,
        place=placement.place_id,
        body={
            "edition": edition.sha256,
            "placement": str(placement.id),
            "start_at": clock.iso(begin),
            "places": sorted(place.code for place in chosen),
            "waits_for": placement.grounds,
        }
        | ({"supersedes": str(supersedes.pk)} if supersedes else {}),
    )
    return placement


def _end_superseded(old: Placement, edition: Edition, chosen: Collection[Place]) -> None:
    """Call off the emergency whose place is taken; where it sounded, the new one must be heard."""
    old = Placement._base_manager.select_for_update(of=("self",)).get(pk=old.pk)  # noqa: SLF001
    is_live = old.called_off_at is None and old.edition.is_emergency
    reached = {place.code for place in old.places.all()}
    if not (is_live and edition.is_emergency and reached <= codes_within(p.code for p in chosen)):
        raise errors.NotAnUpdate
    call_off_placement(old)


@transaction.atomic
def confirm_placement(placement: Placement, *, by: Person) -> Confirmation:
    """Answer as the second person for a sound in quiet hours or above the limit.

    Confirming again changes nothing. A "play now" begins at the confirmation.
    """
    placement = (
        Placement._base_manager.select_for_update(of=("self",))  # noqa: SLF001
        .select_related("edition__bulletin", "rule")
        .get(pk=placement.pk)
    )
    places = list(placement.places.all())
    mine = by.places_with(Deed.CONFIRM)
    if any(place.code not in mine for place in places):
        raise MandateMissing
    done = Confirmation.objects.filter(placement=placement).first()
    if done is not None:
        return done
    if placement.called_off_at is not None:
        raise errors.CalledOff
    if not placement.grounds:
        raise errors.NothingToConfirm
    if by.pk in _who_may_not_confirm(placement):
        raise errors.SamePerson
    now = clock.now()
    refuse_where_suspended(placement.edition, places)
    hold_places(places)
    _settle_start(placement, places, now)
    confirmation = Confirmation.objects.create(
        placement=placement,
        confirmer=by,
        confirmed_at=now,
        envelope=_sealed_confirmation(placement, places, by, now),
    )
    plan_occurrences(placement, places)
    record_fact(
        "placement_confirmed",
        actor=by.username,
        subject=placement.edition.bulletin.code,
        place=placement.place_id,
        body={"placement": str(placement.id), "grounds": placement.grounds},
    )
    return confirmation


def _who_may_not_confirm(placement: Placement) -> set[int]:
    """Return who placed it, and where a horn asks for two people too, who approved the words."""
    if placement.grounds == [GROUND_POLICY]:
        return {placement.placed_by_id}
    return {placement.placed_by_id, placement.edition.approval.approver_id}


def _settle_start(placement: Placement, places: list[Place], now: datetime) -> None:
    """Begin a "now" now; refuse a time that passed, or was given to another, meanwhile."""
    if placement.is_now:
        _refuse_wrong_time(placement.edition, now, now)
        placement.start_at = now
        placement.save(update_fields=["start_at"])
    elif now > placement.start_at:
        raise errors.TooLateToConfirm
    else:
        windows = windows_of(placement.start_at, placement.edition.duration, placement.repeat)
        _refuse_clash(places, windows, of_rule=placement.rule)


def call_off_placement(placement: Placement) -> list[Occurrence]:
    """Mark the placement and its occurrences as called off; returns the occurrences."""
    now = clock.now()
    placement.called_off_at = now
    placement.save(update_fields=["called_off_at"])
    live = Occurrence._base_manager.filter(placement=placement, called_off_at=None)  # noqa: SLF001
    rows = list(live.select_for_update())
    live.update(called_off_at=now)
    return rows


def refuse_where_suspended(edition: Edition | None, places: Collection[Place]) -> None:
    """Raise PlaceSuspended if one of the places may sound emergencies only, and this is none."""
    if edition is not None and edition.is_emergency:
        return
    silenced = suspended_places(clock.now())
    if found := [place.full_name for place in places if place.code in silenced]:
        raise errors.PlaceSuspended(places=found)


def hold_places(places: Collection[Place]) -> None:
    """Let nobody else place at these communes until this transaction ends.

    Two who look at the same free time at once must not both take it.
    """
    sounding = places_sounding(places)
    communes = {place.code if place.is_commune else place.parent_id for place in sounding}
    rows = Place.objects.select_for_update(no_key=True).filter(code__in=communes)
    list(rows.order_by("code"))


def _refuse_clash(
    places: Collection[Place], windows: list[Window], *, of_rule: Rule | None = None
) -> None:
    there = clashes_in(places, windows) + foreseen_clashes(places, windows, beside=of_rule)
    if there:
        raise errors.Clash(occurrences=there)


def chosen_places(edition: Edition, places: Collection[Place] | None) -> list[Place]:
    chosen = (
        list(places) if places is not None else list(Place.objects.filter(code__in=edition.targets))
    )
    if not chosen:
        raise errors.PlacesMissing
    approved = codes_within(edition.targets)
    if any(place.code not in approved for place in chosen):
        raise errors.NotATarget
    return chosen


def refuse_unadopted(
    edition: Edition, places: Collection[Place], by: Person, begins: Collection[datetime]
) -> None:
    unwilling = communes_unwilling(edition, places, by, begins)
    if unwilling:
        raise errors.NotAdopted(communes=unwilling)


def _same_wish(
    edition: Edition,
    chosen: list[Place],
    start_at: datetime | None,
    now: datetime,
    repeat: RepeatPlan,
) -> Placement | None:
    """Return the placement that says this already: asked twice, it must not sound twice."""
    rows = Placement._base_manager.filter(  # noqa: SLF001
        edition=edition, is_now=start_at is None, called_off_at=None, rule=None
    )
    if start_at is None:
        rows = rows.filter(start_at__gt=now - START_WINDOW)
    else:
        rows = rows.filter(start_at=start_at)
    if not edition.is_emergency:
        rows = rows.filter(repeat_times=repeat.times, repeat_seconds=repeat.every_s)
    wanted = {place.code for place in chosen}
    for row in rows.prefetch_related("places"):
        if {place.code for place in row.places.all()} == wanted:
            return row
    return None


def _refuse_wrong_time(edition: Edition, begin: datetime, now: datetime) -> None:
    if begin < now - PAST_TOLERANCE:
        raise errors.StartInPast
    if not edition.valid_from <= begin < edition.valid_until:
        raise errors.OutsideValidity
    refuse_after_rights(edition.bulletin, clock.local(begin).date())


def plan_occurrences(placement: Placement, places: Collection[Place]) -> None:
    edition = placement.edition
    duration = timedelta(milliseconds=max(edition.duration_ms, 1))
    Occurrence.objects.bulk_create(
        Occurrence(
            placement=placement,
            edition=edition,
            place=place,
            start_at=one.start_at,
            latest_start_at=one.latest_start_at,
            end_at=one.start_at + duration,
            sounding=one.number,
        )
        for place in places_sounding(places)
        for one in soundings(placement.start_at, placement.latest_start_at, placement.repeat)
    )


def _sealed_confirmation(
    placement: Placement, places: list[Place], by: Person, now: datetime
) -> bytes:
    key = live_approval_key(by)
    if key is None:
        raise MandateMissing
    issue_roster()
    if not answers_by_roster(key.key_id, [place.code for place in places], now):
        raise KeyNotInRoster
    statement = messages.Confirmation(
        edition_sha256=placement.edition.sha256,
        places=tuple(sorted(place.code for place in places)),
        start_at=placement.start_at,
        latest_start_at=placement.last_start_at,
        grounds=tuple(placement.grounds),
        confirmer=by.username,
        confirmed_at=now,
    )
    payload = canonical.encode(statement)
    return envelope.seal(messages.CONFIRMATION, payload, keyring.private_half(key))
