"""More than ten thousand hostile messages, made anew each time from one seed, each with why it must fail.

They are what a thief of anything but the needed key can make: forged, damaged, replayed, misdirected,
in another's role, of another type, of another place. Keys and documents are those of the cast.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import msgspec

from loa.wire import canonical, envelope
from loa.wire.cast import COMMUNE, NEIGHBOUR, NOW, Cast
from loa.wire.messages import (
    CONFIRMATION,
    DESIRED,
    EDITION,
    HEARTBEAT,
    LOG,
    LOG_RECEIPT,
    ROSTER,
    Clock,
    Event,
    Heartbeat,
    LogBatch,
    LogReceipt,
    LogRow,
    Media,
    Order,
    Priority,
    QuietHours,
)
from loa.wire.reasons import Reason
from tests.conformance.damage import damaged, json_of, payload_of

SEED = 20_261_124
DEVICE = "dn-0001"
SEQ = 8  # of the document the device holds; an attack that gets past it would be obeyed
APPROVED = Media(sha256="a" * 64, bytes=9, codec="mp3", duration_ms=60_000)
SWAPPED = Media(sha256="b" * 64, bytes=9, codec="mp3", duration_ms=60_000)
OUTSIDERS = ("stranger", "device", "root", "chair", "leader", "neighbour")
DAMAGE = frozenset({Reason.FORGED, Reason.MALFORMED, Reason.UNKNOWN_KEY, Reason.WRONG_TYPE})
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Attack:
    """One message, the door it comes to, and the reasons it may be refused for."""

    door: str  # roster, desired, order (in a document of the director's), log, heartbeat
    kind: str
    data: bytes
    reasons: frozenset[Reason]


@cache
def corpus() -> tuple[Attack, ...]:
    """Return all attacks; the same ones in every run."""
    forge = Forge()
    return tuple(
        attack
        for part in (
            forge.rosters,
            forge.damaged_documents,
            forge.documents_of_others,
            forge.odd_payloads,
            forge.odd_envelopes,
            forge.editions,
            forge.orders,
            forge.confirmations,
            forge.words_of_devices,
        )
        for attack in part()
    )


def at_door(door: str) -> list[Attack]:
    return [attack for attack in corpus() if attack.door == door]


def _only(*reasons: Reason) -> frozenset[Reason]:
    return frozenset(reasons)


class Forge:
    """Makes the attacks; documents that need a fresh seq or order name count on."""

    def __init__(self) -> None:
        self.cast = Cast()
        self.dice = random.Random(SEED)
        self._number = 0

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _seal(self, kind: str, plain: Any, by: str) -> bytes:
        return envelope.seal(kind, canonical.encode(plain), self.cast.keys[by])

    def _good_document(self, **changes: Any) -> bytes:
        """Return a document that would sound, were it handed in as it is."""
        number = self._next()
        sha256, sealed = self.cast.sealed_edition(self._edition(number))
        order = self.cast.order(sha256, order=f"d-{number}")
        fields = {"seq": SEQ + 1, "orders": (order,), "envelopes": {sha256: sealed}}
        return self.cast.document(**fields | changes)

    def _edition(self, number: int, **changes: Any) -> Any:
        return self.cast.edition(**{"media": (APPROVED,), "edition": f"e-{number}"} | changes)

    # -- at the door of the roster

    def rosters(self) -> Iterator[Attack]:
        good = self.cast.roster(version=9)
        for kind, data in damaged(good, 1_200, self.dice):
            yield Attack("roster", kind, data, DAMAGE)
        for by in ("stranger", "director", "chair", "leader", "device"):
            for version in range(3, 23):
                data = self.cast.roster(by=by, version=version)
                yield Attack("roster", f"by {by}", data, _only(Reason.UNKNOWN_KEY))
                borrowed = self._under_key_of("root", data)
                yield Attack("roster", f"by {by} as root", borrowed, _only(Reason.FORGED))
        for version in (0, 1):
            data = self.cast.roster(version=version)
            yield Attack("roster", "rolled back", data, _only(Reason.ROLLED_BACK))
        desired = self._good_document()
        yield Attack("roster", "desired as roster", desired, _only(Reason.WRONG_TYPE))

    def _under_key_of(self, owner: str, sealed: bytes) -> bytes:
        plain = json.loads(sealed)
        plain["signatures"][0]["keyid"] = self.cast.keys[owner].key_id
        return json_of(plain)

    # -- at the door of the document

    def damaged_documents(self) -> Iterator[Attack]:
        for _ in range(4):
            for kind, data in damaged(self._good_document(), 900, self.dice):
                yield Attack("desired", kind, data, DAMAGE)

    def documents_of_others(self) -> Iterator[Attack]:
        for _ in range(40):
            for by in OUTSIDERS:
                data = self._good_document(by=by)
                yield Attack("desired", f"by {by}", data, _only(Reason.UNKNOWN_KEY))
                borrowed = self._under_key_of("director", data)
                yield Attack("desired", f"by {by} as director", borrowed, _only(Reason.FORGED))
            yield self._document("by an ended director", Reason.NO_MANDATE, by="old")
            device = f"dn-{self._next():04}"
            yield self._document("of another device", Reason.WRONG_DEVICE, device=device)
            yield self._document("of another place", Reason.WRONG_PLACE, place=NEIGHBOUR)
            past = NOW - _DAY * self.dice.randrange(14, 300)
            yield self._document("expired", Reason.EXPIRED, issued_at=past)
            yield self._document("replayed", Reason.ROLLED_BACK, seq=self.dice.randrange(SEQ))
            yield self._document("another of the same seq", Reason.ROLLED_BACK, seq=SEQ)

    def _document(self, kind: str, reason: Reason, **changes: Any) -> Attack:
        return Attack("desired", kind, self._good_document(**changes), _only(reason))

    def odd_payloads(self) -> Iterator[Attack]:
        """Yield what the director himself signed and no reader may take for a document."""
        plain = json.loads(payload_of(self._good_document()))
        malformed = _only(Reason.MALFORMED)
        strange = (None, True, -1, 8.0, 2**53, "9", "", [], {}, [[]], "2026-11-23T03:00:00", "\x00")
        for field in ("device", "place", "seq", "issued_at", "expires_at", "orders", "envelopes"):
            for value in strange:
                if not _is_of_type(plain[field], value):
                    data = self._seal(DESIRED, plain | {field: value}, "director")
                    yield Attack("desired", f"{field} confused", data, malformed)
        body = canonical.encode(plain)
        for number in (b"9.0", b"9e0", b"0x9", b"09", b"+9", b"1e999", b"NaN", b"9" * 400):
            odd = body.replace(b'"seq":9', b'"seq":' + number)
            yield self._signed("odd number", odd, Reason.MALFORMED)
        for odd in (b"", b"null", b"[]", b"9", body + b"{}", b"\xef\xbb\xbf" + body, body[:-1]):
            yield self._signed("odd JSON", odd, Reason.MALFORMED)
        for letter in (b"\\ud800", b"\xff", b"\xc0\xae", b"\n"):
            odd = body.replace(b"dn-0001", b"dn-0001" + letter)
            yield self._signed("odd letters", odd, Reason.MALFORMED)
        for name in (
            "dn-0001\u200b",
            "dn\u20110001",
            "DN-0001",
            "dn-0001 ",
            "ｄn-0001",
            "dn-0001\x00",
        ):
            data = self._seal(DESIRED, plain | {"device": name}, "director")
            yield Attack("desired", "name that looks alike", data, _only(Reason.WRONG_DEVICE))
        doubled = body[:-1] + b',"device":"dn-0002"}'
        yield self._signed("device said twice", doubled, Reason.WRONG_DEVICE)
        for depth in (1_500, 5_000, 9_000):
            yield self._signed("nested", b'{"x":' + b"[" * depth, Reason.MALFORMED)
        for message in (*self._other_messages(), *self._endless(plain)):
            yield self._signed("another message", message, Reason.MALFORMED)

    def _signed(self, kind: str, payload: bytes, reason: Reason) -> Attack:
        data = envelope.seal(DESIRED, payload, self.cast.keys["director"])
        return Attack("desired", kind, data, _only(reason))

    def _endless(self, plain: dict[str, Any]) -> Iterator[bytes]:
        end = "9999-12-31T23:59:59.999999Z"
        for field in ("start_at", "latest_start_at"):
            yield canonical.encode(plain | {"orders": [plain["orders"][0] | {field: end}]})
        yield canonical.encode(plain | {"issued_at": end, "expires_at": end})

    def _other_messages(self) -> Iterator[bytes]:
        yield canonical.encode(self.cast.edition())
        yield canonical.encode(self.cast.confirmation("0" * 64))
        yield canonical.encode(LogReceipt(device=DEVICE, log="l", upto=3))
        yield payload_of(self.cast.roster())

    def odd_envelopes(self) -> Iterator[Attack]:
        good = self._good_document()
        sealed = json.loads(good)
        signature = sealed["signatures"][0]
        for _ in range(60):
            other = json.loads(self._good_document())
            strangers = json.loads(self._good_document(by="stranger"))["signatures"]
            evil = json.dumps(other["payload"])
            yield self._odd(
                "payload said twice", good[:-1] + f',"payload":{evil}}}'.encode(), Reason.FORGED
            )
            yield self._odd(
                "signature of another", sealed | {"signatures": other["signatures"]}, Reason.FORGED
            )
            yield self._odd(
                "many strangers", sealed | {"signatures": strangers * 9}, Reason.UNKNOWN_KEY
            )
            crowd = [*strangers, *other["signatures"]] * 5
            yield self._odd(
                "crowd without one that holds", sealed | {"signatures": crowd}, Reason.FORGED
            )
            padded = good + b" " * (
                canonical.MESSAGE_BYTES_MAX + 1 + self.dice.randrange(99) - len(good)
            )
            yield self._odd("oversize", padded, Reason.OVERSIZE)
            brackets = b'{"x":' + b"[" * self.dice.randrange(2_000, 16_000)
            yield self._odd("nested", brackets, Reason.MALFORMED)
        for kind in (
            ROSTER,
            EDITION,
            CONFIRMATION,
            LOG,
            LOG_RECEIPT,
            HEARTBEAT,
            DESIRED.upper(),
            DESIRED + " ",
            "",
        ):
            yield self._odd("relabelled", sealed | {"payloadType": kind}, Reason.WRONG_TYPE)
            again = envelope.seal(kind, payload_of(good), self.cast.keys["director"])
            yield Attack("desired", "signed under another type", again, _only(Reason.WRONG_TYPE))
        yield self._odd("no signature", sealed | {"signatures": []}, Reason.UNKNOWN_KEY)
        for odd in (None, "x", {}, [None], ["x"], [{}], [[signature]], [signature | {"sig": None}]):
            yield self._odd("signatures confused", sealed | {"signatures": odd}, Reason.MALFORMED)
        for odd in ("", "*", signature["sig"][:-4], signature["sig"] + "AAAA", "а" * 88):
            bad = [signature | {"sig": odd}]
            yield self._odd("signature no base64", sealed | {"signatures": bad}, Reason.FORGED)
        for name in ("payload", "payloadType", "signatures"):
            without = {key: value for key, value in sealed.items() if key != name}
            yield self._odd(f"without {name}", without, Reason.MALFORMED)
            yield self._odd(
                f"{name} of another case", without | {name.upper(): sealed[name]}, Reason.MALFORMED
            )

    def _odd(self, kind: str, value: Any, reason: Reason) -> Attack:
        data = value if isinstance(value, bytes) else json_of(value)
        return Attack("desired", kind, data, _only(reason))

    # -- inside a document that the director signed: a stolen director key

    def _ordered(
        self,
        kind: str,
        reasons: frozenset[Reason],
        name: str,
        envelopes: dict[str, Any],
        **order: Any,
    ) -> Attack:
        quiet = order.pop("quiet_hours", ())
        number = self._next()
        made = self.cast.order(name, **{"order": f"x-{number}"} | order)
        data = self.cast.document(
            seq=SEQ + number, orders=(made,), envelopes=envelopes, quiet_hours=quiet
        )
        return Attack("order", kind, data, reasons)

    def _edition_attack(
        self, kind: str, reason: Reason, by: str = "chair", **changes: Any
    ) -> Attack:
        fields = {"approver": by} | changes
        edition = self._edition(self._next(), **fields)
        sha256, sealed = self.cast.sealed_edition(edition, by)
        return self._ordered(
            kind, _only(reason), sha256, {sha256: sealed}, priority=edition.priority
        )

    def editions(self) -> Iterator[Attack]:
        for _ in range(3):
            edition = self._edition(self._next())
            sha256, sealed = self.cast.sealed_edition(edition)
            for kind, data in damaged(bytes(sealed), 1_300, self.dice):
                if _is_json(data):
                    yield self._ordered(kind, DAMAGE, sha256, {sha256: msgspec.Raw(data)})
        for _ in range(25):
            for by in ("director", "stranger", "device", "root", "old"):
                yield self._edition_attack(f"edition by {by}", Reason.UNKNOWN_KEY, by)
            yield self._edition_attack("edition by a neighbour", Reason.NO_MANDATE, "neighbour")
            yield self._edition_attack(
                "edition in another's name", Reason.FORGED, approver="leader"
            )
            both = {"targets": (COMMUNE, NEIGHBOUR)}
            yield self._edition_attack("edition beyond the mandate", Reason.NO_MANDATE, **both)
            early = NOW - _DAY * self.dice.randrange(366, 999)
            yield self._edition_attack(
                "edition before the mandate", Reason.NO_MANDATE, approved_at=early
            )
            alarm = {"priority": Priority.EMERGENCY}
            yield self._edition_attack("emergency by a chair", Reason.NO_MANDATE, **alarm)
            away = {"by": "neighbour", "targets": (NEIGHBOUR,), "place": NEIGHBOUR}
            yield self._edition_attack("edition of elsewhere", Reason.WRONG_PLACE, **away)
            yield self._edition_attack("edition of nowhere", Reason.WRONG_PLACE, targets=())
            over = {"valid_until": NOW - _DAY * self.dice.randrange(9)}
            yield self._edition_attack("edition that is over", Reason.EXPIRED, **over)
            yield self._edition_attack("edition without a sound", Reason.MEDIA_MISSING, media=())

    def orders(self) -> Iterator[Attack]:
        for _ in range(40):
            number = self._next()
            sha256, sealed = self.cast.sealed_edition(self._edition(number))
            swapped, other = self.cast.sealed_edition(
                self._edition(number, media=(SWAPPED,)), "chair"
            )
            forged = self._seal(EDITION, self._edition(number, media=(SWAPPED,)), "director")
            renamed = self._under_key_of("chair", forged)
            late = NOW - timedelta(minutes=self.dice.randrange(11, 600))
            yield self._ordered(
                "edition swapped under its name", _only(Reason.FORGED), sha256, {sha256: other}
            )
            yield self._ordered(
                "sound swapped", _only(Reason.FORGED), sha256, {sha256: msgspec.Raw(renamed)}
            )
            yield self._ordered(
                "edition missing", _only(Reason.EDITION_MISSING), swapped, {sha256: sealed}
            )
            yield self._ordered(
                "raised to an emergency", _only(Reason.FORGED), sha256, {sha256: sealed},
                priority=Priority.EMERGENCY,
            )  # fmt: skip
            yield self._ordered("late", _only(Reason.LATE), sha256, {sha256: sealed}, start_at=late)
            for odd in ({}, [], 7, "x", None, {"payload": 1}):
                yield self._ordered("no envelope", _only(Reason.MALFORMED), sha256, {sha256: odd})

    def confirmations(self) -> Iterator[Attack]:
        """Yield sounds for quiet hours that nobody, or nobody who may, answers for."""
        for _ in range(40):
            sha256, sealed = self.cast.sealed_edition(self._edition(self._next()))
            for kind, reason, by, changes in self._bad_confirmations():
                of = changes.pop("of", sha256)
                given = self.cast.confirmation(of, **{"confirmer": by} | changes)
                name, confirmation = self.cast.sealed_confirmation(given, by)
                yield self._at_night(
                    kind, _only(reason), sha256, {sha256: sealed, name: confirmation}, name
                )
            yield self._at_night(
                "unconfirmed", _only(Reason.QUIET_HOURS), sha256, {sha256: sealed}, None
            )
            yield self._at_night(
                "edition as confirmation",
                _only(Reason.WRONG_TYPE),
                sha256,
                {sha256: sealed},
                sha256,
            )
            yield self._at_night(
                "confirmation missing", _only(Reason.MALFORMED), sha256, {sha256: sealed}, "0" * 64
            )
        sha256, sealed = self.cast.sealed_edition(self._edition(self._next()))
        name, good = self.cast.sealed_confirmation(self.cast.confirmation(sha256))
        for kind, data in damaged(bytes(good), 700, self.dice):
            if _is_json(data):
                both = {sha256: sealed, name: msgspec.Raw(data)}
                yield self._at_night(f"confirmation: {kind}", DAMAGE, sha256, both, name)

    def _bad_confirmations(self) -> Iterator[tuple[str, Reason, str, dict[str, Any]]]:
        yield "confirmed by a stranger", Reason.UNKNOWN_KEY, "stranger", {}
        yield "confirmed by the director", Reason.UNKNOWN_KEY, "director", {}
        yield "confirmed by a neighbour", Reason.NO_MANDATE, "neighbour", {}
        yield "confirmed by the approver himself", Reason.ONE_PERSON, "chair", {}
        yield "confirmed in another's name", Reason.FORGED, "leader", {"confirmer": "chair"}
        yield "confirmed for another edition", Reason.FORGED, "leader", {"of": "0" * 64}
        yield "confirmed for elsewhere", Reason.QUIET_HOURS, "leader", {"places": (NEIGHBOUR,)}
        yield "confirmed for nowhere", Reason.QUIET_HOURS, "neighbour", {"places": ()}
        yield "confirmed for tomorrow", Reason.QUIET_HOURS, "leader", {"start_at": NOW + _DAY}
        yield "confirmed for yesterday", Reason.QUIET_HOURS, "leader", {"start_at": NOW - _DAY}

    def _at_night(
        self, kind: str, reasons: frozenset[Reason], sha256: str, envelopes: Any, name: str | None
    ) -> Attack:
        quiet = (QuietHours(start="09:00", end="11:00"),)  # the wall says 10:00
        return self._ordered(kind, reasons, sha256, envelopes, confirmation=name, quiet_hours=quiet)

    # -- at the doors of the city

    def words_of_devices(self) -> Iterator[Attack]:
        for _ in range(3):
            for kind, data in damaged(self.log_batch(), 450, self.dice):
                yield Attack("log", kind, data, DAMAGE)
            for kind, data in damaged(self.heartbeat(), 350, self.dice):
                yield Attack("heartbeat", kind, data, DAMAGE)
        for _ in range(40):
            for by in ("stranger", "director", "root", "chair"):
                unknown = _only(Reason.UNKNOWN_KEY)
                yield Attack("log", f"by {by}", self.log_batch(by=by), unknown)
                yield Attack("heartbeat", f"by {by}", self.heartbeat(by=by), unknown)
                borrowed = self._under_key_of("device", self.log_batch(by=by))
                yield Attack("log", f"by {by} as device", borrowed, _only(Reason.FORGED))
            yield Attack("log", "relabelled", self.heartbeat(), _only(Reason.WRONG_TYPE))
            yield Attack("heartbeat", "relabelled", self.log_batch(), _only(Reason.WRONG_TYPE))
            other = f"dn-{self._next():04}"
            misled = _only(Reason.WRONG_DEVICE)
            yield Attack("log", "of another device", self.log_batch(device=other), misled)
            yield Attack("heartbeat", "of another device", self.heartbeat(device=other), misled)
            brackets = b'{"x":' + b"[" * self.dice.randrange(2_000, 16_000)
            padded = self.log_batch() + b" " * canonical.MESSAGE_BYTES_MAX
            for door in ("log", "heartbeat"):
                yield Attack(door, "nested", brackets, _only(Reason.MALFORMED))
                yield Attack(door, "oversize", padded, _only(Reason.OVERSIZE))
        yield from self._odd_logs()

    def _odd_logs(self) -> Iterator[Attack]:
        malformed = _only(Reason.MALFORMED)
        plain = json.loads(payload_of(self.log_batch()))
        row = plain["rows"][0]
        odd_rows: tuple[dict[str, Any], ...] = (
            {"seq": -1}, {"seq": 1.5}, {"event": "exploded"}, {"clock": "sundial"}, {"order": "\x00"},
            {"at": "0001-01-01T00:00:00Z"}, {"at": "9999-12-31T23:59:59Z"}, {"at": "yesterday"},
            {"detail": {"x": []}}, {"detail": {"x": "\x00"}}, {"detail": {"x": 0.5}},
        )  # fmt: skip
        for odd in odd_rows:
            data = self._seal(LOG, plain | {"rows": [row | odd]}, "device")
            yield Attack("log", f"odd row {odd}", data, malformed)
        for log in ("l" * 41, "\x00", None, 7):
            data = self._seal(LOG, plain | {"log": log}, "device")
            yield Attack("log", "odd name", data, malformed)

    def log_batch(self, *, by: str = "device", device: str = DEVICE, log: str = "l-1") -> bytes:
        row = LogRow(
            seq=self._next(),
            at=NOW,
            monotonic_ms=1,
            clock=Clock.GOOD,
            event=Event.FINISHED,
            order="00000000-0000-4000-8000-000000000000",
        )
        return self._seal(LOG, LogBatch(device=device, log=log, boot="b", rows=(row,)), by)

    def heartbeat(self, *, by: str = "device", device: str = DEVICE) -> bytes:
        beat = Heartbeat(device=device, boot="b", at=NOW, uptime_s=self._next(), desired_seq=SEQ)
        return self._seal(HEARTBEAT, beat, by)


def _is_json(data: bytes) -> bool:
    """Say whether it may stand within a document: else the whole document is malformed."""
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _is_of_type(good: Any, value: Any) -> bool:
    """Say whether the strange value would be taken for a good one of this field."""
    if isinstance(good, str) and "T" in good:
        return False
    if isinstance(good, int):
        return False
    if isinstance(good, str):
        return isinstance(value, str)
    return isinstance(value, type(good)) and not value


def order_of(attack: Attack) -> Order:
    plain = json.loads(payload_of(attack.data))
    return msgspec.convert(plain["orders"][0], Order)
