"""Where a bulletin stands on the way, read from what others recorded; for many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Max, Prefetch, Q, prefetch_related_objects

from loa.flow.approvals.models import Edition
from loa.flow.evaluation.transitions import Standing
from loa.flow.newsroom.models import Bulletin, Priority, Submission
from loa.flow.receipts.models import PlayLog
from loa.flow.schedules.models import Occurrence, Placement
from loa.lib import clock

__all__ = ["Standing", "standing_of", "standings_of"]

# A device that lost its line tells later what it did; so long nothing is called missed.
TOLD_WITHIN = timedelta(minutes=2)


def standing_of(bulletin: Bulletin) -> Standing:
    return standings_of([bulletin])[bulletin.pk]


def standings_of(bulletins: Iterable[Bulletin]) -> dict[UUID, Standing]:
    """Return bulletin id → standing, in a handful of questions however many there are."""
    rows = list(bulletins)
    prefetch_related_objects(rows, *_newest_first())
    newest = {row.pk: _newest_placement(row) for row in rows}
    sounds = _sounds_of([placement for placement in newest.values() if placement])
    return {row.pk: _standing(row, newest[row.pk], sounds) for row in rows}


def _newest_first() -> Sequence[Prefetch[str]]:
    # The rows belong to bulletins that were already asked for in scope. Revisions count up
    # whatever the clock does.
    placements = Placement._base_manager.order_by("-placed_at").select_related(  # noqa: SLF001
        "confirmation", "recall", "placed_by"
    )
    editions = Edition._base_manager.order_by("-submission__revision")  # noqa: SLF001
    editions = editions.select_related("submission", "approval__approver").defer("envelope", "body")
    submissions = Submission.objects.order_by("-revision").select_related("refusal__returned_by")
    return (
        Prefetch("submissions", submissions, to_attr="submissions_newest_first"),
        Prefetch(
            "editions",
            editions.prefetch_related(
                Prefetch("placements", placements, to_attr="placements_newest_first")
            ),
            to_attr="editions_newest_first",
        ),
    )


def _newest_edition(bulletin: Bulletin) -> Edition | None:
    editions: list[Edition] = bulletin.editions_newest_first  # type: ignore[attr-defined]
    return editions[0] if editions else None


def _newest_placement(bulletin: Bulletin) -> Placement | None:
    edition = _newest_edition(bulletin)
    if edition is None:
        return None
    placements: list[Placement] = edition.placements_newest_first  # type: ignore[attr-defined]
    return placements[0] if placements else None


def _sounds_of(placements: Sequence[Placement]) -> dict[UUID, Standing]:
    """Return placement id → sounding, sounded or missed; those still to come are left out."""
    rows = (
        PlayLog.objects.filter(order__occurrence__placement__in=[p.pk for p in placements])
        .exclude(started_at=None)
        .values("order__occurrence__placement")
        .annotate(unended=Count("pk", filter=Q(result="")))
        .values_list("order__occurrence__placement", "unended")
    )
    began = {pk: Standing.SOUNDING if unended else Standing.SOUNDED for pk, unended in rows}
    return {**_missed([p.pk for p in placements if p.pk not in began]), **began}


def _missed(silent: Sequence[UUID]) -> dict[UUID, Standing]:
    """Return those of which no device began anything while one still might have."""
    over = clock.now() - TOLD_WITHIN
    rows = (
        Occurrence._base_manager.filter(placement__in=silent)  # noqa: SLF001
        .values("placement")
        .annotate(latest=Max("latest_start_at"))
        .filter(latest__lt=over)
        .values_list("placement", flat=True)
    )
    return dict.fromkeys(rows, Standing.MISSED)


def _standing(
    bulletin: Bulletin, placement: Placement | None, sounds: dict[UUID, Standing]
) -> Standing:
    submissions: list[Submission] = bulletin.submissions_newest_first  # type: ignore[attr-defined]
    last = submissions[0] if submissions else None
    edition = _newest_edition(bulletin)
    if last is not None and last.closed_at is None:
        return Standing.WAITING
    if edition is None or (last is not None and last.pk != edition.submission_id):
        is_returned = last is not None and hasattr(last, "refusal")
        return Standing.RETURNED if is_returned else Standing.DRAFT
    if edition.submission.revision != bulletin.revision:
        return Standing.DRAFT
    if placement is None:
        return _unplaced(bulletin, edition)
    if hasattr(placement, "recall"):
        return Standing.STOPPED
    if placement.is_waiting:
        return Standing.TO_CONFIRM
    return sounds.get(placement.pk, Standing.PLANNED)


def _unplaced(bulletin: Bulletin, edition: Edition) -> Standing:
    if edition.valid_until <= clock.now():
        return Standing.EXPIRED
    is_asked = bulletin.place.is_city and edition.priority == Priority.NORMAL
    return Standing.OFFERED if is_asked else Standing.APPROVED
