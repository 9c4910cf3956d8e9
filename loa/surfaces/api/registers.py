"""Devices, places, readings and the ledger: what the registers say."""

from __future__ import annotations

from datetime import datetime

from ninja import Router

from loa.flow.deliveries.commands import command_device, latest_commands
from loa.flow.deliveries.models import DeviceCommand
from loa.flow.evaluation.evidence import ledger_witnesses
from loa.lib import clock
from loa.registry.devices.actions import claim_device, retire_device
from loa.registry.devices.models import Device, condition_of
from loa.registry.devices.queries import devices_in_scope, devices_in_use_or_not
from loa.registry.ledger.queries import ledger_faults, ledger_head
from loa.registry.library.actions import add_reading
from loa.registry.people.errors import MandateMissing
from loa.registry.people.rules import Deed
from loa.registry.places.models import Place
from loa.registry.places.queries import city, communes
from loa.surfaces.api.found import place_named
from loa.surfaces.api.problems import NotFound
from loa.surfaces.api.schemas import (
    CommandIn,
    CommandOut,
    DeviceIn,
    DeviceOut,
    FaultOut,
    LedgerOut,
    PlaceOut,
    ReadingIn,
    ReadingOut,
    ReasonIn,
)
from loa.surfaces.api.sign_in import StaffRequest

router = Router(tags=["registers"])


@router.get("/devices", response=list[DeviceOut])
def list_devices(request: StaffRequest) -> list[DeviceOut]:
    """List the devices of the person's places as they were when last heard of."""
    places = request.auth.places_with(Deed.READ) | request.auth.places_with(Deed.TEND_DEVICES)
    now = clock.now()
    rows = devices_in_scope().filter(place__in=places).order_by("code")
    return [_device(row, now) for row in rows]


@router.post("/devices", response=DeviceOut)
def create_device(request: StaffRequest, given: DeviceIn) -> DeviceOut:
    """Claim the device that shows this code; claiming again answers the same."""
    place = place_named(given.place, "place")
    device = claim_device(
        given.claim_code,
        place=place,
        by=request.auth,
        name=given.name,
        kind=given.kind,
        latitude=given.latitude,
        longitude=given.longitude,
    )
    return _device(device, clock.now())


@router.post("/devices/{device}/retirement", response=DeviceOut)
def create_retirement(request: StaffRequest, device: str, given: ReasonIn) -> DeviceOut:
    """Put a device out of use for good: its key opens nothing any more."""
    found = _tended(request, device)
    retired = retire_device(found, by=request.auth, reason=given.reason)
    return _device(retired, clock.now())


@router.post("/devices/{device}/commands", response=CommandOut)
def create_command(request: StaffRequest, device: str, given: CommandIn) -> CommandOut:
    """Tell a device to do something at once; it is worth something for a minute."""
    found = _tended(request, device)
    command = command_device(
        found,
        given.verb,
        by=request.auth,
        percent=given.percent,
        muted=given.muted,
        confirmed=given.confirmed,
    )
    return _command(command)


@router.get("/devices/{device}/commands", response=list[CommandOut])
def list_commands(request: StaffRequest, device: str) -> list[CommandOut]:
    """List the last commands to a device and what became of them, newest first."""
    return [_command(row) for row in latest_commands(_tended(request, device))]


@router.get("/places", response=list[PlaceOut])
def list_places(request: StaffRequest) -> list[PlaceOut]:
    """List the city and its communes in Vietnamese order."""
    del request
    return [_place(row) for row in [city(), *communes()]]


@router.post("/readings", response=ReadingOut)
def create_reading(request: StaffRequest, given: ReadingIn) -> ReadingOut:
    """Answer "đọc là…" for a place and everything below; a later answer replaces an earlier."""
    place = place_named(given.place, "place")
    reading = add_reading(given.written, given.spoken, place=place, by=request.auth)
    return ReadingOut(place=place.code, written=reading.written, spoken=reading.spoken)


@router.get("/ledger/faults", response=LedgerOut)
def list_ledger_faults(request: StaffRequest) -> LedgerOut:
    """Read the whole chain of facts and say where it does not hold."""
    if not request.auth.may(Deed.READ_LEDGER, city()):
        raise MandateMissing
    faults, head = ledger_faults(ledger_witnesses()), ledger_head()
    return LedgerOut(
        holds=not faults,
        head_seq=head.seq if head else 0,
        head_hash=head.hash if head else "",
        faults=[FaultOut(seq=fault.seq, kind=fault.kind) for fault in faults],
    )


def _tended(request: StaffRequest, device: str) -> Device:
    mine = request.auth.places_with(Deed.TEND_DEVICES)
    found = devices_in_use_or_not(mine).filter(code=device).first()
    if found is None:
        raise NotFound
    return found


def _command(row: DeviceCommand) -> CommandOut:
    return CommandOut(
        id=row.id,
        device=row.device_id,
        verb=row.verb,
        args=row.args,
        state=row.state_at(clock.now()),
        reason=row.reason,
        told_at=row.told_at,
        answered_at=row.answered_at,
    )


def _device(row: Device, now: datetime) -> DeviceOut:
    state = getattr(row, "state", None)
    seen_at = state.seen_at if state else None
    return DeviceOut(
        code=row.code,
        kind=row.kind,
        name=row.name,
        place=row.place_id,
        village=row.village_id,
        latitude=row.latitude,
        longitude=row.longitude,
        condition=condition_of(seen_at, state.playing if state else "", now),
        seen_at=seen_at,
        volume_percent=state.volume_percent if state else None,
        clock=state.clock if state else "",
        desired_seq=state.desired_seq if state else 0,
    )


def _place(row: Place) -> PlaceOut:
    return PlaceOut(
        code=row.code,
        kind=row.kind,
        name=row.name,
        full_name=row.full_name,
        parent=row.parent_id,
        latitude=row.latitude,
        longitude=row.longitude,
    )
