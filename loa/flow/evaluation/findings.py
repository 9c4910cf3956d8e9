"""Finding a bulletin again, wherever it is on the way: by words, place, class, state, time, author."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.models import Bulletin, Rendition, Submission
from loa.flow.newsroom.queries import bulletins_readable_by
from loa.flow.newsroom.search import FOUND_MAX, bulletins_with_words
from loa.flow.newsroom.words import wish_of
from loa.flow.receipts.models import PlayLog
from loa.lib import clock
from loa.registry.people.models import Person
from loa.registry.places.queries import codes_within


class State(StrEnum):
    """How far a bulletin came, coarsely: what people look for."""

    WRITING = "writing"
    WAITING = "waiting"
    APPROVED = "approved"
    SOUNDED = "sounded"


@dataclass(frozen=True)
class Sought:
    """What somebody looks for; empty fields ask for nothing. Days are the city's, both included."""

    words: str = ""
    place: str = ""
    info_class: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None
    author: str = ""
    has_sound: bool = False

    @property
    def is_narrowed(self) -> bool:
        return self != Sought(words=self.words)

    def __bool__(self) -> bool:
        return self != Sought()


def bulletins_sought(person: Person, sought: Sought) -> list[UUID] | QuerySet[Bulletin]:
    """Return what this person may read of what he looks for: best first, or without words newest.

    With words these are at most FOUND_MAX ids.
    """
    among = _narrowed(bulletins_readable_by(person), sought)
    if not sought.words.strip():
        return among.order_by("-edited_at")
    bare = among.select_related(None).prefetch_related(None)
    return bulletins_with_words(bare, wish_of(sought.words))


def bulletins_in_this_order(person: Person, found: list[UUID]) -> list[Bulletin]:
    rows = bulletins_readable_by(person).in_bulk(found)
    return [rows[pk] for pk in found if pk in rows]


def _narrowed(rows: QuerySet[Bulletin], sought: Sought) -> QuerySet[Bulletin]:
    if sought.place:
        rows = rows.filter(place__in=codes_within([sought.place]))
    if sought.info_class:
        rows = rows.filter(info_class=sought.info_class)
    if sought.author:
        rows = rows.filter(author__username=sought.author)
    if sought.since:
        rows = rows.filter(edited_at__gte=_midnight(sought.since))
    if sought.until:
        rows = rows.filter(edited_at__lt=_midnight(sought.until) + timedelta(days=1))
    if sought.has_sound:
        rows = rows.filter(Exists(Rendition.objects.filter(pk=OuterRef("cache_key"))))
    return _in_state(rows, sought.state) if sought.state else rows


def _in_state(rows: QuerySet[Bulletin], state: str) -> QuerySet[Bulletin]:
    # The rows are asked for in scope already; what belongs to them needs no scope of its own.
    editions = Edition._base_manager.filter(bulletin=OuterRef("pk"))  # noqa: SLF001
    waiting = Submission.objects.filter(bulletin=OuterRef("pk"), closed_at=None)
    sounded = PlayLog.objects.filter(
        order__occurrence__edition__bulletin=OuterRef("pk"), started_at__isnull=False
    )
    match State(state):
        case State.WRITING:
            return rows.filter(~Exists(editions), ~Exists(waiting))
        case State.WAITING:
            return rows.filter(Exists(waiting))
        case State.APPROVED:
            return rows.filter(Exists(editions))
        case State.SOUNDED:
            return rows.filter(Exists(sounded))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.CITY_ZONE)


__all__ = ["FOUND_MAX", "Sought", "State", "bulletins_in_this_order", "bulletins_sought"]
