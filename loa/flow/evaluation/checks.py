"""What was signed, against what the rows say now: no row is believed for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loa.flow.approvals.models import Edition
from loa.flow.deliveries.models import PlayOrder
from loa.flow.receipts.actions import open_log_batch
from loa.flow.receipts.models import PlayLog, Receipt, ReceiptBatch
from loa.flow.schedules.models import Placement
from loa.registry.devices.models import Device
from loa.registry.devices.queries import keys_valid_at
from loa.wire import canonical, messages, rules
from loa.wire.messages import Event, LogRow, Roster, RosterKey
from loa.wire.reasons import Reason, Refused


@dataclass(frozen=True)
class Check:
    """One thing verified just now; `name` is the same for every language."""

    name: str
    holds: bool
    detail: str = ""


def edition_checks(edition: Edition, roster: Roster | None) -> list[Check]:
    """Hold an edition's row, its text, sound, source and approval against what was signed."""
    if roster is None:
        return [Check("edition_signature", holds=False, detail="no roster")]
    try:
        statement, sha256, key = rules.open_edition(bytes(edition.envelope), roster)
    except Refused as refused:
        return [Check("edition_signature", holds=False, detail=str(refused))]
    text = f"{edition.title}\n\n{edition.body}".encode()
    spoken = edition.rendition.spoken_text.encode()
    media = {m.sha256 for m in statement.media}
    return [
        Check("edition_signature", holds=True, detail=key.key_id),
        Check("edition_hash", holds=sha256 == edition.sha256 and _is_row_of(edition, statement)),
        Check("edition_text", holds=statement.text_sha256 == canonical.content_hash(text)),
        Check("edition_spoken", holds=statement.spoken_sha256 == canonical.content_hash(spoken)),
        *_texts_check(edition, statement),
        Check(
            "edition_media", holds=media == {edition.rendition.opus_id, edition.rendition.mp3_id}
        ),
        Check("source_bytes", holds=statement.source_sha256 == _source_hash(edition)),
        Check(
            "two_people",
            holds=_are_two_people(edition, statement, key),
            detail=f"{statement.author} / {statement.approver}",
        ),
    ]


def _is_row_of(edition: Edition, statement: messages.Edition) -> bool:
    """Say whether every field that is shown or obeyed is the one that was signed."""
    row = (
        str(edition.pk),
        edition.bulletin.code,
        edition.submission.revision,
        edition.title,
        edition.priority,
        edition.info_class,
        edition.place_id,
        tuple(edition.targets),
        edition.valid_from,
        edition.valid_until,
        {edition.duration_ms},
    )
    return row == (
        statement.edition,
        statement.bulletin,
        statement.revision,
        statement.title,
        statement.priority,
        statement.info_class,
        statement.place,
        statement.targets,
        statement.valid_from,
        statement.valid_until,
        {medium.duration_ms for medium in statement.media},
    )


def _texts_check(edition: Edition, statement: messages.Edition) -> list[Check]:
    """Hold the words of the channels against what was signed; editions of before had none."""
    signed = statement.texts_sha256 or ""
    if not signed and not edition.texts:
        return []
    stored = canonical.content_hash(canonical.encode(edition.texts))
    return [Check("edition_texts", holds=signed == stored == edition.texts_sha256)]


def _source_hash(edition: Edition) -> str | None:
    source = edition.bulletin.source
    return canonical.content_hash(bytes(source.raw)) if source else None


def _are_two_people(edition: Edition, statement: messages.Edition, key: RosterKey) -> bool:
    approval = getattr(edition, "approval", None)
    if approval is None:
        return False
    return (
        statement.author != statement.approver
        and statement.author == edition.bulletin.author.username
        and statement.approver == approval.approver.username == key.holder
        and statement.approved_at == approval.approved_at
        and approval.key_id == key.key_id
    )


def confirmation_check(sealed: bytes, placement: Placement, roster: Roster | None) -> Check:
    """Say whether another person than who placed it signed for this sound, time and places."""
    if roster is None:
        return Check("confirmation_signature", holds=False, detail="no roster")
    try:
        statement, key = rules.open_confirmation(sealed, roster)
    except Refused as refused:
        return Check("confirmation_signature", holds=False, detail=str(refused))
    places = {place.code for place in placement.places.all()}
    signed = (statement.edition_sha256, statement.start_at, set(statement.places))
    is_this = signed == (placement.edition.sha256, placement.start_at, places)
    signer = placement.confirmation.confirmer.username
    is_other = statement.confirmer == key.holder == signer != placement.placed_by.username
    return Check("confirmation_signature", holds=is_this and is_other, detail=key.key_id)


def receipt_check(device: Device, order: PlayOrder, receipts: Sequence[Receipt]) -> Check:
    """Hold what is shown of an order against the batches its device signed.

    Every row must stand there word for word, none may be missing, and the play log may say
    nothing that no row says.
    """
    if not receipts:
        return Check("receipt_signature", holds=False, detail="no receipts")
    signed: dict[tuple[str, int], LogRow] = {}
    for batch in {receipt.batch_id: receipt.batch for receipt in receipts}.values():
        try:
            signed.update(_signed_rows(batch, device))
        except Refused as refused:
            return Check("receipt_signature", holds=False, detail=str(refused))
    for receipt in receipts:
        row = signed.get((receipt.log, receipt.seq))
        if row is None or _said(receipt) != _signed(row):
            return Check("receipt_signature", holds=False, detail=f"row {receipt.seq} altered")
    stored = {(receipt.log, receipt.seq) for receipt in receipts}
    about = {place for place, row in signed.items() if row.order == str(order.pk)}
    if not about <= stored:
        return Check("receipt_signature", holds=False, detail="a row is missing")
    if not _is_backed(getattr(order, "play_log", None), receipts):
        return Check("receipt_signature", holds=False, detail="play log altered")
    return Check("receipt_signature", holds=True, detail=f"{len(receipts)} rows")


def _signed_rows(batch: ReceiptBatch, device: Device) -> dict[tuple[str, int], LogRow]:
    """Return the rows of a batch by the key its device had when it came; raises Refused."""
    refusal = Refused(Reason.UNKNOWN_KEY, "no key was valid then")
    for public_hex in keys_valid_at(device, batch.received_at):
        try:
            arrival = open_log_batch(bytes(batch.envelope), device.code, {device.code: public_hex})
        except Refused as refused:
            refusal = refused
        else:
            return {(arrival.batch.log, row.seq): row for row in arrival.batch.rows}
    raise refusal


def _said(receipt: Receipt) -> tuple[object, ...]:
    at, clock, detail = receipt.at, receipt.clock, receipt.detail
    return receipt.event, receipt.order, receipt.reason, at, clock, detail


def _signed(row: LogRow) -> tuple[object, ...]:
    return row.event, row.order[:40], row.reason[:32], row.at, row.clock, row.detail


def _is_backed(play_log: PlayLog | None, receipts: Sequence[Receipt]) -> bool:
    """Say whether each thing the play log says is said by a row."""
    if play_log is None:
        return True
    starts = {r.at for r in receipts if r.event == Event.STARTED}
    ends = {
        (r.event, r.at, r.reason, r.detail.get("duration_ms", 0), r.detail.get("rate_percent", 100))
        for r in receipts
        if r.event in {Event.FINISHED, Event.SKIPPED}
    }
    end = (
        play_log.result,
        play_log.ended_at,
        play_log.reason,
        play_log.duration_ms,
        play_log.rate_percent,
    )
    has_start = play_log.started_at is None or play_log.started_at in starts
    return has_start and (end in ends or (not play_log.result and not ends))
