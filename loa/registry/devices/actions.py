from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from loa.lib import clock
from loa.registry.devices.models import Device, DeviceState
from loa.registry.ledger.actions import record_fact
from loa.registry.places.models import Place
from loa.wire.messages import Heartbeat


@transaction.atomic
def enter_device(code: str, *, place: Place, public_hex: str, **fields: Any) -> Device:
    """Enter a device in the register; entering again changes nothing."""
    device, is_new = Device.objects.get_or_create(
        code=code,
        defaults={
            "place": place,
            "public_hex": public_hex,
            "entered_at": clock.now(),
            **fields,
        },
    )
    if is_new:
        record_fact("device_entered", actor=None, subject=code, place=place.code)
    return device


def note_heartbeats(beats: Iterable[tuple[Heartbeat, datetime]]) -> None:
    """Keep the newest state of each device; an older heartbeat never replaces a newer one."""
    newest: dict[str, tuple[Heartbeat, datetime]] = {}
    for beat, at in beats:
        if beat.device not in newest or at >= newest[beat.device][1]:
            newest[beat.device] = (beat, at)
    DeviceState.objects.bulk_create(
        [_state(beat, at) for _, (beat, at) in sorted(newest.items())],
        update_conflicts=True,
        unique_fields=["device"],
        update_fields=[
            "seen_at",
            "boot",
            "desired_seq",
            "playing",
            "clock",
            "volume_percent",
            "free_mb",
            "player",
        ],
    )


def _state(beat: Heartbeat, at: datetime) -> DeviceState:
    return DeviceState(
        device_id=beat.device,
        seen_at=at,
        boot=beat.boot[:40],
        desired_seq=beat.desired_seq,
        playing=beat.playing[:40],
        clock=beat.clock,
        volume_percent=min(max(beat.volume_percent, 0), 100),
        free_mb=max(beat.free_mb, 0),
        player=beat.player[:40],
    )
