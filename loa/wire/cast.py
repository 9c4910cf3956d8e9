"""The few people, keys and documents that vectors and device tests are made of; no real key is here."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from loa.wire import canonical, envelope
from loa.wire.emergency import EMERGENCY, Emergency, EmergencyKind
from loa.wire.keys import SigningKey
from loa.wire.messages import (
    CONFIRMATION,
    DESIRED,
    EDITION,
    ROOT,
    ROSTER,
    STANDING,
    Confirmation,
    Desired,
    Edition,
    KeyRole,
    Media,
    Order,
    Priority,
    QuietHours,
    Root,
    RootKey,
    RootRole,
    Roster,
    RosterKey,
    Standing,
    StandingKind,
    Window,
)

CITY = "48"
COMMUNE = "20194"
NEIGHBOUR = "20200"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # 10:00 in the city
_YEAR = timedelta(days=365)
_NAMES = (
    "root",
    "first",
    "second",
    "third",
    "fourth",
    "director",
    "old",
    "chair",
    "leader",
    "deputy",
    "neighbour",
    "stranger",
    "device",
)


class Cast:
    """Keys from fixed seeds, and documents that differ from a good one only where asked."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.keys = {name: SigningKey.from_seed(self.seed(name)) for name in _NAMES}
        self.parents = {COMMUNE: CITY, NEIGHBOUR: CITY}

    def seed(self, name: str) -> bytes:
        return hashlib.sha256(f"loa test key {name}".encode()).digest()

    # -- who signs the roster

    def root(
        self,
        version: int = 1,
        *,
        keys: tuple[str, ...] = ("root",),
        threshold: int = 1,
        by: tuple[str, ...] = ("root",),
        **changes: Any,
    ) -> bytes:
        """Return a sealed root: these keys in both roles, signed by those."""
        ids = tuple(self.keys[name].key_id for name in keys)
        role = RootRole(keys=ids, threshold=threshold)
        fields: dict[str, Any] = {
            "version": version,
            "issued_at": self.now - _YEAR / 2,
            "expires_at": self.now + _YEAR / 2,
            "keys": tuple(self._root_key(name) for name in keys),
            "root": role,
            "roster": role,
        }
        payload = canonical.encode(Root(**(fields | changes)))
        return envelope.seal(ROOT, payload, *(self.keys[name] for name in by))

    def _root_key(self, name: str) -> RootKey:
        key = self.keys[name]
        return RootKey(key_id=key.key_id, public=key.public_hex, holder=name)

    @property
    def pin(self) -> str:
        """What an installer tells a device: the hash of the first root."""
        return canonical.content_hash(envelope.read(self.root()).payload_bytes)

    # -- the roster

    def roster(
        self,
        *,
        by: str = "root",
        version: int = 2,
        without: str = "",
        expires_at: datetime | None = None,
    ) -> bytes:
        """Return a sealed roster; `by` names its signers, `without` leaves one holder out."""
        rows = [
            self._row("director", KeyRole.DIRECTOR, ()),
            self._row("old", KeyRole.DIRECTOR, (), until=self.now - _YEAR / 2),
            # One key in two rows: a mandate that was renewed.
            self._row("chair", KeyRole.APPROVER, (COMMUNE,)),
            self._row("chair", KeyRole.APPROVER, (COMMUNE,), until=self.now - _YEAR / 2),
            self._row("leader", KeyRole.APPROVER, (CITY,), emergency=True),
            self._row("neighbour", KeyRole.APPROVER, (NEIGHBOUR,)),
        ]
        keys = tuple(row for row in rows if row.holder != without)
        roster = Roster(
            version=version,
            issued_at=self.now,
            expires_at=expires_at or self.now + _YEAR / 2,
            keys=keys,
            parents=self.parents,
        )
        return envelope.seal(
            ROSTER, canonical.encode(roster), *(self.keys[name] for name in by.split())
        )

    def _row(
        self,
        holder: str,
        role: KeyRole,
        places: tuple[str, ...],
        *,
        until: datetime | None = None,
        emergency: bool = False,
    ) -> RosterKey:
        key = self.keys[holder]
        return RosterKey(
            key_id=key.key_id,
            public=key.public_hex,
            role=role,
            holder=holder,
            places=places,
            emergency=emergency,
            valid_from=self.now - _YEAR,
            valid_until=until,
        )

    # -- what is approved

    def edition(self, **changes: Any) -> Edition:
        fields: dict[str, Any] = {
            "edition": "e-1",
            "bulletin": "b-1",
            "revision": 1,
            "title": "Lịch cắt điện",
            "text_sha256": "1" * 64,
            "spoken_sha256": "2" * 64,
            "voice": "espeak-ng:vi-vn-x-central",
            "priority": Priority.NORMAL,
            "info_class": "other",
            "place": COMMUNE,
            "targets": (COMMUNE,),
            "valid_from": self.now - timedelta(days=1),
            "valid_until": self.now + timedelta(days=7),
            "media": (Media(sha256="3" * 64, bytes=9, codec="mp3", duration_ms=60_000),),
            "author": "editor",
            "approver": "chair",
            "approved_at": self.now - timedelta(minutes=1),
        }
        return Edition(**(fields | changes))

    def confirmation(self, edition_sha256: str, **changes: Any) -> Confirmation:
        start_at = changes.get("start_at", self.now)
        fields: dict[str, Any] = {
            "edition_sha256": edition_sha256,
            "places": (COMMUNE,),
            "start_at": start_at,
            "latest_start_at": start_at + timedelta(minutes=10),
            "grounds": ("quiet_hours",),
            "confirmer": "leader",
            "confirmed_at": self.now,
        }
        return Confirmation(**(fields | changes))

    def order(self, edition_sha256: str, **changes: Any) -> Order:
        start_at = changes.get("start_at", self.now)
        fields: dict[str, Any] = {
            "order": "o-1",
            "edition_sha256": edition_sha256,
            "priority": Priority.NORMAL,
            "start_at": start_at,
            "latest_start_at": start_at + timedelta(minutes=10),
        }
        return Order(**(fields | changes))

    def sealed_edition(self, edition: Edition, by: str = "chair") -> tuple[str, msgspec.Raw]:
        payload = canonical.encode(edition)
        sealed = envelope.seal(EDITION, payload, self.keys[by])
        return canonical.content_hash(payload), msgspec.Raw(sealed)

    def sealed_confirmation(
        self, confirmation: Confirmation, by: str = "leader"
    ) -> tuple[str, msgspec.Raw]:
        payload = canonical.encode(confirmation)
        sealed = envelope.seal(CONFIRMATION, payload, self.keys[by])
        return canonical.content_hash(payload), msgspec.Raw(sealed)

    def standing(self, **changes: Any) -> Standing:
        """Return a relay from 5:00 to 6:00 every day, as the chair answers for it."""
        fields: dict[str, Any] = {
            "standing": "vov",
            "kind": StandingKind.RELAY,
            "title": "Tiếp âm Đài Tiếng nói Việt Nam",
            "windows": tuple(Window(begins_minute=d * 1440 + 300, minutes=60) for d in range(7)),
            "place": COMMUNE,
            "targets": (COMMUNE,),
            "valid_from": self.now,
            "valid_until": self.now + _YEAR,
            "author": "editor",
            "approver": "chair",
            "approved_at": self.now,
        }
        if "media" not in changes:
            fields["sources"] = ("https://radio.example/vov1", "https://backup.example/vov1")
        return Standing(**(fields | changes))

    def sealed_standing(self, standing: Standing, by: str = "chair") -> tuple[str, msgspec.Raw]:
        payload = canonical.encode(standing)
        sealed = envelope.seal(STANDING, payload, self.keys[by])
        return canonical.content_hash(payload), msgspec.Raw(sealed)

    # -- what one device should do

    def document(self, *, by: str = "director", **changes: Any) -> bytes:
        """Return a sealed desired document of exactly these fields."""
        issued_at = changes.get("issued_at", self.now)
        fields: dict[str, Any] = {
            "device": "dn-0001",
            "place": COMMUNE,
            "seq": 8,
            "issued_at": issued_at,
            "expires_at": issued_at + timedelta(days=14),
            "quiet_hours": (QuietHours(start="21:00", end="05:30"),),
        }
        return self.seal_desired(Desired(**(fields | changes)), by=by)

    def seal_desired(self, desired: Any, *, by: str = "director") -> bytes:
        return envelope.seal(DESIRED, canonical.encode(desired), self.keys[by])

    def desired(
        self,
        *,
        approved_by: str = "chair",
        approved_at: datetime | None = None,
        edition: dict[str, Any] | None = None,
        has_edition: bool = True,
        ordered_sha256: str = "",
        order_priority: Priority | None = None,
        confirmed_by: str | None = None,
        unknown_field: bool = False,
        naive: bool = False,
        **changes: Any,
    ) -> bytes:
        """Return a sealed document with one order; every argument spoils or varies one thing."""
        approved = self.edition(**({"approver": approved_by} | (edition or {})))
        if approved_at is not None:
            approved = msgspec.structs.replace(approved, approved_at=approved_at)
        sha256, sealed = self.sealed_edition(approved, approved_by)
        ordered = ordered_sha256 or sha256
        order = self.order(ordered, priority=order_priority or approved.priority)
        envelopes = {ordered: sealed} if has_edition else {}
        if confirmed_by is not None:
            name, confirmation = self.sealed_confirmation(
                self.confirmation(ordered, confirmer=confirmed_by or "leader"),
                confirmed_by or "leader",
            )
            order = msgspec.structs.replace(order, confirmation=name)
            if confirmed_by:
                envelopes[name] = confirmation
        by = changes.pop("by", "director")
        document = self.document(by=by, orders=(order,), envelopes=envelopes, **changes)
        if not (unknown_field or naive):
            return document
        plain = json.loads(envelope.read(document).payload_bytes)
        plain |= {"mood": "calm"} if unknown_field else {"issued_at": "2026-11-23T03:00:00"}
        return self.seal_desired(plain, by=by)

    def emergency(self, name: str, *, by: str = "director", **changes: Any) -> bytes:
        """Return a sealed emergency of exactly these fields, for the commune, due now."""
        fields: dict[str, Any] = {
            "emergency": name,
            "kind": EmergencyKind.ALERT,
            "number": 5,
            "targets": (COMMUNE,),
            "start_at": self.now,
            "latest_start_at": self.now + timedelta(minutes=10),
            "issued_at": self.now,
            "expires_at": self.now + timedelta(hours=1),
        }
        payload = canonical.encode(Emergency(**(fields | changes)))
        return envelope.seal(EMERGENCY, payload, self.keys[by])
