"""Turns what is due into signed documents and puts them where devices look.

It pulls: a notification only wakes it early, the tick would find the same work.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import FrameType

from django.db import close_old_connections, connection
from django_scopes import scopes_disabled

from loa.flow.deliveries.actions import (
    dispatch_due,
    follow_alarm,
    let_books_follow,
    let_orders_follow,
    let_standings_follow,
    push_documents,
    renew_documents,
    republish_all,
    send_ahead,
)
from loa.flow.deliveries.commands import send_commands
from loa.flow.deliveries.ports import emergency_bus, fleet_bus
from loa.flow.newsroom.queries import open_submissions
from loa.flow.receipts.readiness import watch_readiness
from loa.flow.schedules.hours import HOURS_SET
from loa.flow.schedules.offers import send_offers
from loa.flow.schedules.programmes import OCCURRENCE_OVERRIDDEN, RULE_ENDED, expand_rules
from loa.flow.schedules.standings import STANDING_APPROVED, STANDING_ENDED
from loa.lib import clock
from loa.project.database import own_connection
from loa.project.processes import emergency_lane
from loa.registry.devices.actions import DEVICE_CLONED, DEVICE_RETIRED, note_devices_behind
from loa.registry.devices.incidents import look_for_outages
from loa.registry.devices.models import SILENT_AFTER
from loa.registry.devices.queries import keys_to_put_out, retired_since
from loa.registry.devices.register import DEVICE_REPLACED, note_put_out
from loa.registry.ledger.actions import FACTS_CHANNEL
from loa.registry.people.queries import present_root, present_roster
from loa.registry.people.rosters import issue_roster
from loa.registry.people.suspensions import PERSON_SUSPENDED, PLACE_SUSPENDED, SUSPENSION_LIFTED
from loa.registry.reforms.actions import REFORM_CARRIED_OUT, carry_out_due

log = logging.getLogger("loa.dispatcher")
TICK_SECONDS = 1.0
RETRY_SECONDS = 0.5
SWEEP_SECONDS = 60.0
WATCH_SECONDS = 10.0
# Who was retired while nobody kept the bus, and entered before that.
PUT_OUT_AGAIN = timedelta(days=2)
# Three polls of a device that hears no hint.
BEHIND_AFTER = timedelta(minutes=18)
EDITION_APPROVED = "edition_approved"
SUBMISSION_FACTS = {"bulletin_submitted", "bulletin_returned", "submission_withdrawn"}
# What was ordered already must be unsaid: devices hold a day of orders.
RENEWING_FACTS = {
    "director_changed",
    HOURS_SET,
    DEVICE_CLONED,
    DEVICE_REPLACED,
    RULE_ENDED,
    OCCURRENCE_OVERRIDDEN,
    STANDING_APPROVED,
    STANDING_ENDED,
    PLACE_SUSPENDED,
    SUSPENSION_LIFTED,
    REFORM_CARRIED_OUT,
}
ROSTER_FACTS = {
    "root_taken",
    "roster_issued",
    "mandate_granted",
    "mandate_ended",
    "key_revoked",
    "key_replaced",
    "mandate_extended",
    "role_changed",
    PERSON_SUSPENDED,
    SUSPENSION_LIFTED,
    REFORM_CARRIED_OUT,
}


class Dispatcher:
    """One turn does everything that can be done now; turns repeat until stopped."""

    def __init__(self) -> None:
        self.is_stopping = False
        self._swept_at = float("-inf")
        self._watched_at = float("-inf")
        self._began_at = clock.monotonic()
        self._followed_at: datetime | None = None

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self.is_stopping = True

    def turn(self, kinds: set[str]) -> None:
        """Do what the facts of these kinds ask for, and what is due anyway."""
        with connection.cursor() as cursor:
            # A row that somebody holds too long fails the turn, and the next one tries again.
            cursor.execute("SET lock_timeout = '10s'")
        is_time = clock.monotonic() - self._swept_at > SWEEP_SECONDS
        if is_time or kinds & ROSTER_FACTS or has_bus_forgotten():
            carry_out_due()
            issue_roster()
            now = clock.now()
            let_orders_follow(self._followed_at)
            let_standings_follow()
            let_books_follow()
            self._followed_at = now
            republish_all()
            _note_who_stays_behind()
            kinds = kinds | SUBMISSION_FACTS
            self._swept_at = clock.monotonic()
        send_commands()
        while dispatch_due():
            push_documents()
        push_documents()
        while follow_alarm():
            push_documents()
        if kinds & (SUBMISSION_FACTS | {EDITION_APPROVED}):
            _follow_approvals()
        if is_time or DEVICE_RETIRED in kinds:
            # Its next sign-in is refused; what it holds open must end now.
            fleet_bus().put_out(retired_since(clock.now() - PUT_OUT_AGAIN))
        if is_time or DEVICE_REPLACED in kinds:
            _put_out_former_machines()
        if kinds & RENEWING_FACTS:
            renew_documents()
            let_standings_follow()
            push_documents()
        if clock.monotonic() - self._watched_at > WATCH_SECONDS:
            watch_readiness(clock.now())
            # After a rest of its own, silence says nothing of the devices.
            if clock.monotonic() - self._began_at > SILENT_AFTER.total_seconds():
                look_for_outages(clock.now())
            self._watched_at = clock.monotonic()
        # Days ahead, so it comes last and a little at a time: nobody waits for it.
        expand_rules(clock.now())

    def run(self) -> None:
        """Work until stopped; a failed turn is logged and tried again."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        emergency_lane.begin()
        print("dispatcher ready", flush=True)
        while not self.is_stopping:
            try:
                for kinds in self._wakings():
                    close_old_connections()
                    self.turn(kinds)
                    if self.is_stopping:
                        return
            except Exception:
                log.exception("turn failed; trying again")
                connection.close()
                # A database that is away for a while must not cost a core and a disk of log.
                time.sleep(RETRY_SECONDS)

    def _wakings(self) -> Iterator[set[str]]:
        """Yield the kinds of facts that happened, at least once a tick."""
        with own_connection() as listening:
            listening.execute(f"LISTEN {FACTS_CHANNEL}")
            # What happened while nobody listened.
            yield SUBMISSION_FACTS | RENEWING_FACTS
            while True:
                # One waking gathers all that is already there.
                yield {n.payload for n in listening.notifies(timeout=TICK_SECONDS, stop_after=1)}


def _follow_approvals() -> None:
    """Let sounds travel while their approval is awaited, and offer to communes what was approved."""
    send_offers(clock.now())
    send_ahead(open_submissions())
    push_documents()


def _put_out_former_machines() -> None:
    """End what a replaced machine holds open; once, for the new one enters by the same name."""
    keys = keys_to_put_out()
    if keys:
        fleet_bus().put_out(key.device_id for key in keys)
        note_put_out(keys)


def has_bus_forgotten() -> bool:
    """Say, once, that the store of the bus was made anew, by whichever of our lines."""
    by_line = {fleet_bus().has_forgotten(), emergency_bus().has_forgotten()}
    return True in by_line


def _note_who_stays_behind() -> None:
    """A device gets a new roster within minutes, or the city hears of it."""
    roster, root = present_roster(), present_root()
    if roster is None or root is None or clock.now() - roster.issued_at < BEHIND_AFTER:
        return
    for device in note_devices_behind(roster.version, root.version):
        log.warning("%s does not take roster %s", device, roster.version)


def main() -> None:
    with scopes_disabled():
        Dispatcher().run()
