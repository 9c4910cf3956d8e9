from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from loa.lib import clock
from loa.registry.devices.errors import (
    CodeNotUnique,
    FieldUnusable,
    KeyRetired,
    NameMissing,
    NobodyByThatCode,
    NotAStand,
    WhyMissing,
)
from loa.registry.devices.models import Device, DeviceState, FormerKey, Newcomer
from loa.registry.devices.queries import devices_behind
from loa.registry.devices.rules import Boots, Heard
from loa.registry.devices.traffic import Moved
from loa.registry.ledger.actions import hold_ledger, record_fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import lineage
from loa.wire.keys import claim_code_of, key_id_of
from loa.wire.messages import Announcement, Heartbeat

DEVICE_RETIRED = "device_retired"
DEVICE_CLONED = "device_cloned"
NEWCOMERS_MAX = 1_000
NEWCOMERS_KEPT = timedelta(days=14)


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


def note_announcement(said: Announcement) -> None:
    """Remember a device that belongs to nobody yet, for some days; the oldest give way to new ones."""
    now = clock.now()
    Newcomer.objects.update_or_create(
        public_hex=said.public,
        defaults={
            "claim_code": claim_code_of(said.public),
            "maker": _clean(said.maker),
            "model": _clean(said.model),
            "player": _clean(said.player),
            "seen_at": now,
        },
    )
    # Anyone may announce anything: what nobody claims must not fill the register.
    kept = Newcomer.objects.order_by("-seen_at").values("pk")[:NEWCOMERS_MAX]
    Newcomer.objects.exclude(pk__in=kept).delete()
    Newcomer.objects.filter(seen_at__lt=now - NEWCOMERS_KEPT).delete()


@transaction.atomic
def claim_device(claim_code: str, *, place: Place, by: Person, **fields: Any) -> Device:
    """Take the device that shows this code into the register, standing in this place.

    `place` is a commune or a village of one. Claiming again changes nothing. `fields` are those
    of Device: name, kind… Raises NobodyByThatCode, CodeNotUnique, KeyRetired, NotAStand,
    MandateMissing.
    """
    _refuse_elsewhere(place, by)
    newcomer = newcomer_by_code(claim_code)
    said = {"maker": newcomer.maker, "model": newcomer.model}
    return _take(newcomer.public_hex, place, by, said | fields)


@transaction.atomic
def claim_key(public_hex: str, *, place: Place, by: Person, **fields: Any) -> Device:
    """Take a device by its whole public key, which its maker told: it need not wait yet.

    Raises KeyRetired, NotAStand, MandateMissing, NobodyByThatCode.
    """
    _refuse_elsewhere(place, by)
    newcomer = Newcomer.objects.filter(public_hex=public_hex).first()
    said = {"maker": newcomer.maker, "model": newcomer.model} if newcomer else {}
    return _take(public_hex, place, by, said | fields)


def newcomer_by_code(claim_code: str) -> Newcomer:
    """Return, locked, the waiting device that shows this code; raises NobodyByThatCode, CodeNotUnique."""
    typed = _as_shown(claim_code)
    waiting = list(Newcomer.objects.select_for_update().filter(claim_code=typed))
    if not waiting:
        raise NobodyByThatCode
    if len(waiting) > 1:
        raise CodeNotUnique
    return waiting[0]


def _refuse_elsewhere(place: Place, by: Person) -> None:
    if place.code not in by.places_with(Deed.TEND_DEVICES):
        raise MandateMissing


def _take(public_hex: str, place: Place, by: Person, fields: Mapping[str, Any]) -> Device:
    commune, village = _stand_of(place)
    known = Device._base_manager.filter(public_hex=public_hex).first()  # noqa: SLF001
    if known is not None:
        return _claimed_before(known, by.places_with(Deed.TEND_DEVICES))
    if FormerKey.objects.filter(public_hex=public_hex).exists():
        raise KeyRetired
    # The ledger's lock: two installers must not draw the same number.
    hold_ledger()
    device = Device(
        code=_next_code(),
        place=commune,
        village=village,
        public_hex=public_hex,
        entered_at=clock.now(),
        **fields,
    )
    refuse_unusable(device, fields)
    device.save(force_insert=True)
    record_fact(
        "device_claimed",
        actor=by.username,
        subject=device.code,
        place=place.code,
        body={"key": key_id_of(device.public_hex)},
    )
    return device


def refuse_unusable(device: Device, given: Iterable[str]) -> None:
    """Refuse values the register cannot hold, naming the field; raises NameMissing, FieldUnusable."""
    if not device.name.strip():
        raise NameMissing
    kept = set(given)
    others = [field.name for field in Device._meta.fields if field.name not in kept]  # noqa: SLF001
    try:
        device.clean_fields(exclude=others)
    except ValidationError as error:
        name, words = next(iter(error.message_dict.items()))
        raise FieldUnusable.of(name, words[0]) from error


@transaction.atomic
def retire_device(device: Device, *, by: Person, reason: str) -> Device:
    """Put a device out of use, for good: its key opens nothing any more. Again changes nothing.

    Raises MandateMissing, WhyMissing.
    """
    device = Device._base_manager.select_for_update().get(pk=device.pk)  # noqa: SLF001
    if device.place_id not in by.places_with(Deed.TEND_DEVICES):
        raise MandateMissing
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise WhyMissing
    if device.retired_at is not None:
        return device
    device.retired_at = clock.now()
    device.save(update_fields=["retired_at"])
    record_fact(
        DEVICE_RETIRED,
        actor=by.username,
        subject=device.code,
        place=device.place_id,
        body={"reason": reason},
    )
    return device


def _stand_of(place: Place) -> tuple[Place, Place | None]:
    """Return the commune and the village, if it is one, where a device may stand."""
    if place.parent is None:
        raise NotAStand
    # A former commune may stand between a village and the present one.
    *_below, commune, _city = lineage(place)
    return commune, None if commune == place else place


def _claimed_before(known: Device, mine: Collection[str]) -> Device:
    if known.place_id not in mine:
        raise NobodyByThatCode  # whose it is concerns only who tends it
    if known.retired_at is not None:
        raise KeyRetired
    return known


def _as_shown(claim_code: str) -> str:
    letters = "".join(letter for letter in claim_code.upper() if letter.isalnum())
    return f"{letters[:4]}-{letters[4:]}"


def _next_code() -> str:
    """Return DN- and the next number; a number is never given twice."""
    codes = Device._base_manager.filter(code__regex=r"^DN-[0-9]+$")  # noqa: SLF001
    numbers = (int(code.removeprefix("DN-")) for code in codes.values_list("code", flat=True))
    return f"DN-{max(numbers, default=0) + 1:04d}"


def _clean(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


@transaction.atomic
def note_heartbeats(beats: Sequence[tuple[Heartbeat, datetime]]) -> None:
    """Keep the newest state of each device.

    What was said before counts for nothing, whoever repeats it. Two machines with one key are
    noted once, with a fact: nobody can tell which of them is the true one.
    """
    known = DeviceState.objects.in_bulk({beat.device for beat, _ in beats})
    newest: dict[str, DeviceState] = {}
    moved = Moved()
    cloned: set[str] = set()
    for beat, at in beats:
        before = newest.get(beat.device) or known.get(beat.device) or DeviceState()
        uptime_s = _number(beat.uptime_s, 2**62)
        heard, boots = _boots_of(before).hear(_word(beat.boot), uptime_s)
        if heard is Heard.REPEATED:
            continue
        state = _state(beat, at)
        state.boot, state.uptime_s, state.left_boots = boots.boot, boots.uptime_s, dict(boots.left)
        state.cloned_at = before.cloned_at
        if heard is Heard.NEWER:
            moved.note(before, state)
        if heard is Heard.CLONED and state.cloned_at is None:
            state.cloned_at = at
            cloned.add(beat.device)
        newest[beat.device] = state
    _keep_states(newest)
    moved.keep()
    places = dict(Device._base_manager.filter(pk__in=cloned).values_list("pk", "place_id"))  # noqa: SLF001
    for device in sorted(cloned):
        record_fact(DEVICE_CLONED, actor=None, subject=device, place=places[device])


@transaction.atomic
def note_devices_behind(roster: int, root: int) -> list[str]:
    """Record, once a roster, every device that speaks and still holds an older one: a freeze is noticed."""
    behind = devices_behind(roster, root)
    fresh = DeviceState.objects.filter(pk__in=behind, noted_behind__lt=roster)
    noted = list(fresh.select_related("device").order_by("pk"))
    for state in noted:
        record_fact(
            "device_behind",
            actor=None,
            subject=state.pk,
            place=state.device.place_id,
            body={"roster": state.roster, "root": state.root, "present": roster},
        )
    fresh.update(noted_behind=roster)
    return [state.pk for state in noted]


def _boots_of(state: DeviceState) -> Boots:
    return Boots(state.boot, state.uptime_s, state.left_boots)


def _keep_states(newest: Mapping[str, DeviceState]) -> None:
    DeviceState.objects.bulk_create(
        [state for _, state in sorted(newest.items())],
        update_conflicts=True,
        unique_fields=["device"],
        update_fields=[
            "seen_at",
            "boot",
            "uptime_s",
            "left_boots",
            "cloned_at",
            "desired_seq",
            "playing",
            "clock",
            "volume_percent",
            "is_muted",
            "bytes_in",
            "bytes_out",
            "free_mb",
            "player",
            "roster",
            "root",
        ],
    )


def _state(beat: Heartbeat, at: datetime) -> DeviceState:
    return DeviceState(
        device_id=beat.device,
        seen_at=at,
        desired_seq=_number(beat.desired_seq, 2**63 - 1),
        playing=_word(beat.playing),
        clock=beat.clock,
        volume_percent=_number(beat.volume_percent, 100),
        is_muted=beat.muted,
        bytes_in=_number(beat.bytes_in, 2**62),
        bytes_out=_number(beat.bytes_out, 2**62),
        free_mb=_number(beat.free_mb, 2**31 - 1),
        player=_word(beat.player),
        roster=_number(beat.roster, 2**53),
        root=_number(beat.root, 2**53),
    )


# What a device says of itself is cut to what the register takes: heartbeats are stored together,
# and one odd one must not hide the others.
def _word(text: str) -> str:
    return text.replace("\0", "")[:40]


def _number(value: int, value_max: int) -> int:
    return min(max(value, 0), value_max)
