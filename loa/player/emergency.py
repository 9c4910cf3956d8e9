"""The emergencies a device holds: what it took by the lane, what ended, what is a replay. No network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from loa.player.journal import Journal
from loa.wire import emergency as lane
from loa.wire import envelope
from loa.wire.canonical import content_hash
from loa.wire.emergency import Emergency, EmergencyKind, StandIn
from loa.wire.messages import Edition, Order, Roster
from loa.wire.reasons import Reason, Refused

KIND = "emergencies"
ENDED_REMEMBERED_MAX = 200
# A sound that began at the last moment still comes to its end.
KEPT_AFTER_EXPIRY = timedelta(hours=1)


class Kept(msgspec.Struct, kw_only=True):
    """What a device writes down: envelopes that live, and the numbers that ended others."""

    floor: int = 0
    highest: int = 0
    highest_sha256: str = ""
    live: list[bytes] = []
    ended: dict[str, int] = {}


@dataclass(frozen=True)
class Alarm:
    """An emergency that was verified, with the bytes it came in."""

    emergency: Emergency
    data: bytes
    payload_sha256: str
    edition: Edition | None = None
    phrases: Edition | None = None

    @property
    def name(self) -> str:
        return self.emergency.emergency

    @property
    def stand_in(self) -> StandIn | None:
        return self.emergency.stand_in


# The devices of one process at one place hold the same roster and read the same bytes: what is
# pure is worked out once for all of them. A device alone works it out once, as it must.
_known: dict[tuple[bytes, str, str], Alarm] = {}
_KNOWN_MAX = 2_000


def _opened(data: bytes, place: str, roster: Roster, roster_sha256: str) -> Alarm:
    key = (data, place, roster_sha256)
    alarm = _known.get(key)
    if alarm is None:
        if len(_known) >= _KNOWN_MAX:
            _known.clear()
        alarm = _known[key] = _verified(data, place, roster)
    return alarm


def _verified(data: bytes, place: str, roster: Roster) -> Alarm:
    emergency = lane.open_emergency(data, roster, place=place)
    payload_sha256 = content_hash(envelope.read(data).payload_bytes)
    if emergency.kind is EmergencyKind.CANCEL:
        return Alarm(emergency, data, payload_sha256)
    # What is asked of the edition does not depend on which device of the place asks.
    edition, phrases = lane.open_approved(emergency, roster, device="", place=place)
    return Alarm(emergency, data, payload_sha256, edition, phrases)


class Alarms:
    """All emergencies of one device; what it refuses leaves no trace here."""

    def __init__(self, device: str, place: str, journal: Journal) -> None:
        self._device = device
        self._place = place
        self._journal = journal
        self._kept = Kept()
        self.live: dict[str, Alarm] = {}
        self._ended_orders: frozenset[str] = frozenset()

    # -- taking

    def is_held(self, data: bytes) -> bool:
        """Say whether these very bytes were taken already: they come again every few seconds."""
        return any(alarm.data == data for alarm in self.live.values())

    def opened(self, data: bytes, roster: Roster, roster_sha256: str, now: datetime) -> Alarm:
        """Return the emergency, verified for this device as it stands; raises Refused."""
        alarm = _opened(data, self._place, roster, roster_sha256)
        emergency = alarm.emergency
        if now >= emergency.expires_at:
            raise Refused(Reason.EXPIRED, emergency.expires_at.isoformat())
        self._refuse_replay(alarm)
        return alarm

    def _refuse_replay(self, alarm: Alarm) -> None:
        emergency, kept = alarm.emergency, self._kept
        lane.refuse_over(emergency, floor=kept.floor, ended=kept.ended)
        if emergency.number == kept.highest and alarm.payload_sha256 != kept.highest_sha256:
            raise Refused(Reason.ROLLED_BACK, f"another emergency {emergency.number}")
        for name in (emergency.emergency, *emergency.supersedes):
            held = self.live.get(name)
            if held is not None and held.payload_sha256 != alarm.payload_sha256:
                _refuse_not_later(emergency, held.emergency)

    def has_ended(self, alarm: Alarm) -> bool:
        """Say whether a cancel brings nothing new."""
        return alarm.emergency.kind is EmergencyKind.CANCEL and all(
            name in self._kept.ended and name not in self.live
            for name in alarm.emergency.supersedes
        )

    def take(self, alarm: Alarm, now: datetime) -> None:
        """Hold it, end what it ends, and write down both."""
        emergency, kept = alarm.emergency, self._kept
        kept.ended |= dict.fromkeys(emergency.supersedes, emergency.number)
        if emergency.kind is not EmergencyKind.CANCEL:
            self.live[alarm.name] = alarm
        if emergency.number > kept.highest:
            kept.highest, kept.highest_sha256 = emergency.number, alarm.payload_sha256
        kept.floor = max(kept.floor, emergency.floor)
        self._drop_ended(now)
        self._write()

    def _drop_ended(self, now: datetime) -> None:
        kept = self._kept
        for name, alarm in list(self.live.items()):
            if alarm.emergency.number < kept.floor:
                kept.ended.setdefault(name, kept.floor)  # its end went by unheard
            if name in kept.ended or now >= alarm.emergency.expires_at + KEPT_AFTER_EXPIRY:
                del self.live[name]
        while len(kept.ended) > ENDED_REMEMBERED_MAX:
            del kept.ended[min(kept.ended, key=lambda name: kept.ended[name])]
        self._note_ended_orders()

    def _note_ended_orders(self) -> None:
        self._ended_orders = frozenset(
            lane.order_name(name, self._device, number)
            for name in self._kept.ended
            for number in range(lane.TIMES_MAX)
        )

    # -- across boots

    def _write(self) -> None:
        kept = self._kept
        kept.live = [alarm.data for alarm in self.live.values()]
        self._journal.keep_document(KIND, msgspec.msgpack.encode(kept), kept.highest)

    def restore(self, roster: Roster | None, roster_sha256: str) -> None:
        """Take up what was held before this boot; without a roster nothing of it can be judged."""
        for body in self._journal.documents(KIND):
            try:
                self._kept = msgspec.msgpack.decode(body, type=Kept)
            except msgspec.DecodeError:
                continue
            self.judge_again(roster, roster_sha256)
            return

    def judge_again(self, roster: Roster | None, roster_sha256: str) -> None:
        """Verify anew what is held: the roster changed. What fails stays written, and is silent."""
        self.live = {}
        for data in self._kept.live:
            try:
                if roster is None:
                    continue
                alarm = _opened(data, self._place, roster, roster_sha256)
            except Refused:
                continue
            self.live[alarm.name] = alarm
        self._note_ended_orders()

    # -- what it means for the device

    def signed_at(self) -> Iterator[datetime]:
        for alarm in self.live.values():
            yield alarm.emergency.issued_at

    def orders(self) -> Iterator[tuple[Order, Alarm]]:
        """Yield every order of what lives, with the emergency it is of."""
        for alarm in self.live.values():
            for order in lane.orders_of(alarm.emergency, self._device):
                yield order, alarm

    def cancelled_among(self, journal: Journal) -> list[str]:
        """Return the orders of ended emergencies of which the log does not say that they ended."""
        if not self._ended_orders:
            return []
        return [order for order in journal.unended() if order in self._ended_orders]

    def has_cancelled(self, order: str) -> bool:
        """Say whether this order, whichever way it came, belongs to an emergency that was ended."""
        return order in self._ended_orders


def _refuse_not_later(emergency: Emergency, held: Emergency) -> None:
    if emergency.number <= held.number:
        raise Refused(Reason.ROLLED_BACK, f"{emergency.number} <= {held.number}")
