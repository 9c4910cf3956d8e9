"""What a heartbeat proves: pure.

A device counts the seconds since its boot and names that boot anew each time, so order is seen
without a clock: within a boot the count grows, and a boot that was left never comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

BOOTS_KEPT = 8


class Heard(StrEnum):
    NEWER = "newer"
    REPEATED = "repeated"  # said before: late, doubled or replayed by a thief
    CLONED = "cloned"  # a boot that was left goes on: two machines have one key


@dataclass(frozen=True)
class Boots:
    """The boot a device is in with the seconds it last counted, and the boots it left."""

    boot: str = ""
    uptime_s: int = -1
    left: Mapping[str, int] = field(default_factory=dict)

    def hear(self, boot: str, uptime_s: int) -> tuple[Heard, Boots]:
        """Say what a heartbeat of this boot and count proves, and what is known afterwards."""
        if boot == self.boot:
            if uptime_s <= self.uptime_s:
                return Heard.REPEATED, self
            return Heard.NEWER, Boots(boot, uptime_s, self.left)
        if boot in self.left:
            if uptime_s <= self.left[boot]:
                return Heard.REPEATED, self
            # Which of the two is the true one nobody can tell: both stay known.
            return Heard.CLONED, Boots(self.boot, self.uptime_s, {**self.left, boot: uptime_s})
        left = {**self.left, self.boot: self.uptime_s} if self.boot else dict(self.left)
        kept = dict(list(left.items())[-BOOTS_KEPT:])
        return Heard.NEWER, Boots(boot, uptime_s, kept)
