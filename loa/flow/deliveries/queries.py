from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Length

from loa.flow.deliveries.models import BookIssue, DesiredDocument, DispatchRefusal, PlayOrder
from loa.flow.deliveries.rules import (
    ENDED,
    ORDERS_MAX,
    PlannedSound,
    PlannedStanding,
    Policies,
    Wanted,
    lateness_of,
    turn_of,
)
from loa.flow.newsroom.models import Bulletin, Submission
from loa.flow.schedules.models import Occurrence, Rule
from loa.flow.schedules.queries import quiet_hours_at
from loa.flow.schedules.standings import standings_in_force
from loa.lib import clock
from loa.registry.devices.models import Device
from loa.registry.devices.queries import quarantined
from loa.registry.people.suspensions import suspended_places
from loa.registry.places.models import Place
from loa.registry.places.queries import parents_of_all
from loa.wire.messages import Prefetch, Priority, Settings
from loa.wire.policies import LateKind, LatePolicy, Resume, StartKind, StartPolicy
from loa.wire.rules import is_within

# A device that was cut while sounding may still finish within this time.
FINISH_WITHIN = timedelta(hours=1)
RECALLS_KEPT = timedelta(days=1)
# An end is dated before it is committed; a look in between must not miss it.
COMMIT_MAX = timedelta(seconds=10)
PREFETCH_MAX = 20
LANE_AHEAD = timedelta(minutes=5)


def occurrences_due(now: datetime, horizon: timedelta, limit: int) -> list[Occurrence]:
    """Return, locked, occurrences near enough to order that nobody has ordered yet.

    Rows another dispatcher holds are left to it.
    """
    rows = (
        Occurrence.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(start_at__lte=now + horizon, called_off_at=None, orders=None, refusal=None)
        # What is at hand goes by the lane of emergencies first.
        .exclude(edition__priority=Priority.EMERGENCY, placement__start_at__lte=now + LANE_AHEAD)
        # What a suspended place may not play waits: the suspension may be lifted before its time.
        .exclude(_is_held_back(now))
        .select_related("edition__approval__approver", "edition__place", "placement", "place")
        .order_by("start_at")
    )
    return list(rows[:limit])


def _is_held_back(now: datetime) -> Q:
    silenced = Q(place__in=suspended_places(now), start_at__gt=now)
    return silenced & ~Q(edition__priority=Priority.EMERGENCY)


def wanted_by(devices: Sequence[Device], now: datetime) -> list[Wanted]:
    """Return what each of these devices should do now, from what is in the database."""
    sounds, recalls = _sounds(devices, now), _recalls(devices, now)
    communes = Place.objects.in_bulk({device.place_id for device in devices})
    quiet = {code: quiet_hours_at(place) for code, place in communes.items()}
    prefetch = _prefetch(communes)
    books = _books({_stands_in(device) for device in devices})
    standings = _standings({_stands_in(device) for device in devices}, now)
    doubtful = quarantined(device.code for device in devices)
    silenced = suspended_places(now)
    return [
        Wanted(
            device=device.code,
            place=_stands_in(device),
            quiet_hours=quiet[device.place_id],
            sounds=sounds[device.code],
            recalls=recalls[device.code],
            prefetch=prefetch[device.place_id],
            standings=standings[_stands_in(device)],
            book=None if _stands_in(device) in silenced else books.get(_stands_in(device)),
            settings=_settings_of(device),
            only_emergencies=device.code in doubtful or _stands_in(device) in silenced,
        )
        for device in devices
    ]


def _stands_in(device: Device) -> str:
    return device.village_id or device.place_id


def _settings_of(device: Device) -> Settings | None:
    settings = Settings(volume_percent=device.volume_percent, muted=device.is_muted)
    return settings if settings != Settings() else None


def _sounds(devices: Sequence[Device], now: datetime) -> dict[str, list[PlannedSound]]:
    rows = list(
        _standing_orders(now)
        .filter(device__in=[device.code for device in devices])
        .values_list("id", "device_id", "occurrence_id", "ended_at")
        .order_by("id")
    )
    occurrences = Occurrence.objects.filter(pk__in={row[2] for row in rows})
    planned = {
        o.pk: planned_sound(o, now)
        for o in occurrences.select_related("edition", "placement__confirmation", "placement__rule")
    }
    turns = {
        pk: turn for turn, pk in enumerate(sorted(planned, key=lambda pk: turn_of(planned[pk])))
    }
    found: dict[str, list[PlannedSound]] = defaultdict(list)
    by_turn = sorted(rows, key=lambda row: (row[3] is not None, turns[row[2]]))
    for order_id, device, occurrence_id, ended_at in by_turn:
        # A day's plan may be long, a document is not.
        if len(found[device]) < ORDERS_MAX:
            sound = planned[occurrence_id]
            lateness = sound.lateness if ended_at is None else ENDED
            found[device].append(replace(sound, order=str(order_id), lateness=lateness))
    return found


def planned_sound(occurrence: Occurrence, now: datetime | None = None) -> PlannedSound:
    """Return what the orders of one occurrence share; each adds its own name."""
    confirmation = getattr(occurrence.placement, "confirmation", None)
    return PlannedSound(
        order="",
        edition_sha256=occurrence.edition.sha256,
        edition_envelope=bytes(occurrence.edition.envelope),
        priority=occurrence.edition.priority,
        start_at=occurrence.start_at,
        latest_start_at=occurrence.latest_start_at,
        confirmation_envelope=bytes(confirmation.envelope) if confirmation else None,
        policies=_policies_of(occurrence.placement.rule),
        lateness=lateness_of(occurrence.end_at, occurrence.latest_start_at, now) if now else 0,
    )


_RESUMES = {
    Rule.ResumePolicy.PAUSE: Resume.PAUSE,
    Rule.ResumePolicy.UNDERNEATH: Resume.CONTINUE_UNDERNEATH,
    Rule.ResumePolicy.RESTART: Resume.RESTART,
}


def _policies_of(rule: Rule | None) -> Policies:
    """Return what a rule says of its occurrences; a single placement leaves it to the device."""
    if rule is None:
        return Policies()
    start = None
    if rule.start_policy == Rule.StartPolicy.HARD:
        start = StartPolicy(kind=StartKind.HARD)
    elif rule.start_policy == Rule.StartPolicy.WAIT:
        start = StartPolicy(kind=StartKind.WAIT, wait_s=rule.late_seconds_max)
    is_joining = rule.late_policy == Rule.LatePolicy.JOIN
    return Policies(
        start=start,
        late=LatePolicy(kind=LateKind.JOIN) if is_joining else None,
        resume=_RESUMES.get(Rule.ResumePolicy(rule.resume_policy)),
    )


def _standing_orders(now: datetime) -> QuerySet[PlayOrder]:
    return PlayOrder.objects.filter(
        occurrence__called_off_at=None, occurrence__end_at__gt=now - FINISH_WITHIN
    )


def devices_with_room(since: datetime, now: datetime) -> set[str]:
    """Return the devices where an order ended or became past since then while another may begin.

    How many orders a document holds depends on how long their editions are: who has room is
    composed anew.
    """
    standing = _standing_orders(now)
    waiting = standing.filter(
        device=OuterRef("device"), ended_at=None, occurrence__latest_start_at__gte=now
    )
    past = standing.filter(
        Q(occurrence__latest_start_at__gte=since, occurrence__latest_start_at__lt=now)
        | Q(occurrence__end_at__gte=since, occurrence__end_at__lt=now)
        | Q(ended_at__gte=since - COMMIT_MAX)
    )
    return set(past.filter(Exists(waiting)).values_list("device_id", flat=True))


def _recalls(devices: Sequence[Device], now: datetime) -> dict[str, list[str]]:
    rows = (
        PlayOrder.objects.filter(
            device__in=[device.code for device in devices],
            occurrence__called_off_at__gt=now - RECALLS_KEPT,
        )
        .order_by("-occurrence__called_off_at", "id")
        .values_list("device_id", "id")
    )
    found: dict[str, list[str]] = defaultdict(list)
    for device, order in rows:
        found[device].append(str(order))
    return found


def _books(places: Iterable[str]) -> dict[str, Prefetch]:
    """Return place → its book, as a document names it."""
    rows = BookIssue.objects.filter(place__in=list(places)).annotate(size=Length("body"))
    return {
        place: Prefetch(sha256=sha256, bytes=size)
        for place, sha256, size in rows.values_list("place_id", "sha256", "size")
    }


def _standings(places: Iterable[str], now: datetime) -> dict[str, list[PlannedStanding]]:
    """Return what stands every week at each of these places."""
    parents = parents_of_all()
    in_force = [
        (
            PlannedStanding(row.sha256, bytes(row.envelope or b"")),
            [p.code for p in row.places.all()],
        )
        for row in standings_in_force(now)
    ]
    return {
        place: [planned for planned, targets in in_force if is_within(place, targets, parents)]
        for place in places
    }


def _prefetch(communes: Iterable[str]) -> dict[str, list[Prefetch]]:
    """Name sounds that wait for approval, so that an approved one is already on the device."""
    parents = parents_of_all()
    found: dict[str, list[Prefetch]] = {commune: [] for commune in communes}
    open_ones = Submission.objects.filter(closed_at=None).select_related("rendition__opus")
    newest = open_ones.order_by("-submitted_at").prefetch_related("bulletin__targets")
    for submission in newest[:PREFETCH_MAX]:
        targets = [target.code for target in submission.bulletin.targets.all()]
        opus = submission.rendition.opus
        for commune, named in found.items():
            if is_within(commune, targets, parents) or any(
                is_within(target, [commune], parents) for target in targets
            ):
                named.append(Prefetch(sha256=opus.sha256, bytes=opus.bytes))
    return found


def refusals_of(bulletin: Bulletin) -> list[DispatchRefusal]:
    """Return the occurrences of a bulletin that were checked again and did not leave."""
    rows = DispatchRefusal.objects.filter(occurrence__edition__bulletin=bulletin)
    return list(rows.select_related("occurrence__place").order_by("occurrence__start_at"))


def latest_documents() -> list[DesiredDocument]:
    """Return the newest document of each device."""
    newest = _newest_of("pk")
    return list(DesiredDocument.objects.filter(pk__in=Device._base_manager.values(newest=newest)))  # noqa: SLF001


def latest_seqs(devices: Iterable[str] | None = None) -> dict[str, tuple[int, str]]:
    """Return device → number and content hash of its newest document, for those that have one."""
    rows = Device._base_manager.all()  # noqa: SLF001
    if devices is not None:
        rows = rows.filter(code__in=list(devices))
    found = rows.values_list("code", _newest_of("seq"), _newest_of("content_hash"))
    return {code: (seq, content_hash) for code, seq, content_hash in found if seq}


def _newest_of(field: str) -> Subquery:
    """One step down an index for each device, however many documents it ever had."""
    return Subquery(
        DesiredDocument.objects.filter(device=OuterRef("pk")).order_by("-seq").values(field)[:1]
    )


def document_for(device: str) -> bytes | None:
    """Return the newest signed document of a device, as it fetches it."""
    row = DesiredDocument.objects.filter(device=device).order_by("-seq").first()
    return bytes(row.envelope) if row else None


def unpushed_documents(limit: int) -> list[DesiredDocument]:
    return list(
        DesiredDocument.objects.filter(pushed_at=None)
        .select_related("device")
        .order_by("id")[:limit]
    )


def unpushed_document_count() -> int:
    return DesiredDocument.objects.filter(pushed_at=None).count()


def order_tally(day: date) -> int:
    """Return how many orders are planned for a local day."""
    begin = datetime.combine(day, time(), tzinfo=clock.CITY_ZONE)
    end = begin + timedelta(days=1)
    return PlayOrder.objects.filter(
        occurrence__start_at__gte=begin, occurrence__start_at__lt=end
    ).count()
