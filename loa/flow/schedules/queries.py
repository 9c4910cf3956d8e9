from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet

from loa.flow.approvals.models import Edition
from loa.flow.approvals.queries import editions_in_scope
from loa.flow.newsroom.models import Bulletin
from loa.flow.schedules.asked import SchedulePolicy
from loa.flow.schedules.models import DailyLimit, Occurrence, Placement, QuietHours, Rule
from loa.flow.schedules.repeats import Stretches, windows_of
from loa.flow.schedules.rules import (
    GROUND_POLICY,
    MINUTES_A_DAY_RURAL,
    MINUTES_A_DAY_WARD,
    QUIET_DEFAULT,
    grounds_for_second_person,
    quiet_window,
)
from loa.lib import clock
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within, lineage, parents_of_all
from loa.wire.emergency import RepeatPlan
from loa.wire.messages import QuietHours as QuietWindow

ONCE = RepeatPlan()


def quiet_hours_at(place: Place) -> QuietWindow:
    """Return the quiet hours of a place: its own, else of the nearest place above, else usual."""
    for step in lineage(place):
        own = QuietHours.objects.filter(place=step).first()
        if own is not None:
            return quiet_window(own.start, own.end)
    return quiet_window(*QUIET_DEFAULT)


def daily_limit_at(place: Place) -> timedelta:
    """Return the limit of a place; a village without its own has that of its commune."""
    return daily_limits_at([place])[place.code]


def daily_limits_at(places: Iterable[Place]) -> dict[str, timedelta]:
    steps = {
        place.code: [step for step in lineage(place) if not step.is_city] or [place]
        for place in places
    }
    asked = {step.code for above in steps.values() for step in above}
    own = dict(DailyLimit.objects.filter(place__in=asked).values_list("place", "minutes"))
    return {code: _daily_limit(above, own) for code, above in steps.items()}


def _daily_limit(steps: Sequence[Place], own: Mapping[str, int]) -> timedelta:
    usual = MINUTES_A_DAY_WARD if steps[-1].kind == Place.Kind.WARD else MINUTES_A_DAY_RURAL
    return timedelta(minutes=next((own[s.code] for s in steps if s.code in own), usual))


def day_bounds(day: date) -> tuple[datetime, datetime]:
    begin = datetime.combine(day, time(), tzinfo=clock.CITY_ZONE)
    return begin, begin + timedelta(days=1)


def occurrences_on(place: Place, day: date) -> list[Occurrence]:
    """Return what is planned at a place on a local day, in order."""
    return occurrences_in([place.code], day)


def occurrences_in(codes: Iterable[str], day: date, days: int = 1) -> list[Occurrence]:
    """Return what is planned at any of these places from a local day on, in order."""
    begin = day_bounds(day)[0]
    # Asked by whoever may see the places; the editions may belong to the city above.
    rows = Occurrence._base_manager.filter(  # noqa: SLF001
        place__in=list(codes), start_at__gte=begin, start_at__lt=begin + timedelta(days=days)
    )
    return list(rows.select_related("edition__bulletin", "placement", "place").order_by("start_at"))


def time_used_on(place: Place, day: date) -> timedelta:
    """Return how long ordinary items sound at a place on a day; emergencies do not count."""
    return _time_used(occurrences_on(place, day))


def times_heard_on(places: Iterable[Place], day: date) -> dict[str, timedelta]:
    """Return code → how long ordinary items sound on a day at the busiest horn of each place.

    A horn of a village sounds what is placed at the village, at its commune and above.
    """
    codes = [place.code for place in places]
    parents = parents_of_all()
    return times_heard(codes, parents, occurrences_in(codes_heard(codes, parents), day))


def codes_heard(codes: Iterable[str], parents: Mapping[str, str]) -> set[str]:
    """Return these places, all above them and all below."""
    given = set(codes)
    below = {code for code in parents if _codes_above(code, parents) & given}
    return given.union(below, *(_codes_above(code, parents) for code in given))


def times_heard(
    codes: Iterable[str], parents: Mapping[str, str], occurrences: Iterable[Occurrence]
) -> dict[str, timedelta]:
    """Return the same from the occurrences of one day at all places heard at these."""
    used: dict[str, timedelta] = defaultdict(timedelta)
    for occurrence in occurrences:
        used[occurrence.place_id] += _time_used([occurrence])
    there = {one: _codes_above(one, parents) for one in list(used)}
    return {code: _time_heard(code, _codes_above(code, parents), there, used) for code in codes}


def _time_heard(
    code: str, above: set[str], there: Mapping[str, set[str]], used: Mapping[str, timedelta]
) -> timedelta:
    own = sum((used[one] for one in {code, *above} if one in there), timedelta(0))
    return own + max((used[one] for one, up in there.items() if code in up), default=timedelta(0))


def _time_used(occurrences: Iterable[Occurrence]) -> timedelta:
    return sum(
        (
            o.edition.duration
            for o in occurrences
            if o.called_off_at is None and not o.edition.is_emergency
        ),
        timedelta(0),
    )


def clashes_in(
    places: Iterable[Place], windows: Sequence[tuple[datetime, datetime]]
) -> list[Occurrence]:
    """Return live occurrences that would sound in one of the windows at a horn of these places.

    The windows do not overlap one another.
    """
    if not windows:
        return []
    rows = Occurrence._base_manager.filter(  # noqa: SLF001
        place__in=codes_heard_at(places),
        called_off_at=None,
        start_at__lt=max(end for _, end in windows),
        end_at__gt=min(begin for begin, _ in windows),
    )
    stretches = Stretches(windows)
    return [
        row
        for row in rows.select_related("edition__bulletin", "place", "placement")
        if stretches.meet(row.start_at, row.end_at)
    ]


def codes_heard_at(places: Iterable[Place]) -> set[str]:
    """Return the places whose sounds are heard at some horn of these: below, and above."""
    sounding = [place.code for place in places_sounding(places)]
    parents = parents_of_all()
    return codes_within(sounding).union(*(_codes_above(code, parents) for code in sounding))


def places_sounding(places: Iterable[Place]) -> list[Place]:
    """Return where it would sound: a city means every commune of it, a village stays itself.

    A village whose commune sounds anyway is left out: its horns would sound twice.
    """
    given = list(places)
    chosen = {place.code: place for place in given if not place.is_city}
    below = codes_within(place.code for place in given if place.is_city)
    for place in Place.objects.filter(code__in=below).select_related("parent"):
        if place.is_commune:
            chosen.setdefault(place.code, place)
    parents = parents_of_all()
    return [place for code, place in chosen.items() if not _codes_above(code, parents) & {*chosen}]


def _codes_above(code: str, parents: Mapping[str, str]) -> set[str]:
    above: set[str] = set()
    while code in parents:
        code = parents[code]
        above.add(code)
    return above


def grounds_at(
    edition: Edition,
    places: Iterable[Place],
    begin: datetime,
    repeat: RepeatPlan = ONCE,
) -> list[str]:
    """Return why a second person must answer if this edition began then at these places."""
    if edition.is_emergency:
        return []
    day = clock.local(begin).date()
    grounds: set[str] = set()
    sounding = places_sounding(places)
    used, limits = times_heard_on(sounding, day), daily_limits_at(sounding)
    parents, quiet = parents_of_all(), own_quiet_hours()
    if ask_for_every_hour(sounding, parents):
        grounds.add(GROUND_POLICY)
    for place in sounding:
        grounds.update(
            grounds_for_second_person(
                windows=windows_of(begin, edition.duration, repeat),
                quiet_hours=[nearest_quiet_hours(place.code, parents, quiet)],
                used=used[place.code],
                limit=limits[place.code],
            )
        )
    return sorted(grounds)


def ask_for_every_hour(places: Iterable[Place], parents: Mapping[str, str]) -> bool:
    """Say whether one of these places, or the nearest above that decided, asks for every hour."""
    decided = dict(SchedulePolicy.objects.values_list("place", "asks"))
    return any(
        _nearest_policy(place.code, parents, decided) == SchedulePolicy.Asks.ALL for place in places
    )


def _nearest_policy(code: str, parents: Mapping[str, str], decided: Mapping[str, str]) -> str:
    here: str | None = code
    while here is not None:
        if here in decided:
            return decided[here]
        here = parents.get(here)
    return SchedulePolicy.Asks.GROUNDS


def schedule_policy_at(place: Place) -> str:
    """Return what a second person is asked for at a place: its own decision, or the nearest above."""
    decided = dict(SchedulePolicy.objects.values_list("place", "asks"))
    return _nearest_policy(place.code, parents_of_all(), decided)


def own_quiet_hours() -> dict[str, QuietWindow]:
    return {row.place_id: quiet_window(row.start, row.end) for row in QuietHours.objects.all()}


def nearest_quiet_hours(
    code: str, parents: Mapping[str, str], own: Mapping[str, QuietWindow]
) -> QuietWindow:
    here: str | None = code
    while here is not None:
        if here in own:
            return own[here]
        here = parents.get(here)
    return quiet_window(*QUIET_DEFAULT)


def placements_awaiting_confirmation(person: Person) -> list[Placement]:
    """Return placements this person may answer for as the second one."""
    mine = person.places_with(Deed.CONFIRM)
    if not mine:
        return []
    rows = (
        Placement.objects.filter(confirmation=None, called_off_at=None)
        .exclude(grounds=[])
        .exclude(placed_by=person)
        .select_related("edition__bulletin", "edition__approval", "place", "placed_by")
        .prefetch_related("places")
    )
    return [
        row
        for row in rows
        if {place.code for place in row.places.all()} <= mine
        and not _waits_with_its_rule(row)
        and not (row.grounds != [GROUND_POLICY] and row.edition.approval.approver_id == person.pk)
    ]


def _waits_with_its_rule(placement: Placement) -> bool:
    return placement.rule_id is not None and placement.grounds == [GROUND_POLICY]


def rules_awaiting_approval(person: Person) -> list[Rule]:
    """Return the recurring schedules this person may answer for as the second one."""
    mine = person.places_with(Deed.CONFIRM)
    rows = (
        Rule.objects.filter(
            approval=None,
            ended_at=None,
            placements__grounds__contains=[GROUND_POLICY],
            placements__confirmation=None,
            placements__called_off_at=None,
        )
        .exclude(saved_by=person)
        .select_related("edition__bulletin", "saved_by", "place")
        .prefetch_related("places")
        .distinct()
    )
    return [rule for rule in rows if {place.code for place in rule.places.all()} <= mine]


def editions_ready_to_place() -> QuerySet[Edition]:
    """Return valid editions in scope that nobody has placed yet."""
    now = clock.now()
    return editions_in_scope().filter(valid_until__gt=now, placements=None)


def placements_in_scope() -> QuerySet[Placement]:
    return Placement.objects.select_related("edition__bulletin", "place", "placed_by")


def placements_of(bulletin: Bulletin) -> list[Placement]:
    """Return every placement of a bulletin's editions, newest first."""
    rows = placements_in_scope().filter(edition__bulletin=bulletin)
    return list(
        rows.select_related("confirmation__confirmer", "recall__recalled_by").prefetch_related(
            "places"
        )
    )


def placements_readable_by(person: Person) -> QuerySet[Placement]:
    return placements_in_scope().filter(place__in=person.places_with(Deed.READ))
