"""Who may answer for what, and when an order may sound: pure, the same on server and device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from loa.wire import canonical, envelope, roots
from loa.wire.keys import ED25519, key_id_of
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
    Root,
    Roster,
    RosterKey,
    Standing,
)
from loa.wire.passkeys import ES256, Passkey, is_point
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


def open_roster(data: bytes, root: Root, *, known_version: int = 0) -> Roster:
    """Verify a roster against the newest root; an older one than known is refused."""
    payload = roots.open_signed(
        data, ROSTER, root, root.roster, bytes_max=canonical.ROSTER_BYTES_MAX
    )
    roster = envelope.parse(payload, Roster)
    if roster.version < known_version:
        raise Refused(Reason.ROLLED_BACK, f"roster {roster.version} < {known_version}")
    return roster


def _keys(roster: Roster, role: KeyRole) -> tuple[RosterKey, ...]:
    return tuple(key for key in roster.keys if key.role is role)


def _publics(keys: Sequence[RosterKey]) -> dict[str, envelope.PublicKey]:
    """Return what signatures are checked with, by key id; what cannot be a key is left out."""
    readable = ((key.key_id, _public_of(key)) for key in keys)
    return {key_id: public for key_id, public in readable if public is not None}


def _public_of(key: RosterKey) -> envelope.PublicKey | None:
    if key.kind == ED25519:
        return key.public
    if key.kind == ES256 and is_point(key.public):
        return Passkey(public=key.public, rp_id=key.rp_id, origins=key.origins)
    return None


def _is_valid_at(key: RosterKey, instant: datetime) -> bool:
    return key.valid_from <= instant and (key.valid_until is None or instant < key.valid_until)


def is_for_everybody(targets: Sequence[str], parents: dict[str, str]) -> bool:
    """Say whether the targets reach a top of the tree, or together all that lies directly below it."""
    if any(place not in parents for place in targets):
        return True
    tops = {above for above in parents.values() if above not in parents}
    below = {top: [place for place, above in parents.items() if above == top] for top in tops}
    return any(
        all(is_within(place, targets, parents) for place in places) for places in below.values()
    )


def persons_needed(priority: Priority, targets: Sequence[str], parents: dict[str, str]) -> int:
    """Return how many different people must answer for an edition of this class."""
    is_alarm_of_all = priority is Priority.EMERGENCY and is_for_everybody(targets, parents)
    return 2 if is_alarm_of_all else 1


def is_passkey_needed(
    places: Sequence[str],
    passkey_only: dict[str, str],
    parents: dict[str, str],
    *,
    emergency: bool,
) -> bool:
    """Say whether one of these places, or one above or below it, believes passkeys only."""
    wanting = [place for place, when in passkey_only.items() if emergency or when != "emergency"]
    return any(is_within(place, wanting, parents) for place in places) or any(
        is_within(wanted, places, parents) for wanted in wanting
    )


def _needs_passkey(places: Sequence[str], roster: Roster, *, emergency: bool) -> bool:
    return is_passkey_needed(places, roster.passkey_only, roster.parents, emergency=emergency)


def _answering_rows(
    by: Sequence[str],
    keys: Sequence[RosterKey],
    roster: Roster,
    *,
    places: Sequence[str],
    at: datetime,
    named: str,
    emergency: bool = False,
    needs_passkey: bool = False,
) -> list[RosterKey]:
    """Return the rows of those who signed and may; `named` is among their holders, else Refused."""
    # One key may stand in several rows: a mandate renewed, or held for several places.
    rows = [
        key
        for key in keys
        if key.key_id in by
        and all(is_within(place, key.places, roster.parents) for place in places)
        and _is_valid_at(key, at)
        and (key.emergency or not emergency)
    ]
    if not rows:
        raise Refused(Reason.NO_MANDATE, ", ".join(places))
    if all(row.holder != named for row in rows):
        raise Refused(Reason.FORGED, f"{rows[0].holder} signed as {named}")
    if needs_passkey:
        rows = [row for row in rows if row.kind == ES256]
    if all(row.holder != named for row in rows):
        raise Refused(Reason.NO_PASSKEY, named)
    return rows


def _row_of(rows: Sequence[RosterKey], holder: str) -> RosterKey:
    return next(row for row in rows if row.holder == holder)


def approvers_of(data: bytes, roster: Roster) -> tuple[Edition, str, list[RosterKey]]:
    """Return the edition, its SHA-256 and the rows of all who answer for it so far; raises Refused.

    Each must hold, at the time of approval, every place the edition is for. The one it names is
    among them; it does not ask whether they are enough.
    """
    keys = _keys(roster, KeyRole.APPROVER)
    payload, by = envelope.open_payload(data, EDITION, _publics(keys))
    edition = envelope.parse(payload, Edition)
    places = edition.targets or (edition.place,)
    is_alarm = edition.priority is Priority.EMERGENCY
    rows = _answering_rows(
        by,
        keys,
        roster,
        places=places,
        at=edition.approved_at,
        named=edition.approver,
        emergency=is_alarm,
        needs_passkey=_needs_passkey(places, roster, emergency=is_alarm),
    )
    return edition, canonical.content_hash(payload), rows


def open_edition(data: bytes, roster: Roster) -> tuple[Edition, str, RosterKey]:
    """Return the edition, its SHA-256 and the key of the approver it names; raises Refused.

    An emergency for everybody needs two people, and the author is none of them.
    """
    edition, sha256, rows = approvers_of(data, roster)
    targets = edition.targets or (edition.place,)
    needed = persons_needed(edition.priority, targets, roster.parents)
    if needed > 1 and len({row.holder for row in rows} - {edition.author}) < needed:
        raise Refused(Reason.ONE_PERSON, edition.approver)
    return edition, sha256, _row_of(rows, edition.approver)


def open_confirmation(data: bytes, roster: Roster) -> tuple[Confirmation, RosterKey]:
    """Return a second person's confirmation and the key that answers for it; raises Refused."""
    keys = _keys(roster, KeyRole.APPROVER)
    payload, by = envelope.open_payload(data, CONFIRMATION, _publics(keys))
    confirmation = envelope.parse(payload, Confirmation)
    rows = _answering_rows(
        by,
        keys,
        roster,
        places=confirmation.places,
        at=confirmation.confirmed_at,
        named=confirmation.confirmer,
    )
    return confirmation, _row_of(rows, confirmation.confirmer)


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
    return edition, _confirmation_of(order, edition, desired, roster)


def _confirmation_of(
    order: Order, edition: Edition, desired: Desired, roster: Roster
) -> Confirmation | None:
    if order.confirmation is None:
        return None
    sealed = desired.envelopes.get(order.confirmation)
    if sealed is None:
        raise Refused(Reason.MALFORMED, "confirmation missing")
    confirmation, _ = open_confirmation(bytes(sealed), roster)
    if confirmation.edition_sha256 != order.edition_sha256:
        raise Refused(Reason.FORGED, "confirmation is for another edition")
    if confirmation.confirmer == edition.approver:
        raise Refused(Reason.ONE_PERSON, confirmation.confirmer)
    return confirmation


def open_standing(data: bytes, roster: Roster, *, place: str) -> tuple[Standing, str, RosterKey]:
    """Return what stands every week at this place, its SHA-256 and the key that answers for it."""
    keys = _keys(roster, KeyRole.APPROVER)
    payload, by = envelope.open_payload(data, STANDING, _publics(keys))
    standing = envelope.parse(payload, Standing)
    if bool(standing.sources) == bool(standing.media):
        raise Refused(Reason.MALFORMED, "either sources or media")
    places = standing.targets or (standing.place,)
    rows = _answering_rows(
        by,
        keys,
        roster,
        places=places,
        at=standing.approved_at,
        named=standing.approver,
        needs_passkey=_needs_passkey(places, roster, emergency=False),
    )
    if not is_within(place, standing.targets, roster.parents):
        raise Refused(Reason.WRONG_PLACE, place)
    return standing, canonical.content_hash(payload), _row_of(rows, standing.approver)


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
