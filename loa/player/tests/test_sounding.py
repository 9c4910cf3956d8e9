"""The full player: engine, store and WAV output over a real HTTP server; killed, cut and flipped."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import wave
from datetime import timedelta

import msgspec
import pytest

from loa.lib import clock
from loa.lib.sound.wave import WaveWriter
from loa.player.engine import Engine
from loa.player.fetch import Fetcher
from loa.player.outputs import WavOutput
from loa.player.store import MediaStore
from loa.wire.cast import Cast
from loa.wire.messages import Media, Priority

SECONDS = 20
RATE_HZ = 24_000


@pytest.fixture(scope="module")
def tone(tmp_path_factory):
    """A sound in which no two moments are the same, so that a doubled or lost one would show."""
    path = tmp_path_factory.mktemp("tone") / "tone.wav"
    writer = WaveWriter(path, rate_hz=RATE_HZ)
    samples = b"".join(
        ((number * 7919 + number // 997) % 65_536 - 32_768).to_bytes(2, "little", signed=True)
        for number in range(SECONDS * RATE_HZ)
    )
    writer.append(samples)
    return writer.finish().read_bytes()


def media_of(data):
    return Media(
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        codec="wav",
        duration_ms=SECONDS * 1000,
    )


def samples_in(path):
    with wave.open(str(path)) as file:
        return file.readframes(file.getnframes())


@pytest.fixture
def speaker(town, tone, media_server):
    """A device that writes WAV; `play_until` runs its engine until a condition holds."""
    town.media = media_of(tone)
    media_server.files[town.media.sha256] = tone
    town.config = msgspec.structs.replace(
        town.config, output="wav", codecs=("wav",), http_url=media_server.url
    )
    town.output = WavOutput(town.config.sounded_folder, rate=0)

    async def play_until(device, is_enough, at_once=lambda device: None):
        fetcher = Fetcher()
        store = MediaStore(
            device.config.store_folder, fetcher, reserve_bytes=0, retry_seconds=0.001
        )
        engine = Engine(device, store)
        loops = [asyncio.create_task(engine.fetch_media()), asyncio.create_task(engine.sound())]
        acted = False
        async with asyncio.timeout(20):
            while not is_enough():
                if device.playing and not acted:
                    acted = True
                    at_once(device)
                await asyncio.sleep(0)
                if any(loop.done() for loop in loops):
                    break
        for loop in loops:
            loop.cancel()
        for found in await asyncio.gather(*loops, return_exceptions=True):
            assert isinstance(found, asyncio.CancelledError), found
        await fetcher.close()

    town.play_until = lambda *words: asyncio.run(play_until(*words))
    return town


def test_wav_holds_the_approved_sound(speaker, ladder, tone):
    device = speaker.boot()
    device.take_desired(speaker.desired())
    speaker.play_until(device, lambda: "finished o-1" in ladder(device))
    path = speaker.config.sounded_folder / "o-1.wav"
    assert samples_in(path) == tone[44:]
    row = device.journal.unacknowledged(100)[-1]
    assert row.detail["samples"] == SECONDS * RATE_HZ
    assert row.detail["duration_ms"] == SECONDS * 1000


def test_shutdown_in_the_middle_goes_on_at_the_next_boot(speaker, ladder, tone):
    device = speaker.boot()
    device.take_desired(speaker.desired())
    speaker.play_until(device, lambda: speaker.output.position_ms("o-1") > 5_000)
    assert not (speaker.config.sounded_folder / "o-1.wav").exists()
    again = speaker.boot()
    speaker.play_until(again, lambda: "finished o-1" in ladder(again))
    assert samples_in(speaker.config.sounded_folder / "o-1.wav") == tone[44:]
    assert again.journal.unacknowledged(100)[-1].detail["resumed_from_ms"] > 4_000


def test_killed_between_the_last_sample_and_the_log_it_does_not_sound_again(speaker, ladder):
    device = speaker.boot()
    device.take_desired(speaker.desired())
    device.note_finished = lambda order, played: None  # the kill
    path = speaker.config.sounded_folder / "o-1.wav"
    speaker.play_until(device, path.exists)
    before = path.stat()
    again = speaker.boot()
    speaker.play_until(again, lambda: "finished o-1" in ladder(again))
    assert (path.stat().st_mtime_ns, path.stat().st_size) == (before.st_mtime_ns, before.st_size)


def test_recall_cuts_the_sound_and_keeps_what_was_heard(speaker, ladder):
    device = speaker.boot()
    device.take_desired(speaker.desired())
    speaker.output.rate = 1.0

    def recall(device):
        device.take_desired(speaker.desired({}, seq=9, recalls=("o-1",)))

    path = speaker.config.sounded_folder / "o-1.wav"
    began = time.monotonic()
    speaker.play_until(device, path.exists, recall)
    assert time.monotonic() - began < 2
    assert ladder(device)[-1] == "skipped o-1 recalled"
    assert 0 < len(samples_in(path)) < RATE_HZ * 2 * 3


def test_emergency_is_heard_within_a_quarter_second(speaker, ladder):
    device = speaker.boot()
    device.take_desired(speaker.desired())
    speaker.output.rate = 1.0
    marks = {}
    emergency = {"order": "o-2", "by": "leader", "edition": {"priority": Priority.EMERGENCY}}

    def raise_alarm(device):
        marks["raised"] = time.monotonic()
        device.take_desired(speaker.desired({}, emergency, seq=9))

    speaker.play_until(device, lambda: device.playing == "o-2", raise_alarm)
    assert time.monotonic() - marks["raised"] < 0.25
    assert "skipped o-1 pre_empted" in ladder(device)


def test_bit_flipped_after_the_check_is_found_before_the_first_sample(
    speaker, ladder, tone, media_server, watch
):
    device = speaker.boot()
    start_at = watch.now + timedelta(minutes=1)
    device.take_desired(speaker.desired({"start_at": start_at}))
    speaker.play_until(device, lambda: "media_ready o-1" in ladder(device))
    path = speaker.config.store_folder / speaker.media.sha256
    flipped = bytearray(tone)
    flipped[99_999] ^= 1
    path.write_bytes(flipped)
    watch.pass_by(minutes=2)
    speaker.play_until(device, lambda: "finished o-1" in ladder(device))
    assert samples_in(speaker.config.sounded_folder / "o-1.wav") == tone[44:]
    assert len(media_server.ranges) == 2


def test_approved_bytes_that_are_no_sound_are_skipped(speaker, ladder, media_server):
    junk = b"no sound at all" * 1000
    speaker.media = media_of(junk)
    media_server.files[speaker.media.sha256] = junk
    device = speaker.boot()
    device.take_desired(speaker.desired())
    speaker.play_until(device, lambda: ladder(device)[-1].startswith("skipped"))
    assert ladder(device)[-1] == "skipped o-1 media_unreadable"


def test_order_name_cannot_leave_the_folder(tmp_path):
    output = WavOutput(tmp_path / "sounded", rate=0)
    for name in ("../../etc/x", "/etc/x", "", ".", "a/b", "x" * 300, "đơn"):
        assert output.path_of(name).parent == tmp_path / "sounded"


def start_player(config_path):
    return subprocess.Popen(
        [sys.executable, "-m", "loa.player", "--config", str(config_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def wait_until(holds, seconds_max=20):
    deadline = time.monotonic() + seconds_max
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.002)


@pytest.fixture
def real_player(tmp_path, tone, media_server):
    """A player process of its own, with no bus: it lives on the HTTP fallback."""
    cast = Cast(clock.now())
    media = media_of(tone)
    sha256, sealed = cast.sealed_edition(cast.edition(media=(media,)))
    media_server.files |= {
        media.sha256: tone,
        "1": cast.root(),
        "roster": cast.roster(),
        "desired": cast.document(
            orders=(cast.order(sha256),), envelopes={sha256: sealed}, quiet_hours=()
        ),
    }
    config = {
        "device": "dn-0001", "place": "20194", "key_file": str(tmp_path / "device.key"),
        "root_sha256": cast.pin, "state": str(tmp_path / "state"),
        "http_url": media_server.url, "output": "wav", "rate": 20.0, "codecs": ["wav"],
    }  # fmt: skip
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    return path, tmp_path / "state" / "sounded" / "o-1.wav"


def test_kill_9_in_the_middle_leaves_the_wav_an_uncut_one_would_be(real_player, tone):
    config_path, wav = real_player
    part = wav.with_name("o-1.wav.part")
    for seconds in (3, 8, 13):
        player = start_player(config_path)
        try:
            wait_until(
                lambda: part.exists() and part.stat().st_size > seconds * RATE_HZ * 2  # noqa: B023
            )
            assert not wav.exists()
        finally:
            player.send_signal(signal.SIGKILL)
            player.communicate()
    player = start_player(config_path)
    try:
        wait_until(wav.exists)
    finally:
        player.send_signal(signal.SIGTERM)
        said = player.communicate(timeout=10)[0].decode()
    assert player.returncode == 0, said
    assert "resumed o-1" in said
    assert samples_in(wav) == tone[44:]


def test_selftest_says_what_is_wrong(real_player, tmp_path):
    config_path, _ = real_player
    command = [sys.executable, "-m", "loa.player", "--selftest", "--config", str(config_path)]
    well = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (well.returncode, well.stdout) == (0, "1 device(s): all well\n")
    (tmp_path / "device.key").write_text("no key")
    bad = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert "key" in bad.stdout
