"""Which bytes of a file a request asks for (RFC 9110, section 14): pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Longer digit runs name no file we keep, and would only cost time to read.
_SINGLE = re.compile(
    r"bytes=[ \t]*(?:(?P<first>[0-9]{1,18})-(?P<last>[0-9]{0,18})|-(?P<suffix>[0-9]{1,18}))[ \t]*"
)


class RangeUnsatisfiable(Exception):
    """The range is well formed and lies outside the file."""


@dataclass(frozen=True)
class ByteRange:
    """A part of a file, both ends included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    def content_range(self, size: int) -> str:
        return f"bytes {self.first}-{self.last}/{size}"


def parse_range(header: str, size: int) -> ByteRange | None:
    """Return the one range asked for, or None where the whole file is the right answer.

    Other units, several ranges and malformed ones are ignored, as the RFC lets a server do.
    Raises RangeUnsatisfiable.
    """
    found = _SINGLE.fullmatch(header.strip())
    if found is None:
        return None
    if found["suffix"] is not None:
        first, last = max(size - int(found["suffix"]), 0), size - 1
        if int(found["suffix"]) == 0:
            raise RangeUnsatisfiable
    else:
        first = int(found["first"])
        last = int(found["last"]) if found["last"] else size - 1
        if found["last"] and last < first:
            return None
    if first >= size:
        raise RangeUnsatisfiable
    return ByteRange(first, min(last, size - 1))
