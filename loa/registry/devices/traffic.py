"""What devices moved over the network: their counts since boot, summed by month, beside what the SIM allows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from loa.lib import clock
from loa.registry.devices.models import Device, DeviceState, DeviceTraffic

MB = 1_000_000
ADD = """
INSERT INTO devices_devicetraffic (device_id, month, bytes_in, bytes_out)
SELECT * FROM unnest(%s::text[], %s::date[], %s::bigint[], %s::bigint[])
ON CONFLICT (device_id, month) DO UPDATE
SET bytes_in = devices_devicetraffic.bytes_in + excluded.bytes_in,
    bytes_out = devices_devicetraffic.bytes_out + excluded.bytes_out
"""


@dataclass
class Moved:
    """What a batch of heartbeats adds to the months of its devices."""

    came: Counter[tuple[str, date]] = field(default_factory=Counter)
    went: Counter[tuple[str, date]] = field(default_factory=Counter)

    def note(self, before: DeviceState, state: DeviceState) -> None:
        """Take in that a device counted on; a new boot counts from nothing."""
        is_same_boot = before.boot == state.boot
        key = (str(state.device_id), month_of(state.seen_at))
        self.came[key] += max(0, state.bytes_in - (before.bytes_in if is_same_boot else 0))
        self.went[key] += max(0, state.bytes_out - (before.bytes_out if is_same_boot else 0))

    def keep(self) -> None:
        """Add it to what is known; call it in the transaction that keeps the states."""
        # In one order: two receivers may add to the same devices.
        keys = sorted(key for key in self.came if self.came[key] or self.went[key])
        if not keys:
            return
        columns: list[list[Any]] = [[device for device, _ in keys], [month for _, month in keys]]
        sums: list[list[Any]] = [[self.came[key] for key in keys], [self.went[key] for key in keys]]
        with connection.cursor() as cursor:
            cursor.execute(ADD, [*columns, *sums])


def month_of(instant: datetime) -> date:
    return clock.local(instant).date().replace(day=1)


@dataclass(frozen=True)
class MonthUse:
    """How much of its SIM a device used this month."""

    used_mb: int
    limit_mb: int | None

    @property
    def is_over(self) -> bool:
        return self.limit_mb is not None and self.used_mb > self.limit_mb


def month_use_of(device: Device) -> MonthUse:
    """Return what a device used since the month began, by its own counts."""
    row = DeviceTraffic.objects.filter(device=device, month=month_of(clock.now())).first()
    used = row.bytes_in + row.bytes_out if row else 0
    return MonthUse(-(-used // MB), device.sim_month_mb)
