"""A real sound process, recorded: what was heard is counted in samples of the recording."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import socket
import threading
from array import array
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from loa.lib import clock
from loa.lib.sound.levels import samples_from
from loa.lib.sound.wave import WaveWriter
from loa.player.audio.keeper import Keeper
from loa.player.audio.output import ProcessOutput
from loa.player.audio.sinks import RATE_HZ
from loa.player.audio.words import Play, Relay
from loa.player.outputs import Sound
from loa.wire.messages import Media
from loa.wire.reasons import Reason, Refused

LEVEL = 8000
SECONDS_MAX = 20


def sound_file(folder: Path, ms: int, level: int = LEVEL) -> tuple[Path, str]:
    path = folder / f"{ms}-{level}.wav"
    with WaveWriter(path, rate_hz=RATE_HZ) as writer:
        writer.append(array("h", [level] * (RATE_HZ * ms // 1000)).tobytes())
        writer.finish()
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def play_of(name: str, file: tuple[Path, str], **rest: Any) -> Play:
    return Play(id=name, path=str(file[0]), sha256=file[1], **rest)


def with_keeper(path: Path, way: Callable[[Keeper], Coroutine[Any, Any, None]]) -> list[str]:
    """Run the way beside a keeper that records to the path; return what it said."""
    said: list[str] = []

    async def run() -> None:
        keeper = Keeper(f"record:{path}", say=said.append)
        keeping = asyncio.create_task(keeper.run())
        try:
            async with asyncio.timeout(SECONDS_MAX):
                await way(keeper)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(run())
    return said


def recorded(path: Path) -> array:
    data = path.read_bytes()
    return samples_from(data[: len(data) // 2 * 2])


def began(path: Path) -> float:
    return float(path.with_name(f"{path.name}.began").read_text())


def test_a_sound_begins_when_it_was_told_to_and_is_whole(tmp_path):
    file, record = sound_file(tmp_path, 400), tmp_path / "record"
    wanted: list[float] = []

    async def way(keeper: Keeper) -> None:
        wanted.append(clock.monotonic() + 2.0)
        finished = await keeper.play(play_of("a", file, at=wanted[0]))
        assert (finished.samples, finished.ms, finished.is_cut) == (9600, 400, False)

    with_keeper(record, way)
    heard = recorded(record)
    sounding = [n for n, value in enumerate(heard) if value]
    assert len(sounding) == 9600
    assert set(heard) == {0, LEVEL}
    # The recording knows the second of its first sample; no machine is slow enough to matter here.
    assert abs(began(record) + sounding[0] / RATE_HZ - wanted[0]) <= 1 / RATE_HZ


def test_a_file_that_is_not_the_approved_one_does_not_sound(tmp_path):
    path, _ = sound_file(tmp_path, 200)
    record = tmp_path / "record"

    async def way(keeper: Keeper) -> None:
        with pytest.raises(Refused) as refused:
            await keeper.play(play_of("a", (path, "0" * 64)))
        assert refused.value.reason is Reason.MEDIA_MISMATCH

    with_keeper(record, way)
    assert not record.exists() or not any(recorded(record))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_dies_or_hangs_is_replaced_and_the_sound_goes_on(tmp_path, number):
    file, record = sound_file(tmp_path, 1200), tmp_path / "record"
    hit: list[int] = []

    async def way(keeper: Keeper) -> None:
        def strike(at: float) -> None:
            hit.append(keeper.pid)
            # Once it is under way, so that there is a position to go on from.
            asyncio.get_running_loop().call_later(0.5, os.kill, keeper.pid, number)

        finished = await keeper.play(play_of("a", file), on_started=lambda at: hit or strike(at))
        assert finished.samples == 28_800
        assert keeper.pid not in hit

    said = with_keeper(record, way)
    assert "the sound process ended; starting another" in said
    # The new process records anew: what it sounded is the rest, neither nothing nor everything.
    again = sum(1 for value in recorded(record) if value)
    assert 0 < again < 28_800


def test_a_cut_is_silent_within_its_fade(tmp_path):
    file, record = sound_file(tmp_path, 20_000), tmp_path / "record"

    async def way(keeper: Keeper) -> None:
        started = asyncio.Event()
        playing = asyncio.create_task(
            keeper.play(play_of("a", file), on_started=lambda at: started.set())
        )
        await started.wait()
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        short = sound_file(tmp_path, 100, level=4000)
        await keeper.play(play_of("b", short))

    with_keeper(record, way)
    heard = recorded(record)
    assert 4000 in heard
    after = heard[heard.index(4000) :]
    assert LEVEL not in after


def test_the_position_outlives_the_player(tmp_path):
    (tmp_path / "position").write_text("order-1 4200")
    output = ProcessOutput("silent", tmp_path, say=print)
    assert output.position_ms("order-1") == 4200
    assert output.position_ms("order-2") == 0
    output.close_cut("order-1")
    assert ProcessOutput("silent", tmp_path, say=print).position_ms("order-1") == 0


def test_a_torn_position_is_no_position(tmp_path):
    (tmp_path / "position").write_bytes(b"\xff\x00")
    assert ProcessOutput("silent", tmp_path, say=print).position_ms("order-1") == 0


def test_an_output_that_does_not_exist_is_said_to_fail(tmp_path):
    file = sound_file(tmp_path, 100)
    sound = Sound("a", Media(sha256=file[1], bytes=1, codec="wav", duration_ms=100), file[0])

    async def way() -> None:
        output = ProcessOutput("alsa:there-is-no-such-card", tmp_path, say=print)
        keeping = asyncio.create_task(output.run())
        try:
            async with asyncio.timeout(SECONDS_MAX):
                with pytest.raises(Refused) as refused:
                    await output.play(sound, from_ms=0)
            assert refused.value.reason is Reason.OUTPUT_FAILED
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(way())


@contextmanager
def station() -> Iterator[str]:
    """A stream over HTTP that never ends and comes as fast as it is taken."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()
    head = b"HTTP/1.0 200 OK\r\nContent-Type: audio/x-wav\r\n\r\n"
    # A header of unlimited length, then samples for ever.
    wave = (
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
        + RATE_HZ.to_bytes(4, "little")
        + (RATE_HZ * 2).to_bytes(4, "little")
        + b"\x02\x00\x10\x00data\xff\xff\xff\xff"
    )
    samples = array("h", [5000] * 4800).tobytes()

    def serve() -> None:
        while not ended.is_set():
            try:
                line, _ = server.accept()
            except OSError:
                return
            with line:
                try:
                    line.recv(4096)
                    line.sendall(head + wave)
                    while not ended.is_set():
                        line.sendall(samples)
                except OSError:
                    continue

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        ended.set()
        server.close()


def test_a_relay_sounds_until_it_is_stopped(tmp_path):
    record = tmp_path / "record"

    async def way(keeper: Keeper) -> None:
        relaying = asyncio.create_task(keeper.relay(Relay(id="vov", source=address)))
        while not record.exists() or sum(1 for v in recorded(record) if v == 5000) < RATE_HZ // 4:
            await asyncio.sleep(0.05)
            assert not relaying.done()
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        await keeper.play(play_of("after", sound_file(tmp_path, 100)))

    with station() as address:
        with_keeper(record, way)
    heard = recorded(record)
    assert 5000 not in heard[heard.index(LEVEL) :]


def test_what_sounds_falls_silent_when_the_device_is_muted_and_an_emergency_does_not(tmp_path):
    path, sha256 = sound_file(tmp_path, 1_500)
    percent = 100
    media = Media(sha256=sha256, bytes=1, codec="wav", duration_ms=1_500)

    async def way(output: ProcessOutput, forced: int | None) -> None:
        nonlocal percent
        percent = 100
        sound = Sound("o", media, path, volume_percent=forced)
        playing = asyncio.create_task(output.play(sound, from_ms=0))
        while not output.keeper.position_ms("o"):  # noqa: ASYNC110 - the keeper tells no one else
            await asyncio.sleep(0.01)
        percent = 0
        output.follow_volume()
        await playing

    def heard(name: str, forced: int | None) -> array[int]:
        async def run() -> None:
            output = ProcessOutput(
                f"record:{tmp_path / name}", tmp_path, say=print, volume_percent=lambda: percent
            )
            keeping = asyncio.create_task(output.run())
            try:
                async with asyncio.timeout(SECONDS_MAX):
                    await way(output, forced)
            finally:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)

        asyncio.run(run())
        return samples_from((tmp_path / name).read_bytes())

    assert heard("muted", None).count(LEVEL) > 0
    assert heard("muted", None).count(LEVEL) < RATE_HZ * 1_400 // 1000
    assert heard("forced", 100).count(LEVEL) == RATE_HZ * 1_500 // 1000
