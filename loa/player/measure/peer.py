"""The same streams through liquidsoap, when the machine has it (Debian: apt install liquidsoap)."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from array import array
from contextlib import suppress
from pathlib import Path
from typing import Any

from loa.lib import clock
from loa.lib.sound.levels import samples_from
from loa.lib.sound.wave import WaveWriter
from loa.player.audio.sinks import RATE_HZ
from loa.player.measure.costs import cpu_seconds, resident_mb
from loa.player.measure.sounds import HIGH, LOW, Station, changes_to_low

SECONDS_MAX = 15.0
RIPPLE = 250
_SCRIPT = """
settings.init.allow_root.set(true)
settings.log.stdout.set(true)
settings.log.file.set(false)
settings.server.socket.set(true)
settings.server.socket.path.set("{folder}/socket")
primary = input.http(id="primary", "{primary}")
secondary = input.http(id="secondary", "{secondary}")
urgent = request.queue(id="urgent")
heard = fallback(track_sensitive=false,
  [urgent, blank.strip(max_blank=2., primary), secondary, blank()])
output.file(%wav(stereo=false, samplerate={rate}, header=false), fallible=true, flush=true,
  "{folder}/recording", heard)
"""


def measured(rounds: int = 3) -> dict[str, Any]:
    """Return what it leaves silent, in milliseconds, and its memory; empty when it is absent."""
    if shutil.which("liquidsoap") is None:
        return {}
    found: dict[str, Any] = {"broke_off_silent_ms": [], "fell_mute_silent_ms": []}
    for _ in range(rounds):
        for name, is_muting in (("broke_off_silent_ms", False), ("fell_mute_silent_ms", True)):
            found[name] += _lost(by_muting=is_muting)
    urgent, resident_mb, cpu_percent = _urgent(rounds)
    return found | {
        "urgent_silent_ms": [silent for silent, _ in urgent],
        "urgent_told_to_heard_ms": [after for _, after in urgent],
        "resident_mb": resident_mb,
        "cpu_percent": cpu_percent,
    }


class _Liquidsoap:
    """One running script over two stations, and its recording."""

    def __init__(self, folder: Path, primary: Station, secondary: Station) -> None:
        self.folder, self.recording = folder, folder / "recording"
        script = folder / "script.liq"
        script.write_text(
            _SCRIPT.format(
                folder=folder, primary=primary.address, secondary=secondary.address, rate=RATE_HZ
            )
        )
        self.process = subprocess.Popen(
            ["liquidsoap", str(script)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def samples(self) -> array[int]:
        data = self.recording.read_bytes() if self.recording.exists() else b""
        return array("h", map(_nearest, samples_from(data[: len(data) // 2 * 2])))

    def wait_for(self, level: int, *, after: int = 0) -> bool:
        """Return whether this level was heard for a while behind so many samples."""
        wanted = array("h", [level] * (RATE_HZ // 4)).tobytes()
        until = clock.monotonic() + SECONDS_MAX
        while clock.monotonic() < until:
            if self.samples()[after:].tobytes().find(wanted) >= 0:
                return True
            time.sleep(0.1)
        return False

    def push(self, path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.folder / "socket"))
            line.sendall(f"urgent.push {path}\nquit\n".encode())
            while line.recv(4096):
                pass

    def end(self) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()


def _nearest(value: int) -> int:
    """Undo what resampling does to a steady sound."""
    return next((level for level in (HIGH, LOW, 0) if abs(value - level) < RIPPLE), value)


def _lost(*, by_muting: bool) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        one, other = Station(HIGH), Station(LOW)
        peer = _Liquidsoap(Path(folder), one, other)
        try:
            if not peer.wait_for(HIGH):
                return []
            one.is_mute = by_muting
            if not by_muting:
                one.end()
            peer.wait_for(LOW)
            return [silent for _, silent in changes_to_low(peer.samples())]
        finally:
            peer.end()
            one.end()
            other.end()


def _urgent(rounds: int) -> tuple[list[tuple[float, float]], float, float]:
    """Push a file before the stream; return (silent, told to heard), memory and share of a core."""
    with tempfile.TemporaryDirectory() as name:
        folder, one, other = Path(name), Station(HIGH), Station(HIGH)
        alarm = folder / "alarm.wav"
        with WaveWriter(alarm, rate_hz=RATE_HZ) as writer:
            writer.append(array("h", [LOW] * (RATE_HZ // 2)).tobytes())
            writer.finish()
        peer = _Liquidsoap(folder, one, other)
        found = []
        try:
            for _ in range(rounds):
                if not peer.wait_for(HIGH, after=len(peer.samples())):
                    break
                told = len(peer.samples())
                peer.push(alarm)
                peer.wait_for(LOW, after=told)
                first, silent = changes_to_low(peer.samples())[-1]
                found.append((silent, (first - told) / RATE_HZ * 1000))
            return found, resident_mb(peer.process.pid), _cpu_percent(peer.process.pid)
        finally:
            peer.end()
            one.end()
            other.end()


def _cpu_percent(pid: int, seconds: float = 5.0) -> float:
    """Return the share of one core it takes while it sounds, over some seconds."""
    before = cpu_seconds(pid)
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / seconds * 100
