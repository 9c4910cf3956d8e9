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
        boot=_word(beat.boot),
        desired_seq=_number(beat.desired_seq, 2**63 - 1),
        playing=_word(beat.playing),
        clock=beat.clock,
        volume_percent=_number(beat.volume_percent, 100),
        free_mb=_number(beat.free_mb, 2**31 - 1),
        player=_word(beat.player),
    )


# What a device says of itself is cut to what the register takes: heartbeats are stored together,
# and one odd one must not hide the others.
def _word(text: str) -> str:
    return text.replace("\0", "")[:40]


def _number(value: int, value_max: int) -> int:
    return min(max(value, 0), value_max)
