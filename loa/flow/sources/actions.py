from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from loa.flow.sources.errors import EncodingUnconfirmed, refusal_for
from loa.flow.sources.models import SourceItem
from loa.lib import clock, encodings
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.wire.canonical import content_hash

# Who got no answer hands in again: within this time the same bytes are the same source.
REPEATED_WITHIN = timedelta(minutes=10)


def read_text(raw: bytes, *, encoding: str | None = None) -> encodings.Detected:
    """Decode bytes; without a confirmed `encoding` a legacy one is refused with its sample.

    Raises SourceRefused (empty, binary, too long, mixed) or EncodingUnconfirmed.
    """
    try:
        if encoding is not None:
            return encodings.read_as(raw, encoding)
        detected = encodings.detect(raw)
    except encodings.TextRefused as error:
        raise refusal_for(error) from error
    if detected.needs_confirmation:
        raise EncodingUnconfirmed(detected=detected)
    return detected


@transaction.atomic
def take_source(
    raw: bytes,
    *,
    place: Place,
    by: Person,
    origin: str = "form",
    filename: str = "",
    encoding: str | None = None,
) -> SourceItem:
    """Keep a text that came in, byte for byte, with how it was read.

    The same bytes handed in again within minutes by the same person are the same source.
    """
    if not by.may(Deed.WRITE, place):
        raise MandateMissing
    detected = read_text(raw, encoding=encoding)
    item = SourceItem(
        place=place,
        origin=origin,
        filename=filename[:200],
        raw=raw,
        sha256=content_hash(raw),
        encoding=detected.encoding,
        text=detected.text,
        taken_by=by,
        taken_at=clock.now(),
    )
    # Who presses twice at once waits here and then finds what the first press did.
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    already = _just_taken(item)
    if already is not None:
        return already
    item.save(force_insert=True)
    record_fact(
        "source_taken",
        actor=by.username,
        subject=str(item.id),
        place=place.code,
        body={"sha256": item.sha256, "encoding": item.encoding, "filename": item.filename},
    )
    return item


def _just_taken(item: SourceItem) -> SourceItem | None:
    same = ("place", "origin", "filename", "sha256", "encoding", "taken_by")
    rows = SourceItem._base_manager.filter(  # noqa: SLF001
        taken_at__gt=item.taken_at - REPEATED_WITHIN,
        **{name: getattr(item, name) for name in same},
    )
    return rows.order_by("taken_at").first()
