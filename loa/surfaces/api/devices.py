"""What devices fetch: sounds by their content, and the signed documents meant for them.

Nobody signs in here. A medium is named by the hash of its bytes, which only those know who were
told; it is sound that was approved or that waits for approval on the devices that will sound it.
The documents are signed, hold nothing secret, and are worth nothing to another device.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from loa.flow.approvals.queries import is_text_of_edition
from loa.flow.deliveries.alarms import emergency_list
from loa.flow.deliveries.books import book_named
from loa.flow.deliveries.queries import document_for
from loa.lib import clock
from loa.registry.devices.actions import note_announcement
from loa.registry.devices.models import Device
from loa.registry.devices.queries import device_with_key
from loa.registry.library import store
from loa.registry.library.queries import medium_by_hash
from loa.registry.people import keyring
from loa.registry.people.queries import present_roster, sealed_root
from loa.registry.places.queries import parents_of_all
from loa.surfaces.api.byte_range import ByteRange, RangeUnsatisfiable, parse_range
from loa.wire import canonical, envelope, rules
from loa.wire.canonical import MESSAGE_BYTES_MAX, content_hash
from loa.wire.messages import ENROLMENT, Enrolment
from loa.wire.reasons import Refused
from loa.wire.rules import opened_announcement

CHUNK_BYTES = 64 * 1024
FOR_EVER = "public, max-age=31536000, immutable"
TEXT = "text/plain; charset=utf-8"
TYPE_OF_CODEC = {"mp3": "audio/mpeg", "opus": "audio/ogg", "text": TEXT}
_SHA256 = re.compile("[0-9a-f]{64}")


@require_safe
def medium(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """Send a file by the hash of its content, whole or one range of it."""
    path = _whole_file(sha256)
    content_type = _type_of(sha256) if path else None
    if path is None or content_type is None:
        raise Http404
    etag = f'"{sha256}"'
    unchanged = get_conditional_response(request, etag)
    if unchanged is not None:
        return _marked(unchanged, etag)
    return _marked(_file_answer(request, path, content_type, etag), etag)


@require_safe
def desired_document(request: HttpRequest, code: str) -> HttpResponseBase:
    """Send the newest signed document of a device."""
    return _document(request, document_for(code))


@require_safe
def book(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """Send the book of a place by its hash: what is planned there for the days ahead."""
    return _document(request, book_named(sha256))


@require_safe
def emergencies(request: HttpRequest) -> HttpResponseBase:
    """Send all emergencies that are live: what a device asks for before anything else."""
    return _document(request, emergency_list(clock.now()))


@require_safe
def roster(request: HttpRequest) -> HttpResponseBase:
    """Send the newest roster."""
    issue = present_roster()
    return _document(request, bytes(issue.envelope) if issue else None)


@require_safe
def root(request: HttpRequest, version: int) -> HttpResponseBase:
    """Send the root of this number: a device follows them one by one."""
    return _document(request, sealed_root(version))


@csrf_exempt
@require_POST
def announcement(request: HttpRequest) -> HttpResponseBase:
    """Hear a device that belongs to nobody yet: 202 until it is claimed, then its enrolment.

    What proves it is the signature by the key it names; 400 says in a word what is wrong.
    """
    try:
        said = opened_announcement(request.read(MESSAGE_BYTES_MAX + 1))
    except Refused as refused:
        return HttpResponse(f"{refused.reason}\n", status=400, content_type=TEXT)
    known = device_with_key(said.public)
    if known is None:
        note_announcement(said)
        return HttpResponse(status=202)
    answer = HttpResponse(_enrolment(known), content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _enrolment(device: Device) -> bytes:
    place = device.village_id or device.place_id
    enrolment = Enrolment(
        public=device.public_hex,
        device=device.code,
        place=place,
        city=list(rules.lineage(place, parents_of_all()))[-1],
        bus=settings.LOA_DEVICE_NATS_URL,
        issued_at=clock.now(),
    )
    return envelope.seal(ENROLMENT, canonical.encode(enrolment), keyring.director_key())


def _document(request: HttpRequest, sealed: bytes | None) -> HttpResponseBase:
    if sealed is None:
        raise Http404
    etag = f'"{content_hash(sealed)}"'
    whole = HttpResponse(sealed, content_type="application/json")
    answer = get_conditional_response(request, etag, response=whole) or whole
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _type_of(sha256: str) -> str | None:
    known = medium_by_hash(sha256)
    if known is not None:
        return TYPE_OF_CODEC.get(known.codec, "application/octet-stream")
    return TEXT if is_text_of_edition(sha256) else None


def _whole_file(sha256: str) -> Path | None:
    """Return where the file is, if its bytes are what its name says."""
    if not _SHA256.fullmatch(sha256):
        return None
    path = store.path_of(sha256)
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return path if _is_intact(path, sha256, stat.st_ino, stat.st_size, stat.st_mtime_ns) else None


@lru_cache(maxsize=4096)
def _is_intact(path: Path, sha256: str, _inode: int, _size: int, _mtime_ns: int) -> bool:
    # Hashed once for each state of the file: a thousand devices ask for it at the same time.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def _file_answer(
    request: HttpRequest, path: Path, content_type: str, etag: str
) -> HttpResponseBase:
    size = path.stat().st_size
    try:
        part = _part_wanted(request, size, etag)
    except RangeUnsatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    wanted = part or ByteRange(0, size - 1)
    headers = {"Content-Length": str(wanted.length)}
    if part is not None:
        headers["Content-Range"] = part.content_range(size)
    status = 206 if part else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, content_type=content_type, headers=headers)
    chunks = _chunks(path, wanted)
    return StreamingHttpResponse(chunks, status=status, content_type=content_type, headers=headers)


def _part_wanted(request: HttpRequest, size: int, etag: str) -> ByteRange | None:
    """A range counts for GET, and only for the bytes the asker already holds a part of."""
    header = request.headers.get("Range")
    same = request.headers.get("If-Range", etag) == etag
    return parse_range(header, size) if header and same and request.method == "GET" else None


def _chunks(path: Path, part: ByteRange) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(part.first)
        left = part.length
        while left > 0 and (chunk := file.read(min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk


def _marked(answer: HttpResponseBase, etag: str) -> HttpResponseBase:
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = FOR_EVER if answer.status_code < 400 else "no-store"
    answer.headers["Accept-Ranges"] = "bytes"
    return answer
