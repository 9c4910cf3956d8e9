"""Which silent devices are one outage: pure.

A line or a mast that fails takes a whole place with it within minutes; a fault of one device takes
only that one. What fell silent together in one commune is one thing to look for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

TOGETHER_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Silent:
    """A device nobody has heard of since then, and where it stands."""

    device: str
    commune: str
    village: str | None
    since: datetime


@dataclass(frozen=True)
class OpenOutage:
    """An outage that is not over: where, and when its last device fell silent."""

    number: int
    commune: str
    village: str | None
    last_since: datetime


@dataclass
class Outage:
    """Devices that fell silent together; `village` is None when they stand in several."""

    commune: str
    village: str | None
    devices: list[Silent] = field(default_factory=list)

    @property
    def since(self) -> datetime:
        return min(one.since for one in self.devices)


@dataclass(frozen=True)
class Decision:
    """What is to be written down: outages that begin, and devices that belong to one that is open."""

    begun: list[Outage]
    joined: dict[int, Outage]


def decide(silent: Iterable[Silent], open_ones: Sequence[OpenOutage]) -> Decision:
    """Put each newly silent device into the outage it belongs to, whatever order they come in."""
    begun: list[Outage] = []
    joined: dict[int, Outage] = {}
    for commune, here in sorted(_by_commune(silent).items()):
        rest = []
        for one in here:
            known = _nearest(one, [o for o in open_ones if o.commune == commune])
            if known is None:
                rest.append(one)
            else:
                outage = joined.setdefault(known.number, Outage(commune, known.village))
                _add(outage, one)
        begun.extend(_groups(rest))
    return Decision(begun, joined)


def _by_commune(silent: Iterable[Silent]) -> dict[str, list[Silent]]:
    found: dict[str, list[Silent]] = defaultdict(list)
    for one in sorted(silent, key=lambda one: (one.since, one.device)):
        found[one.commune].append(one)
    return found


def _nearest(one: Silent, open_ones: Sequence[OpenOutage]) -> OpenOutage | None:
    near = [o for o in open_ones if abs(one.since - o.last_since) <= TOGETHER_WITHIN]
    return min(near, key=lambda o: (abs(one.since - o.last_since), o.number), default=None)


def _groups(silent: Sequence[Silent]) -> list[Outage]:
    """Group what fell silent one shortly after another; `silent` is in the order of time."""
    groups: list[Outage] = []
    for one in silent:
        last = groups[-1] if groups else None
        if last is None or one.since - last.devices[-1].since > TOGETHER_WITHIN:
            groups.append(Outage(one.commune, one.village))
        _add(groups[-1], one)
    return groups


def _add(outage: Outage, one: Silent) -> None:
    outage.devices.append(one)
    if outage.village != one.village:
        outage.village = None
