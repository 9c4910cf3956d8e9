from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loa.lib import clock
from loa.lib.text import normalise
from loa.registry.ledger.actions import record_fact
from loa.registry.library import store
from loa.registry.library.models import (
    SPOKEN_CHARACTERS_MAX,
    WRITTEN_CHARACTERS_MAX,
    Medium,
    Reading,
)
from loa.registry.people.errors import DeedRefused, MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import city


def keep_medium(data: bytes, *, codec: str, duration_ms: int = 0) -> Medium:
    """Write the bytes to the store, then enter them; raises store.NoSpaceLeft."""
    sha256 = store.write(data)
    return Medium.objects.get_or_create(
        sha256=sha256,
        defaults={
            "codec": codec,
            "bytes": len(data),
            "duration_ms": duration_ms,
            "kept_at": clock.now(),
        },
    )[0]


class StoreFull(DeedRefused):
    """What people are told of store.NoSpaceLeft."""

    code = "store_full"
    message = _("Máy chủ hết chỗ lưu nên chưa làm được. Bản tin vẫn còn nguyên; hãy báo quản trị.")


class ReadingUnusable(DeedRefused):
    code = "reading_unusable"
    field = "spoken"
    message = _("Cách đọc phải là chữ tiếng Việt, không có số hay ký hiệu.")


class ReadingTooLong(DeedRefused):
    code = "reading_too_long"
    field = "spoken"
    message = _("Chỗ cần đọc hoặc cách đọc quá dài. Hãy ghi ngắn gọn.")


@transaction.atomic
def add_reading(written: str, spoken: str, *, place: Place | None, by: Person) -> Reading:
    """Answer "đọc là…" for a place and everything below it; a later answer replaces an earlier.

    Without a place it holds everywhere, below what a place says itself; who writes for the whole
    city may say so. The same answer again changes nothing.
    """
    _refuse_without_right(place, by)
    written, spoken = normalise(written).strip(), " ".join(normalise(spoken).split())
    _refuse_unusable(written, spoken)
    spoken = spoken.replace("-", " ")
    _wait_in_turn(place)
    found = Reading.objects.filter(written=written, place=place).first()
    if found is not None and found.spoken == spoken:
        return found
    before = found.spoken if found else ""
    reading, _is_new = Reading.objects.update_or_create(
        written=written,
        place=place,
        defaults={
            "spoken": spoken,
            "spoken_before": before,
            "added_by": by,
            "added_at": clock.now(),
        },
    )
    record_fact(
        "reading_added",
        actor=by.username,
        subject=written,
        place=(place or city()).code,
        body={"spoken": spoken, **_change(before, place)},
    )
    return reading


@transaction.atomic
def undo_reading(reading: Reading, *, by: Person) -> None:
    """Take one answer back: what was said before holds again, or what stands above; twice is once."""
    _refuse_without_right(reading.place, by)
    _wait_in_turn(reading.place)
    present = Reading.objects.filter(pk=reading.pk, spoken=reading.spoken).first()
    if present is None:
        return
    if present.spoken_before:
        present.spoken, present.spoken_before = present.spoken_before, ""
        present.added_by, present.added_at = by, clock.now()
        present.save()
    else:
        present.delete()
    record_fact(
        "reading_undone",
        actor=by.username,
        subject=reading.written,
        place=(reading.place or city()).code,
        body={"spoken": reading.spoken_before, **_change(reading.spoken, reading.place)},
    )


def _refuse_without_right(place: Place | None, by: Person) -> None:
    if not by.may(Deed.WRITE, place or city()):
        raise MandateMissing


def _wait_in_turn(place: Place | None) -> None:
    # Who presses twice at once waits here and then finds what the first press did.
    Place.objects.select_for_update(no_key=True).get(pk=(place or city()).pk)


def _change(before: str, place: Place | None) -> dict[str, str]:
    """Return what else a fact says: the words before, and that it holds everywhere."""
    said = {"before": before} if before else {}
    return said if place else {**said, "everywhere": "yes"}


def _refuse_unusable(written: str, spoken: str) -> None:
    if not written or not any(c.isalpha() for c in spoken):
        raise ReadingUnusable
    if not all(c.isalpha() or c in " ,-" for c in spoken):
        raise ReadingUnusable
    if len(written) > WRITTEN_CHARACTERS_MAX or len(spoken) > SPOKEN_CHARACTERS_MAX:
        raise ReadingTooLong
