"""How faults are written: `loss=5%,double=2%,reorder=5%,delay=0-300ms,cuts=0.5/min,clock=10%`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace


class FaultsUnreadable(ValueError):
    """The faults cannot be understood; the message says which one and how it is written."""


@dataclass(frozen=True)
class Faults:
    """Shares lie in 0 … 1; nothing goes wrong by default."""

    loss: float = 0.0  # of messages, each way
    double: float = 0.0  # of messages that arrive a second time
    reorder: float = 0.0  # of messages that come after later ones
    delay_ms: tuple[float, float] = (0.0, 0.0)
    cuts_a_minute: float = 0.0  # power cuts of one device
    clock: float = 0.0  # share of devices whose clock is wrong
    http: float = 0.0  # of requests that are refused
    disk: float = 0.0  # of writes of the journal that are refused
    storms: int = 0  # how often all connections end at once


def read_faults(text: str) -> Faults:
    """Read a list such as `loss=5%,delay=0-300ms`; an empty one is no faults. Raises FaultsUnreadable."""
    faults, seen = Faults(), set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in _READERS:
            raise FaultsUnreadable(f"There is no fault {name!r}; there are {', '.join(_READERS)}.")
        if name in seen:
            raise FaultsUnreadable(f"{name} is given twice.")
        seen.add(name)
        field, example, read = _READERS[name]
        try:
            faults = replace(faults, **{field: read(value)})  # type: ignore[arg-type]
        except ValueError as error:
            raise FaultsUnreadable(f"{part!r} is not understood; write {example}.") from error
    return faults


def _share(value: str) -> float:
    share = _number(value, "%") / 100
    if share > 1:
        raise ValueError(value)
    return share


def _a_minute(value: str) -> float:
    return _number(value, "/min")


def _milliseconds(value: str) -> tuple[float, float]:
    shortest, between, longest = value.removesuffix("ms").partition("-")
    low = _number(shortest if between else "0", "")
    high = _number(longest if between else shortest, "")
    if not value.endswith("ms") or low > high:
        raise ValueError(value)
    return low, high


def _times(value: str) -> int:
    if not re.fullmatch(r"\d{1,3}", value):
        raise ValueError(value)
    return int(value)


def _number(value: str, unit: str) -> float:
    if not value.endswith(unit) or not re.fullmatch(r"\d+(\.\d+)?", value.removesuffix(unit)):
        raise ValueError(value)
    return float(value.removesuffix(unit))


_READERS: dict[str, tuple[str, str, Callable[[str], object]]] = {
    "loss": ("loss", "loss=5%", _share),
    "double": ("double", "double=2%", _share),
    "reorder": ("reorder", "reorder=5%", _share),
    "delay": ("delay_ms", "delay=0-300ms", _milliseconds),
    "cuts": ("cuts_a_minute", "cuts=0.5/min", _a_minute),
    "clock": ("clock", "clock=10%", _share),
    "http": ("http", "http=5%", _share),
    "disk": ("disk", "disk=1%", _share),
    "storms": ("storms", "storms=2", _times),
}
