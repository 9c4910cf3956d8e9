"""What the register says of a device, the groups it belongs to, and the machine that stands for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from loa.lib import clock
from loa.registry.devices.actions import newcomer_by_code, refuse_unusable
from loa.registry.devices.errors import (
    DeviceElsewhere,
    GroupNamedTwice,
    KeyInUse,
    KeyRetired,
    NameMissing,
    WhyMissing,
)
from loa.registry.devices.models import Device, DeviceGroup, DeviceState, FormerKey
from loa.registry.devices.queries import devices_standing_in
from loa.registry.ledger.actions import record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import codes_within
from loa.wire.keys import key_id_of

DEVICE_REPLACED = "device_replaced"
EDITABLE = (
    "name kind address pole latitude longitude owner provider funding maker model serial horns watts"
    " power power_contract sim_number sim_plan sim_month_mb installed_on warranty_until note"
).split()


@transaction.atomic
def edit_device(device: Device, *, by: Person, **fields: Any) -> Device:
    """Change what the register says of a device; what stays the same leaves no fact.

    `fields` are some of EDITABLE, and `photo_sha256`. Raises MandateMissing, NameMissing,
    FieldUnusable.
    """
    device = _held(device, by)
    changes = {
        name: (getattr(device, name), value)
        for name, value in fields.items()
        if getattr(device, name) != value
    }
    if not changes:
        return device
    for name, (_before, value) in changes.items():
        setattr(device, name, value)
    refuse_unusable(device, changes)
    device.save(update_fields=list(changes))
    record_fact(
        "device_edited",
        actor=by.username,
        subject=device.code,
        place=device.place_id,
        body={"changes": {name: [_text(a), _text(b)] for name, (a, b) in changes.items()}},
    )
    return device


def _held(device: Device, by: Person) -> Device:
    device = Device._base_manager.select_for_update().get(pk=device.pk)  # noqa: SLF001
    if device.place_id not in by.places_with(Deed.TEND_DEVICES):
        raise MandateMissing
    return device


def _text(value: object) -> str:
    # The ledger holds no floats: what was there is kept as it reads.
    return value.isoformat() if isinstance(value, date) else "" if value is None else str(value)


@transaction.atomic
def replace_machine(device: Device, claim_code: str, *, by: Person, reason: str) -> Device:
    """Let the machine that shows this code stand for the device: place, code and history stay.

    The key of the machine before opens nothing from now on; what it signed still counts. Again
    with the same machine changes nothing. Raises MandateMissing, WhyMissing, NobodyByThatCode,
    CodeNotUnique, KeyRetired, KeyInUse.
    """
    device = _held(device, by)
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise WhyMissing
    if device.retired_at is not None:
        raise KeyRetired
    newcomer = newcomer_by_code(claim_code)
    if newcomer.public_hex == device.public_hex:
        return device
    _refuse_known_key(newcomer.public_hex)
    now, before = clock.now(), device.public_hex
    FormerKey.objects.create(
        device=device,
        public_hex=before,
        valid_from=device.key_since or device.entered_at,
        valid_until=now,
        reason=reason,
    )
    device.public_hex, device.key_since = newcomer.public_hex, now
    device.maker = newcomer.maker or device.maker
    device.model = newcomer.model or device.model
    device.save(update_fields=["public_hex", "key_since", "maker", "model"])
    # Another machine: its boots are its own, and nobody has a copy of its key.
    DeviceState.objects.filter(device=device).delete()
    keys = {"before": key_id_of(before), "after": key_id_of(device.public_hex)}
    record_fact(
        DEVICE_REPLACED,
        actor=by.username,
        subject=device.code,
        place=device.place_id,
        body={"reason": reason, "keys": keys},
    )
    return device


def _refuse_known_key(public_hex: str) -> None:
    if FormerKey.objects.filter(public_hex=public_hex).exists():
        raise KeyRetired
    known = Device._base_manager.filter(public_hex=public_hex).first()  # noqa: SLF001
    if known is not None:
        raise KeyInUse if known.retired_at is None else KeyRetired


def note_put_out(keys: Iterable[FormerKey]) -> None:
    """Note that the connections made with these keys were ended."""
    pks = [key.pk for key in keys]
    FormerKey.objects.filter(pk__in=pks, put_out_at=None).update(put_out_at=clock.now())


@transaction.atomic
def save_group(
    name: str,
    *,
    place: Place,
    devices: Iterable[str],
    by: Person,
    group: DeviceGroup | None = None,
) -> DeviceGroup:
    """Make a group of these devices, or change one; saving the same again leaves no fact.

    `devices` are codes. Raises MandateMissing, NameMissing, DeviceElsewhere, GroupNamedTwice.
    """
    if place.code not in by.places_with(Deed.TEND_DEVICES):
        raise MandateMissing
    name = " ".join(name.split())[:100]
    if not name:
        raise NameMissing
    codes = set(devices)
    here = list(devices_standing_in(codes_within([place.code])).filter(code__in=codes))
    if {device.code for device in here} != codes:
        raise DeviceElsewhere
    others = DeviceGroup.objects.exclude(pk=group.pk) if group else DeviceGroup.objects.all()
    if others.filter(place=place, name=name).exists():
        raise GroupNamedTwice
    if group is not None and _is_same(group, name, codes):
        return group
    group = group or DeviceGroup(place=place)
    group.name = name
    group.save()
    group.devices.set(here)
    said = _said_of(group, by, {"name": name, "devices": sorted(codes)})
    record_fact("device_group_saved", **said)
    return group


def _is_same(group: DeviceGroup, name: str, codes: set[str]) -> bool:
    return group.name == name and set(group.devices.values_list("code", flat=True)) == codes


@transaction.atomic
def dissolve_group(group: DeviceGroup, *, by: Person) -> None:
    """Let a group be no more; its devices stay as they are. Raises MandateMissing."""
    if group.place_id not in by.places_with(Deed.TEND_DEVICES):
        raise MandateMissing
    number = group.pk
    group.delete()
    group.pk = number
    record_fact("device_group_dissolved", **_said_of(group, by, {"name": group.name}))


def _said_of(group: DeviceGroup, by: Person, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "actor": by.username,
        "subject": f"group {group.pk}",
        "place": group.place_id,
        "body": dict(body),
    }
