"""What anybody may know: which approved editions hold now, and what sounded where.

Public on purpose: nobody signs in to read a notice. So each query opens the scopes itself, and
returns only editions, which somebody approved; never a draft.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django_scopes import scopes_disabled
from vn_collate import collate_key

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.models import Priority
from loa.flow.receipts.models import PlayLog
from loa.flow.receipts.queries import sounding_now
from loa.flow.schedules.models import Occurrence
from loa.lib import clock
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within, lineage

HEARD_AGAIN_FOR = timedelta(days=90)
SHOWN_MAX = 12
IN_FORCE_LOOKED_AT_MAX = 200


@dataclass(frozen=True)
class Sounded:
    """An edition as residents heard it the last time: where, since when, on how many clusters."""

    edition: Edition
    places: tuple[Place, ...]
    started_at: datetime
    horns: int
    recalled_at: datetime | None = None


@dataclass(frozen=True)
class Planned:
    """An edition that should still sound today."""

    edition: Edition
    places: tuple[Place, ...]
    start_at: datetime


@dataclass(frozen=True)
class HeardAt:
    """One place where an edition sounded."""

    place: Place
    started_at: datetime
    horns: int


@dataclass(frozen=True)
class Story:
    """An edition as its own page tells it; `heard` is its last sounding, place by place."""

    edition: Edition
    heard: tuple[HeardAt, ...]
    times: int
    first_at: datetime
    recalled_at: datetime | None


def sounded_at(place: Place, limit: int = 30, offset: int = 0) -> list[Sounded]:
    """Return what sounded of late at a place or below, last heard first; public.

    Of a bulletin that was corrected only the newest edition heard there is told.
    """
    with scopes_disabled():
        codes = codes_within([place.code])
        editions = list(_editions_heard(codes)[offset : offset + limit])
        return _last_soundings(editions, _started().filter(order__occurrence__place__in=codes))


def sounding_at(place: Place) -> list[Sounded]:
    """Return what sounds now at a place or below, emergencies first; public."""
    with scopes_disabled():
        logs = sounding_now().filter(order__occurrence__place__in=codes_within([place.code]))
        editions = list(_approved().filter(pk__in=logs.values("order__occurrence__edition")))
        found = _last_soundings(editions, logs)
    return sorted(found, key=lambda s: (not s.edition.is_emergency, -s.started_at.timestamp()))


def planned_today(place: Place) -> list[Planned]:
    """Return what should still sound today at a place or below, in order; public."""
    now = clock.now()
    midnight = datetime.combine(
        clock.local(now).date() + timedelta(days=1), time(), tzinfo=clock.CITY_ZONE
    )
    with scopes_disabled():
        rows = (
            Occurrence.objects.filter(
                ~Exists(_started().filter(order__occurrence=OuterRef("pk"))),
                place__in=codes_within([place.code]),
                start_at__lt=midnight,
                latest_start_at__gt=now,
                called_off_at=None,
                refusal=None,
            )
            .select_related("edition", "place__parent")
            .defer("edition__envelope", "edition__body")
            .order_by("start_at")
        )
        return _grouped(rows)


def editions_showing(place: Place) -> list[Edition]:
    """Return approved editions a board at this place shows now: emergencies first; public."""
    with scopes_disabled():
        above = {step.code for step in lineage(place)}
        found = _in_force(_meant_for(above), above | codes_within([place.code]))
    return found[:SHOWN_MAX]


def emergencies_in_force(place: Place) -> list[Edition]:
    """Return the emergencies that hold at a place, above it or somewhere below it; public."""
    with scopes_disabled():
        around = {step.code for step in lineage(place)} | codes_within([place.code])
        return _in_force(_meant_for(around) & Q(priority=Priority.EMERGENCY), around)[:SHOWN_MAX]


def which_sounded(editions: Iterable[Edition]) -> set[UUID]:
    """Return the ids of those editions that sounded somewhere; public."""
    logs = _started().filter(order__occurrence__edition__in=[edition.pk for edition in editions])
    return set(logs.values_list("order__occurrence__edition", flat=True))


def story_of(code: str) -> Story | None:
    """Return the newest edition of a bulletin that sounded, or None if none did; public."""
    with scopes_disabled():
        logs = _started().filter(order__occurrence__edition__bulletin__code=code)
        heard = _approved().filter(pk__in=logs.values("order__occurrence__edition"))
        edition = heard.prefetch_related("placements__recall").order_by("-frozen_at").first()
        return _story(edition) if edition else None


def _story(edition: Edition) -> Story:
    logs = _started().filter(order__occurrence__edition=edition)
    soundings = _by_placement(logs)
    last = Occurrence.objects.filter(placement=soundings[-1]["placement"])
    rows = (
        last.annotate(
            began_at=Min("orders__play_log__started_at"),
            horns=Count("orders__play_log__started_at"),
        )
        .exclude(began_at=None)
        .select_related("place__parent")
    )
    heard = [HeardAt(row.place, row.began_at, row.horns) for row in rows]
    return Story(
        edition=edition,
        heard=tuple(sorted(heard, key=lambda one: _place_key(one.place))),
        times=len(soundings),
        first_at=min(row["began_at"] for row in soundings),
        recalled_at=_recalled_at(edition, None),
    )


def _approved() -> QuerySet[Edition]:
    return (
        Edition.objects.filter(approval__isnull=False)
        .select_related("rendition", "place", "bulletin", "approval__approver")
        .defer("envelope")
    )


def _started() -> QuerySet[PlayLog]:
    return PlayLog.objects.filter(started_at__isnull=False)


def _editions_heard(codes: Collection[str]) -> QuerySet[Edition]:
    occurrences = Occurrence.objects.filter(
        Exists(_started().filter(order__occurrence=OuterRef("pk"))),
        place__in=codes,
        start_at__gte=clock.now() - HEARD_AGAIN_FOR,
    )
    newest = (
        Edition.objects.filter(pk__in=occurrences.values("edition"))
        .order_by("bulletin_id", "-frozen_at")
        .distinct("bulletin_id")
        .values("pk")
    )
    # Ordered by the plan, not by what a device with a wrong clock says.
    last = occurrences.filter(edition=OuterRef("pk")).order_by("-start_at").values("start_at")[:1]
    heard = _approved().filter(pk__in=newest)
    return heard.annotate(last_start_at=Subquery(last)).order_by("-last_start_at", "pk")


def _last_soundings(editions: list[Edition], logs: QuerySet[PlayLog]) -> list[Sounded]:
    """Tell the last sounding of each edition, in their order; `logs` are the horns that count."""
    mine = logs.filter(order__occurrence__edition__in=[edition.pk for edition in editions])
    last = {row["edition"]: row for row in _by_placement(mine)}
    places = _places_heard(mine, [row["placement"] for row in last.values()])
    return [
        Sounded(
            edition=edition,
            places=places[row["placement"]],
            started_at=row["began_at"],
            horns=row["horns"],
            recalled_at=row["recalled_at"],
        )
        for edition in editions
        if (row := last.get(edition.pk)) is not None
    ]


def _by_placement(logs: QuerySet[PlayLog]) -> list[dict[str, Any]]:
    """Sum the horns up by placement, the last planned at the end."""
    placement = "order__occurrence__placement"
    rows = (
        logs.order_by()
        .values(edition=F("order__occurrence__edition"), placement=F(placement))
        .annotate(
            planned_at=Max("order__occurrence__start_at"),
            began_at=Min("started_at"),
            horns=Count("pk"),
            recalled_at=Max(f"{placement}__recall__recalled_at"),
        )
        .order_by("planned_at", "began_at")
    )
    return [dict(row) for row in rows]


def _places_heard(logs: QuerySet[PlayLog], placements: list[UUID]) -> dict[UUID, tuple[Place, ...]]:
    found: dict[UUID, list[Place]] = defaultdict(list)
    rows = Occurrence.objects.filter(
        placement__in=placements, pk__in=logs.order_by().values("order__occurrence")
    )
    for row in rows.select_related("place__parent"):
        found[row.placement_id].append(row.place)
    return {pk: tuple(sorted(places, key=_place_key)) for pk, places in found.items()}


def _grouped(occurrences: Iterable[Occurrence]) -> list[Planned]:
    together: dict[tuple[UUID, datetime], list[Occurrence]] = defaultdict(list)
    for row in occurrences:
        together[row.edition_id, row.start_at].append(row)
    return [
        Planned(rows[0].edition, tuple(sorted((r.place for r in rows), key=_place_key)), start_at)
        for (_edition, start_at), rows in together.items()
    ]


def _place_key(place: Place) -> tuple[Any, ...]:
    return (collate_key(place.name), place.code)


def _meant_for(codes: Collection[str]) -> Q:
    return Q(targets__has_any_keys=sorted(codes))


def _is_emergency() -> ExpressionWrapper[Q]:
    return ExpressionWrapper(Q(priority=Priority.EMERGENCY), BooleanField())


def _in_force(wanted: Q, around: Collection[str]) -> list[Edition]:
    """Return the newest edition of each bulletin if it holds now and was not withdrawn around."""
    now = clock.now()
    newer = Edition.objects.filter(
        bulletin=OuterRef("bulletin"), frozen_at__gt=OuterRef("frozen_at"), valid_from__lte=now
    )
    rows = (
        _approved()
        .filter(wanted, ~Exists(newer), valid_from__lte=now, valid_until__gt=now)
        .prefetch_related("placements__recall", "placements__places")
        .alias(is_emergency_first=_is_emergency())
        .order_by("-is_emergency_first", "-frozen_at")[:IN_FORCE_LOOKED_AT_MAX]
    )
    return [edition for edition in rows if _recalled_at(edition, around) is None]


def _recalled_at(edition: Edition, around: Collection[str] | None) -> datetime | None:
    """Return when the last placement that touches these places was stopped, if it was."""
    for placement in edition.placements.all():  # the last placed comes first
        if around is None or any(place.code in around for place in placement.places.all()):
            recall = getattr(placement, "recall", None)
            return recall.recalled_at if recall else None
    return None
