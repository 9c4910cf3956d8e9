"""Commands: done once, answered the same each time, worth nothing when late, replayed or another's."""

from __future__ import annotations

import asyncio
import wave
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from loa.player.commands import Commander
from loa.player.engine import Engine
from loa.player.outputs import WavOutput
from loa.player.store import MediaStore
from loa.player.traffic import Traffic
from loa.player.volume import Volume
from loa.wire import canonical, envelope
from loa.wire.commands import COMMAND, Arguments, Command, Verb, open_command_receipt
from loa.wire.messages import DESIRED, Heartbeat, QuietHours, Settings

NIGHT = timedelta(hours=13)  # the cast's morning is 10:00 in the city


class Told:
    """A device that is told things, and what it had to sound or restart."""

    def __init__(self, town, watch) -> None:
        self.town, self.watch = town, watch
        self.sounded, self.reboots, self.seq = [], 0, 0
        self.is_busy = False
        self.boot()

    def boot(self) -> None:
        self.device = self.town.boot()
        self.device.take_root(self.town.cast.root())
        self.device.take_roster(self.town.cast.roster())
        self.commander = Commander(self.device, sound_tone=self.sound, reboot=self.reboot)

    def sound(self, sound) -> bool:
        if not self.is_busy:
            self.sounded.append(sound)
        return not self.is_busy

    def reboot(self) -> None:
        self.reboots += 1

    def command(self, verb, *, by="director", name="", **changes) -> bytes:
        self.seq += 1
        args = {n: changes.pop(n) for n in ("percent", "muted", "confirmed") if n in changes}
        fields = {
            "device": "dn-0001",
            "id": name or f"c-{self.seq}",
            "verb": verb,
            "args": Arguments(**args),
            "issued_at": self.watch.now,
            "seq": self.seq,
        } | changes
        return envelope.seal(COMMAND, canonical.encode(Command(**fields)), self.town.cast.keys[by])

    def tell(self, data: bytes):
        answer = self.commander.take(data)
        if answer is None:
            return None
        if answer.then is not None:
            answer.then()
        key = self.device.key.public_hex
        receipt = open_command_receipt(answer.receipt, key, device="dn-0001")
        return (receipt.outcome, receipt.reason)


@pytest.fixture
def told(town, watch) -> Told:
    return Told(town, watch)


def test_volume_and_mute_are_kept_over_a_boot(told) -> None:
    assert told.tell(told.command(Verb.VOLUME, percent=40)) == ("done", "")
    assert told.tell(told.command(Verb.MUTE, muted=True)) == ("done", "")
    assert told.device.volume.percent() == 0
    told.boot()
    beat = envelope.read(told.device.heartbeat(free_mb=1)).payload_bytes
    said = msgspec.json.decode(beat, type=Heartbeat)
    assert (said.volume_percent, said.muted) == (40, True)
    told.tell(told.command(Verb.MUTE, muted=False))
    assert told.device.volume.percent() == 40


def test_another_machine_learns_its_volume_from_the_document(told) -> None:
    told.device.take_desired(told.town.cast.document(settings=Settings(volume_percent=30)))
    assert told.device.volume.percent() == 30
    told.device.take_desired(told.town.cast.document(seq=9, settings=Settings(muted=True)))
    assert (told.device.volume.set_percent, told.device.volume.percent()) == (30, 0)


def test_a_command_is_done_once_and_answered_the_same_after_a_boot(told) -> None:
    reboot = told.command(Verb.REBOOT)
    first = told.commander.take(reboot)
    first.then()
    told.boot()
    again = told.commander.take(reboot)
    assert (again.receipt, again.then, told.reboots) == (first.receipt, None, 1)


def test_a_late_or_earlier_command_does_nothing(told) -> None:
    late, earlier = told.command(Verb.VOLUME, percent=10), told.command(Verb.VOLUME, percent=20)
    future = told.command(
        Verb.VOLUME, percent=5, issued_at=told.watch.now + timedelta(hours=1), seq=99
    )
    assert told.tell(future) == ("refused", "clock")
    assert told.tell(told.command(Verb.VOLUME, percent=30)) == ("done", "")
    assert told.tell(earlier) == ("refused", "replayed")
    told.watch.pass_by(seconds=61)
    assert told.tell(late) == ("refused", "expired")
    assert told.tell(told.command(Verb.VOLUME)) == ("refused", "incomplete")
    assert told.device.volume.percent() == 30


@pytest.mark.parametrize(
    "changes",
    [{"by": "chair"}, {"by": "old"}, {"by": "stranger"}, {"by": "device"}, {"device": "dn-0002"}],
    ids=str,
)
def test_who_is_no_director_of_this_device_gets_no_answer_and_is_counted(told, changes) -> None:
    rows = told.device.journal.last_seq
    assert told.tell(told.command(Verb.REBOOT, **changes)) is None
    assert told.device.journal.last_seq == rows + 1
    assert told.reboots == 0


def test_a_flipped_command_is_refused(told) -> None:
    data = told.command(Verb.REBOOT)
    assert told.tell(data.replace(b'"payload":"', b'"payload":"A')) is None
    assert told.tell(b"{" * 3) is None
    wrong = envelope.seal(
        DESIRED, envelope.read(data).payload_bytes, told.town.cast.keys["director"]
    )
    assert told.tell(wrong) is None


def test_tones_sound_only_when_nothing_does_and_at_night_only_confirmed(told) -> None:
    quiet = (QuietHours(start="21:00", end="05:30"),)
    told.device.take_desired(told.town.cast.document(quiet_hours=quiet))
    assert told.tell(told.command(Verb.TEST_TONE)) == ("done", "")
    told.is_busy = True
    assert told.tell(told.command(Verb.IDENTIFY)) == ("refused", "busy")
    told.is_busy = False
    told.watch.pass_by(seconds=NIGHT.total_seconds())
    assert told.tell(told.command(Verb.TEST_TONE)) == ("refused", "quiet_hours")
    assert told.tell(told.command(Verb.IDENTIFY, confirmed=True)) == ("done", "")
    assert [sound.media.duration_ms for sound in told.sounded] == [3000, 1500]


def peak_of(path) -> int:
    with wave.open(str(path)) as file:
        samples = memoryview(file.readframes(file.getnframes())).cast("h")
    return max(abs(value) for value in samples)


@pytest.mark.parametrize(("percent", "part"), [(100, 1.0), (50, 10**-0.5), (0, 0.0)])
def test_the_volume_is_heard_in_the_samples(told, tmp_path, percent, part) -> None:
    told.tell(told.command(Verb.TEST_TONE))
    told.device.set_like(Settings(volume_percent=percent))
    sound = told.sounded[0]

    async def play(output: WavOutput, forced: int | None) -> int:
        wanted = replace(sound, volume_percent=forced)
        output.load(wanted)
        await output.play(wanted, from_ms=0)
        return peak_of(output.path_of(sound.order))

    def heard(folder: str, forced: int | None = None) -> int:
        output = WavOutput(tmp_path / folder, rate=0, volume_percent=told.device.volume.percent)
        return asyncio.run(play(output, forced))

    whole = heard("forced", 100)  # an emergency brings its own volume
    assert whole > 9_000
    assert abs(heard("set") - whole * part) <= 4


def test_a_tone_gives_way_to_what_is_due(told, tmp_path) -> None:
    async def play() -> None:
        output = WavOutput(tmp_path / "out", volume_percent=lambda: 100)
        told.device.output = output
        engine = Engine(told.device, MediaStore(tmp_path / "media", None, reserve_bytes=0))
        told.tell(told.command(Verb.TEST_TONE))
        sound = told.sounded[0]
        assert engine.sound_tone(sound)
        assert not engine.sound_tone(sound)
        await asyncio.sleep(0)
        engine._cut_tone()
        await asyncio.sleep(0)
        assert not output.path_of(sound.order).exists()
        told.device.playing = "o-1"
        assert not engine.sound_tone(sound)

    asyncio.run(play())


def test_a_damaged_setting_falls_back_to_the_one_before(told) -> None:
    told.device.set_like(Settings(volume_percent=40))
    told.device.journal.keep_document("settings", b"{", 0)
    assert Volume(told.device.journal).percent() == 40


def test_traffic_is_counted_by_the_interface_over_a_modem_that_began_anew(tmp_path) -> None:
    counters = tmp_path / "wwan0" / "statistics"
    counters.mkdir(parents=True)

    def count(came: int, went: int) -> None:
        (counters / "rx_bytes").write_text(f"{came}\n")
        (counters / "tx_bytes").write_text(f"{went}\n")

    count(1000, 50)
    traffic = Traffic("wwan0", lambda: (7, 8), tmp_path)
    count(1500, 60)
    assert traffic() == (500, 10)
    count(20, 5)
    assert traffic() == (520, 15)
    assert Traffic("", lambda: (7, 8), tmp_path)() == (7, 8)
    assert Traffic("gone", lambda: (7, 8), tmp_path)() == (7, 8)
