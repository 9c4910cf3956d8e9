"""The proof of one bulletin: every link from the text that came in to each horn, checked now.

Nothing here is remembered: each signature and hash is verified while the proof is read, by the
same `wire` rules the devices use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from loa.flow.approvals.models import Edition
from loa.flow.deliveries.models import DesiredDocument, PlayOrder
from loa.flow.deliveries.queries import FINISH_WITHIN
from loa.flow.evaluation.checks import (
    Check,
    confirmation_check,
    edition_checks,
    receipt_check,
)
from loa.flow.evaluation.tallies import told_by
from loa.flow.newsroom.models import Bulletin
from loa.flow.receipts.models import PlayLog, Receipt
from loa.flow.receipts.queries import receipts_of_orders
from loa.flow.schedules.inbox import answers_of_communes, is_asked_of_communes
from loa.flow.schedules.models import Occurrence, Placement
from loa.lib import clock
from loa.registry.ledger.models import Fact
from loa.registry.ledger.queries import facts_about, read_ledger
from loa.registry.library import store
from loa.registry.people import keyring
from loa.registry.people.queries import (
    first_root_sha256,
    opened_roster,
    present_roster,
    root_issues,
)
from loa.wire import canonical, envelope, messages, rules
from loa.wire.messages import LedgerHead, Roster
from loa.wire.reasons import Refused

# A sound that lasted as long as what was approved, measured by the device itself.
DURATION_TOLERANCE_MS = 500
WITNESSES_MAX = 500


@dataclass
class Link:
    """One step of the chain: what was done, by whom, when, on which bytes."""

    kind: str
    who: str = ""
    title: str = ""
    at: datetime | None = None
    sha256: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    envelope: str = ""

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks)


@dataclass
class Horn:
    """What one device was told and what it says it did."""

    device: str
    name: str
    place: str
    place_code: str
    order: str
    planned_at: datetime
    duration_ms: int
    document_seq: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    sounded_ms: int = 0
    rate_percent: int = 100
    result: str = ""  # finished, skipped, or empty while nothing final is known
    reason: str = ""
    called_off_at: datetime | None = None
    told_by: datetime | None = None  # until when a device that can speak has told its end
    ladder: dict[str, datetime] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)

    @property
    def late_ms(self) -> int | None:
        if self.started_at is None:
            return None
        return int((self.started_at - self.planned_at).total_seconds() * 1000)

    @property
    def is_proved(self) -> bool:
        """Sounded in full, and every signature on the way holds."""
        return (
            self.result == "finished"
            and bool(self.checks)
            and all(check.holds for check in self.checks)
        )

    @property
    def is_silent(self) -> bool:
        return self.started_at is None


@dataclass
class Evidence:
    """The whole chain of one bulletin."""

    bulletin: str
    title: str
    verified_at: datetime
    links: list[Link] = field(default_factory=list)
    horns: list[Horn] = field(default_factory=list)

    @property
    def is_proved(self) -> bool:
        """Every link holds and every device that was ordered proved its sound."""
        return (
            bool(self.horns)
            and all(link.holds for link in self.links)
            and all(horn.is_proved for horn in self.horns)
        )

    @property
    def horns_proved(self) -> int:
        return sum(horn.is_proved for horn in self.horns)


def evidence_of(bulletin: Bulletin) -> Evidence:
    """Read and verify the chain of a bulletin."""
    proof = Evidence(bulletin.code, bulletin.title, clock.now())
    roster = _open_roster(proof)
    proof.links.append(_source_link(bulletin))
    proof.links.append(_writing_link(bulletin))
    for edition in _editions(bulletin):
        proof.links.extend(_edition_links(edition, roster))
        proof.links.extend(_offer_links(edition))
        for placement in _placements(edition):
            proof.links.append(_placement_link(placement, roster))
    proof.horns = _horns(bulletin, roster)
    proof.links.append(_ledger_link(bulletin))
    return proof


def horns_of(bulletin: Bulletin) -> list[Horn]:
    """Read and verify only what the devices say: while they sound, the rest stands still."""
    return _horns(bulletin, _open_roster(Evidence(bulletin.code, bulletin.title, clock.now())))


def _editions(bulletin: Bulletin) -> list[Edition]:
    rows = Edition._base_manager.filter(bulletin=bulletin).order_by("frozen_at")  # noqa: SLF001
    return list(
        rows.select_related(
            "approval__approver",
            "rendition__opus",
            "rendition__mp3",
            "submission__submitted_by",
        )
    )


def _placements(edition: Edition) -> list[Placement]:
    rows = Placement._base_manager.filter(edition=edition).order_by("placed_at")  # noqa: SLF001
    return list(rows.select_related("placed_by", "confirmation__confirmer", "recall__recalled_by"))


def _open_roster(proof: Evidence) -> Roster | None:
    issue = present_roster()
    link = Link("roster", facts={"version": issue.version if issue else 0})
    proof.links.append(link)
    if issue is None:
        link.checks.append(Check("roster_present", holds=False))
        return None
    link.at, link.envelope = issue.issued_at, bytes(issue.envelope).decode()
    try:
        roster = opened_roster(issue)
    except Refused as refused:
        link.checks.append(Check("roster_signature", holds=False, detail=str(refused)))
        return None
    link.checks.append(Check("roster_signature", holds=True))
    return roster


def _source_link(bulletin: Bulletin) -> Link:
    item = bulletin.source
    if item is None:
        return Link("source", who=bulletin.author.full_name, at=bulletin.written_at)
    intact = canonical.content_hash(bytes(item.raw)) == item.sha256
    return Link(
        "source",
        who=item.taken_by.full_name,
        title=item.taken_by.title,
        at=item.taken_at,
        sha256=item.sha256,
        facts={"encoding": item.encoding, "filename": item.filename, "bytes": len(item.raw)},
        checks=[Check("source_bytes", holds=intact)],
    )


def _writing_link(bulletin: Bulletin) -> Link:
    author = bulletin.author
    return Link(
        "bulletin",
        who=author.full_name,
        title=author.title,
        at=bulletin.written_at,
        facts={"revision": bulletin.revision, "place": bulletin.place.full_name},
    )


def _edition_links(edition: Edition, roster: Roster | None) -> list[Link]:
    rendition, approval = edition.rendition, getattr(edition, "approval", None)
    media = Link(
        "rendition",
        who=rendition.voice,
        at=rendition.made_at,
        sha256=rendition.opus_id,
        facts={
            "duration_ms": rendition.duration_ms,
            "loudness_lufs": rendition.loudness_lufs,
            "peak_dbtp": rendition.peak_dbtp,
            "speech_share": rendition.speech_share,
            "mp3": rendition.mp3_id,
            "opus": rendition.opus_id,
            "mp3_bytes": rendition.mp3.bytes,
            "opus_bytes": rendition.opus.bytes,
        },
        checks=[
            Check("media_bytes", holds=store.read(sha256) is not None, detail=codec)
            for codec, sha256 in (("opus", rendition.opus_id), ("mp3", rendition.mp3_id))
        ],
    )
    submission = edition.submission
    submitted = Link(
        "submission",
        who=submission.submitted_by.full_name,
        title=submission.submitted_by.title,
        at=submission.submitted_at,
        sha256=submission.content_hash,
        facts={"revision": submission.revision},
    )
    approved = Link(
        "approval",
        who=approval.approver.full_name if approval else "",
        title=approval.approver.title if approval else "",
        at=approval.approved_at if approval else None,
        sha256=edition.sha256,
        facts={"key": approval.key_id if approval else "", "targets": list(edition.targets)},
        checks=edition_checks(edition, roster),
        envelope=bytes(edition.envelope).decode(),
    )
    return [media, submitted, approved]


def _offer_links(edition: Edition) -> list[Link]:
    """Return what the communes said to an item of the city, if it was offered to them."""
    answers = answers_of_communes(edition)
    if not answers.offers:
        return []
    facts = {
        "adopted": [offer.place.full_name for offer in answers.adopted],
        "declined": [f"{o.place.full_name}: {o.decline.reason}" for o in answers.declined],
        "silent": [offer.place.full_name for offer in answers.silent],
        "is_asked": is_asked_of_communes(edition),
    }
    return [Link("offers", at=min(offer.offered_at for offer in answers.offers), facts=facts)]


def _placement_link(placement: Placement, roster: Roster | None) -> Link:
    link = Link(
        "placement",
        who=placement.placed_by.full_name,
        title=placement.placed_by.title,
        at=placement.placed_at,
        facts={"start_at": clock.iso(placement.start_at), "grounds": placement.grounds},
    )
    confirmation = getattr(placement, "confirmation", None)
    if confirmation is not None:
        link.facts["confirmed_by"] = confirmation.confirmer.full_name
        link.facts["confirmed_at"] = clock.iso(confirmation.confirmed_at)
        link.envelope = bytes(confirmation.envelope).decode()
        link.checks.append(confirmation_check(bytes(confirmation.envelope), placement, roster))
    recall = getattr(placement, "recall", None)
    if recall is not None:
        link.facts["recalled_by"] = recall.recalled_by.full_name
        link.facts["recall_reason"] = recall.reason
    return link


def _horns(bulletin: Bulletin, roster: Roster | None) -> list[Horn]:
    occurrences = Occurrence._base_manager.filter(edition__bulletin=bulletin)  # noqa: SLF001
    # Their ids are asked for first: in one question PostgreSQL reads every order there ever was.
    known = list(occurrences.values_list("pk", flat=True))
    orders = list(
        PlayOrder.objects.filter(occurrence__in=known)
        .select_related("device__place", "occurrence__edition__rendition", "play_log")
        .order_by("occurrence__start_at", "device")
    )
    receipts: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in receipts_of_orders([str(order.pk) for order in orders]):
        receipts[receipt.order].append(receipt)
    documents = _documents(orders)
    horns = [
        _horn(order, receipts[str(order.pk)], documents.get(order.device_id, []), roster)
        for order in orders
    ]
    return sorted(horns, key=lambda h: (h.is_proved, h.planned_at, h.device))


def _documents(orders: Sequence[PlayOrder]) -> dict[str, list[DesiredDocument]]:
    if not orders:
        return {}
    since = min(order.dispatched_at for order in orders)
    until = max(order.occurrence.end_at for order in orders)
    rows = DesiredDocument.objects.filter(
        device__in={order.device_id for order in orders},
        issued_at__gte=since - timedelta(seconds=1),
        issued_at__lte=until + FINISH_WITHIN,
    )
    found: dict[str, list[DesiredDocument]] = defaultdict(list)
    for row in rows.order_by("seq"):
        found[row.device_id].append(row)
    return found


def _horn(
    order: PlayOrder,
    receipts: list[Receipt],
    documents: list[DesiredDocument],
    roster: Roster | None,
) -> Horn:
    occurrence, device = order.occurrence, order.device
    play_log: PlayLog | None = getattr(order, "play_log", None)
    horn = Horn(
        device=device.code,
        name=device.name,
        place=device.place.full_name,
        place_code=device.place_id,
        order=str(order.pk),
        planned_at=occurrence.start_at,
        duration_ms=occurrence.edition.duration_ms,
        called_off_at=occurrence.called_off_at,
        told_by=told_by(occurrence),
    )
    own = [receipt for receipt in receipts if receipt.device_id == device.code]
    horn.ladder = {}
    for receipt in own:
        horn.ladder.setdefault(receipt.event, receipt.at)
    if play_log is not None:
        horn.started_at, horn.ended_at = play_log.started_at, play_log.ended_at
        horn.result, horn.reason = play_log.result, play_log.reason
        horn.sounded_ms, horn.rate_percent = play_log.duration_ms, play_log.rate_percent
    horn.checks = [
        _order_check(horn, order, documents, roster),
        receipt_check(device, order, own),
    ]
    if horn.result == "finished":
        difference = abs(horn.sounded_ms - horn.duration_ms)
        horn.checks.append(
            Check(
                "whole_sound", holds=difference <= DURATION_TOLERANCE_MS, detail=f"{difference} ms"
            )
        )
    return horn


def _order_check(
    horn: Horn, order: PlayOrder, documents: list[DesiredDocument], roster: Roster | None
) -> Check:
    if roster is None:
        return Check("order_signature", holds=False, detail="no roster")
    for document in documents:
        try:
            desired = rules.open_desired(bytes(document.envelope), roster, device=order.device_id)
            mine = next((o for o in desired.orders if o.order == horn.order), None)
            if mine is None:
                continue
            edition, _ = rules.open_order(mine, desired, roster)
        except Refused as refused:
            return Check("order_signature", holds=False, detail=str(refused))
        horn.document_seq = desired.seq
        same = mine.edition_sha256 == order.occurrence.edition.sha256
        return Check("order_signature", holds=same, detail=edition.edition)
    return Check("order_signature", holds=False, detail="no signed document holds this order")


def _ledger_link(bulletin: Bulletin) -> Link:
    reading = read_ledger(ledger_witnesses(), about=[bulletin.code])
    facts = facts_about([bulletin.code])
    return Link(
        "ledger",
        facts={"facts": facts.count(), "kinds": [fact.kind for fact in facts]},
        checks=[
            Check(
                "ledger_chain",
                holds=not reading.faults,
                detail=", ".join(f"{fault.seq} {fault.kind}" for fault in reading.faults[:5]),
            )
        ],
        sha256=getattr(Fact.objects.order_by("-seq").first(), "hash", ""),
    )


def ledger_witnesses() -> dict[int, str]:
    """Return the ledger heads that signed documents carried to the devices: seq → hash."""
    return {head.seq: head.hash for head in ledger_heads_held()}


def ledger_heads_held() -> list[LedgerHead]:
    """Return the head that the newest signed document of each device carried to it."""
    newest = DesiredDocument.objects.order_by("device_id", "-seq").distinct("device_id")
    heads = (_ledger_head_in(bytes(row.envelope)) for row in newest[:WITNESSES_MAX])
    return [head for head in heads if head is not None]


class _Anchored(msgspec.Struct):
    ledger: LedgerHead | None = None


def _ledger_head_in(sealed: bytes) -> LedgerHead | None:
    director = keyring.director_key()
    try:
        payload, _ = envelope.open_payload(
            sealed, messages.DESIRED, {director.key_id: director.public_hex}
        )
        return envelope.parse(payload, _Anchored).ledger
    except Refused:
        return None


def as_json(proof: Evidence) -> dict[str, Any]:
    """Return the proof as plain JSON, with the envelopes so that others can verify them too."""
    return {
        "schema": "loa/evidence/1",
        "bulletin": proof.bulletin,
        "title": proof.title,
        "verified_at": clock.iso(proof.verified_at),
        "proved": proof.is_proved,
        "root_sha256": first_root_sha256(),
        "roots": [bytes(issue.envelope).decode() for issue in root_issues()],
        "links": [_link_json(link) for link in proof.links],
        "devices": [_horn_json(horn) for horn in proof.horns],
    }


def _instant(at: datetime | None) -> str | None:
    return clock.iso(at) if at else None


def _check_json(check: Check) -> dict[str, Any]:
    return {"name": check.name, "holds": check.holds, "detail": check.detail}


def _link_json(link: Link) -> dict[str, Any]:
    return {
        "kind": link.kind,
        "who": link.who,
        "title": link.title,
        "at": _instant(link.at),
        "sha256": link.sha256,
        "facts": link.facts,
        "holds": link.holds,
        "checks": [_check_json(check) for check in link.checks],
        "envelope": msgspec.json.decode(link.envelope) if link.envelope else None,
    }


def _horn_json(horn: Horn) -> dict[str, Any]:
    return {
        "device": horn.device,
        "name": horn.name,
        "place": horn.place_code,
        "place_name": horn.place,
        "order": horn.order,
        "document_seq": horn.document_seq,
        "planned_at": _instant(horn.planned_at),
        "started_at": _instant(horn.started_at),
        "ended_at": _instant(horn.ended_at),
        "late_ms": horn.late_ms,
        "duration_ms": horn.duration_ms,
        "sounded_ms": horn.sounded_ms,
        "rate_percent": horn.rate_percent,
        "result": horn.result,
        "reason": horn.reason,
        "verified": horn.is_proved,
        "ladder": {event: _instant(at) for event, at in horn.ladder.items()},
        "checks": [_check_json(check) for check in horn.checks],
    }
