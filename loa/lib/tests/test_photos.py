"""Photographs of phones: kept without what they tell besides, the picture itself untouched."""

from __future__ import annotations

import struct

import pytest

from loa.lib.photos import PHOTO_BYTES_MAX, NotAPhoto, read_photo

PICTURE = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\x34" * 20 + b"\xff\xd9"


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def exif(order: str = "<", *, orientation: int = 6) -> bytes:
    """Return EXIF of a phone that stood at 16°3'36" N, 108°13'12" E and names its owner."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    owner, gps_at, numbers_at = b"Duc's phone\0", 60, 130
    main = [
        struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0),
        struct.pack(f"{order}HHII", 0x013B, 2, len(owner), 200),
        struct.pack(f"{order}HHII", 0x8825, 4, 1, gps_at),
    ]
    gps = [
        struct.pack(f"{order}HHI4s", 1, 2, 2, b"N\0\0\0"),
        struct.pack(f"{order}HHII", 2, 5, 3, numbers_at),
        struct.pack(f"{order}HHI4s", 3, 2, 2, b"E\0\0\0"),
        struct.pack(f"{order}HHII", 4, 5, 3, numbers_at + 24),
    ]
    data = bytearray(220)
    data[:8] = mark + struct.pack(f"{order}I", 8)
    for at, entries in ((8, main), (gps_at, gps)):
        body = struct.pack(f"{order}H", len(entries)) + b"".join(entries)
        data[at : at + len(body)] = body
    numbers = struct.pack(f"{order}12I", 16, 1, 3, 1, 3600, 100, 108, 1, 13, 1, 1200, 100)
    data[numbers_at : numbers_at + 48] = numbers
    data[200 : 200 + len(owner)] = owner
    return b"Exif\0\0" + bytes(data)


def jpeg(*segments: bytes) -> bytes:
    table = segment(0xDB, b"\0" * 65)
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0") + b"".join(segments) + table + PICTURE


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + b"\0\0\0\0"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_photo_keeps_its_picture_and_which_way_up_and_tells_where_once(order) -> None:
    photo = read_photo(jpeg(segment(0xE1, exif(order)), segment(0xFE, b"secret")))
    assert (photo.latitude, photo.longitude) == (16.06, 108.22)
    assert b"Duc" not in photo.data
    assert b"secret" not in photo.data
    assert photo.data.endswith(PICTURE)
    again = read_photo(photo.data)
    assert (again.data, again.latitude, again.longitude) == (photo.data, None, None)
    assert b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06" in photo.data


def test_what_hangs_behind_the_end_is_left_behind() -> None:
    assert read_photo(jpeg() + b"\0" * 9).data == jpeg()


def test_exif_that_cannot_be_read_costs_no_photo() -> None:
    for spoiled in (b"", b"II*\0\xff\xff\xff\xff", exif()[6:70], exif()[6:135]):
        photo = read_photo(jpeg(segment(0xE1, b"Exif\0\0" + spoiled)))
        assert photo.latitude is None
        assert photo.data.endswith(PICTURE)


def test_a_png_loses_its_words() -> None:
    good = chunk(b"IHDR", b"x" * 13) + chunk(b"IDAT", b"y" * 9)
    start = b"\x89PNG\r\n\x1a\n"
    photo = read_photo(
        start + good + chunk(b"tEXt", b"who") + chunk(b"eXIf", b"where") + chunk(b"IEND")
    )
    assert photo.data == start + good + chunk(b"IEND")


@pytest.mark.parametrize(
    "raw",
    [b"", b"GIF89a", b"\xff\xd8\xff", jpeg()[:60], jpeg()[:-4], b"\x89PNG\r\n\x1a\n" + b"\0" * 3],
)
def test_what_is_no_whole_photo_is_refused(raw) -> None:
    with pytest.raises(NotAPhoto):
        read_photo(raw)


def test_a_photo_too_large_is_refused() -> None:
    with pytest.raises(NotAPhoto):
        read_photo(jpeg() + b"\0" * PHOTO_BYTES_MAX)
