"""What one device should sound over the days ahead, and what may go wrong meanwhile.

A `Timeline` holds occurrences for some days and an evergreen week that repeats without limit;
`Faults` is what the device alone knows. `loa.wire.ladder` says what sounds.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from loa.wire.messages import SOURCES_MAX, WEEK_MINUTES, Clock, Instant, QuietHours, Sha256
from loa.wire.policies import Count, LatePolicy, Resume, StartPolicy


class Rung(StrEnum):
    """How high something stands; people see the names, numbers stay inside."""

    EMERGENCY_LIFE = "emergency_life"
    EMERGENCY_LOCAL = "emergency_local"
    LIVE = "live"
    PRIORITY = "priority"
    PROGRAMME = "programme"
    RELAY = "relay"
    EVERGREEN = "evergreen"
    FALLBACK = "fallback"
    SILENCE = "silence"


HEIGHT = {
    Rung.EMERGENCY_LIFE: 100,
    Rung.EMERGENCY_LOCAL: 90,
    Rung.LIVE: 80,
    Rung.PRIORITY: 70,
    Rung.PROGRAMME: 60,
    Rung.RELAY: 50,
    Rung.EVERGREEN: 40,
    Rung.FALLBACK: 20,
    Rung.SILENCE: 0,
}
EMERGENCIES = frozenset({Rung.EMERGENCY_LIFE, Rung.EMERGENCY_LOCAL})
_OF_THE_WEEK = frozenset({Rung.RELAY, Rung.EVERGREEN, Rung.FALLBACK})


class Breadth(StrEnum):
    """How many devices a target means: on one rung and rank the narrower comes first."""

    DEVICE = "device"
    GROUP = "group"
    COMMUNE = "commune"
    CITY = "city"
    COUNTRY = "country"


BREADTHS = {breadth: number for number, breadth in enumerate(Breadth)}


class Item(Struct, frozen=True, kw_only=True):
    """One sound, named by its content; items of a slot follow one another."""

    sha256: Sha256
    duration_ms: Annotated[int, Meta(ge=1, le=86_400_000)]


class Slot(Struct, frozen=True, kw_only=True):
    """Something to sound: files in a row, or a source that streams, first the primary one."""

    id: Annotated[str, Meta(min_length=1)]
    rule: str = ""
    rung: Rung
    rank: Count = 0  # explicit, within the rung; less comes first
    breadth: Breadth = Breadth.COMMUNE
    decided_at: Instant
    outputs: tuple[str, ...] = ()  # empty: all outputs of the device
    items: tuple[Item, ...] = ()
    sources: Annotated[tuple[str, ...], Meta(max_length=SOURCES_MAX)] = ()
    loops: bool = False
    confirmed: bool = False  # a second person answers for sounding in quiet hours
    start: StartPolicy = StartPolicy()
    late: LatePolicy = LatePolicy()
    resume: Resume = Resume.PAUSE

    def __post_init__(self) -> None:
        if bool(self.items) == bool(self.sources):
            raise ValueError(f"{self.id}: either items or sources")
        if self.loops and not self.items:
            raise ValueError(f"{self.id}: only items loop")
        if self.rung is Rung.SILENCE:
            raise ValueError(f"{self.id}: silence is not placed")


class Occurrence(Slot, frozen=True, kw_only=True):
    """Once, inside [start_at, end_at); nothing of it sounds at or after end_at."""

    start_at: Instant
    end_at: Instant

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.end_at <= self.start_at:
            raise ValueError(f"{self.id}: ends before it starts")


class WeekSlot(Slot, frozen=True, kw_only=True):
    """Every week, by the wall clock; or at any time when `begins_minute` is absent.

    A relay of the week waits for the end of the occurrences; a fallback sounds only in place of
    something that has no sound.
    """

    begins_minute: Annotated[int, Meta(ge=0, lt=WEEK_MINUTES)] | None = None  # since Monday 00:00
    minutes: Annotated[int, Meta(ge=1, le=WEEK_MINUTES)] = WEEK_MINUTES

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rung not in _OF_THE_WEEK:
            raise ValueError(f"{self.id}: {self.rung} does not repeat every week")
        if self.begins_minute is None and not (self.loops or self.sources):
            raise ValueError(f"{self.id}: what sounds at any time loops or streams")


class Timeline(Struct, frozen=True, kw_only=True):
    """All of one device: occurrences inside [begins_at, ends_at) and the week that never ends."""

    schema: str = "loa/timeline/1"
    device: str
    place: str
    version: Count
    issued_at: Instant
    begins_at: Instant
    ends_at: Instant
    outputs: Annotated[tuple[str, ...], Meta(min_length=1)] = ("main",)
    quiet_hours: tuple[QuietHours, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    week: tuple[WeekSlot, ...] = ()

    def __post_init__(self) -> None:
        weekly = {slot.id for slot in self.week}
        single = {slot.id for slot in self.occurrences}
        if len(weekly) + len(single) < len(self.week) + len(self.occurrences) or weekly & single:
            raise ValueError("two slots of one id")
        if any("@" in name for name in weekly):
            raise ValueError("the id of a weekly slot holds no @")
        # One week's sounding is named <id>@<date>.
        if any(name.partition("@")[0] in weekly for name in single):
            raise ValueError("an occurrence is named like a weekly slot")
        if len(set(self.outputs)) < len(self.outputs):
            raise ValueError("two outputs of one name")


class State(StrEnum):
    """How far something got on one output."""

    PLAYING = "playing"
    CUT = "cut"  # by something higher, or by quiet hours
    INTERRUPTED = "interrupted"  # by a power cut, a dead engine, or for want of sound or hour
    ENDED = "ended"


class Progress(Struct, frozen=True, kw_only=True):
    """One thing on one output: the present or last stretch [since, at], and where it stood at `at`."""

    output: str
    occurrence: str
    state: State
    since: Instant
    at: Instant
    position_ms: Count = 0
    stand_in: bool = False  # the tone and spoken words in place of missing sound


class Faults(Struct, frozen=True, kw_only=True):
    """What only the device knows; without any it is on time, whole and has sounded nothing yet."""

    clock: Clock = Clock.GOOD
    missing: tuple[Sha256, ...] = ()
    silent: tuple[str, ...] = ()  # sources in which no sound is heard
    recalled: tuple[str, ...] = ()
    progress: tuple[Progress, ...] = ()

    def __post_init__(self) -> None:
        rows = [(row.output, row.occurrence) for row in self.progress]
        playing = [row.output for row in self.progress if row.state is State.PLAYING]
        if len(set(rows)) < len(rows):
            raise ValueError("two rows of one occurrence on one output")
        if len(set(playing)) < len(playing):
            raise ValueError("two sounds play on one output")


class Source(StrEnum):
    NONE = "none"
    MEDIA = "media"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    STAND_IN = "stand_in"


class Why(StrEnum):
    """Why it sounds, or why something higher does not."""

    STARTS = "starts"
    JOINS = "joins"
    GOES_ON = "goes_on"
    RESUMES = "resumes"
    RESTARTS = "restarts"
    NOTHING_DUE = "nothing_due"
    WAITS = "waits"
    ENDED = "ended"
    NOT_NEEDED = "not_needed"
    LATE = "late"
    QUIET_HOURS = "quiet_hours"
    CLOCK = "clock"
    MEDIA_MISSING = "media_missing"
    SOURCE_SILENT = "source_silent"
    RECALLED = "recalled"
    PRE_EMPTED = "pre_empted"
    INTERRUPTED = "interrupted"


# A preview of a city holds millions of what follows; none can hold itself, so nothing is collected.


class PassedOver(Struct, frozen=True, kw_only=True, gc=False):
    """Higher in the order and inside its slot, and yet not sounding."""

    occurrence: str
    reason: Why


class Outcome(Struct, frozen=True, kw_only=True, gc=False):
    """The one sound of an output, or silence."""

    output: str
    rung: Rung = Rung.SILENCE
    occurrence: str = ""
    rule: str = ""
    source: Source = Source.NONE
    position_ms: Count = 0
    why: Why = Why.NOTHING_DUE
    passed_over: tuple[PassedOver, ...] = ()


class Stretch(Struct, frozen=True, kw_only=True, gc=False):
    """An outcome and how long it lasts, as a preview shows it."""

    begin: Instant
    end: Instant
    outcome: Outcome
