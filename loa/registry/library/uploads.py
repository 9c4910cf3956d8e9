"""Files that arrive in parts over a bad line: what is here stays, the rest is sent again."""

from __future__ import annotations

import fcntl
import os
import uuid
from datetime import timedelta

from django.db import transaction

from loa.lib import clock
from loa.registry.ledger.actions import record_fact
from loa.registry.library import errors, store
from loa.registry.library.models import Medium, Recording, Upload
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place

UPLOAD_BYTES_MAX = 100 * 2**20
PART_BYTES_MAX = 2 * 2**20
# Who has not come back by then will not: the parts are thrown away.
KEPT_UNFINISHED = timedelta(days=7)


def begin_upload(
    name: uuid.UUID, *, place: Place, by: Person, filename: str, size: int
) -> tuple[Upload, int]:
    """Return the upload of this name and how many bytes of it are here; beginning again goes on."""
    if not by.may(Deed.WRITE, place):
        raise MandateMissing
    if size > UPLOAD_BYTES_MAX:
        raise errors.UploadTooBig
    if size <= 0:
        raise errors.UploadEmpty
    _forget_abandoned()
    upload, _is_new = Upload.objects.get_or_create(
        pk=name,
        defaults={
            "place": place,
            "sender": by,
            "filename": filename[-200:],
            "bytes": size,
            "begun_at": clock.now(),
        },
    )
    if upload.sender_id != by.pk or upload.place_id != place.pk:
        raise MandateMissing
    return upload, _received(upload)


def take_part(upload: Upload, data: bytes, *, offset: int, by: Person) -> int:
    """Add a part where it belongs and return how many bytes are here.

    A part that is here already changes nothing; one behind a gap is not taken.
    """
    if upload.sender_id != by.pk:
        raise MandateMissing
    if upload.recording_id is not None:
        return upload.bytes
    if offset < 0 or len(data) > PART_BYTES_MAX or offset + len(data) > upload.bytes:
        raise errors.UploadTooBig
    descriptor = os.open(store.arriving(str(upload.pk)), os.O_RDWR | os.O_CREAT, 0o640)
    with os.fdopen(descriptor, "r+b") as file:
        # The same part may come twice at once, from a line that was thought dead.
        fcntl.flock(file, fcntl.LOCK_EX)
        here = file.seek(0, os.SEEK_END)
        if offset <= here:
            file.write(data[here - offset :])
        return file.tell()


@transaction.atomic
def finish_upload(upload: Upload, *, by: Person, origin: str) -> Recording:
    """Keep the whole file as a recording; asking again returns the same one."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.sender_id != by.pk or not by.may(Deed.WRITE, upload.place):
        raise MandateMissing
    if upload.recording is not None:
        return upload.recording
    received = _received(upload)
    if received != upload.bytes:
        raise errors.UploadIncomplete(received=received)
    sha256 = store.adopt(store.arriving(str(upload.pk)))
    upload.recording = _entered(upload, sha256, by, origin)
    upload.save(update_fields=["recording"])
    record_fact(
        "recording_brought",
        actor=by.username,
        subject=sha256,
        place=upload.place_id,
        body={"origin": origin, "bytes": upload.bytes, "filename": upload.filename},
    )
    return upload.recording


def _entered(upload: Upload, sha256: str, by: Person, origin: str) -> Recording:
    now = clock.now()
    original, _is_new = Medium.objects.get_or_create(
        sha256=sha256, defaults={"codec": "original", "bytes": upload.bytes, "kept_at": now}
    )
    return Recording.objects.create(
        place=upload.place,
        origin=Recording.Origin(origin),
        filename=upload.filename,
        original=original,
        brought_by=by,
        brought_at=now,
    )


def _received(upload: Upload) -> int:
    if upload.recording_id is not None:
        return upload.bytes
    try:
        return store.arriving(str(upload.pk)).stat().st_size
    except FileNotFoundError:
        return 0


def _forget_abandoned() -> None:
    old = Upload.objects.filter(recording=None, begun_at__lt=clock.now() - KEPT_UNFINISHED)
    for upload in old:
        store.arriving(str(upload.pk)).unlink(missing_ok=True)
        upload.delete()
