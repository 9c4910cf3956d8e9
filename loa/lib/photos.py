"""Photographs as phones make them: what kind they are by their bytes, and without what they tell besides.

A phone writes where, when and with what it was taken into the file. What is kept holds the picture
and which way up it is, nothing else; the pixels are not touched.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PHOTO_BYTES_MAX = 8 * 2**20
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_EXIF = b"Exif\0\0"
_START_OF_SCAN, _COMMENT = 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
_KEPT_APPS = (_APP0, _APP2, _APP14)  # how to show it: JFIF, colour profile, colour transform
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"}
_ORIENTATION, _GPS = 0x0112, 0x8825
_SOUTH_OR_WEST = (b"S", b"W")


class NotAPhoto(ValueError):
    """The bytes are no JPEG or PNG, are cut, or are too many."""


@dataclass(frozen=True)
class Photo:
    """A photograph to keep, and where its phone said that it was taken."""

    data: bytes
    content_type: str
    latitude: float | None = None
    longitude: float | None = None


def read_photo(raw: bytes) -> Photo:
    """Return the photograph without what it told besides; raises NotAPhoto."""
    if len(raw) > PHOTO_BYTES_MAX:
        raise NotAPhoto("too large")
    try:
        if raw.startswith(_JPEG):
            return _jpeg(raw)
        if raw.startswith(_PNG):
            return Photo(_plain_png(raw), "image/png")
    except (struct.error, IndexError) as error:
        raise NotAPhoto("cut short") from error
    raise NotAPhoto("neither JPEG nor PNG")


def content_type_of(data: bytes) -> str:
    return "image/png" if data.startswith(_PNG) else "image/jpeg"


# -- JPEG: segments of a marker, a length and a body, then the picture to the end


def _jpeg(raw: bytes) -> Photo:
    kept, exif = [raw[:2]], b""
    for marker, body, segment in _segments(raw):
        if marker == _APP1 and body.startswith(_EXIF):
            exif = exif or body[len(_EXIF) :]
        elif marker in _KEPT_APPS or not (_APP0 <= marker <= _APP15 or marker == _COMMENT):
            kept.append(segment)
    tags = _tags_of(exif)
    orientation = tags.orientation
    if orientation != 1:
        kept.insert(1, _turned(orientation))
    return Photo(b"".join(kept), "image/jpeg", tags.latitude, tags.longitude)


def _segments(raw: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (marker, body, the whole segment); the last one is the picture itself."""
    at = 2
    while True:
        if raw[at] != 0xFF:
            raise NotAPhoto("no marker where one belongs")
        marker = raw[at + 1]
        (length,) = struct.unpack_from(">H", raw, at + 2)
        if length < 2 or at + 2 + length > len(raw):
            raise NotAPhoto("cut short")
        if marker == _START_OF_SCAN:
            end = raw.rfind(b"\xff\xd9")
            if end < at:
                raise NotAPhoto("cut short")
            # What a phone hangs behind the end (a film, a second picture) is left behind too.
            yield marker, b"", raw[at : end + 2]
            return
        yield marker, raw[at + 4 : at + 2 + length], raw[at : at + 2 + length]
        at += 2 + length


def _turned(orientation: int) -> bytes:
    """Return a segment that says which way up, and nothing more."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    body = _EXIF + b"MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


# -- EXIF: a small TIFF file of numbered entries


@dataclass(frozen=True)
class _Tags:
    orientation: int = 1
    latitude: float | None = None
    longitude: float | None = None


def _tags_of(exif: bytes) -> _Tags:
    """Return what is wanted of EXIF; what cannot be read is as if it were absent."""
    try:
        order = {b"II": "<", b"MM": ">"}[exif[:2]]
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        main = _entries(exif, start, order)
        orientation = struct.unpack_from(f"{order}H", main.get(_ORIENTATION, b""))[0]
    except (KeyError, struct.error):
        main, orientation, order = {}, 1, ">"
    return _Tags(orientation if 1 <= orientation <= 8 else 1, *_position(exif, order, main))


def _position(
    exif: bytes, order: str, main: Mapping[int, bytes]
) -> tuple[float | None, float | None]:
    try:
        (start,) = struct.unpack(f"{order}I", main[_GPS])
        gps = _entries(exif, start, order)
        return _degrees(exif, order, gps, 1), _degrees(exif, order, gps, 3)
    except (KeyError, struct.error, ZeroDivisionError):
        return None, None


def _degrees(exif: bytes, order: str, gps: Mapping[int, bytes], reference: int) -> float:
    (at,) = struct.unpack(f"{order}I", gps[reference + 1])
    parts = struct.unpack_from(f"{order}6I", exif, at)
    degrees: float = sum(parts[n * 2] / parts[n * 2 + 1] / 60**n for n in range(3))
    return round(-degrees if gps[reference][:1] in _SOUTH_OR_WEST else degrees, 6)


def _entries(exif: bytes, start: int, order: str) -> dict[int, bytes]:
    """Return tag → its four bytes: a short value itself, or where the longer one stands."""
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    rows = (start + 2 + 12 * number for number in range(min(count, 200)))
    return {struct.unpack_from(f"{order}H", exif, row)[0]: exif[row + 8 : row + 12] for row in rows}


# -- PNG: chunks of a length, a name, a body and a check sum


def _plain_png(raw: bytes) -> bytes:
    kept, at = [_PNG], len(_PNG)
    while True:
        length, name = struct.unpack_from(">I4s", raw, at)
        end = at + 12 + length
        if end > len(raw):
            raise NotAPhoto("cut short")
        if name in _PNG_KEPT:
            kept.append(raw[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end
