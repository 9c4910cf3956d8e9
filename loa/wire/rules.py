"""Who may answer for what, and when an order may sound: pure, the same on server and device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from loa.wire import canonical, envelope
from loa.wire.keys import key_id_of
from loa.wire.messages import (
    ANNOUNCEMENT,
    CONFIRMATION,
    DESIRED,
    EDITION,
    ENROLMENT,
    LOG_RECEIPT,
    ROSTER,
    STANDING,
    Announcement,
    Confirmation,
    Desired,
    Edition,
    Enrolment,
    KeyRole,
    LogReceipt,
    Order,
    Priority,
    QuietHours,
    Roster,
    RosterKey,
    Standing,
)
from loa.wire.reasons import Reason, Refused

CITY_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
# A device whose clock runs a little behind must not refuse a document issued just now.
CLOCK_SKEW_MAX = timedelta(minutes=5)
# A device reckons onwards from what was signed: the end of the calendar would stop it for good.
LAST_YEAR = 9998


def lineage(place: str, parents: dict[str, str]) -> Iterator[str]:
    """Yield the place and everything above it; a broken tree ends rather than loops."""
    seen: set[str] = set()
    while place and place not in seen:
        yield place
        seen.add(place)
        place = parents.get(place, "")


def is_within(place: str, scopes: Sequence[str], parents: dict[str, str]) -> bool:
    return any(above in scopes for above in lineage(place, parents))


def open_roster(data: bytes, root_public_hex: str, *, known_version: int = 0) -> Roster:
    """Verify a roster against the pinned root key; an older one than known is refused."""
    root = {key_id_of(root_public_hex): root_public_hex}
    payload, _ = envelope.open_payload(data, ROSTER, root, bytes_max=canonical.ROSTER_BYTES_MAX)
    roster = envelope.parse(payload, Roster)
    if roster.version < known_version:
        raise Refused(Reason.ROLLED_BACK, f"roster {roster.version} < {known_version}")
    return roster


def _keys(roster: Roster, role: KeyRole) -> tuple[RosterKey, ...]:
    return tuple(key for key in roster.keys if key.role is role)


def _publics(keys: Sequence[RosterKey]) -> dict[str, str]:
    return {key.key_id: key.public for key in keys}


def _is_valid_at(key: RosterKey, instant: datetime) -> bool:
    return key.valid_from <= instant and (key.valid_until is None or instant < key.valid_until)


def _answering_key(
    by: Sequence[str],
    keys: Sequence[RosterKey],
    *,
    places: Sequence[str],
    at: datetime,
    parents: dict[str, str],
    emergency: bool,
) -> RosterKey:
    # One key may stand in several rows: a mandate renewed, or held for several places.
    for key in keys:
        if key.key_id not in by:
            continue
        covers = all(is_within(place, key.places, parents) for place in places)
        if covers and _is_valid_at(key, at) and (key.emergency or not emergency):
            return key
    raise Refused(Reason.NO_MANDATE, ", ".join(places))


def open_edition(data: bytes, roster: Roster) -> tuple[Edition, str, RosterKey]:
    """Return the edition, its SHA-256 and the key that answers for it; raises Refused.

    The approver must hold, at the time of approval, every place the edition is for.
    """
    keys = _keys(roster, KeyRole.APPROVER)
    payload, by = envelope.open_payload(data, EDITION, _publics(keys))
    edition = envelope.parse(payload, Edition)
    key = _answering_key(
        by,
        keys,
        places=edition.targets or (edition.place,),
        at=edition.approved_at,
        parents=roster.parents,
        emergency=edition.priority is Priority.EMERGENCY,
    )
    if key.holder != edition.approver:
        raise Refused(Reason.FORGED, f"{key.holder} signed as {edition.approver}")
    return edition, canonical.content_hash(payload), key


def open_confirmation(data: bytes, roster: Roster) -> tuple[Confirmation, RosterKey]:
    """Return a second person's confirmation and the key that answers for it; raises Refused."""
    keys = _keys(roster, KeyRole.APPROVER)
    payload, by = envelope.open_payload(data, CONFIRMATION, _publics(keys))
    confirmation = envelope.parse(payload, Confirmation)
    key = _answering_key(
        by,
        keys,
        places=confirmation.places,
        at=confirmation.confirmed_at,
        parents=roster.parents,
        emergency=False,
    )
    if key.holder != confirmation.confirmer:
        raise Refused(Reason.FORGED, f"{key.holder} signed as {confirmation.confirmer}")
    return confirmation, key


def open_desired(
    data: bytes,
    roster: Roster,
    *,
    device: str,
    place: str | None = None,
    known_seq: int = 0,
    now: datetime | None = None,
) -> Desired:
    """Verify a desired document for this device; replayed, foreign and expired ones are refused.

    A device names the `place` it stands in, so that a stolen director key cannot move it to where
    another approver's editions may sound. Without `now` the expiry is not asked: an auditor reads
    old documents, and a device one that it took while it was fresh.
    """
    keys = _keys(roster, KeyRole.DIRECTOR)
    payload, by = envelope.open_payload(data, DESIRED, _publics(keys))
    desired = envelope.parse(payload, Desired)
    if any(instant.year > LAST_YEAR for instant in _reckoned_from(desired)):
        raise Refused(Reason.MALFORMED, "an instant at the end of the calendar")
    if not any(key.key_id in by and _is_valid_at(key, desired.issued_at) for key in keys):
        raise Refused(Reason.NO_MANDATE, "director key")
    if desired.device != device:
        raise Refused(Reason.WRONG_DEVICE, desired.device)
    if place is not None and desired.place != place:
        raise Refused(Reason.WRONG_PLACE, desired.place)
    if desired.seq < known_seq:
        raise Refused(Reason.ROLLED_BACK, f"{desired.seq} < {known_seq}")
    if now is not None and now >= desired.expires_at:
        raise Refused(Reason.EXPIRED, desired.expires_at.isoformat())
    if now is not None and desired.issued_at > now + CLOCK_SKEW_MAX:
        raise Refused(Reason.NOT_YET_VALID, desired.issued_at.isoformat())
    return desired


def _reckoned_from(desired: Desired) -> Iterator[datetime]:
    yield desired.issued_at
    for order in desired.orders:
        yield from (order.start_at, order.latest_start_at)


def open_log_receipt(
    data: bytes, roster: Roster, *, device: str, log: str, now: datetime
) -> LogReceipt:
    """Verify the city's word that it holds rows of this log; raises Refused."""
    keys = [key for key in _keys(roster, KeyRole.DIRECTOR) if _is_valid_at(key, now)]
    payload, _ = envelope.open_payload(data, LOG_RECEIPT, _publics(keys))
    receipt = envelope.parse(payload, LogReceipt)
    if (receipt.device, receipt.log) != (device, log):
        raise Refused(Reason.WRONG_DEVICE, f"{receipt.device} {receipt.log}")
    return receipt


def open_order(
    order: Order, desired: Desired, roster: Roster
) -> tuple[Edition, Confirmation | None]:
    """Verify all an order rests on: its edition, its place, its confirmation; raises Refused."""
    sealed = desired.envelopes.get(order.edition_sha256)
    if sealed is None:
        raise Refused(Reason.EDITION_MISSING, order.edition_sha256)
    edition, sha256, _ = open_edition(bytes(sealed), roster)
    if sha256 != order.edition_sha256:
        raise Refused(Reason.FORGED, "edition is not the one ordered")
    if edition.priority is not order.priority:
        raise Refused(Reason.FORGED, "priority is not the approved one")
    if not is_within(desired.place, edition.targets, roster.parents):
        raise Refused(Reason.WRONG_PLACE, desired.place)
    return edition, _confirmation_of(order, desired, roster)


def _confirmation_of(order: Order, desired: Desired, roster: Roster) -> Confirmation | None:
    if order.confirmation is None:
        return None
    sealed = desired.envelopes.get(order.confirmation)
    if sealed is None:
        raise Refused(Reason.MALFORMED, "confirmation missing")
    confirmation, _ = open_confirmation(bytes(sealed), roster)
    if confirmation.edition_sha256 != order.edition_sha256:
        raise Refused(Reason.FORGED, "confirmation is for another edition")
    return confirmation


def open_standing(data: bytes, roster: Roster, *, place: str) -> tuple[Standing, str, RosterKey]:
    """Return what stands every week at this place, its SHA-256 and the key that answers for it."""
    keys = _keys(roster, KeyRole.APPROVER)
    payload, by = envelope.open_payload(data, STANDING, _publics(keys))
    standing = envelope.parse(payload, Standing)
    if bool(standing.sources) == bool(standing.media):
        raise Refused(Reason.MALFORMED, "either sources or media")
    key = _answering_key(
        by,
        keys,
        places=standing.targets or (standing.place,),
        at=standing.approved_at,
        parents=roster.parents,
        emergency=False,
    )
    if key.holder != standing.approver:
        raise Refused(Reason.FORGED, f"{key.holder} signed as {standing.approver}")
    if not is_within(place, standing.targets, roster.parents):
        raise Refused(Reason.WRONG_PLACE, place)
    return standing, canonical.content_hash(payload), key


def is_quiet(instant: datetime, quiet_hours: Sequence[QuietHours]) -> bool:
    """Say whether the instant lies inside quiet hours, by the city's wall clock."""
    wall = instant.astimezone(CITY_TIME).strftime("%H:%M")
    for window in quiet_hours:
        if window.start <= window.end:
            inside = window.start <= wall < window.end
        else:
            inside = wall >= window.start or wall < window.end
        if inside:
            return True
    return False


def is_quiet_during(
    start: datetime, duration: timedelta, quiet_hours: Sequence[QuietHours]
) -> bool:
    """Say whether any minute of a sound would fall inside quiet hours."""
    end = start + max(duration - timedelta(milliseconds=1), timedelta(0))
    minute = timedelta(minutes=1)
    instant = start
    while instant < end:
        if is_quiet(instant, quiet_hours):
            return True
        instant += minute
    return is_quiet(end, quiet_hours)


def refusal_to_start(
    order: Order,
    edition: Edition,
    confirmation: Confirmation | None,
    *,
    quiet_hours: Sequence[QuietHours],
    place: str,
    parents: dict[str, str],
    now: datetime,
) -> Reason | None:
    """Say why this order may not begin now, or None when it may; asked just before sounding."""
    if now > order.latest_start_at:
        return Reason.LATE
    if now >= edition.valid_until:
        return Reason.EXPIRED
    if now + CLOCK_SKEW_MAX < edition.valid_from:
        return Reason.NOT_YET_VALID
    if edition.priority is Priority.EMERGENCY:
        return None
    duration = timedelta(milliseconds=max((m.duration_ms for m in edition.media), default=0))
    if not is_quiet_during(now, duration, quiet_hours):
        return None
    if confirmation is not None and confirms(confirmation, place, parents, now):
        return None
    return Reason.QUIET_HOURS


def confirms(
    confirmation: Confirmation, place: str, parents: dict[str, str], now: datetime
) -> bool:
    """Say whether a second person answers for sounding at this place and instant."""
    return is_within(place, confirmation.places, parents) and (
        confirmation.start_at <= now + CLOCK_SKEW_MAX and now <= confirmation.latest_start_at
    )


def opened_announcement(data: bytes) -> Announcement:
    """Return what a device says of itself, signed by the key it names; raises Refused."""
    said = envelope.parse(envelope.read(data).payload_bytes, Announcement)
    envelope.open_payload(data, ANNOUNCEMENT, {key_id_of(said.public): said.public})
    return said


def open_enrolment(data: bytes, roster: Roster, *, public: str) -> Enrolment:
    """Return who this device is, as a director says who signs orders now; raises Refused."""
    keys = _keys(roster, KeyRole.DIRECTOR)
    payload, by = envelope.open_payload(data, ENROLMENT, _publics(keys))
    found = envelope.parse(payload, Enrolment)
    if not any(key.key_id in by and _is_valid_at(key, found.issued_at) for key in keys):
        raise Refused(Reason.NO_MANDATE, "director key")
    if found.public != public:
        raise Refused(Reason.WRONG_DEVICE, found.device)
    return found
