"""The lane of emergencies: one signed message reaches every horn of a place at once. Pure.

It carries the approved edition inside; a device verifies that exactly as in an order. Its orders
have the names they have in a desired document, so that what comes by both ways sounds once.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from loa.wire import canonical, envelope, rules
from loa.wire.messages import Desired, Edition, Instant, KeyRole, Order, Priority, Roster, Sha256
from loa.wire.policies import Count
from loa.wire.reasons import Reason, Refused

EMERGENCY = "application/vnd.loa.emergency+json"
# All that are live at once, one after another: each is a message of its own.
LIST_BYTES_MAX = 32 * canonical.MESSAGE_BYTES_MAX
TIMES_MAX = 30
SPOKEN_MAX = 6_000
SUPERSEDES_MAX = 20
# Without its sound so long after it is due, a stand-in sounds.
STAND_IN_AFTER = timedelta(seconds=3)
_MS = timedelta(milliseconds=1)

Name = Annotated[str, Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Percent = Annotated[int, Meta(ge=0, le=100)]


class EmergencyKind(StrEnum):
    ALERT = "alert"
    UPDATE = "update"  # takes the place of those it supersedes
    CANCEL = "cancel"  # ends those it supersedes


class RepeatPlan(Struct, frozen=True, kw_only=True):
    """Sound `times` times, every `every_s` seconds from the start on."""

    every_s: Annotated[int, Meta(ge=10, le=3600)] = 60
    times: Annotated[int, Meta(ge=1, le=TIMES_MAX)] = 1


class StandIn(Struct, frozen=True, kw_only=True):
    """What may sound after an attention tone while the approved sound is not there.

    `spoken` is the text whose hash the edition names; `phrases` names another approved edition,
    an emergency as well, whose sound the device may hold already.
    """

    spoken: Annotated[str, Meta(max_length=SPOKEN_MAX)] | None = None
    phrases: Sha256 | None = None


class Emergency(Struct, frozen=True, kw_only=True):
    """An alert, its update or its end. `number` counts on in the whole city.

    Every number below `floor` is over, also for who missed its end.
    """

    schema: str = "loa/emergency/1"
    emergency: Name
    kind: EmergencyKind
    number: Count
    floor: Count = 0
    supersedes: Annotated[tuple[Name, ...], Meta(max_length=SUPERSEDES_MAX)] = ()
    targets: Annotated[tuple[str, ...], Meta(min_length=1)]
    start_at: Instant | None = None
    latest_start_at: Instant | None = None
    repeat: RepeatPlan = RepeatPlan()
    volume_percent: Percent = 100
    stand_in: StandIn | None = None
    edition_sha256: Sha256 | None = None
    issued_at: Instant
    expires_at: Instant
    envelopes: dict[str, msgspec.Raw] = {}


class Sounding(Struct, frozen=True):
    """One of the times an emergency sounds, counted from 0."""

    number: int
    start_at: datetime
    latest_start_at: datetime


def soundings(start_at: datetime, latest_start_at: datetime, plan: RepeatPlan) -> list[Sounding]:
    """Return all times of a plan: one that did not begin before the next is due is over.

    So who comes late hears the present one, and not all of them in a row.
    """
    every = timedelta(seconds=plan.every_s)
    return [
        Sounding(
            number,
            start_at + number * every,
            min(latest_start_at + number * every, start_at + (number + 1) * every - _MS)
            if number + 1 < plan.times
            else latest_start_at + number * every,
        )
        for number in range(plan.times)
    ]


def order_name(emergency: str, device: str, sounding: int) -> str:
    """Return the name of the order: the same by whichever way it reaches the device."""
    return str(uuid.uuid5(uuid.UUID(emergency), f"{device}/{sounding}"))


def stand_in_name(order: str) -> str:
    """Return the name under which a device logs what sounded in place of the order's sound."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"stand-in/{order}"))


def orders_of(emergency: Emergency, device: str) -> tuple[Order, ...]:
    """Return what the device is to sound; nothing for a cancel."""
    if emergency.kind is EmergencyKind.CANCEL:
        return ()
    start_at, latest_start_at, sha256 = _times_and_edition(emergency)
    return tuple(
        Order(
            order=order_name(emergency.emergency, device, one.number),
            edition_sha256=sha256,
            priority=Priority.EMERGENCY,
            start_at=one.start_at,
            latest_start_at=one.latest_start_at,
        )
        for one in soundings(start_at, latest_start_at, emergency.repeat)
    )


def as_document(emergency: Emergency, device: str, place: str) -> Desired:
    """Return what a desired document would say of it, so that the same rules judge its orders."""
    return Desired(
        device=device,
        place=place,
        seq=emergency.number,
        issued_at=emergency.issued_at,
        expires_at=emergency.expires_at,
        orders=orders_of(emergency, device),
        envelopes=emergency.envelopes,
    )


def _times_and_edition(emergency: Emergency) -> tuple[datetime, datetime, str]:
    given = (emergency.start_at, emergency.latest_start_at, emergency.edition_sha256)
    if given[0] is None or given[1] is None or given[2] is None:
        raise Refused(Reason.MALFORMED, f"{emergency.kind} without edition or times")
    return given[0], given[1], given[2]


def open_emergency(
    data: bytes, roster: Roster, *, place: str, now: datetime | None = None
) -> Emergency:
    """Verify an emergency for this place, without what it rests on; raises Refused.

    Without `now` its expiry is not asked. Whether it was replayed only its receiver knows.
    """
    directors = [key for key in roster.keys if key.role is KeyRole.DIRECTOR]
    publics = {key.key_id: key.public for key in directors}
    payload, by = envelope.open_payload(data, EMERGENCY, publics)
    emergency = envelope.parse(payload, Emergency)
    _refuse_odd(emergency)
    at = emergency.issued_at
    if not any(
        key.key_id in by
        and key.valid_from <= at
        and (key.valid_until is None or at < key.valid_until)
        for key in directors
    ):
        raise Refused(Reason.NO_MANDATE, "director key")
    if not rules.is_within(place, emergency.targets, roster.parents):
        raise Refused(Reason.WRONG_PLACE, place)
    if now is not None and now >= emergency.expires_at:
        raise Refused(Reason.EXPIRED, emergency.expires_at.isoformat())
    if now is not None and at > now + rules.CLOCK_SKEW_MAX:
        raise Refused(Reason.NOT_YET_VALID, at.isoformat())
    return emergency


def _refuse_odd(emergency: Emergency) -> None:
    """Refuse what is of the right shape and makes no sense; raises Refused (malformed)."""
    instants = [emergency.issued_at, emergency.expires_at]
    if emergency.kind is not EmergencyKind.CANCEL:
        instants += _times_and_edition(emergency)[:2]
    if any(instant.year > rules.LAST_YEAR for instant in instants):
        raise Refused(Reason.MALFORMED, "an instant at the end of the calendar")
    if bool(emergency.supersedes) is (emergency.kind is EmergencyKind.ALERT):
        raise Refused(Reason.MALFORMED, f"{emergency.kind} of {len(emergency.supersedes)}")
    if emergency.emergency in emergency.supersedes or emergency.floor > emergency.number:
        raise Refused(Reason.MALFORMED, "it ends itself")


def refuse_over(emergency: Emergency, *, floor: int, ended: Collection[str]) -> None:
    """Refuse what its receiver knows to be over; raises Refused (rolled_back)."""
    if emergency.number < floor:
        raise Refused(Reason.ROLLED_BACK, f"{emergency.number} < {floor}")
    if emergency.emergency in ended and emergency.kind is not EmergencyKind.CANCEL:
        raise Refused(Reason.ROLLED_BACK, f"{emergency.emergency} is over")


def open_approved(
    emergency: Emergency, roster: Roster, *, device: str, place: str
) -> tuple[Edition, Edition | None]:
    """Verify what an alert or update rests on, as an order's; raises Refused.

    Returns its edition and that of its stored phrases. A text that is not the one the edition
    names is `forged`.
    """
    document = as_document(emergency, device, place)
    order = document.orders[0]
    edition, _ = rules.open_order(order, document, roster)
    stand_in = emergency.stand_in or StandIn()
    if stand_in.spoken is not None:
        spoken = hashlib.sha256(stand_in.spoken.encode()).hexdigest()
        if spoken != edition.spoken_sha256:
            raise Refused(Reason.FORGED, "spoken text is not the approved one")
    if stand_in.phrases is None:
        return edition, None
    named = msgspec.structs.replace(order, edition_sha256=stand_in.phrases)
    phrases, _ = rules.open_order(named, document, roster)
    return edition, phrases


def listed(envelopes: Sequence[bytes]) -> bytes:
    """Return the file of all that are live: their envelopes, unsigned by itself."""
    return b"[" + b",".join(envelopes) + b"]"


def read_list(data: bytes) -> Iterator[bytes]:
    """Yield the envelopes of the file; raises Refused when it is none."""
    if len(data) > LIST_BYTES_MAX:
        raise Refused(Reason.OVERSIZE, f"{len(data)} bytes")
    try:
        found = msgspec.json.decode(data, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(Reason.MALFORMED, str(error)) from error
    yield from map(bytes, found)
