"""What a wall of what sounds now shows beside it: what should sound and does not, and what is next."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import QuerySet

from loa.flow.evaluation.tallies import NOBODY, tallies_of_occurrences
from loa.flow.schedules.models import Occurrence

# A device looks, sounds and tells within this time.
TOLD_WITHIN = timedelta(seconds=45)
LOOKED_BACK = timedelta(minutes=10)
NEXT_WITHIN = timedelta(hours=18)


def unheard_at(places: Collection[str], now: datetime) -> list[Occurrence]:
    """Return what should have begun at these places within minutes, and no horn told of it."""
    rows = list(
        _live(places).filter(start_at__gt=now - LOOKED_BACK, start_at__lte=now - TOLD_WITHIN)
    )
    tallies = tallies_of_occurrences(rows)
    return [row for row in rows if tallies.get(row.pk, NOBODY).sounded == 0]


def next_at(places: Collection[str], now: datetime, limit: int) -> list[Occurrence]:
    """Return what begins next at these places, at most 18 hours ahead."""
    rows = _live(places).filter(start_at__gt=now, start_at__lte=now + NEXT_WITHIN)
    return list(rows.order_by("start_at", "place")[:limit])


def _live(places: Collection[str]) -> QuerySet[Occurrence]:
    rows = Occurrence._base_manager.filter(  # noqa: SLF001 - the caller names the places he may read
        place__in=places, called_off_at=None, refusal=None
    )
    return rows.select_related("edition", "place")
