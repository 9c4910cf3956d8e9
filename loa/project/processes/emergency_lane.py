"""Signs emergencies and says them at once and again and again, on threads and connections of its own.

It asks the database what is live at each tick and forgets nothing but when it last said it: a lane
that was killed says everything once more when it comes back. Who signs never waits for the bus:
what is signed is fetched by HTTP meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from django.db import close_old_connections, connection
from django_scopes import scopes_disabled

from loa.flow.deliveries import alarms
from loa.flow.deliveries.models import EmergencyMessage
from loa.lib import clock
from loa.project.database import own_connection
from loa.registry.ledger.actions import FACTS_CHANNEL
from loa.wire.emergency import listed

log = logging.getLogger("loa.emergency_lane")
TICK_SECONDS = 1.0
RETRY_SECONDS = 0.5


class Lane:
    """Two loops: one signs what is new, the other says what is due."""

    def __init__(self) -> None:
        self._news = threading.Event()
        self._said_at: dict[int, datetime] = {}
        self._live: list[EmergencyMessage] = []
        self._kept_list = b""

    def turn(self) -> int:
        """Sign and say all that is due; return how many messages were said."""
        alarms.raise_alarms()
        return self.say()

    def say(self) -> int:
        """Say what is due; return how many messages were."""
        now = clock.now()
        self._live = alarms.live_messages(now)
        return self._say_due(now)

    def _say_due(self, now: datetime) -> int:
        due = [one for one in self._live if alarms.is_due(one, self._said_at.get(one.pk), now)]
        if due:
            alarms.say(due)
            self._said_at |= dict.fromkeys((one.pk for one in due), now)
        self._keep_list(is_said=bool(due))
        return len(due)

    def _keep_list(self, *, is_said: bool) -> None:
        """Put the list where devices look; with every saying anew, as the bus may have lost it."""
        file = listed([bytes(one.envelope) for one in self._live])
        if file != self._kept_list or is_said:
            alarms.keep_list(file)
            self._kept_list = file

    # -- the loops

    def keep_signing(self) -> None:
        """Sign whenever something happened, and at every tick."""
        with own_connection() as listening:
            listening.execute(f"LISTEN {FACTS_CHANNEL}")
            while True:
                close_old_connections()
                alarms.raise_alarms()
                self._news.set()
                list(listening.notifies(timeout=TICK_SECONDS, stop_after=1))

    def keep_saying(self) -> None:
        """Say what is due whenever the signer looked."""
        while True:
            self._news.wait(TICK_SECONDS)
            self._news.clear()
            close_old_connections()
            try:
                self.say()
            except Exception:
                self._say_without_database()
                raise

    def _say_without_database(self) -> None:
        """Say what is known to be live: the database may be what failed."""
        now = clock.now()
        self._live = [one for one in self._live if one.expires_at > now]
        try:
            self._say_due(now)
        except Exception:
            log.warning("nor can it be said without asking")


def _for_ever(work: Callable[[], None]) -> None:
    """Do it until the process ends; what fails is logged and tried again."""
    while True:
        try:
            with scopes_disabled():
                work()
        except Exception:
            log.exception("the emergency lane failed; trying again")
            connection.close()
            time.sleep(RETRY_SECONDS)


def begin() -> None:
    """Start the lane of this process."""
    lane = Lane()
    for work in (lane.keep_signing, lane.keep_saying):
        threading.Thread(target=_for_ever, args=(work,), name=work.__name__, daemon=True).start()
