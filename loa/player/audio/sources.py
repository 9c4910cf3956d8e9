"""What can be sounded, some samples at a time: a file that was approved."""

from __future__ import annotations

import hashlib
from array import array
from pathlib import Path
from typing import Protocol

from loa.lib.sound.decode import decode
from loa.lib.sound.errors import UndecodableSound
from loa.lib.sound.levels import samples_from
from loa.player.audio.sinks import RATE_HZ
from loa.wire.reasons import Reason, Refused

SAMPLE_BYTES = 2


class Source(Protocol):
    """Something that gives samples in order."""

    def read(self, count: int) -> array[int]:
        """Return so many samples; fewer: it is at its end. Raises Refused."""
        ...


class MediaSource:
    """The file of one sound, hashed and then decoded from the bytes that were hashed."""

    def __init__(self, path: Path, sha256: str, *, from_ms: int = 0) -> None:
        """Read and check it, and decode up to where it begins; raises Refused."""
        self._decoded = decode(_approved_bytes(path, sha256), rate_hz=RATE_HZ)
        self._ready = bytearray()
        self._skip(from_ms * RATE_HZ // 1000 * SAMPLE_BYTES)
        self._fill(SAMPLE_BYTES)

    def read(self, count: int) -> array[int]:
        wanted = count * SAMPLE_BYTES
        self._fill(wanted)
        taken = bytes(self._ready[:wanted])
        del self._ready[:wanted]
        return samples_from(taken)

    def _skip(self, left: int) -> None:
        while left > 0:
            if not self._fill(1):
                return
            passed = min(left, len(self._ready))
            del self._ready[:passed]
            left -= passed

    def _fill(self, wanted: int) -> bool:
        try:
            while len(self._ready) < wanted:
                samples = next(self._decoded, None)
                if samples is None:
                    return False
                self._ready += samples
        except UndecodableSound as error:
            raise Refused(Reason.MEDIA_UNREADABLE, str(error)) from error
        return True


def _approved_bytes(path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refused(Reason.MEDIA_MISSING, str(error)) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Refused(Reason.MEDIA_MISMATCH, sha256)
    return data
