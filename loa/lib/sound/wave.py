"""A WAV file that survives being killed at any moment.

Samples are appended to `<name>.part`, unbuffered, behind room for a header. `finish` writes
the header, makes it durable and renames the file, so a file under the final name is whole.
Opening an existing part goes on behind its last whole sample.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from types import TracebackType
from typing import Self

from loa.lib.sound.pcm import SAMPLE_BYTES

HEADER_BYTES = 44
DATA_BYTES_MAX = 0xFFFF_FFFF - HEADER_BYTES


class ForeignPart(ValueError):
    """The part file on disk is not one that this writer can continue."""


class WaveWriter:
    """Writes mono s16le sound of one rate."""

    def __init__(self, path: Path, *, rate_hz: int) -> None:
        self.path = path
        self.part_path = part_path_of(path)
        self.rate_hz = rate_hz
        self._file = os.open(self.part_path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._data_bytes = self._resume_position()
        except BaseException:
            self.close()
            raise

    @property
    def samples_written(self) -> int:
        return self._data_bytes // SAMPLE_BYTES

    @property
    def written_ms(self) -> int:
        return self.samples_written * 1000 // self.rate_hz

    def append(self, samples: bytes) -> None:
        """Write samples behind the last ones; a failed write leaves the file as it was."""
        if len(samples) % SAMPLE_BYTES:
            raise ValueError("half a sample at the end")
        if self._data_bytes + len(samples) > DATA_BYTES_MAX:
            raise ValueError("a WAV file holds no more than 4 GB")
        start = HEADER_BYTES + self._data_bytes
        try:
            _write_all(self._file, samples, start)
        except OSError:
            os.ftruncate(self._file, start)
            raise
        self._data_bytes += len(samples)

    def finish(self) -> Path:
        """Give the file its header and its name, durably."""
        _write_all(self._file, _header(self.rate_hz, self._data_bytes), 0)
        os.fsync(self._file)
        self.close()
        self.part_path.replace(self.path)
        _sync_folder(self.path.parent)
        return self.path

    def discard(self) -> None:
        """Throw the part away."""
        self.close()
        self.part_path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the part; a later writer may continue it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _resume_position(self) -> int:
        size = os.fstat(self._file).st_size
        if size < HEADER_BYTES:
            # Killed before the first header was whole: nothing sounded yet.
            os.ftruncate(self._file, 0)
            _write_all(self._file, _header(self.rate_hz, 0), 0)
            return 0
        # The sizes differ (they are only right at the end); kind, format and rate must not.
        found, wanted = os.pread(self._file, HEADER_BYTES, 0), _header(self.rate_hz, 0)
        if (found[:4], found[8:40]) != (wanted[:4], wanted[8:40]):
            raise ForeignPart(f"{self.part_path} is not mono sound at {self.rate_hz} Hz")
        data_bytes = (size - HEADER_BYTES) // SAMPLE_BYTES * SAMPLE_BYTES
        os.ftruncate(self._file, HEADER_BYTES + data_bytes)
        return data_bytes


def part_path_of(path: Path) -> Path:
    """Name the unfinished file that belongs to a path."""
    return path.with_name(f"{path.name}.part")


def _header(rate_hz: int, data_bytes: int) -> bytes:
    layout = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, rate_hz * SAMPLE_BYTES, SAMPLE_BYTES, 16
    )
    riff = struct.pack("<4sI4s", b"RIFF", HEADER_BYTES - 8 + data_bytes, b"WAVE")
    return riff + layout + struct.pack("<4sI", b"data", data_bytes)


def _write_all(file: int, data: bytes, place: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, place)
        view, place = view[written:], place + written


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
