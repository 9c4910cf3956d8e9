"""The book of each place: what is planned there for two weeks, so that a device cut off goes on.

It says the same as the orders that will be dispatched day by day, under the same names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time, timedelta

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from loa.flow.deliveries.models import BookIssue, PlayOrder
from loa.flow.deliveries.queries import planned_sound
from loa.flow.deliveries.rules import booked_as, confirmation_name
from loa.flow.newsroom.licensing import are_rights_over
from loa.flow.schedules.models import Occurrence
from loa.lib import clock
from loa.registry.devices.queries import stands_of_loudspeakers
from loa.registry.people.suspensions import suspended_places
from loa.registry.places.queries import parents_of_all
from loa.wire import canonical
from loa.wire.books import BOOK_BYTES_MAX, ORDERS_MAX, Book
from loa.wire.messages import Priority
from loa.wire.rules import lineage

# Orders are written a day ahead; devices take from a book what begins within 20 hours.
ORDERED_BY = timedelta(hours=23, minutes=50)
DAYS = 15  # from last midnight: fourteen days are ahead at any hour


@transaction.atomic
def write_books() -> set[str]:
    """Write the books that changed; returns the places whose devices need a new document."""
    now = clock.now()
    begin = datetime.combine(clock.local(now).date(), time(), tzinfo=clock.CITY_ZONE)
    stands = stands_of_loudspeakers()
    parents = parents_of_all()
    # A former commune is still planned for: it lies between a village and the present one.
    parts = {v or c: list(lineage(v or c, parents)) for c, v in stands}
    planned = _planned({code for codes in parts.values() for code in codes}, begin, now)
    held = dict(BookIssue.objects.values_list("place_id", "sha256"))
    changed = set()
    for place, codes in parts.items():
        occurrences = [one for code in codes for one in planned[code]]
        body = _body(place, occurrences, begin) if occurrences else b""
        sha256 = canonical.content_hash(body) if body else ""
        if held.get(place, "") != sha256:
            _keep(place, body, sha256, now)
            changed.add(place)
    return changed


def _planned(places: set[str], begin: datetime, now: datetime) -> dict[str, list[Occurrence]]:
    rows = (
        Occurrence._base_manager.filter(  # noqa: SLF001
            place__in=places,
            called_off_at=None,
            refusal=None,
            start_at__gte=begin,
            start_at__lt=begin + timedelta(days=DAYS),
        )
        # What is near stands there once it is ordered: a device must not tell of an order that
        # the city has not written down yet.
        .filter(
            Q(start_at__gte=now + ORDERED_BY)
            | Exists(PlayOrder.objects.filter(occurrence=OuterRef("pk")))
        )
        .exclude(~Q(edition__priority=Priority.EMERGENCY), place__in=suspended_places(now))
        .select_related("edition__bulletin", "placement__confirmation", "placement__rule")
        .order_by("start_at", "pk")
    )
    found: dict[str, list[Occurrence]] = defaultdict(list)
    for row in rows:
        if not are_rights_over(row.edition.bulletin, clock.local(row.start_at).date()):
            found[row.place_id].append(row)
    return found


def _body(place: str, occurrences: Iterable[Occurrence], begin: datetime) -> bytes:
    """Return the bytes of a book; what does not fit is the farthest."""
    nearest = sorted(occurrences, key=lambda one: (one.start_at, str(one.pk)))[:ORDERS_MAX]
    while True:
        body = canonical.encode(_book(place, nearest, begin))
        if len(body) <= BOOK_BYTES_MAX:
            return body
        nearest = nearest[: len(nearest) * 3 // 4]


def _book(place: str, occurrences: Iterable[Occurrence], begin: datetime) -> Book:
    orders, envelopes = [], {}
    for occurrence in occurrences:
        sound = planned_sound(occurrence)
        orders.append(booked_as(sound, *series_of(occurrence)))
        envelopes[sound.edition_sha256] = msgspec.Raw(sound.edition_envelope)
        name = confirmation_name(sound)
        if name is not None and sound.confirmation_envelope is not None:
            envelopes[name] = msgspec.Raw(sound.confirmation_envelope)
    return Book(
        place=place,
        begins_at=begin,
        ends_at=begin + timedelta(days=DAYS),
        orders=tuple(orders),
        envelopes=envelopes,
    )


def series_of(occurrence: Occurrence) -> tuple[str, int]:
    """Return what the orders of an occurrence are named after, and which of that series they are."""
    if occurrence.edition.is_emergency:
        return str(occurrence.placement_id), occurrence.sounding
    return str(occurrence.pk), 0


def _keep(place: str, body: bytes, sha256: str, now: datetime) -> None:
    if not body:
        BookIssue.objects.filter(place=place).delete()
        return
    BookIssue.objects.update_or_create(
        place_id=place, defaults={"body": body, "sha256": sha256, "issued_at": now}
    )


def book_named(sha256: str) -> bytes | None:
    """Return the book of this hash while it is the newest of its place."""
    row = BookIssue.objects.filter(sha256=sha256).first()
    return bytes(row.body) if row else None
