"""The deeds of one measured alert, and what the database knows of it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from loa.flow.approvals.actions import answer_for_bulletin
from loa.flow.approvals.models import Edition
from loa.flow.deliveries.models import EmergencyMessage
from loa.flow.newsroom.actions import submit_bulletin, write_bulletin
from loa.flow.newsroom.models import Submission
from loa.flow.receipts.models import ReceiptBatch
from loa.flow.schedules.actions import place_edition
from loa.flow.schedules.models import Placement
from loa.project.supervisor.process_table import wait_until
from loa.registry.devices.models import Device
from loa.registry.people.models import Person
from loa.registry.people.queries import person_by_username
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import city

SOUND_READY_SECONDS_MAX = 60.0
EVENTS = ("verified", "started")


@dataclass(frozen=True)
class Instants:
    """When each thing happened; lists hold one instant for each device."""

    placed: datetime
    signed: datetime
    happened: dict[str, list[datetime]]
    committed: dict[str, list[datetime]]
    alert_bytes: int
    log_bytes: int


def submitted(mark: str) -> Submission:
    """Write a short warning nobody ever heard, have it spoken, and hand it in."""
    editor = person_by_username("lan")
    targets = Place.objects.filter(pk__in=Device.objects.filter(retired_at=None).values("place"))
    bulletin = write_bulletin(
        place=city(),
        by=editor,
        title="Thử luồng khẩn cấp",
        body=f"Đây là lần thử khẩn cấp thứ {mark}.",
        priority="emergency",
        targets=list(targets),
    )

    def is_spoken() -> bool:
        bulletin.refresh_from_db()
        return bulletin.rendition is not None

    if not wait_until(is_spoken, seconds_max=SOUND_READY_SECONDS_MAX):
        raise TimeoutError(f"No sound: {bulletin.voice_fault or 'the worker is silent'}")
    return submit_bulletin(bulletin, by=editor)


def approved(submission: Submission) -> Edition:
    """Have as many people answer for it as its reach asks."""
    for person in Person.objects.exclude(username="lan").order_by("username"):
        if not person.may(Deed.APPROVE_EMERGENCY, city()):
            continue
        approval = answer_for_bulletin(
            submission, approver=person, content_hash=submission.content_hash
        )
        if approval is not None:
            return approval.edition
    raise LookupError("too few people may answer for an emergency of the city")


def placed(edition: Edition) -> Placement:
    """Raise the alert: what is measured begins when this is committed."""
    return place_edition(edition, by=person_by_username("lan"))


def committed_count(placement: Placement, event: str) -> int:
    """Return how many devices' signed word that it came so far the database holds."""
    rows = _ask(
        "SELECT count(*) FROM receipts_receipt receipt JOIN deliveries_playorder ordered"
        ' ON receipt."order" = ordered.id::text'
        " JOIN schedules_occurrence occurrence ON occurrence.id = ordered.occurrence_id"
        " WHERE occurrence.placement_id = %s AND receipt.event = %s",
        placement.pk,
        event,
    )
    return int(rows[0][0])


def instants(placement: Placement) -> Instants:
    """Read back when all of it happened."""
    (begin,) = _ask(
        "SELECT pg_xact_commit_timestamp(xmin) FROM schedules_placement WHERE id = %s", placement.pk
    )
    message = EmergencyMessage.objects.get(placement=placement)
    (signed,) = _ask(
        # A fact never changes; the message itself does, once the documents have followed.
        "SELECT pg_xact_commit_timestamp(xmin) FROM ledger_fact"
        " WHERE kind = 'emergency_said' AND body ->> 'placement' = %s",
        str(placement.pk),
    )
    rows = {event: _receipts(placement, event) for event in EVENTS}
    batch = ReceiptBatch.objects.get(pk=rows["verified"][0][2])
    return Instants(
        placed=begin[0],
        signed=signed[0],
        happened={event: [row[0] for row in found] for event, found in rows.items()},
        committed={event: [row[1] for row in found] for event, found in rows.items()},
        alert_bytes=len(message.envelope),
        log_bytes=len(batch.envelope),
    )


def _receipts(placement: Placement, event: str) -> Sequence[tuple[Any, ...]]:
    return _ask(
        "SELECT receipt.at, pg_xact_commit_timestamp(receipt.xmin), receipt.batch_id"
        " FROM receipts_receipt receipt JOIN deliveries_playorder ordered"
        ' ON receipt."order" = ordered.id::text AND receipt.device_id = ordered.device_id'
        " JOIN schedules_occurrence occurrence ON occurrence.id = ordered.occurrence_id"
        " WHERE occurrence.placement_id = %s AND receipt.event = %s",
        placement.pk,
        event,
    )


def _ask(query: str, *values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
