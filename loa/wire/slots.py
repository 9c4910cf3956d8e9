"""Orders and what stands every week as slots of the ladder: one making for devices and previews. Pure.

Only what was verified comes here: signatures, mandates and places are judged before.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from loa.wire.messages import Media, Order, Priority, Standing, StandingKind
from loa.wire.policies import LateKind, LatePolicy, Resume, StartKind, StartPolicy
from loa.wire.timeline import Breadth, Item, Occurrence, Rung, WeekSlot

# What was cut goes on before anything else of its rung begins; and what stands every week stands
# from the beginning.
BEFORE_ALL = datetime(1, 1, 2, tzinfo=UTC)
# A cut shorter than this is continued; a tail of something old helps nobody.
RESUME_WITHIN = timedelta(minutes=15)
_MS = timedelta(milliseconds=1)
_RUNGS = {Priority.NORMAL: Rung.PROGRAMME, Priority.PRIORITY: Rung.PRIORITY}
_RUNGS_OF_THE_WEEK = {
    StandingKind.RELAY: Rung.RELAY,
    StandingKind.EVERGREEN: Rung.EVERGREEN,
    StandingKind.FALLBACK: Rung.FALLBACK,
}


def item_of(media: Media) -> Item:
    return Item(sha256=media.sha256, duration_ms=max(1, media.duration_ms))


def slot_of(
    order: Order, item: Item, *, is_emergency: bool, is_confirmed: bool, has_begun: bool
) -> Occurrence:
    """Return an order as the ladder asks it; `is_confirmed` by a second person for quiet hours."""
    return Occurrence(
        id=order.order,
        rung=Rung.EMERGENCY_LOCAL if is_emergency else _RUNGS[order.priority],
        rank=order.rank,
        decided_at=BEFORE_ALL if has_begun else order.start_at,
        items=(item,),
        confirmed=is_confirmed,
        start=order.start or StartPolicy(kind=StartKind.NEXT),
        # How late it may begin is signed in the order, and asked before.
        late=order.late or LatePolicy(kind=LateKind.FROM_START),
        resume=order.resume or Resume.DROP,
        start_at=order.start_at,
        end_at=end_of_slot(order, item.duration_ms),
    )


def end_of_slot(order: Order, duration_ms: int) -> datetime:
    """Return until when an order may sound: room to come to its end, also after a cut."""
    return order.latest_start_at + duration_ms * _MS + 2 * RESUME_WITHIN


def week_of(standings: Iterable[Standing], now: datetime) -> tuple[WeekSlot, ...]:
    """Return the weekly slots of what is valid now, named `<standing>.<window>`."""
    return tuple(
        WeekSlot(
            id=f"{standing.standing}.{number}",
            rule=standing.standing,
            rung=_RUNGS_OF_THE_WEEK[standing.kind],
            breadth=Breadth.COMMUNE,
            decided_at=standing.approved_at,
            items=tuple(map(item_of, standing.media)),
            sources=standing.sources,
            loops=bool(standing.media),
            begins_minute=window.begins_minute,
            minutes=window.minutes,
        )
        for standing in standings
        if standing.valid_from <= now < standing.valid_until
        for number, window in enumerate(standing.windows)
    )
