"""What programs send and get. Instants carry their zone; codes are those of the registers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from loa.flow.newsroom.models import InfoClass, Priority
from loa.lib.encodings import ENCODINGS
from loa.wire.commands import Verb

YEARS = range(2000, 2200)


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half a letter: a lone surrogate") from error
    return text


def _of_this_age(instant: datetime) -> datetime:
    if instant.year not in YEARS:
        raise ValueError(f"year outside {YEARS.start} to {YEARS.stop - 1}")
    return instant


def _known_encoding(name: str) -> str:
    if name not in ENCODINGS:
        raise ValueError(f"not one of {', '.join(ENCODINGS)}")
    return name


Text = Annotated[str, AfterValidator(_storable)]
Instant = Annotated[AwareDatetime, AfterValidator(_of_this_age)]
PlaceCode = Annotated[str, Field(pattern=r"^[0-9][0-9-]{0,15}$", examples=["20242"])]
BulletinCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z.-]{1,32}$", examples=["20242-261124-01"])]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
RowNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]
Encoding = Annotated[
    str, AfterValidator(_known_encoding), Field(json_schema_extra={"enum": list(ENCODINGS)})
]
PageSize = Annotated[int, Field(ge=1, le=200)]
PageStart = Annotated[int, Field(ge=0, le=1_000_000)]


class ProblemOut(Schema):
    """Why a request was refused."""

    status: int
    code: str
    message: str
    field: str
    details: dict[str, object]


class Given(Schema):
    """What a program sends. A field nobody knows is a slip of the pen: it must not be lost."""

    model_config = ConfigDict(extra="forbid")


class TokenIn(Given):
    username: Annotated[Text, Field(max_length=150)]
    password: Annotated[Text, Field(max_length=1000)]
    code: Annotated[Text, Field(max_length=40)] = ""


class TokenOut(Schema):
    token: str
    valid_until: datetime
    person: str


class SourceIn(Given):
    """A text as it came: its bytes in base64, and its encoding once somebody confirmed it."""

    place: PlaceCode
    content: Text
    filename: Text = ""
    encoding: Encoding | None = None


class SourceForm(Schema):
    """The fields that go with an uploaded file."""

    place: PlaceCode
    encoding: Encoding | None = None


class SourceOut(Schema):
    id: UUID
    place: str
    filename: str
    sha256: str
    encoding: str
    text: str
    taken_at: datetime


class BulletinFields(Given):
    targets: list[PlaceCode] | None = None
    priority: Priority | None = None
    info_class: InfoClass | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    voice: Annotated[Text, Field(min_length=1)] | None = None
    speed_percent: Annotated[int, Field(ge=1)] | None = None


class BulletinIn(BulletinFields):
    """A new bulletin; without `body` it takes the text of its source."""

    place: PlaceCode
    title: Text
    body: Text | None = None
    source: UUID | None = None


class BulletinChange(BulletinFields):
    """What changes; `revision` is the one the change is based on."""

    revision: int
    title: Text | None = None
    body: Text | None = None


class SoundOut(Schema):
    """The sound of the present words; the two addresses hold its bytes."""

    duration_ms: int
    loudness_lufs: float
    peak_dbtp: float
    speech_share: float
    mp3: str
    opus: str


class CheckOut(Schema):
    """One thing found: `severity` blocks, asks (for a reason) or hints."""

    key: str
    code: str
    severity: str
    about: str
    mended: str
    reason: str
    is_open: bool


class CheckReasonIn(Given):
    key: Annotated[Text, Field(min_length=1, max_length=200)]
    reason: Annotated[Text, Field(max_length=300)]


class CheckReasonOut(Schema):
    key: str
    reason: str


class SubmissionOut(Schema):
    id: int
    bulletin: str
    title: str
    place: str
    revision: int
    content_hash: str
    submitted_by: str
    submitted_at: datetime
    is_open: bool


class BulletinSummary(Schema):
    code: str
    place: str
    title: str
    author: str
    priority: str
    info_class: str
    revision: int
    edited_at: datetime


class BulletinOut(BulletinSummary):
    body: str
    source: UUID | None
    targets: list[str]
    valid_from: datetime
    valid_until: datetime
    voice: str
    speed_percent: int
    standing: str
    sound: SoundOut | None
    voice_fault: str
    submission: SubmissionOut | None
    editions: list[str]


class BulletinPage(Schema):
    total: int
    bulletins: list[BulletinSummary]


class ReplacementOut(Schema):
    """One part of the text, by its place in `source`, and the words said instead."""

    start: int
    end: int
    source: str
    spoken: str
    rule: str


class SpokenOut(Schema):
    source: str
    text: str
    replacements: list[ReplacementOut]
    unknown: list[str]


class ReadingIn(Given):
    place: PlaceCode
    written: Annotated[Text, Field(max_length=64)]
    spoken: Annotated[Text, Field(max_length=200)]


class ReadingOut(Schema):
    place: str
    written: str
    spoken: str


class ApprovalIn(Given):
    """`content_hash` names what the approver read and heard."""

    content_hash: Sha256


class ApprovalOut(Schema):
    edition: str
    bulletin: str
    approver: str
    approved_at: datetime
    key_id: str


class AwaitedOut(Schema):
    """Answered for, and not enough: a second person must answer too."""

    bulletin: str
    answered: list[str]


class DeviceIn(Given):
    """A new device on the spot: the code it shows, and where it hangs."""

    claim_code: Annotated[Text, Field(max_length=20, examples=["K7QF-2M9X"])]
    name: Annotated[Text, Field(min_length=1, max_length=100)]
    place: PlaceCode
    kind: Literal["loudspeaker", "board"] = "loudspeaker"
    latitude: Annotated[float, Field(ge=8, le=24)] | None = None
    longitude: Annotated[float, Field(ge=102, le=118)] | None = None


class CommandIn(Given):
    """Volume needs `percent`, mute needs `muted`; `confirmed` lets a tone sound in quiet hours."""

    verb: Verb
    percent: int | None = Field(None, ge=0, le=100)
    muted: bool | None = None
    confirmed: bool = False


class CommandOut(Schema):
    id: UUID
    device: str
    verb: str
    args: dict[str, int | bool]
    state: str
    reason: str
    told_at: datetime
    answered_at: datetime | None


class ReasonIn(Given):
    reason: Text


class ReturnOut(Schema):
    submission: int
    bulletin: str
    reason: str
    returned_by: str
    returned_at: datetime


class PlacementIn(Given):
    """Without `start_at` it sounds now; without `places`, wherever it was approved for.

    An emergency may take the place of the placement it `supersedes`.
    """

    start_at: Instant | None = None
    places: list[PlaceCode] | None = None
    supersedes: UUID | None = None


class PlacementOut(Schema):
    id: UUID
    edition: str
    bulletin: str
    places: list[str]
    is_now: bool
    start_at: datetime
    waits_for: list[str]
    supersedes: UUID | None
    placed_by: str
    placed_at: datetime


class ConfirmationOut(Schema):
    placement: UUID
    confirmer: str
    confirmed_at: datetime


class RecallOut(Schema):
    placement: UUID
    reason: str
    recalled_by: str
    recalled_at: datetime


class DeviceOut(Schema):
    code: str
    kind: str
    name: str
    place: str
    village: str | None
    latitude: float | None
    longitude: float | None
    condition: str
    seen_at: datetime | None
    volume_percent: int | None
    clock: str
    desired_seq: int


class PlaceOut(Schema):
    code: str
    kind: str
    name: str
    full_name: str
    parent: str | None
    latitude: float | None
    longitude: float | None


class FaultOut(Schema):
    seq: int
    kind: str


class LedgerOut(Schema):
    """What is wrong with the chain of facts; nothing, if it holds."""

    holds: bool
    head_seq: int
    head_hash: str
    faults: list[FaultOut]
