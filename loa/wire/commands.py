"""What a person tells one device to do at once, and what the device answers. Pure.

A command is worth something for seconds: it is never kept for a device that is away. What is to
last (volume, mute) stands in the desired document as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from loa.wire import envelope
from loa.wire.keys import key_id_of
from loa.wire.messages import Instant, KeyRole, Roster
from loa.wire.policies import Count
from loa.wire.reasons import Reason, Refused
from loa.wire.rules import CLOCK_SKEW_MAX

COMMAND = "application/vnd.loa.command+json"
COMMAND_RECEIPT = "application/vnd.loa.command-receipt+json"
TTL_SECONDS = 60
CommandId = Annotated[str, Meta(pattern="^[A-Za-z0-9-]{1,64}$")]
Percent = Annotated[int, Meta(ge=0, le=100)]


class Verb(StrEnum):
    VOLUME = "volume"
    MUTE = "mute"
    REBOOT = "reboot"
    TEST_TONE = "test-tone"
    IDENTIFY = "identify"


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"


class Objection(StrEnum):
    """Why a device did not do what a director told it."""

    EXPIRED = "expired"
    CLOCK = "clock"  # it was signed in the device's future
    REPLAYED = "replayed"  # a later command was taken before
    INCOMPLETE = "incomplete"  # what the verb needs is not among its arguments
    BUSY = "busy"  # something sounds
    QUIET_HOURS = "quiet_hours"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"


class Arguments(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a verb needs: `percent` of volume, `muted` of mute, `confirmed` of the tones."""

    percent: Percent | None = None
    muted: bool | None = None
    confirmed: bool = False  # somebody answers for sounding within quiet hours


class Command(Struct, frozen=True, kw_only=True):
    """Do this now. Signed by a director; `seq` counts up for each device."""

    schema: str = "loa/command/1"
    device: str
    id: CommandId
    verb: Verb
    args: Arguments = Arguments()
    issued_at: Instant
    ttl_s: Annotated[int, Meta(ge=1, le=3600)] = TTL_SECONDS
    seq: Count


class CommandReceipt(Struct, frozen=True, kw_only=True):
    """What became of a command. Signed by the device; the same however often it is asked."""

    schema: str = "loa/command-receipt/1"
    device: str
    id: CommandId
    outcome: Outcome
    reason: str = ""  # a word of Objection
    at: Instant


def open_command(data: bytes, roster: Roster, *, device: str) -> Command:
    """Verify that a director of the roster told this device to do this; raises Refused."""
    rows = [key for key in roster.keys if key.role is KeyRole.DIRECTOR]
    payload, by = envelope.open_payload(data, COMMAND, {key.key_id: key.public for key in rows})
    command = envelope.parse(payload, Command)
    at = command.issued_at
    if not any(
        key.key_id in by
        and key.valid_from <= at
        and (key.valid_until is None or at < key.valid_until)
        for key in rows
    ):
        raise Refused(Reason.NO_MANDATE, "director key")
    if command.device != device:
        raise Refused(Reason.WRONG_DEVICE, command.device)
    return command


def objection_to(command: Command, *, known_seq: int, now: datetime) -> Objection | None:
    """Say why a verified command is not to be done at all, or None. What was done is not asked here."""
    if command.issued_at > now + CLOCK_SKEW_MAX:
        return Objection.CLOCK
    if now - command.issued_at > timedelta(seconds=command.ttl_s):
        return Objection.EXPIRED
    if command.seq <= known_seq:
        return Objection.REPLAYED
    if command.verb is Verb.VOLUME and command.args.percent is None:
        return Objection.INCOMPLETE
    if command.verb is Verb.MUTE and command.args.muted is None:
        return Objection.INCOMPLETE
    return None


def open_command_receipt(data: bytes, public_hex: str, *, device: str) -> CommandReceipt:
    """Verify a device's answer by the key the register holds for it; raises Refused."""
    known = {key_id_of(public_hex): public_hex} if public_hex else {}
    payload, _ = envelope.open_payload(data, COMMAND_RECEIPT, known)
    receipt = envelope.parse(payload, CommandReceipt)
    if receipt.device != device:
        raise Refused(Reason.WRONG_DEVICE, receipt.device)
    return receipt
