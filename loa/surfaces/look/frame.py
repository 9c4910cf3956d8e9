"""What the frame of the desk shows: rooms, the person, what is on air, what waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Room:
    """One entry of the rail."""

    name: str
    url: str
    icon: str
    is_here: bool = False
    waiting_count: int = 0


@dataclass(frozen=True)
class Me:
    name: str
    role: str = ""
    url: str = ""


@dataclass(frozen=True)
class OnAir:
    """One thing that sounds now."""

    key: str
    title: str
    reach: str
    ends_at: datetime
    url: str = ""
    stop_url: str = ""
    is_emergency: bool = False


@dataclass(frozen=True)
class Frame:
    """Everything around a desk page; a view passes it as `frame`."""

    rooms: tuple[Room, ...] = ()
    me: Me | None = None
    home_url: str = "/"
    city: str = ""
    sign_out_url: str = ""
    search_url: str = ""
    on_air_url: str = ""
    on_air: tuple[OnAir, ...] = ()
    people: Room | None = None


@dataclass(frozen=True)
class Task:
    """One thing that waits for this person."""

    title: str
    url: str
    deed: str
    tone: str
    state: str
    who: str = ""
    since: datetime | None = None
    until: datetime | None = None
    notes: tuple[str, ...] = field(default=())
