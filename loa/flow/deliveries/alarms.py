"""The lane of emergencies, the city's end: signed once, said again and again, over when it is over.

Nothing here is remembered outside the database: whoever dies on the way, the next goes on.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from django.db import connection, transaction
from django.db.models import Max, QuerySet

from loa.flow.deliveries.models import (
    DesiredDocument,
    DispatchRefusal,
    EmergencyMessage,
    PlayOrder,
)
from loa.flow.deliveries.ports import emergency_bus
from loa.flow.deliveries.queries import LANE_AHEAD
from loa.flow.schedules.models import Occurrence, Placement
from loa.lib import clock
from loa.registry.devices.queries import loudspeakers_standing_in
from loa.registry.ledger.actions import record_fact
from loa.registry.people import keyring
from loa.registry.people.rules import Deed
from loa.registry.places.queries import codes_within, parents_of_all
from loa.wire import canonical, envelope, subjects
from loa.wire.emergency import (
    EMERGENCY,
    SPOKEN_MAX,
    SUPERSEDES_MAX,
    Emergency,
    EmergencyKind,
    StandIn,
    listed,
    order_name,
    soundings,
)
from loa.wire.messages import Priority
from loa.wire.reasons import Reason
from loa.wire.rules import lineage

EMERGENCY_SAID = "emergency_said"
# One number after the other, whoever counts.
NUMBER_LOCK = 0x10B
# Beyond its last start: what began then is still to be cancelled.
LIVE_BEYOND = timedelta(minutes=30)
# For a minute it is said every five seconds, from then on every half minute.
OFTEN, OFTEN_FOR, RARELY = timedelta(seconds=5), timedelta(minutes=1), timedelta(seconds=30)
COPY_ORDERS = (
    "COPY deliveries_playorder (id, occurrence_id, device_id, dispatched_at)"
    " FROM STDIN (FORMAT BINARY)"
)


def raise_alarms() -> list[EmergencyMessage]:
    """Sign an alert for every emergency placement at hand, and order it on its devices."""
    now = clock.now()
    placements = Placement._base_manager.filter(  # noqa: SLF001 - of every place
        edition__priority=Priority.EMERGENCY,
        called_off_at=None,
        emergency_messages=None,
        start_at__lte=now + LANE_AHEAD,
        occurrences__latest_start_at__gte=now,
        occurrences__refusal=None,
    )
    pks = list(placements.values_list("pk", flat=True).distinct())
    return [said for pk in pks if (said := _raise_alarm(pk, now)) is not None]


@transaction.atomic
def _raise_alarm(pk: uuid.UUID, now: datetime) -> EmergencyMessage | None:
    rows = Placement._base_manager.select_for_update(of=("self",))  # noqa: SLF001
    placement = rows.select_related(
        "edition__bulletin", "edition__rendition", "rule", "supersedes"
    ).get(pk=pk)
    if placement.called_off_at is not None or placement.emergency_messages.exists():
        return None
    occurrences = list(
        Occurrence._base_manager.filter(placement=placement, refusal=None)  # noqa: SLF001
    )
    if (reason := _refusal_of(placement, now)) is not None:
        _refuse(occurrences, reason, now)
        if placement.supersedes is not None:
            # It was called off for the sake of this one: nobody else would end it on the horns.
            cancel_alarm(placement.supersedes)
        return None
    devices = _order(placement, occurrences, now)
    alert = _alert_of(placement, now)
    said = _keep(placement, EmergencyMessage.Kind(alert.kind), alert, now)
    record_fact(
        EMERGENCY_SAID,
        actor=None,
        subject=placement.edition.bulletin.code,
        place=placement.place_id,
        body={
            "placement": str(placement.pk),
            "edition": placement.edition.sha256,
            "number": said.number,
            "devices": devices,
        },
    )
    return said


def _refusal_of(placement: Placement, now: datetime) -> Reason | None:
    edition = placement.edition
    approval = getattr(edition, "approval", None)
    deed, places = Deed.APPROVE_EMERGENCY, placement.places.all()
    if approval is None or not all(
        approval.approver.may(deed, place, at=approval.approved_at) for place in places
    ):
        return Reason.NO_MANDATE
    return Reason.EXPIRED if now >= edition.valid_until else None


def _refuse(occurrences: Sequence[Occurrence], reason: Reason, now: datetime) -> None:
    DispatchRefusal.objects.bulk_create(
        (
            DispatchRefusal(occurrence=occurrence, reason=reason, refused_at=now)
            for occurrence in occurrences
        ),
        ignore_conflicts=True,
    )
    first = occurrences[0]
    record_fact(
        "dispatch_refused",
        actor=None,
        subject=first.edition.bulletin.code,
        place=first.place_id,
        body={"placement": str(first.placement_id), "reason": reason},
    )


def _order(placement: Placement, occurrences: Sequence[Occurrence], now: datetime) -> int:
    """Write the orders before anything is said, so that no receipt comes before its order."""
    ordered = PlayOrder.objects.filter(occurrence__placement=placement)
    known = set(ordered.values_list("occurrence_id", "device_id"))
    at: dict[str, list[Occurrence]] = {}
    for occurrence in occurrences:
        at.setdefault(occurrence.place_id, []).append(occurrence)
    parents = parents_of_all()
    devices = loudspeakers_standing_in(codes_within(at, parents))
    with connection.cursor() as cursor, cursor.copy(COPY_ORDERS) as copy:
        copy.set_types(["uuid", "uuid", "varchar", "timestamptz"])
        for device, commune, village in devices:
            for place in set(lineage(village or commune, parents)) & at.keys():
                for one in at[place]:
                    if (one.pk, device) not in known:
                        name = order_name(str(placement.pk), device, one.sounding)
                        copy.write_row((uuid.UUID(name), one.pk, device, now))
    return len(devices)


def _alert_of(placement: Placement, now: datetime) -> Emergency:
    edition = placement.edition
    times = soundings(placement.start_at, placement.latest_start_at, placement.repeat)
    before = _said_before(placement)
    return Emergency(
        emergency=str(placement.pk),
        kind=EmergencyKind.UPDATE if before else EmergencyKind.ALERT,
        number=0,
        supersedes=before,
        targets=tuple(sorted(place.code for place in placement.places.all())),
        start_at=placement.start_at,
        latest_start_at=placement.latest_start_at,
        repeat=placement.repeat,
        stand_in=StandIn(spoken=_short(edition.rendition.spoken_text)),
        edition_sha256=edition.sha256,
        issued_at=now,
        expires_at=times[-1].latest_start_at + LIVE_BEYOND,
        envelopes={edition.sha256: msgspec.Raw(bytes(edition.envelope))},
    )


def _said_before(placement: Placement) -> tuple[str, ...]:
    """Return the names of the alerts whose place it takes, newest first: a device may have missed some."""
    names: list[str] = []
    older = placement.supersedes
    while older is not None and len(names) < SUPERSEDES_MAX:
        if older.emergency_messages.exclude(kind=EmergencyMessage.Kind.CANCEL).exists():
            names.append(str(older.pk))
        older = older.supersedes
    return tuple(names)


def _short(text: str) -> str | None:
    return text if 0 < len(text) <= SPOKEN_MAX else None


def cancel_alarm(placement: Placement) -> bool:
    """Say in the transaction of the recall that it is over; False when it was never said."""
    alert = placement.emergency_messages.exclude(kind=EmergencyMessage.Kind.CANCEL).first()
    if alert is None:
        return False
    now = clock.now()
    cancel = Emergency(
        emergency=str(uuid.uuid5(placement.pk, "cancel")),
        kind=EmergencyKind.CANCEL,
        number=0,
        supersedes=(str(placement.pk), *_said_before(placement))[:SUPERSEDES_MAX],
        targets=tuple(sorted(place.code for place in placement.places.all())),
        issued_at=now,
        expires_at=max(alert.expires_at, now + LIVE_BEYOND),
    )
    _keep(placement, EmergencyMessage.Kind.CANCEL, cancel, now)
    return True


def _keep(
    placement: Placement, kind: EmergencyMessage.Kind, unnumbered: Emergency, now: datetime
) -> EmergencyMessage:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBER_LOCK])
    rows = EmergencyMessage.objects.aggregate(number=Max("number"))
    number = (rows["number"] or 0) + 1
    over = {placement.pk, placement.supersedes_id}
    live = [
        row.number
        for row in live_messages(now)
        if row.kind != EmergencyMessage.Kind.CANCEL and row.placement_id not in over
    ]
    # What is over may not come back, also where its end was not heard.
    floor = min(live, default=number)
    message = msgspec.structs.replace(unnumbered, number=number, floor=min(floor, number))
    return EmergencyMessage.objects.create(
        number=number,
        placement=placement,
        kind=kind,
        envelope=_sealed(message),
        signed_at=now,
        expires_at=message.expires_at,
    )


def _sealed(message: Emergency) -> bytes:
    key = keyring.director_key()
    sealed = envelope.seal(EMERGENCY, canonical.encode(message), key)
    if len(sealed) > canonical.MESSAGE_BYTES_MAX:
        # A long text does not travel along; the device calls and waits for the sound.
        message = msgspec.structs.replace(message, stand_in=StandIn())
        sealed = envelope.seal(EMERGENCY, canonical.encode(message), key)
    return sealed


def _live(now: datetime) -> QuerySet[EmergencyMessage]:
    return EmergencyMessage.objects.filter(expires_at__gt=now)


def live_messages(now: datetime) -> list[EmergencyMessage]:
    """Return what is to be said now: alerts that are not over, and the ends of others."""
    rows = list(_live(now).select_related("placement").order_by("number"))
    ended = {row.placement_id for row in rows if row.kind == EmergencyMessage.Kind.CANCEL}
    ended |= {row.placement.supersedes_id for row in rows if row.placement.supersedes_id}
    return [
        row
        for row in rows
        if row.kind == EmergencyMessage.Kind.CANCEL or row.placement_id not in ended
    ]


def emergency_list(now: datetime) -> bytes:
    """Return the file of all that are live, as devices fetch it before anything else."""
    return listed([bytes(row.envelope) for row in live_messages(now)])


def say(messages: Sequence[EmergencyMessage]) -> None:
    """Say these at once to all who listen where they are for."""
    emergency_bus().say(
        (subjects.emergency_for_place(place.code), bytes(message.envelope))
        for message in messages
        for place in message.placement.places.all()
    )


def keep_list(file: bytes) -> None:
    """Put the file where devices fetch it from the bus."""
    emergency_bus().put([(subjects.EMERGENCY_KEY, file)])


def is_due(message: EmergencyMessage, said_at: datetime | None, now: datetime) -> bool:
    """Say whether it is time to say it again."""
    often = now - message.signed_at <= OFTEN_FOR
    return said_at is None or now - said_at >= (OFTEN if often else RARELY)


def unfollowed(before: datetime) -> list[EmergencyMessage]:
    """Return messages of before then whose devices have no document yet that says the same."""
    return list(EmergencyMessage.objects.filter(documents_at=None, signed_at__lte=before))


def devices_to_follow(message: EmergencyMessage, since: datetime) -> list[str]:
    """Return its devices that got no document since then."""
    orders = PlayOrder.objects.filter(occurrence__placement=message.placement_id)
    fresh = DesiredDocument.objects.filter(issued_at__gte=since).values("device")
    left = orders.exclude(device__in=fresh).values_list("device_id", flat=True)
    return sorted(left.distinct())


def note_followed(message: EmergencyMessage) -> None:
    EmergencyMessage.objects.filter(pk=message.pk).update(documents_at=clock.now())
