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
def add_reading(written: str, spoken: str, *, place: Place, by: Person) -> Reading:
    """Answer "đọc là…" for a place and everything below it; a later answer replaces an earlier.

    The same answer again changes nothing.
    """
    if not by.may(Deed.WRITE, place):
        raise MandateMissing
    written, spoken = normalise(written).strip(), " ".join(normalise(spoken).split())
    _refuse_unusable(written, spoken)
    spoken = spoken.replace("-", " ")
    # Who presses twice at once waits here and then finds what the first press did.
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)
    found = Reading.objects.filter(written=written, place=place, spoken=spoken).first()
    if found is not None:
        return found
    reading, _is_new = Reading.objects.update_or_create(
        written=written,
        place=place,
        defaults={"spoken": spoken, "added_by": by, "added_at": clock.now()},
    )
    record_fact(
        "reading_added",
        actor=by.username,
        subject=written,
        place=place.code,
        body={"spoken": reading.spoken},
    )
    return reading


def _refuse_unusable(written: str, spoken: str) -> None:
    if not written or not any(c.isalpha() for c in spoken):
        raise ReadingUnusable
    if not all(c.isalpha() or c in " ,-" for c in spoken):
        raise ReadingUnusable
    if len(written) > WRITTEN_CHARACTERS_MAX or len(spoken) > SPOKEN_CHARACTERS_MAX:
        raise ReadingTooLong
