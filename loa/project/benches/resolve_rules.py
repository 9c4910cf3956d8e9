"""A made-up city's rules and devices: the same ones every time."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from loa.wire.policies import LateKind, LatePolicy, StartKind
from loa.wire.policies import StartPolicy as Start
from loa.wire.timeline import Breadth, Item, Occurrence, Rung

COMMUNES = 94
GROUPS = 2  # in each commune, of every other device
BEGIN = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # Monday 00:00 in the city
DAYS = 14
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_RUNGS = (Rung.PRIORITY, Rung.PROGRAMME, Rung.PROGRAMME, Rung.RELAY)

# Where a device stands: commune, and group or -1.
Target = tuple[int, int]


@dataclass(frozen=True)
class Rule:
    """One rule: when, by the text form of a recurrence, and what for whom."""

    name: str
    text: str
    breadth: Breadth
    commune: int
    group: int
    rung: Rung
    seconds: int

    def reaches(self, target: Target) -> bool:
        if self.breadth is Breadth.CITY:
            return True
        return self.commune == target[0] and self.group in (-1, target[1])

    def occurrence(self, start: datetime) -> Occurrence:
        streams = self.rung is Rung.RELAY
        sha256 = hashlib.sha256(self.name.encode()).hexdigest()
        return Occurrence(
            id=f"{self.name}@{start:%Y%m%dT%H%M}",
            rule=self.name,
            rung=self.rung,
            breadth=self.breadth,
            decided_at=BEGIN,
            items=() if streams else (Item(sha256=sha256, duration_ms=self.seconds * 1000),),
            sources=("https://relay.example/",) if streams else (),
            start=Start(kind=StartKind.NEXT if self.rung is Rung.PRIORITY else StartKind.HARD),
            late=LatePolicy(kind=LateKind.FROM_START, within_s=600),
            start_at=start,
            end_at=start + timedelta(seconds=self.seconds + 600),
        )


def rules(count: int) -> list[Rule]:
    """Return rules of which one in fifty is the city's and one in five of a commune a group's."""
    draw = random.Random(f"rules {count}")  # noqa: S311 - the same city every time
    return [_rule(draw, number) for number in range(count)]


def targets(devices: int) -> Iterator[Target]:
    """Yield where each device stands."""
    for number in range(devices):
        commune, turn = number % COMMUNES, number // COMMUNES
        yield commune, turn // 2 % GROUPS if turn % 2 else -1


def _rule(draw: random.Random, number: int) -> Rule:
    is_city = number % 50 == 0
    is_group = not is_city and number % 5 == 1
    return Rule(
        name=f"rule-{number}",
        text=_text(draw),
        breadth=Breadth.CITY if is_city else Breadth.GROUP if is_group else Breadth.COMMUNE,
        commune=-1 if is_city else draw.randrange(COMMUNES),
        group=draw.randrange(GROUPS) if is_group else -1,
        rung=draw.choice(_RUNGS),
        seconds=draw.choice([30, 60, 90, 180, 300]),
    )


def _text(draw: random.Random) -> str:
    first = date(2026, draw.randint(1, 10), draw.randint(1, 28))
    clock = draw.choice([5, 6, 11, 16, 17, 18]) * 100 + draw.choice([0, 5, 10, 15, 30, 45])
    lines = [
        f"DTSTART;TZID=Asia/Ho_Chi_Minh:{first:%Y%m%d}T{clock:04}00",
        f"RRULE:{_repeat(draw)}",
    ]
    if draw.random() < 0.1:
        away = BEGIN.date() + timedelta(days=draw.randint(1, DAYS))
        lines.append(f"EXDATE;TZID=Asia/Ho_Chi_Minh:{away:%Y%m%d}T{clock:04}00")
    return "\n".join(lines)


def _repeat(draw: random.Random) -> str:
    kind = draw.choices(["day", "week", "month", "nth"], [45, 40, 10, 5])[0]
    if kind == "day":
        return "FREQ=DAILY" + draw.choice(
            ["", "", ";INTERVAL=2", ";COUNT=400", ";UNTIL=20270101T000000Z"]
        )
    if kind == "week":
        days = ",".join(draw.sample(_WEEKDAYS, draw.randint(1, 5)))
        return f"FREQ=WEEKLY;BYDAY={days}" + draw.choice(["", "", ";INTERVAL=2"])
    if kind == "month":
        return f"FREQ=MONTHLY;BYMONTHDAY={draw.choice(['1', '15', '-1', '1,15'])}"
    return f"FREQ=MONTHLY;BYDAY={draw.choice(['1', '2', '-1'])}{draw.choice(_WEEKDAYS)}"
