"""Streams that break off or fall mute, and what a recording shows of them."""

from __future__ import annotations

import socket
import threading
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from loa.lib import clock
from loa.player.audio.sinks import RATE_HZ

LOW, HIGH = 3_000, 8_000
RUN = 200  # so many samples of one level are that sound, not a fade that passes through it
_WAVE_WITHOUT_END = (
    b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
    + RATE_HZ.to_bytes(4, "little")
    + (RATE_HZ * 2).to_bytes(4, "little")
    + b"\x02\x00\x10\x00data\xff\xff\xff\xff"
)


def edges(samples: array[int]) -> Iterator[int]:
    """Yield where sound begins after at least 50 ms of silence."""
    silent = RATE_HZ
    for n, value in enumerate(samples):
        if value and silent >= RATE_HZ // 20:
            yield n
        silent = 0 if value else silent + 1


def changes_to_low(samples: array[int]) -> list[tuple[int, float]]:
    """Return where the low sound takes over from the high one, and the milliseconds of silence before."""
    high, low = (array("h", [level] * RUN).tobytes() for level in (HIGH, LOW))
    data, found, position = samples.tobytes(), [], 0
    while (begin := data.find(high, position)) >= 0 and (first := data.find(low, begin)) >= 0:
        first //= 2
        last_high = data.rfind(high[-2:], 0, first * 2) // 2
        between = samples[last_high:first]
        found.append((first, between.count(0) / RATE_HZ * 1000))
        position = first * 2
    return found


class Station:
    """A stream over HTTP that can fall mute or break off for good."""

    def __init__(self, level: int) -> None:
        self._sound = array("h", [level] * 480).tobytes()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        self.is_mute = False
        self._has_ended = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def end(self) -> None:
        self._has_ended.set()
        self._server.close()

    def _serve(self) -> None:
        while not self._has_ended.is_set():
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._send, args=(line,), daemon=True).start()

    def _send(self, line: socket.socket) -> None:
        head = b"HTTP/1.0 200 OK\r\nContent-Type: audio/x-wav\r\n\r\n"
        with line, suppress(OSError):
            line.recv(4096)
            line.sendall(head + _WAVE_WITHOUT_END)
            sent, began = 0, clock.monotonic() - 1.0  # a second at once, as stations do
            while not self._has_ended.wait(max(0.0, began + sent / RATE_HZ - clock.monotonic())):
                line.sendall(bytes(len(self._sound)) if self.is_mute else self._sound)
                sent += 480


@contextmanager
def two_stations() -> Iterator[tuple[Station, Station]]:
    one, other = Station(HIGH), Station(LOW)
    try:
        yield one, other
    finally:
        one.end()
        other.end()
