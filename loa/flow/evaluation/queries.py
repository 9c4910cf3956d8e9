from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django_scopes import scopes_disabled

from loa.flow.approvals.models import Edition
from loa.flow.receipts.models import PlayLog
from loa.flow.schedules.models import Occurrence
from loa.lib import clock
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within


@dataclass(frozen=True)
class Sounded:
    """One sounding at a place as its residents see it."""

    edition: Edition
    place: Place
    started_at: datetime
    horns: int


def sounded_at(place: Place, limit: int = 30) -> list[Sounded]:
    """Return what sounded at a place, newest first; public."""
    with scopes_disabled():
        rows = (
            Occurrence.objects.filter(
                place__in=codes_within([place.code]), orders__play_log__started_at__isnull=False
            )
            .distinct()
            .select_related("edition__rendition", "place")
            .order_by("-start_at")[:limit]
        )
        return [_sounded(row) for row in rows]


def _sounded(occurrence: Occurrence) -> Sounded:
    logs = PlayLog.objects.filter(order__occurrence=occurrence).exclude(started_at=None)
    first = logs.order_by("started_at").first()
    return Sounded(
        edition=occurrence.edition,
        place=occurrence.place,
        started_at=first.started_at if first and first.started_at else occurrence.start_at,
        horns=logs.count(),
    )


def editions_showing(place: Place) -> list[Edition]:
    """Return approved editions a board at this place shows now: emergencies first; public."""
    now = clock.now()
    with scopes_disabled():
        rows = Edition.objects.filter(valid_from__lte=now, valid_until__gt=now).order_by(
            "-frozen_at"
        )[:200]
        here = [e for e in rows if place.code in codes_within(e.targets)]
    return sorted(here, key=lambda e: (not e.is_emergency, -e.frozen_at.timestamp()))[:12]
