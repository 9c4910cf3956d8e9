"""What a person tells devices to do at once: signed, sent while it is worth something, answered."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from loa.flow.deliveries.actions import write_documents
from loa.flow.deliveries.models import DeviceCommand
from loa.flow.deliveries.ports import fleet_bus
from loa.lib import clock
from loa.registry.devices.errors import KeyRetired
from loa.registry.devices.models import Device
from loa.registry.ledger.actions import record_fact
from loa.registry.people import keyring
from loa.registry.people.errors import DeedRefused, MandateMissing
from loa.registry.people.models import Person
from loa.registry.people.rules import Deed
from loa.wire import canonical, envelope, subjects
from loa.wire.commands import (
    COMMAND,
    TTL_SECONDS,
    Arguments,
    Command,
    CommandReceipt,
    Verb,
    open_command_receipt,
)
from loa.wire.reasons import Refused

DEVICE_COMMANDED = "device_commanded"
SEND_AGAIN_AFTER = timedelta(seconds=5)
SENT_AT_ONCE_MAX = 500
SHOWN_MAX = 10


class CommandIncomplete(DeedRefused):
    code = "command_incomplete"
    field = "percent"
    message = _("Hãy chọn âm lượng từ 0 đến 100.")


@transaction.atomic
def command_device(
    device: Device,
    verb: Verb,
    *,
    by: Person,
    percent: int | None = None,
    muted: bool | None = None,
    confirmed: bool = False,
) -> DeviceCommand:
    """Tell a device to do something at once; the same again while it waits is the same command.

    Volume and mute stay: they stand in its document from now on. `confirmed` lets a tone sound
    within quiet hours. Raises MandateMissing, KeyRetired, CommandIncomplete.
    """
    device = Device._base_manager.select_for_update().get(pk=device.pk)  # noqa: SLF001
    if device.place_id not in by.places_with(Deed.TEND_DEVICES):
        raise MandateMissing
    if device.retired_at is not None:
        raise KeyRetired
    args = _arguments(verb, percent, muted, confirmed)
    now = clock.now()
    same = _waiting(now).filter(device=device, verb=verb, args=_plain(args), told_by=by).first()
    if same is not None:
        return same
    _settle(device, args)
    command = _signed(device, verb, args, by, now)
    command.save(force_insert=True)
    record_fact(
        DEVICE_COMMANDED,
        actor=by.username,
        subject=device.code,
        place=device.place_id,
        body={"command": str(command.id), "verb": verb, "args": command.args},
    )
    return command


def _arguments(verb: Verb, percent: int | None, muted: bool | None, confirmed: bool) -> Arguments:
    """Return only what the verb needs; raises CommandIncomplete."""
    if verb is Verb.VOLUME:
        if percent is None or not 0 <= percent <= 100:
            raise CommandIncomplete
        return Arguments(percent=percent)
    if verb is Verb.MUTE:
        return Arguments(muted=bool(muted))
    if verb in {Verb.TEST_TONE, Verb.IDENTIFY}:
        return Arguments(confirmed=confirmed)
    return Arguments()


def _plain(args: Arguments) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(args)
    return plain


def _settle(device: Device, args: Arguments) -> None:
    """Keep what is to last where a reboot or another machine finds it."""
    if args.percent is not None:
        device.volume_percent = args.percent
    if args.muted is not None:
        device.is_muted = args.muted
    if args.percent is not None or args.muted is not None:
        device.save(update_fields=["volume_percent", "is_muted"])
        write_documents([device])


def _signed(
    device: Device, verb: Verb, args: Arguments, by: Person, now: datetime
) -> DeviceCommand:
    rows = DeviceCommand.objects.filter(device=device)
    seq = (rows.aggregate(last=Max("seq"))["last"] or 0) + 1
    number = uuid.uuid4()
    command = Command(
        device=device.code, id=str(number), verb=verb, args=args, issued_at=now, seq=seq
    )
    return DeviceCommand(
        id=number,
        device=device,
        seq=seq,
        verb=verb,
        args=_plain(args),
        told_by=by,
        told_at=now,
        expires_at=now + timedelta(seconds=TTL_SECONDS),
        envelope=envelope.seal(COMMAND, canonical.encode(command), keyring.director_key()),
    )


def _waiting(now: datetime) -> QuerySet[DeviceCommand]:
    return DeviceCommand.objects.filter(answered_at=None, expires_at__gt=now)


def send_commands() -> int:
    """Say each command that waits for its answer, again and again until it expires; returns how many.

    A device answers the same to the same command, so saying it twice does it once.
    """
    now = clock.now()
    is_due = Q(sent_at=None) | Q(sent_at__lte=now - SEND_AGAIN_AFTER)
    due = list(_waiting(now).filter(is_due).order_by("device_id", "seq")[:SENT_AT_ONCE_MAX])
    if due:
        fleet_bus().say((subjects.command_for(c.device_id), bytes(c.envelope)) for c in due)
        DeviceCommand.objects.filter(pk__in=[c.pk for c in due]).update(sent_at=now)
    return len(due)


def record_answers(
    arrivals: Sequence[tuple[str, bytes]], public_keys: Mapping[str, str]
) -> list[tuple[str, Refused]]:
    """Keep what devices say became of their commands; return (device, refusal) of what is no answer.

    `arrivals` are (device, bytes). The first answer to a command stands.
    """
    refused: list[tuple[str, Refused]] = []
    for device, data in arrivals:
        try:
            receipt = open_command_receipt(data, public_keys.get(device, ""), device=device)
        except Refused as refusal:
            refused.append((device, refusal))
        else:
            _keep_answer(receipt, data)
    return refused


def _keep_answer(receipt: CommandReceipt, data: bytes) -> None:
    try:
        number = uuid.UUID(receipt.id)
    except ValueError:
        return  # no command of ours
    rows = DeviceCommand.objects.filter(pk=number, device=receipt.device, answered_at=None)
    rows.update(
        outcome=receipt.outcome,
        reason=receipt.reason.replace("\0", "")[:32],
        answered_at=clock.now(),
        receipt=data,
    )


def latest_commands(device: Device) -> list[DeviceCommand]:
    """Return the last commands to a device, newest first."""
    rows = DeviceCommand.objects.filter(device=device).select_related("told_by")
    return list(rows[:SHOWN_MAX])


def commands_numbered(numbers: Iterable[uuid.UUID]) -> list[DeviceCommand]:
    return list(DeviceCommand.objects.filter(pk__in=list(numbers)))
