"""How a device is, as a shape and in words; trouble comes first wherever devices are listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loa.lib import clock
from loa.registry.devices.models import Device, DeviceState, condition_of


@dataclass(frozen=True)
class Condition:
    """One of the four conditions; `tone` is its shape on the map, `state` its colour in a list."""

    key: str
    tone: str
    state: str
    words: Promise


# Trouble first.
CONDITIONS: dict[str, Condition] = {
    one.key: one
    for one in (
        Condition("silent", "danger", "danger", _("Mất liên lạc")),
        Condition("late", "warn", "warn", _("Chậm báo")),
        Condition("playing", "playing", "playing", _("Đang phát")),
        Condition("ready", "ok", "ok", _("Sẵn sàng")),
    )
}
RANK = {key: rank for rank, key in enumerate(CONDITIONS)}


@dataclass(frozen=True)
class DeviceShown:
    """A device with how it is now."""

    device: Device
    condition: Condition
    state: DeviceState | None

    @property
    def seen_at(self) -> datetime | None:
        return self.state.seen_at if self.state else None

    @property
    def is_silent(self) -> bool:
        return self.condition.key == "silent"


def shown_device(device: Device) -> DeviceShown:
    state: DeviceState | None = getattr(device, "state", None)
    seen_at, playing = (state.seen_at, state.playing) if state else (None, "")
    return DeviceShown(device, CONDITIONS[condition_of(seen_at, playing, clock.now())], state)
