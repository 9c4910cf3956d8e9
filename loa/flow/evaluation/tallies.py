"""How many devices were told to sound, began, and sounded to the end; for many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Max, Q

from loa.flow.deliveries.models import PlayOrder
from loa.flow.newsroom.models import Bulletin
from loa.flow.receipts.queries import END_TOLD_WITHIN
from loa.flow.schedules.models import Occurrence


@dataclass(frozen=True)
class Tally:
    """Devices by how far they got; `last_start` is of those that have not told an end."""

    ordered: int = 0
    sounded: int = 0
    finished: int = 0
    ended: int = 0
    last_start: datetime | None = None


NOBODY = Tally()
_COUNTS = {
    "ordered": Count("pk"),
    "sounded": Count("pk", filter=Q(play_log__started_at__isnull=False)),
    "finished": Count("pk", filter=Q(play_log__result="finished")),
    "ended": Count("pk", filter=~Q(play_log__result="") & Q(play_log__isnull=False)),
    "last_start": Max("play_log__started_at", filter=Q(play_log__result="")),
}


def tallies_of_occurrences(occurrences: Iterable[Occurrence]) -> dict[UUID, Tally]:
    return _tallies("occurrence", [occurrence.pk for occurrence in occurrences])


def tallies_of_bulletins(bulletins: Iterable[Bulletin]) -> dict[UUID, Tally]:
    return _tallies("occurrence__edition__bulletin", [bulletin.pk for bulletin in bulletins])


def _tallies(of: str, keys: Sequence[UUID]) -> dict[UUID, Tally]:
    rows = PlayOrder.objects.filter(**{f"{of}__in": keys}).values(of).annotate(**_COUNTS)
    return {row.pop(of): Tally(**row) for row in rows.order_by()}


class Outcome(StrEnum):
    """What became of one sounding at one place."""

    PLANNED = "planned"
    AWAITED = "awaited"  # its time has come, no device has told anything final
    SOUNDING = "sounding"
    SOUNDED = "sounded"
    PARTLY = "partly"
    MISSED = "missed"
    STOPPED = "stopped"
    REFUSED = "refused"  # checked again before it left, and did not leave


def outcome_of(occurrence: Occurrence, tally: Tally, now: datetime) -> Outcome:
    """Say how an occurrence stands, from what its devices told until now."""
    is_whole = 0 < tally.ordered == tally.finished
    if occurrence.called_off_at is not None and not is_whole:
        return Outcome.STOPPED
    if hasattr(occurrence, "refusal"):
        return Outcome.REFUSED
    if _sounds(occurrence, tally, now):
        return Outcome.SOUNDING
    if is_whole:
        return Outcome.SOUNDED
    if 0 < tally.ordered == tally.ended or now > told_by(occurrence):
        return Outcome.PARTLY if tally.sounded else Outcome.MISSED
    return Outcome.AWAITED if now >= occurrence.start_at else Outcome.PLANNED


def told_by(occurrence: Occurrence) -> datetime:
    """Return until when every device that can speak has told how it ended."""
    return occurrence.latest_start_at + _length(occurrence) + END_TOLD_WITHIN


def _sounds(occurrence: Occurrence, tally: Tally, now: datetime) -> bool:
    if tally.last_start is None:
        return False
    return now < tally.last_start + _length(occurrence) + END_TOLD_WITHIN


def _length(occurrence: Occurrence) -> timedelta:
    return occurrence.end_at - occurrence.start_at
