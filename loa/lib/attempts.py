"""How often somebody may try: a small count in this process, good against guessing by hand."""

from __future__ import annotations

from collections import OrderedDict, deque
from threading import Lock

from loa.lib import clock

KEYS_MAX = 10_000


class Attempts:
    """Allows `attempts_max` for one key within a sliding window."""

    def __init__(self, attempts_max: int, window_seconds: float) -> None:
        self._attempts_max = attempts_max
        self._window_seconds = window_seconds
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def may_try(self, key: str) -> bool:
        """Count one attempt and say whether it is still allowed."""
        now = clock.monotonic()
        with self._lock:
            times = self._seen.setdefault(key, deque(maxlen=self._attempts_max))
            self._seen.move_to_end(key)
            if len(self._seen) > KEYS_MAX:
                self._seen.popitem(last=False)
            if len(times) == self._attempts_max and now - times[0] < self._window_seconds:
                return False
            times.append(now)
            return True

    def forget(self) -> None:
        with self._lock:
            self._seen.clear()
