"""The deeds of one measured round, and what the database knows of them afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from loa.flow.approvals.actions import approve_bulletin
from loa.flow.approvals.models import Edition
from loa.flow.deliveries.models import DesiredDocument, PlayOrder
from loa.flow.newsroom.actions import submit_bulletin, write_bulletin
from loa.flow.newsroom.models import Submission
from loa.flow.receipts.models import PlayLog, ReceiptBatch
from loa.flow.schedules.actions import confirm_placement, place_edition
from loa.lib import clock
from loa.project.supervisor.process_table import wait_until
from loa.registry.devices.models import LATE_AFTER, Device, DeviceState
from loa.registry.people.queries import person_by_username
from loa.registry.places.models import Place
from loa.registry.places.queries import city

SOUND_READY_SECONDS_MAX = 60.0


@dataclass(frozen=True)
class Instants:
    """When each thing happened; lists hold one instant for each device."""

    approved: datetime
    placed: datetime
    dispatched: datetime
    pushed: datetime
    pulled: list[datetime]
    started: list[datetime]
    committed: list[datetime]
    document_bytes: int
    log_bytes: int


def submitted(mark: str) -> Submission:
    """Write a short bulletin nobody ever heard, have it spoken, and hand it in."""
    editor = person_by_username("lan")
    targets = Place.objects.filter(pk__in=Device.objects.filter(retired_at=None).values("place"))
    bulletin = write_bulletin(
        place=city(),
        by=editor,
        title="Thử hệ thống truyền thanh",
        body=f"Đây là lần thử thứ {mark}.",
        targets=list(targets),
    )

    def is_spoken() -> bool:
        bulletin.refresh_from_db()
        return bulletin.rendition is not None

    if not wait_until(is_spoken, seconds_max=SOUND_READY_SECONDS_MAX):
        raise TimeoutError(f"No sound: {bulletin.voice_fault or 'the worker is silent'}")
    return submit_bulletin(bulletin, by=editor)


def approved_and_placed(submission: Submission) -> Edition:
    """Approve, and place at once in the same process; confirm where a second person is asked."""
    editor, leader = person_by_username("lan"), person_by_username("binh")
    approval = approve_bulletin(submission, approver=leader, content_hash=submission.content_hash)
    placement = place_edition(approval.edition, by=editor)
    if placement.is_waiting:
        confirm_placement(placement, by=person_by_username("yen"))
    return approval.edition


def online_count() -> int:
    since = clock.now() - LATE_AFTER
    return DeviceState.objects.filter(device__retired_at=None, seen_at__gt=since).count()


def is_newest_held_by_all() -> bool:
    """Say whether each device said in a heartbeat that it holds its newest document."""
    newest = DesiredDocument.objects.order_by("device_id", "-seq").distinct("device_id")
    seqs = dict(newest.filter(device__retired_at=None).values_list("device_id", "seq"))
    states = DeviceState.objects.filter(device__retired_at=None)
    held = dict(states.values_list("device_id", "desired_seq"))
    return bool(seqs) and held == seqs


def started_count(edition: Edition) -> int:
    return _logs(edition).filter(started_at__isnull=False).count()


def ended_count(edition: Edition) -> int:
    return _logs(edition).exclude(result="").count()


def _logs(edition: Edition) -> QuerySet[PlayLog]:
    return PlayLog.objects.filter(order__occurrence__edition=edition)


def instants(edition: Edition) -> Instants:
    """Read back when all of it happened."""
    orders = [
        str(pk)
        for pk in PlayOrder.objects.filter(occurrence__edition=edition).values_list("pk", flat=True)
    ]
    approved = _ask(
        "SELECT pg_xact_commit_timestamp(xmin) FROM approvals_approval WHERE edition_id = %s",
        edition.pk,
    )
    placed = _ask(
        "SELECT pg_xact_commit_timestamp(xmin) FROM schedules_occurrence WHERE edition_id = %s",
        edition.pk,
    )
    dispatched = _ask(
        "SELECT pg_xact_commit_timestamp(xmin) FROM deliveries_playorder WHERE id::text = ANY(%s)",
        orders,
    )
    receipts = _ask(
        "SELECT at, pg_xact_commit_timestamp(xmin), batch_id FROM receipts_receipt "
        """WHERE event = 'started' AND "order" = ANY(%s)""",
        orders,
    )
    pulled = _ask(
        """SELECT at FROM receipts_receipt WHERE event = 'pulled' AND "order" = ANY(%s)""", orders
    )
    documents = DesiredDocument.objects.filter(issued_at__gte=placed[0][0], pushed_at__isnull=False)
    document = documents.order_by("-pushed_at").first()
    if document is None or document.pushed_at is None:
        raise LookupError("no document was pushed")
    batch = ReceiptBatch.objects.get(pk=receipts[0][2])
    return Instants(
        approved=approved[0][0],
        placed=max(row[0] for row in placed),
        dispatched=max(row[0] for row in dispatched),
        pushed=document.pushed_at,
        pulled=[row[0] for row in pulled],
        started=[row[0] for row in receipts],
        committed=[row[1] for row in receipts],
        document_bytes=len(document.envelope),
        log_bytes=len(batch.envelope),
    )


def _ask(query: str, value: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [value])
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
