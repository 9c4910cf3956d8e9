"""The chain of proof as it is drawn: links from source to horn, each with its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Detail:
    """A line of a link; `copy` holds the whole value where `words` shortens it."""

    name: str
    words: str
    copy: str = ""


@dataclass(frozen=True)
class Tick:
    """One thing verified just now; `note` says why when it does not hold."""

    words: str
    holds: bool
    note: str = ""


@dataclass(frozen=True)
class Link:
    """One step.

    Tones: ok (checked just now), danger (a check failed), noted (written down, nothing to check),
    waiting (not there yet).
    """

    title: str
    tone: str
    verdict: str
    who: str = ""
    when: datetime | None = None
    details: tuple[Detail, ...] = ()
    ticks: tuple[Tick, ...] = ()
    url: str = ""
