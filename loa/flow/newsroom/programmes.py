"""Programmes: bulletins, recordings and signals in a row, handed in and answered for as one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from loa.flow.newsroom import errors
from loa.flow.newsroom.actions import request_rendition, write_bulletin
from loa.flow.newsroom.models import Bulletin, ProgrammeItem, Rendition
from loa.flow.newsroom.sounding import items_of, uses_signals
from loa.lib import clock
from loa.lib.sound import tones
from loa.registry.ledger.actions import record_fact
from loa.registry.library.models import Jingle, Recording
from loa.registry.library.signals import TUNE_OF, habit_of, jingle_of
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place

ITEMS_MAX = 60
GAP_MS_MAX = 60_000
# Until a text was spoken, how long it will be is judged by its syllables.
SYLLABLES_A_SECOND = 3.4


@dataclass(frozen=True)
class Wish:
    """What somebody wants at one position: a kind and, for most kinds, what of it."""

    kind: str
    what: str = ""

    @classmethod
    def of(cls, said: str) -> Wish:
        """Read `kind` or `kind:what`."""
        kind, _, what = said.partition(":")
        return cls(kind, what)

    def __str__(self) -> str:
        return f"{self.kind}:{self.what}" if self.what else self.kind


@dataclass(frozen=True)
class Line:
    """One item as people see it, and how long it lasts; a guess until its sound was made."""

    item: ProgrammeItem
    wish: Wish
    duration_ms: int
    is_guess: bool = False


def begin_programme(*, place: Place, by: Person, title: str) -> Bulletin:
    """Begin an empty programme; the same title again within minutes is the same programme."""
    return write_bulletin(place=place, by=by, title=title, is_programme=True)


@transaction.atomic
def set_items(programme: Bulletin, wishes: Sequence[Wish], *, by: Person) -> Bulletin:
    """Have the programme consist of these items in this order; the same again changes nothing."""
    programme = Bulletin.objects.select_for_update(of=("self",)).get(pk=programme.pk)
    if not by.may(Deed.WRITE, programme.place):
        raise MandateMissing
    if programme.open_submission:
        raise errors.BeingApproved
    if not programme.is_programme or len(wishes) > ITEMS_MAX:
        raise errors.ProgrammeTooLong
    if [wish_of(item) for item in items_of(programme)] == list(wishes):
        return programme
    items = [_item(programme, position, wish) for position, wish in enumerate(wishes)]
    programme.items.all().delete()
    ProgrammeItem.objects.bulk_create(items)
    programme.edited_at = clock.now()
    programme.save(update_fields=["edited_at"])
    request_rendition(programme)
    record_fact(
        "programme_composed",
        actor=by.username,
        subject=programme.code,
        place=programme.place_id,
        body={"items": [str(wish) for wish in wishes]},
    )
    return programme


def wish_of(item: ProgrammeItem) -> Wish:
    if item.bulletin is not None:
        return Wish(item.kind, item.bulletin.code)
    if item.recording_id is not None:
        return Wish(item.kind, str(item.recording_id))
    return Wish(item.kind, str(item.gap_ms) if item.kind == ProgrammeItem.Kind.GAP else "")


def lines_of(programme: Bulletin) -> list[Line]:
    """Return the items in their order with their lengths."""
    items = items_of(programme)
    measure = _Lengths(programme.place, [one.bulletin for one in items if one.bulletin])
    return [Line(item, wish_of(item), *measure.of(item)) for item in items]


def bulletins_to_add(programme: Bulletin, most: int = 40) -> list[Bulletin]:
    """Return what may be put into it: bulletins of the same place, last edited first."""
    rows = Bulletin.objects.filter(place=programme.place, is_programme=False)
    return list(rows.select_related("author").order_by("-edited_at")[:most])


def recordings_to_add(programme: Bulletin, most: int = 40) -> list[Recording]:
    """Return the recordings of the place that can be used, newest first."""
    rows = Recording.objects.filter(place=programme.place, fault="").exclude(read_at=None)
    return list(rows.select_related("brought_by")[:most])


class _Lengths:
    """How long things last at one place, asked of the database once for all of them."""

    def __init__(self, place: Place, bulletins: Sequence[Bulletin]) -> None:
        self._place = place
        self._signals: dict[str, int] = {}
        keys = [bulletin.cache_key for bulletin in bulletins]
        made = Rendition.objects.filter(pk__in=keys).values_list("pk", "duration_ms")
        self._made: dict[str, int] = dict(made)
        self._habit = habit_of(place) if bulletins else None

    def of(self, item: ProgrammeItem) -> tuple[int, bool]:
        """Return milliseconds, and whether they are a guess."""
        if item.bulletin is not None:
            return self._bulletin(item.bulletin)
        if item.recording is not None:
            return item.recording.duration_ms, False
        if item.kind == ProgrammeItem.Kind.GAP:
            return item.gap_ms, False
        return self._signal(item.kind), False

    def _bulletin(self, bulletin: Bulletin) -> tuple[int, bool]:
        made_ms = self._made.get(bulletin.cache_key)
        if made_ms is None:
            syllables = len(f"{bulletin.title} {bulletin.body}".split())
            return round(1000 * syllables / SYLLABLES_A_SECOND), True
        return max(0, made_ms - self._around(bulletin)), False

    def _around(self, bulletin: Bulletin) -> int:
        """What its own signals take: inside a programme they do not sound."""
        habit = self._habit
        if habit is None or not uses_signals(bulletin, habit=habit):
            return 0
        return (
            self._signal(Jingle.Role.OPENING) + self._signal(Jingle.Role.CLOSING) + 2 * habit.gap_ms
        )

    def _signal(self, role: str) -> int:
        if role not in self._signals:
            self._signals[role] = _signal_ms(self._place, role)
        return self._signals[role]


def _signal_ms(place: Place, role: str) -> int:
    jingle = jingle_of(place, role)
    if jingle is not None and jingle.recording is not None:
        return jingle.recording.duration_ms
    tune = jingle.tune if jingle else TUNE_OF[Jingle.Role(role)]
    return round(1000 * tones.TUNES[tune].seconds)


def _item(programme: Bulletin, position: int, wish: Wish) -> ProgrammeItem:
    kinds: Any = ProgrammeItem.Kind
    if wish.kind not in kinds.values:
        raise errors.ItemUnknown
    item = ProgrammeItem(programme=programme, position=position, kind=wish.kind)
    if wish.kind == kinds.BULLETIN:
        rows = Bulletin.objects.filter(place=programme.place, is_programme=False)
        item.bulletin = _found(rows.filter(code=wish.what).first())
    elif wish.kind == kinds.RECORDING:
        item.recording = _found(_recording(programme.place, wish.what))
    elif wish.kind == kinds.GAP:
        item.gap_ms = _gap(wish.what)
    return item


def _found(row: Any) -> Any:
    if row is None:
        raise errors.ItemUnknown
    return row


def _recording(place: Place, name: str) -> Recording | None:
    try:
        rows = Recording.objects.filter(pk=uuid.UUID(name), place=place, fault="")
    except ValueError:
        return None
    return rows.exclude(read_at=None).first()


def _gap(said: str) -> int:
    if not said.isdecimal() or not 0 < int(said) <= GAP_MS_MAX:
        raise errors.GapOutside
    return int(said)
