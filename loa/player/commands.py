"""What a device does when it is told: each command once, and the same answer however often it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct

from loa.player.device import Device
from loa.player.outputs import Sound
from loa.player.tones import IDENTIFY, TEST, tone_sound
from loa.wire import canonical, envelope, rules
from loa.wire.commands import (
    COMMAND_RECEIPT,
    Command,
    CommandReceipt,
    Objection,
    Outcome,
    Verb,
    objection_to,
    open_command,
)
from loa.wire.messages import Settings
from loa.wire.reasons import Refused

REMEMBERED_MAX = 50
_KIND = "commands"
SoundTone = Callable[[Sound], bool]
Deed = Callable[[], None]


class _Answered(Struct, frozen=True):
    """What was answered to one command."""

    id: str
    outcome: Outcome
    reason: str
    at: datetime


@dataclass(frozen=True)
class Answer:
    """A sealed receipt, and what to do once it was sent."""

    receipt: bytes
    then: Deed | None = None


class Commander:
    """Takes the commands of one device. `sound_tone` says False when something else sounds."""

    def __init__(
        self, device: Device, *, sound_tone: SoundTone, reboot: Deed | None = None
    ) -> None:
        self._device = device
        self._sound_tone = sound_tone
        self._reboot = reboot
        self._answered = self._remembered()

    def take(self, data: bytes) -> Answer | None:
        """Do what a director told this device; None when nobody may be answered."""
        try:
            roster = self._device.held_roster()
            command = open_command(data, roster, device=self._device.config.device)
        except Refused as refusal:
            self._device.telling.refuse("command", canonical.content_hash(data), refusal)
            return None
        known = next((one for one in self._answered if one.id == command.id), None)
        if known is not None:
            return Answer(self._sealed(known))
        return self._take_new(command)

    def _take_new(self, command: Command) -> Answer:
        now = self._device.now()
        known_seq = self._device.journal.highest(_KIND)
        objection = objection_to(command, known_seq=known_seq, now=now)
        with self._device.journal.together():
            then = None
            if objection is None:
                objection, then = self._do(command)
            outcome = Outcome.DONE if objection is None else Outcome.REFUSED
            answered = _Answered(command.id, outcome, objection or "", now)
            if objection is not Objection.CLOCK:  # a seq of the future would shut out all others
                self._remember(answered, command.seq)
        self._device.telling.say(f"command {command.verb}: {outcome} {objection or ''}".rstrip())
        return Answer(self._sealed(answered), then)

    def _do(self, command: Command) -> tuple[Objection | None, Deed | None]:
        match command.verb:
            case Verb.VOLUME:
                self._device.set_like(Settings(volume_percent=command.args.percent))
            case Verb.MUTE:
                self._device.set_like(Settings(muted=command.args.muted))
            case Verb.TEST_TONE | Verb.IDENTIFY:
                return self._tone(command), None
            case Verb.REBOOT:
                return (None if self._reboot else Objection.UNSUPPORTED), self._reboot
        return None, None

    def _tone(self, command: Command) -> Objection | None:
        device = self._device
        quiet_hours = device.desired.quiet_hours if device.desired else ()
        if rules.is_quiet(device.now(), quiet_hours) and not command.args.confirmed:
            return Objection.QUIET_HOURS
        parts = TEST if command.verb is Verb.TEST_TONE else IDENTIFY
        try:
            sound = tone_sound(f"tone-{command.id}", parts, device.config.state_folder / "tones")
        except OSError:
            return Objection.FAILED
        return None if self._sound_tone(sound) else Objection.BUSY

    # -- what was answered

    def _remembered(self) -> list[_Answered]:
        for data in self._device.journal.documents(_KIND):
            try:
                return msgspec.json.decode(data, type=list[_Answered])
            except msgspec.DecodeError:
                continue
        return []

    def _remember(self, answered: _Answered, seq: int) -> None:
        self._answered = [*self._answered, answered][-REMEMBERED_MAX:]
        seq = max(seq, self._device.journal.highest(_KIND))
        self._device.journal.keep_document(_KIND, msgspec.json.encode(self._answered), seq)

    def _sealed(self, answered: _Answered) -> bytes:
        receipt = CommandReceipt(
            device=self._device.config.device,
            id=answered.id,
            outcome=answered.outcome,
            reason=answered.reason,
            at=answered.at,
        )
        return envelope.seal(COMMAND_RECEIPT, canonical.encode(receipt), self._device.key)
