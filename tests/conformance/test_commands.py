"""More than a thousand hostile commands: none is obeyed, each is counted; and what a thief of keys can tell."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from loa.player.commands import Commander
from loa.wire import canonical, envelope
from loa.wire.cast import NOW
from loa.wire.commands import (
    COMMAND,
    COMMAND_RECEIPT,
    Arguments,
    Command,
    Verb,
    open_command_receipt,
)
from loa.wire.messages import DESIRED, Priority
from tests.conformance.conftest import Horn
from tests.conformance.damage import damaged

pytestmark = pytest.mark.usefixtures("ten_o_clock")
SEED = 20_261_125
OUTSIDERS = ("stranger", "device", "root", "chair", "leader", "neighbour", "old")


class Obeying:
    """A horn of the cast that would obey, and what it was made to do."""

    def __init__(self, cast) -> None:
        self.cast = cast
        self.horn = Horn(cast, ready=("3" * 64,))
        self.done: list[str] = []
        self.commander = Commander(
            self.horn.device,
            sound_tone=lambda sound: not self.done.append(sound.order),  # type: ignore[func-returns-value]
            reboot=lambda: self.done.append("reboot"),
        )

    def sealed(self, by: str = "director", kind: str = COMMAND, **changes) -> bytes:
        fields = {
            "device": "dn-0001",
            "id": "c-1",
            "verb": Verb.VOLUME,
            "args": Arguments(percent=7),
            "issued_at": NOW,
            "seq": 1,
        }
        return envelope.seal(
            kind, canonical.encode(Command(**fields | changes)), self.cast.keys[by]
        )

    def tell(self, data: bytes) -> str:
        answer = self.commander.take(data)
        if answer is None:
            return ""
        if answer.then:
            answer.then()
        public = self.horn.device.key.public_hex
        return open_command_receipt(answer.receipt, public, device="dn-0001").outcome

    @property
    def percent(self) -> int:
        return self.horn.device.volume.percent()


@pytest.fixture
def obeying(wire_cast) -> Obeying:
    return Obeying(wire_cast)


def hostile(obeying: Obeying):
    good = obeying.sealed()
    yield from (data for _, data in damaged(good, 1_200, random.Random(SEED)))
    for by in OUTSIDERS:
        yield from (obeying.sealed(by, id=f"{by}-{n}", seq=n) for n in range(1, 11))
    yield from (obeying.sealed(device=name) for name in ("dn-0002", "DN-0001", "dn-0001 ", ""))
    yield obeying.sealed(kind=DESIRED)
    yield obeying.sealed(kind=COMMAND_RECEIPT)
    yield good + b" " * canonical.MESSAGE_BYTES_MAX
    for changes in ({"seq": -1}, {"ttl_s": 0}, {"ttl_s": 10**9}, {"verb": "play"}, {"id": "../x"}):
        yield obeying.sealed(**changes)
    yield obeying.sealed(args=Arguments(percent=10_000))


def test_nobody_but_a_director_is_obeyed_and_each_try_is_counted(obeying) -> None:
    tries = list(hostile(obeying))
    assert len(tries) > 1_250
    for data in tries:
        assert obeying.tell(data) == "", data[:200]
    assert (obeying.percent, obeying.done) == (100, [])
    assert obeying.horn.refusals.total() == len(tries)
    assert obeying.horn.refusals_told() == len(tries)
    assert obeying.tell(obeying.sealed()) == "done"
    assert obeying.percent == 7


def test_stolen_broker_that_replays_or_holds_back_commands_moves_no_device(
    obeying, wire_cast
) -> None:
    loud, soft = obeying.sealed(args=Arguments(percent=90)), obeying.sealed(id="c-2", seq=2)
    assert [obeying.tell(data) for data in (loud, soft, loud, soft, loud)] == ["done"] * 5
    assert obeying.percent == 7
    reboot = obeying.sealed(id="c-3", seq=3, verb=Verb.REBOOT)
    assert [obeying.tell(reboot) for _ in range(5)] == ["done"] * 5
    assert obeying.done == ["reboot"]
    held_back = obeying.sealed(id="c-4", seq=4, issued_at=NOW - timedelta(seconds=61))
    assert obeying.tell(held_back) == "refused"


def test_stolen_director_key_can_make_a_device_quiet_but_no_emergency(obeying, wire_cast) -> None:
    assert obeying.tell(obeying.sealed(verb=Verb.MUTE, args=Arguments(muted=True))) == "done"
    assert obeying.percent == 0
    device = obeying.horn.device
    alarm = {"priority": Priority.EMERGENCY}
    device.take_desired(wire_cast.desired(approved_by="leader", edition=alarm))
    (entry,) = device.entries.values()
    assert entry.refusal is None
    assert entry.volume_percent != 0
    assert entry.volume_percent == 100
