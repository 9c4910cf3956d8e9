"""What stands every week on a device: relays and loops that were approved once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from loa.lib import clock
from loa.wire import slots
from loa.wire.messages import WEEK_MINUTES, Media, Standing
from loa.wire.timeline import Outcome, Source, WeekSlot


@dataclass(frozen=True)
class Tuned:
    """What of something standing sounds: a stream, or a file from a position on."""

    name: str
    sha256: str  # of the standing document
    source: str = ""
    media: Media | None = None
    from_ms: int = 0

    def is_same_sound(self, other: Tuned | None) -> bool:
        """Say whether it is what sounds already; a loop is asked again at the end of each file."""
        return (
            other is not None
            and (self.name, self.sha256, self.source) == (other.name, other.sha256, other.source)
            and self.media == other.media
        )


def week_of(standings: Iterable[tuple[str, Standing]], now: datetime) -> tuple[WeekSlot, ...]:
    """Return the weekly slots of what is valid now, each standing with its hash."""
    return slots.week_of((standing for _, standing in standings), now)


def is_open(slot: WeekSlot, instant: datetime) -> bool:
    """Say whether the week's window covers the instant."""
    local = clock.local(instant)
    minute = local.weekday() * 1440 + local.hour * 60 + local.minute
    return (minute - (slot.begins_minute or 0)) % WEEK_MINUTES < slot.minutes


def tuned_to(outcome: Outcome, standings: Iterable[tuple[str, Standing]]) -> Tuned:
    """Return what an outcome that is no order means to sound."""
    sha256, standing = next(
        (sha256, standing) for sha256, standing in standings if standing.standing == outcome.rule
    )
    if standing.sources:
        source = standing.sources[0 if outcome.source is Source.PRIMARY else -1]
        return Tuned(outcome.occurrence, sha256, source=source)
    position = outcome.position_ms
    for media in standing.media:
        if position < max(1, media.duration_ms):
            return Tuned(outcome.occurrence, sha256, media=media, from_ms=position)
        position -= max(1, media.duration_ms)
    return Tuned(outcome.occurrence, sha256, media=standing.media[0])


def loop_ms_before(tuned: Tuned, standing: Standing) -> int:
    """Return how long the files are that stand before the tuned one in its loop."""
    before = 0
    for media in standing.media:
        if media == tuned.media:
            break
        before += max(1, media.duration_ms)
    return before
