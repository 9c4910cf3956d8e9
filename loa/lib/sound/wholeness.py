"""Tell a whole sound file from one cut short, where its format allows it.

A decoder plays what is left of a cut file without a word, so each container is asked in its own
way. MP3 without an index, raw AAC and AMR say nothing about their length: such a file cannot be
told from a shorter one.
"""

from __future__ import annotations

import io
from typing import IO

from loa.lib.sound.errors import UndecodableSound

_TAIL_BYTES = 128 * 1024
_HEAD_BYTES = 64 * 1024
_OGG_LAST_PAGE = 0x04
_MP3_INDEXES = (b"Xing", b"Info", b"VBRI")
_RIFF_UNKNOWN = (0, 0xFFFF_FFFF)


def refuse_cut_file(file: IO[bytes], container: str) -> None:
    """Raise UndecodableSound if the bytes themselves show that some are missing."""
    place = file.tell()
    try:
        if container == "ogg":
            _refuse_cut_ogg(file)
        elif container == "wav":
            _refuse_cut_wav(file)
    finally:
        file.seek(place)


def declares_length(file: IO[bytes], container: str) -> bool:
    """Tell whether the duration of this file is its own word, not an estimate from its size."""
    if container != "mp3":
        return container not in ("aac", "amr")
    place = file.tell()
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(place)
    return any(index in head for index in _MP3_INDEXES)


def _refuse_cut_ogg(file: IO[bytes]) -> None:
    """Ogg names no length in front, but its last page is marked and complete."""
    size = file.seek(0, io.SEEK_END)
    start = file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    page = tail.rfind(b"OggS")
    if page < 0 or len(tail) < page + 27 or not tail[page + 5] & _OGG_LAST_PAGE:
        raise UndecodableSound("cut short: the last page is missing")
    lengths = tail[page + 27 : page + 27 + tail[page + 26]]
    if len(lengths) < tail[page + 26] or start + page + 27 + len(lengths) + sum(lengths) > size:
        raise UndecodableSound("cut short: the last page is not whole")


def _refuse_cut_wav(file: IO[bytes]) -> None:
    """A WAV file names its size in front; writers that do not know it write a mark."""
    file.seek(0)
    head = file.read(8)
    declared = int.from_bytes(head[4:], "little")
    size = file.seek(0, io.SEEK_END)
    if head[:4] == b"RIFF" and declared not in _RIFF_UNKNOWN and declared + 8 > size + 1:
        raise UndecodableSound(f"cut short: {size} of {declared + 8} bytes")
