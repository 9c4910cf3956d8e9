"""One log for all processes, each line saying when and which."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TextIO

from loa.lib import clock

NAME_WIDTH = 10


class ProcessLog:
    """Append lines to a file that starts anew at `bytes_max`, keeping a few old ones."""

    def __init__(self, path: Path, *, bytes_max: int = 10_000_000, old_files_max: int = 3) -> None:
        self._path = path
        self._bytes_max = bytes_max
        self._old_files_max = old_files_max
        self._file: TextIO | None = None

    def write(self, name: str, text: str) -> None:
        """Add one line; a full disk loses the line, never the process that wrote it."""
        stamp = clock.local(clock.now()).isoformat(timespec="milliseconds")
        with contextlib.suppress(OSError):
            file = self._opened()
            file.write(f"{stamp} {name:<{NAME_WIDTH}} {text}\n")
            file.flush()

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def _opened(self) -> TextIO:
        if self._file is not None and self._file.tell() >= self._bytes_max:
            self._turn_over()
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8", errors="replace")
        return self._file

    def _turn_over(self) -> None:
        self.close()
        for number in range(self._old_files_max - 1, 0, -1):
            self._old(number).exists() and self._old(number).rename(self._old(number + 1))
        self._path.rename(self._old(1))

    def _old(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
