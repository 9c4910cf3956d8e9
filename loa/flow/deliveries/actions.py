from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from loa.flow.approvals.errors import ReasonMissing
from loa.flow.deliveries import alarms, queries
from loa.flow.deliveries.books import series_of, write_books
from loa.flow.deliveries.models import DesiredDocument, DispatchRefusal, PlayOrder, Recall
from loa.flow.deliveries.ports import fleet_bus
from loa.flow.deliveries.rules import compose, numbered
from loa.flow.newsroom.licensing import are_rights_over
from loa.flow.newsroom.models import Submission
from loa.flow.schedules.actions import call_off_placement
from loa.flow.schedules.models import Occurrence, Placement
from loa.flow.schedules.standings import standings_in_force
from loa.lib import clock
from loa.registry.devices.models import Device
from loa.registry.devices.queries import loudspeakers_standing_in
from loa.registry.ledger.actions import record_fact
from loa.registry.ledger.queries import ledger_head
from loa.registry.people import keyring
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.queries import present_roster, root_issues
from loa.registry.people.rules import Deed
from loa.registry.people.suspensions import suspended_places
from loa.registry.places.queries import codes_within, parents_of_all
from loa.wire import canonical, envelope, messages, subjects
from loa.wire.emergency import order_name
from loa.wire.reasons import Reason
from loa.wire.rules import lineage

# Only the city knows of rights: a device plays what was approved.
RIGHTS_OVER = "rights_over"
HORIZON = timedelta(days=1)
OCCURRENCES_MAX = 200
DOCUMENTS_MAX = 5_000
DEVICES_AT_ONCE = 250
FOLLOW_AFTER = timedelta(seconds=5)
# Beside the reasons of devices: only the dispatcher says it.
SUSPENDED = "suspended"
COPY_ORDERS = (
    "COPY deliveries_playorder (id, occurrence_id, device_id, dispatched_at)"
    " FROM STDIN (FORMAT BINARY)"
)
END_ORDERS = (
    "UPDATE deliveries_playorder known SET ended_at = %s"
    " FROM unnest(%s::uuid[], %s::text[]) AS said (id, device)"
    " WHERE known.id = said.id AND known.device_id = said.device AND known.ended_at IS NULL"
)
COPY_DOCUMENTS = (
    "COPY deliveries_desireddocument (device_id, seq, envelope, content_hash, issued_at)"
    " FROM STDIN (FORMAT BINARY)"
)


@transaction.atomic
def dispatch_due() -> int:
    """Turn occurrences that are near into orders and signed documents; returns how many orders.

    Mandate, approval, window and lateness are checked once more before anything leaves. Many
    devices are taken some hundreds at a time: call it until it returns 0.
    """
    now = clock.now()
    due = queries.occurrences_due(now, HORIZON, OCCURRENCES_MAX)
    if not due:
        return 0
    at = _loudspeakers_at({occurrence.place_id for occurrence in due})
    due = _first_of(due, at)
    silenced = suspended_places(now)
    leaving = [one for one in due if not _refuse_late_change(one, now, silenced)]
    orders = _order_all(leaving, at, now)
    _write_documents({order.device_id for order in orders})
    for occurrence in due:
        _record_dispatch(occurrence, orders)
    return len(orders)


def _loudspeakers_at(places: set[str]) -> dict[str, list[str]]:
    at: dict[str, list[str]] = {}
    parents = parents_of_all()
    for code, commune, village in loudspeakers_standing_in(codes_within(places, parents)):
        # A target is a commune, present or former, or a village: the device stands in all of them.
        for place in set(lineage(village or commune, parents)) & places:
            at.setdefault(place, []).append(code)
    return at


def _first_of(due: Sequence[Occurrence], at: Mapping[str, list[str]]) -> list[Occurrence]:
    """Take as many as concern enough devices; those are woken while the next are signed for."""
    taken: list[Occurrence] = []
    devices = 0
    for occurrence in due:
        if devices >= DEVICES_AT_ONCE:
            break
        taken.append(occurrence)
        devices += len(at.get(occurrence.place_id, ()))
    return taken


def _order_all(
    occurrences: Sequence[Occurrence], at: Mapping[str, list[str]], now: datetime
) -> list[PlayOrder]:
    orders = [
        PlayOrder(
            id=name_of_order(occurrence, device),
            occurrence_id=occurrence.pk,
            device_id=device,
            dispatched_at=now,
        )
        for occurrence in occurrences
        for device in at.get(occurrence.place_id, ())
    ]
    with connection.cursor() as cursor, cursor.copy(COPY_ORDERS) as copy:
        copy.set_types(["uuid", "uuid", "varchar", "timestamptz"])
        for order in orders:
            copy.write_row((order.pk, order.occurrence_id, order.device_id, now))
    return orders


def name_of_order(occurrence: Occurrence, device: str) -> uuid.UUID:
    """Return the name of an order: the one its device reckons by itself, from a book or an alarm."""
    series, sounding = series_of(occurrence)
    return uuid.UUID(order_name(series, device, sounding))


def _refuse_late_change(
    occurrence: Occurrence, now: datetime, silenced: Collection[str] = ()
) -> bool:
    edition = occurrence.edition
    approval = getattr(edition, "approval", None)
    deed = Deed.APPROVE_EMERGENCY if edition.is_emergency else Deed.APPROVE
    reason: str | None = None
    if approval is None or not approval.approver.may(
        deed, occurrence.place, at=approval.approved_at
    ):
        reason = Reason.NO_MANDATE
    elif occurrence.place_id in silenced and not edition.is_emergency:
        reason = SUSPENDED
    elif now > occurrence.latest_start_at:
        reason = Reason.LATE
    elif now >= edition.valid_until:
        reason = Reason.EXPIRED
    elif are_rights_over(edition.bulletin, clock.local(occurrence.start_at).date()):
        reason = RIGHTS_OVER
    if reason is None:
        return False
    DispatchRefusal.objects.get_or_create(
        occurrence=occurrence, defaults={"reason": reason, "refused_at": now}
    )
    return True


def _record_dispatch(occurrence: Occurrence, orders: Sequence[PlayOrder]) -> None:
    refusal = DispatchRefusal.objects.filter(occurrence=occurrence).first()
    mine = [order.device_id for order in orders if order.occurrence_id == occurrence.pk]
    if refusal is None and not mine:
        # A place without loudspeakers: say so once rather than look at it for ever.
        refusal = DispatchRefusal.objects.create(
            occurrence=occurrence, reason="no_device", refused_at=clock.now()
        )
    record_fact(
        "dispatch_refused" if refusal else "order_dispatched",
        actor=None,
        subject=occurrence.edition.bulletin.code,
        place=occurrence.place_id,
        body={
            "occurrence": str(occurrence.pk),
            "edition": occurrence.edition.sha256,
            **({"reason": refusal.reason} if refusal else {"devices": sorted(mine)}),
        },
    )


def write_documents(devices: Iterable[Device]) -> int:
    """Sign a new document for each device whose wishes changed; returns how many were."""
    return _write_documents({device.code for device in devices})


@transaction.atomic
def renew_documents() -> int:
    """Sign anew for every device whose hours or orders changed since its last document."""
    return _write_documents(queries.latest_seqs().keys())


@transaction.atomic
def let_books_follow() -> int:
    """Write the books of places where the plan of the days ahead changed, and name them."""
    changed = write_books()
    if not changed:
        return 0
    return _write_documents({code for code, _, _ in loudspeakers_standing_in(changed)})


@transaction.atomic
def let_standings_follow() -> int:
    """Sign the first document of devices that nothing was ordered for, where something stands."""
    places = {
        place.code
        for standing in standings_in_force(clock.now())
        for place in standing.places.all()
    }
    if not places:
        return 0
    here = {code for code, _, _ in loudspeakers_standing_in(codes_within(places))}
    return _write_documents(here - queries.latest_seqs(here).keys())


@transaction.atomic
def let_orders_follow(since: datetime | None = None) -> int:
    """Sign anew where an order became past since then: a later one may take its room."""
    now = clock.now()
    return _write_documents(queries.devices_with_room(since or now - queries.FINISH_WITHIN, now))


def follow_alarm() -> int:
    """Sign documents that say what the emergency lane said; some hundreds, then call it again.

    The lane brought it everywhere already: nothing waits for these, and they wait a little. Whoever
    was killed on the way begins again; documents that say it already are not signed anew.
    """
    for message in alarms.unfollowed(clock.now() - FOLLOW_AFTER):
        devices = alarms.devices_to_follow(message, message.signed_at + FOLLOW_AFTER)
        for begin in range(0, len(devices), DEVICES_AT_ONCE):
            with transaction.atomic():
                written = _write_documents(devices[begin : begin + DEVICES_AT_ONCE])
            if written:
                return written
        alarms.note_followed(message)
    return 0


def note_ended(orders: Iterable[tuple[uuid.UUID, str]]) -> None:
    """Note that these (order, device) ended there: sounded to the end, or never to sound.

    What its own device did not say counts for nothing.
    """
    said = list(orders)
    if not said:
        return
    with connection.cursor() as cursor:
        names, devices = [order for order, _ in said], [device for _, device in said]
        cursor.execute(END_ORDERS, [clock.now(), names, devices])


def _write_documents(codes: Collection[str]) -> int:
    now = clock.now()
    head = ledger_head()
    ledger = messages.LedgerHead(seq=head.seq, hash=head.hash) if head else None
    # Two dispatchers may write for the same device: the rows are taken in one order. Who only
    # names a device in a new row, perhaps with the ledger in hand, is not made to wait for it.
    locked = list(
        Device.objects.select_for_update(of=("self",), no_key=True)
        .filter(code__in=codes)
        .only("code", "place_id", "village_id", "volume_percent", "is_muted")
        .order_by("code")
    )
    issue = present_roster()
    roster = issue.version if issue is not None else 0
    # What another director key signed is signed anew: its row will not stand for ever.
    signer = keyring.director_key().key_id.encode()
    last = queries.latest_seqs([device.code for device in locked])
    fresh = []
    for wanted in queries.wanted_by(locked, now):
        seq, known_hash = last.get(wanted.device, (0, ""))
        draft = compose(wanted)
        content_hash = canonical.content_hash(canonical.encode(draft) + signer)
        if content_hash != known_hash:
            desired = numbered(draft, seq=seq + 1, issued_at=now, ledger=ledger, roster=roster)
            fresh.append((desired, content_hash))
    _keep_documents(fresh)
    return len(fresh)


def _keep_documents(fresh: Iterable[tuple[messages.Desired, str]]) -> None:
    """Sign and keep each document beside the hash of its content; a thousand go as one stream."""
    key = keyring.director_key()
    with connection.cursor() as cursor, cursor.copy(COPY_DOCUMENTS) as copy:
        copy.set_types(["varchar", "int8", "bytea", "varchar", "timestamptz"])
        for desired, content_hash in fresh:
            sealed = envelope.seal(messages.DESIRED, canonical.encode(desired), key)
            copy.write_row((desired.device, desired.seq, sealed, content_hash, desired.issued_at))


def push_documents() -> int:
    """Put signed documents on the bus and wake their devices; what fails is pushed again later."""
    rows = queries.unpushed_documents(DOCUMENTS_MAX)
    if not rows:
        return 0
    newest = {row.device_id: row for row in rows}
    bus = fleet_bus()
    bus.put((subjects.desired_key(row.device_id), bytes(row.envelope)) for row in newest.values())
    bus.hint(_hints(newest.values()), max(row.seq for row in newest.values()))
    DesiredDocument.objects.filter(pk__in=[row.pk for row in rows]).update(pushed_at=clock.now())
    return len(newest)


def _hints(rows: Iterable[DesiredDocument]) -> list[str]:
    """One hint for a place when most of it is concerned costs less than one for each device."""
    by_place: dict[str, list[str]] = {}
    for row in rows:
        stands_in = row.device.village_id or row.device.place_id
        by_place.setdefault(stands_in, []).append(row.device_id)
    hints = []
    for place, codes in by_place.items():
        if len(codes) > 1:
            hints.append(subjects.hint_for_place(place))
        else:
            hints.extend(subjects.hint_for_device(code) for code in codes)
    return hints


def republish_all() -> int:
    """Put the roots, the newest roster and every device's newest document on the bus again.

    The bus may have lost its store; the database has not.
    """
    documents = [
        (subjects.desired_key(row.device_id), bytes(row.envelope))
        for row in queries.latest_documents()
    ]
    documents += [(subjects.root_key(r.version), bytes(r.envelope)) for r in root_issues()]
    roster = present_roster()
    if roster is not None:
        documents.append((subjects.ROSTER_KEY, bytes(roster.envelope)))
    if documents:
        fleet_bus().put(documents)
        fleet_bus().hint([subjects.hint_for_all()], 0)
    return len(documents)


@transaction.atomic
def recall_placement(placement: Placement, *, by: Person, reason: str) -> Recall:
    """Stop what is sounding or planned; recalling again changes nothing."""
    placement = Placement._base_manager.select_for_update(of=("self",)).get(pk=placement.pk)  # noqa: SLF001
    mine = by.places_with(Deed.RECALL)
    if any(place.code not in mine for place in placement.places.all()):
        raise MandateMissing
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise ReasonMissing
    done = Recall.objects.filter(placement=placement).first()
    if done is not None:
        return done
    recall = Recall.objects.create(
        placement=placement, recalled_by=by, recalled_at=clock.now(), reason=reason
    )
    called_off = call_off_placement(placement)
    if not alarms.cancel_alarm(placement):
        orders = PlayOrder.objects.filter(occurrence__in=[o.pk for o in called_off])
        _write_documents(set(orders.values_list("device_id", flat=True)))
    record_fact(
        "placement_recalled",
        actor=by.username,
        subject=placement.edition.bulletin.code,
        place=placement.place_id,
        body={"placement": str(placement.id), "reason": reason},
    )
    return recall


@transaction.atomic
def send_ahead(submissions: Iterable[Submission]) -> int:
    """Let devices fetch the sound of submissions that wait for approval; it gives no right to sound."""
    places: set[str] = set()
    for submission in submissions:
        places |= codes_within(place.code for place in submission.bulletin.targets.all())
    return _write_documents({code for code, _, _ in loudspeakers_standing_in(places)})
