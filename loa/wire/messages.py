"""Every message, as a typed structure. Unknown fields are ignored; times carry their zone.

A document that is signed travels in an envelope of the payload type beside it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from loa.wire.policies import Count, LatePolicy, Resume, StartPolicy

Instant = Annotated[datetime, Meta(tz=True)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
# No sound lasts longer than a day; more would keep the rules counting minutes for ever.
DurationMs = Annotated[int, Meta(ge=0, le=86_400_000)]

WEEK_MINUTES = 7 * 24 * 60
SOURCES_MAX = 2
LOOP_MAX = 20
WINDOWS_MAX = 50

ROOT = "application/vnd.loa.root+json"
ROSTER = "application/vnd.loa.roster+json"
EDITION = "application/vnd.loa.edition+json"
CONFIRMATION = "application/vnd.loa.confirmation+json"
STANDING = "application/vnd.loa.standing+json"
DESIRED = "application/vnd.loa.desired+json"
LOG = "application/vnd.loa.log+json"
LOG_RECEIPT = "application/vnd.loa.log-receipt+json"
HEARTBEAT = "application/vnd.loa.heartbeat+json"
ANNOUNCEMENT = "application/vnd.loa.announcement+json"
ENROLMENT = "application/vnd.loa.enrolment+json"


class Priority(StrEnum):
    """Thông tư 39/2020/TT-BTTTT: thông thường, ưu tiên, khẩn cấp."""

    NORMAL = "normal"
    PRIORITY = "priority"
    EMERGENCY = "emergency"


class KeyRole(StrEnum):
    DIRECTOR = "director"  # orders what was approved; cannot approve
    APPROVER = "approver"  # answers for editions and confirmations


class RosterKey(Struct, frozen=True, kw_only=True):
    """One key and what its holder may answer for.

    A `kind` that a reader does not know is a key that signs nothing for him. A passkey signs for one
    `rp_id`, asked by a page of one of `origins`.
    """

    key_id: str
    public: str
    kind: str = "ed25519"  # or webauthn-es256
    role: KeyRole
    holder: str
    custody: str = "server"  # where the private half is kept: server, or the holder's passkey
    rp_id: str = ""
    origins: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    emergency: bool = False
    valid_from: Instant
    valid_until: Instant | None = None


class RootKey(Struct, frozen=True, kw_only=True):
    """One key that a root names, and the officer who holds it."""

    key_id: str
    public: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    holder: str = ""
    custody: str = "officer"  # officer: away from the server; server: the embedded city's own


class RootRole(Struct, frozen=True, kw_only=True):
    """So many different ones of these keys must sign."""

    keys: tuple[str, ...]
    threshold: Annotated[int, Meta(ge=1, le=64)]


class Root(Struct, frozen=True, kw_only=True):
    """Who signs the next root, and who signs rosters (TUF root semantics)."""

    schema: str = "loa/root/1"
    version: Annotated[int, Meta(ge=1, lt=2**53)]
    issued_at: Instant
    expires_at: Instant
    keys: tuple[RootKey, ...]
    root: RootRole
    roster: RootRole


class Roster(Struct, frozen=True, kw_only=True):
    """Which keys may say what, where, until when; `parents` is the tree of places.

    `passkey_only` names the places whose horns believe no key that a server keeps: for an
    `emergency`, or for `all`; any other word means all.
    """

    schema: str = "loa/roster/1"
    version: Count
    issued_at: Instant
    expires_at: Instant  # an alarm, no silence: what was taken stays in force
    keys: tuple[RosterKey, ...]
    parents: dict[str, str]
    passkey_only: dict[str, str] = {}


class Media(Struct, frozen=True, kw_only=True):
    """One file, named by its content."""

    sha256: Sha256
    bytes: Count
    codec: str
    duration_ms: DurationMs


class Edition(Struct, frozen=True, kw_only=True):
    """What was approved: one revision of one bulletin, frozen. Its SHA-256 is its name."""

    schema: str = "loa/edition/1"
    edition: str
    bulletin: str
    revision: Count
    title: str
    text_sha256: Sha256
    spoken_sha256: Sha256
    # The words of every channel (board, web, messages); a device plays, and need not read them.
    texts_sha256: Sha256 | msgspec.UnsetType = msgspec.UNSET
    source_sha256: Sha256 | None = None
    language: str = "vi"
    voice: str
    priority: Priority
    info_class: str
    place: str
    targets: tuple[str, ...]
    valid_from: Instant
    valid_until: Instant
    media: tuple[Media, ...]
    author: str
    approver: str
    approved_at: Instant


class Confirmation(Struct, frozen=True, kw_only=True):
    """A second person answers for sounding inside quiet hours or above the day's limit."""

    schema: str = "loa/confirmation/1"
    edition_sha256: Sha256
    places: tuple[str, ...]
    start_at: Instant
    latest_start_at: Instant
    grounds: tuple[str, ...]
    confirmer: str
    confirmed_at: Instant


class StandingKind(StrEnum):
    """What stands every week, from the higher to the lower."""

    RELAY = "relay"  # another station's programme, below what a commune places
    EVERGREEN = "evergreen"  # a loop that fills permitted hours
    FALLBACK = "fallback"  # sounds only in place of something that has no sound


class Window(Struct, frozen=True, kw_only=True):
    """So many minutes every week, from this minute of the city's wall clock since Monday 00:00."""

    begins_minute: Annotated[int, Meta(ge=0, lt=WEEK_MINUTES)]
    minutes: Annotated[int, Meta(ge=1, le=WEEK_MINUTES)]


StreamAddress = Annotated[str, Meta(pattern="^https?://[^ ]+$", max_length=500)]


class Standing(Struct, frozen=True, kw_only=True):
    """What may sound every week until further notice, as an approver answers for it.

    Either streams (`sources`, the first is the primary) or files that loop (`media`: one sound each).
    A device cut off keeps it: it needs no word from the city to begin.
    """

    schema: str = "loa/standing/1"
    standing: Annotated[str, Meta(pattern="^[A-Za-z0-9-]{1,64}$")]
    kind: StandingKind
    title: str
    sources: Annotated[tuple[StreamAddress, ...], Meta(max_length=SOURCES_MAX)] = ()
    media: Annotated[tuple[Media, ...], Meta(max_length=LOOP_MAX)] = ()
    windows: Annotated[tuple[Window, ...], Meta(min_length=1, max_length=WINDOWS_MAX)]
    place: str
    targets: tuple[str, ...]
    valid_from: Instant
    valid_until: Instant
    author: str
    approver: str
    approved_at: Instant


class QuietHours(Struct, frozen=True, kw_only=True):
    """Local wall times "HH:MM"; an end before the start means the next morning."""

    start: Annotated[str, Meta(pattern="^[0-2][0-9]:[0-5][0-9]$")]
    end: Annotated[str, Meta(pattern="^[0-2][0-9]:[0-5][0-9]$")]


class Order(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sound this edition once, starting inside the window.

    Without policies it waits for the end of what sounds, begins from its start, and is over once cut.
    """

    order: str
    edition_sha256: Sha256
    priority: Priority
    start_at: Instant
    latest_start_at: Instant
    confirmation: str | None = None  # name of an envelope in `Desired.envelopes`
    rank: Count = 0  # beside orders of the same priority; less comes first
    start: StartPolicy | None = None
    late: LatePolicy | None = None
    resume: Resume | None = None


class Prefetch(Struct, frozen=True, kw_only=True):
    """Fetch and keep; it gives no right to sound."""

    sha256: Sha256
    bytes: Count


class Settings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a device is set until further notice; what is absent stays as it is. Emergencies ask neither."""

    volume_percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    muted: bool | None = None


class LedgerHead(Struct, frozen=True, kw_only=True):
    """Where the city's ledger stood: the devices are its witnesses."""

    seq: int
    hash: str


class Desired(Struct, frozen=True, kw_only=True):
    """All that one device should do from now on; replaces every earlier document."""

    schema: str = "loa/desired/1"
    device: str
    place: str
    seq: Count
    issued_at: Instant
    expires_at: Instant
    quiet_hours: tuple[QuietHours, ...] = ()
    orders: tuple[Order, ...] = ()
    recalls: tuple[str, ...] = ()
    prefetch: tuple[Prefetch, ...] = ()
    book: Prefetch | None = None  # what is planned at the place for the days ahead
    standings: tuple[str, ...] = ()  # names in `envelopes` of what stands every week
    settings: Settings | None = None
    envelopes: dict[str, msgspec.Raw] = {}
    ledger: LedgerHead | None = None
    roster: Count = 0  # under which roster it was made: a device with an older one fetches it


class Clock(StrEnum):
    """How far a device may trust its own clock."""

    GOOD = "good"
    HOLD = "hold"
    FLOOR = "floor"
    NONE = "none"


class Event(StrEnum):
    """The ladder every order climbs on a device, and the ways it ends."""

    HINTED = "hinted"
    PULLED = "pulled"
    VERIFIED = "verified"
    MEDIA_READY = "media_ready"
    STARTED = "started"
    PAUSED = "paused"  # cut by something higher, and to go on
    RESUMED = "resumed"
    FINISHED = "finished"
    SKIPPED = "skipped"
    REFUSED = "refused"  # a document, not an order


class LogRow(Struct, frozen=True, kw_only=True):
    """One line of a device's log; `seq` counts without gaps over the life of the log."""

    seq: Count
    at: Instant
    monotonic_ms: Count
    clock: Clock
    event: Event
    order: str = ""
    edition_sha256: str = ""
    reason: str = ""
    detail: dict[str, str | int] = {}


class LogBatch(Struct, frozen=True, kw_only=True):
    """Rows of one log; `log` is drawn anew when a device loses its storage."""

    schema: str = "loa/log/1"
    device: str
    log: str
    boot: str
    rows: tuple[LogRow, ...]


class LogReceipt(Struct, frozen=True, kw_only=True):
    """The city holds every row of this log up to and including `upto`."""

    schema: str = "loa/log-receipt/1"
    device: str
    log: str
    upto: Count


class Heartbeat(Struct, frozen=True, kw_only=True):
    """I am here, and this is how I am."""

    schema: str = "loa/heartbeat/1"
    device: str
    boot: str
    at: Instant
    uptime_s: int
    desired_seq: int
    playing: str = ""
    clock: Clock = Clock.GOOD
    volume_percent: int = 100
    muted: bool = False
    bytes_in: int = 0  # over the network since this boot
    bytes_out: int = 0
    free_mb: int = 0
    player: str = ""
    roster: int = 0  # versions of what it holds, so that a freeze is noticed
    root: int = 0


class Announcement(Struct, frozen=True, kw_only=True):
    """A device that belongs to nobody yet: my key, and what I am. Signed by that key."""

    schema: str = "loa/announcement/1"
    public: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    maker: Annotated[str, Meta(max_length=60)] = ""
    model: Annotated[str, Meta(max_length=60)] = ""
    player: Annotated[str, Meta(max_length=40)] = ""


class Enrolment(Struct, frozen=True, kw_only=True):
    """Who a device is from now on, where it stands, and where the bus is. Signed by a director."""

    schema: str = "loa/enrolment/1"
    public: str
    device: str
    place: str
    city: str
    bus: str = ""
    issued_at: Instant


class Hint(Struct, frozen=True, kw_only=True):
    """Something may have changed: look. It carries no order and needs no signature."""

    schema: str = "loa/hint/1"
    seq: int = 0
