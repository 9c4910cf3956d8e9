"""A stream of another station, kept open and watched: is there sound in it?

A thread for each address, since libav waits for the network. Silent is: nothing audible for two
seconds, or less than three quarters of real time arriving. Back again only after ten seconds of sound.
"""

from __future__ import annotations

import threading
from array import array
from collections import deque
from collections.abc import Callable

from loa.lib import clock
from loa.lib.sound.levels import is_silent
from loa.lib.sound.streams import StreamFault, samples_of_stream
from loa.player.audio.sinks import RATE_HZ

SILENT_SECONDS = 2.0
BACK_SECONDS = 10.0
FLOW_SECONDS = 4.0
FLOW_SHARE_MIN = 0.75
KEPT_SECONDS = 2.2  # silence is found before it is heard
REST_SECONDS = 0.3  # so much is left when the next station takes over: no gap is heard
LISTENED_SECONDS = 0.5
WAIT_SECONDS = 0.02
AGAIN_SECONDS = (0.5, 1.0, 2.0, 5.0)


class Ear:
    """Says whether a stream is silent, from what arrived when; `now` are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self.is_silent = False
        self._began = now
        self._last_sound = now  # a stream that was just opened gets its two seconds
        self._sound_since: float | None = None
        self._arrived: deque[tuple[float, float]] = deque()
        self._has_ended = False

    def end(self) -> None:
        """Note that the other side broke off: nobody needs to listen whether more comes."""
        self._has_ended = True

    def hear(self, samples: array[int], now: float) -> None:
        """Take in what just arrived."""
        self._has_ended = False
        self._arrived.append((now, len(samples) / RATE_HZ))
        if not is_silent(samples):
            self._last_sound = now
            self._sound_since = now if self._sound_since is None else self._sound_since

    def look(self, now: float) -> bool:
        """Return whether it changed between silent and sounding."""
        if self._has_fallen_silent(now):
            self._sound_since = None
            changed, self.is_silent = not self.is_silent, True
            return changed
        since = self._sound_since
        is_back = since is not None and self._last_sound - since >= BACK_SECONDS
        if self.is_silent and is_back:
            self.is_silent = False
            return True
        return False

    def _has_fallen_silent(self, now: float) -> bool:
        if self._has_ended:
            return True
        if now - self._last_sound > SILENT_SECONDS:
            return True
        while self._arrived and self._arrived[0][0] < now - FLOW_SECONDS:
            self._arrived.popleft()
        if now - self._began < FLOW_SECONDS or self._sound_since is None:
            return False
        if now - self._sound_since < FLOW_SECONDS:
            return False
        flowed = sum(seconds for _, seconds in self._arrived)
        return flowed < FLOW_SECONDS * FLOW_SHARE_MIN


class Station:
    """One address: its thread, what came last, and its ear."""

    def __init__(self, address: str, on_change: Callable[[str, bool], None]) -> None:
        self.address = address
        self._on_change = on_change
        self._ear = Ear(clock.monotonic())
        self._kept = array("h")
        self._read_at = -LISTENED_SECONDS
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name=address, daemon=True)
        self._thread.start()

    @property
    def is_silent(self) -> bool:
        return self._ear.is_silent

    def close(self) -> None:
        self._ended.set()

    def look(self) -> None:
        """Tell if it fell silent or came back; asked a few times a second."""
        with self._lock:
            changed = self._ear.look(clock.monotonic())
        if changed:
            self._on_change(self.address, self._ear.is_silent)

    def read(self, count: int) -> array[int]:
        """Return so many samples, with silence for what has not arrived."""
        with self._lock:
            self._read_at = clock.monotonic()
            taken = self._kept[:count]
            del self._kept[:count]
        taken.extend([0] * (count - len(taken)))
        return taken

    def _listen(self) -> None:
        failures = 0
        while not self._ended.is_set():
            try:
                for samples in samples_of_stream(self.address, rate_hz=RATE_HZ):
                    failures = 0
                    self._take(samples)
                    if self._ended.is_set():
                        return
            except StreamFault:
                pass  # that it ended says it
            self._wait_until_heard()
            with self._lock:
                self._ear.end()
            self._ended.wait(AGAIN_SECONDS[min(failures, len(AGAIN_SECONDS) - 1)])
            failures += 1

    def _wait_until_heard(self) -> None:
        """Let what arrived before the end sound first, while somebody hears it."""
        while not self._ended.is_set():
            with self._lock:
                is_heard = clock.monotonic() - self._read_at < LISTENED_SECONDS
                if not is_heard or len(self._kept) < REST_SECONDS * RATE_HZ:
                    return
            self._ended.wait(WAIT_SECONDS)

    def _take(self, samples: array[int]) -> None:
        with self._lock:
            self._ear.hear(samples, clock.monotonic())
            self._kept.extend(samples)
        while not self._ended.is_set():
            with self._lock:
                over = len(self._kept) - int(KEPT_SECONDS * RATE_HZ)
                if over > 0 and clock.monotonic() - self._read_at > LISTENED_SECONDS:
                    # Nobody hears it: what is old is dropped, so that it begins with what is new.
                    del self._kept[:over]
                    over = 0
            if over <= 0:
                return
            self._ended.wait(WAIT_SECONDS)  # and so the sender waits
