"""Says emergencies at once and again and again, on a thread and on connections of its own.

It asks the database what is live at each tick and forgets nothing but when it last said it: a lane
that was killed says everything once more when it comes back.
"""

from __future__ import annotations

import logging
import threading
import time
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
    """One turn signs what is new and says what is due."""

    def __init__(self) -> None:
        self._is_stopping = False
        self._said_at: dict[int, datetime] = {}
        self._live: list[EmergencyMessage] = []
        self._kept_list = b""

    def turn(self) -> int:
        """Return how many messages were said."""
        alarms.raise_alarms()
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

    def stop(self) -> None:
        self._is_stopping = True

    def run(self) -> None:
        """Work until stopped; a failed turn is logged and tried again."""
        while not self._is_stopping:
            try:
                with scopes_disabled():
                    self._keep_turning()
            except Exception:
                log.exception("the emergency lane failed; trying again")
                connection.close()
                self._say_without_database()
                time.sleep(RETRY_SECONDS)

    def _keep_turning(self) -> None:
        with own_connection() as listening:
            listening.execute(f"LISTEN {FACTS_CHANNEL}")
            while not self._is_stopping:
                close_old_connections()
                self.turn()
                list(listening.notifies(timeout=TICK_SECONDS, stop_after=1))

    def _say_without_database(self) -> None:
        """Go on saying what is known to be live: the database may be what failed."""
        now = clock.now()
        self._live = [one for one in self._live if one.expires_at > now]
        try:
            self._say_due(now)
        except Exception:
            log.exception("nor can it be said")


def begin() -> Lane:
    """Start the lane of this process."""
    lane = Lane()
    threading.Thread(target=lane.run, name="emergency-lane", daemon=True).start()
    return lane
