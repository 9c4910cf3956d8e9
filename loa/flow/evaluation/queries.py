from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django_scopes import scopes_disabled

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.models import Bulletin
from loa.flow.receipts.models import PlayLog
from loa.flow.schedules.models import Occurrence
from loa.lib import clock
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within


def standing_of(bulletin: Bulletin) -> str:
    """Return where a bulletin stands: draft, waiting, returned, approved, to_confirm, planned, sounding, sounded, stopped."""
    if bulletin.open_submission is not None:
        return "waiting"
    edition = bulletin.editions.order_by("-frozen_at").first()
    last = bulletin.submissions.first()
    if edition is None or (last is not None and last.pk != edition.submission_id):
        return "returned" if last is not None and hasattr(last, "refusal") else "draft"
    if edition.submission.revision != bulletin.revision:
        return "draft"
    placement = edition.placements.order_by("-placed_at").first()
    if placement is None:
        return "approved"
    if placement.is_waiting:
        return "to_confirm"
    if hasattr(placement, "recall"):
        return "stopped"
    return _standing_of_sound(Occurrence._base_manager.filter(placement=placement))  # noqa: SLF001


def _standing_of_sound(occurrences: Iterable[Occurrence]) -> str:
    logs = PlayLog.objects.filter(order__occurrence__in=[o.pk for o in occurrences])
    if not logs.exclude(started_at=None).exists():
        return "planned"
    return "sounding" if logs.filter(result="").exclude(started_at=None).exists() else "sounded"


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
