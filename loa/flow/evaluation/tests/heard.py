"""A city whose texts really come onto the air, for tests of what the public sees.

Every step is the real deed: written, spoken by the real voice, approved, placed, dispatched, and
answered by receipts that the devices signed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django_scopes import scopes_disabled

from loa.flow.approvals.actions import approve_bulletin
from loa.flow.approvals.errors import SecondPersonAwaited
from loa.flow.approvals.models import Edition
from loa.flow.deliveries.actions import dispatch_due, recall_placement
from loa.flow.deliveries.alarms import raise_alarms
from loa.flow.deliveries.models import PlayOrder, Recall
from loa.flow.newsroom.actions import edit_bulletin, submit_bulletin, write_bulletin
from loa.flow.newsroom.models import Bulletin, Submission
from loa.flow.receipts.actions import open_log_batch, record_receipts
from loa.flow.schedules.actions import confirm_placement, place_edition
from loa.flow.schedules.models import Placement
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, device_code
from loa.project.tests.way import agree_everywhere, seated, speak_queued
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code, places_by_code
from loa.wire import canonical, envelope, messages
from loa.wire.keys import SigningKey
from loa.wire.messages import Event

MORNING = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # 08:30 on the wall, a Tuesday
TITLE = "Lịch tiêm chủng"
BODY = "Mời bà con đưa trẻ đi tiêm từ 7h30 tại trạm y tế."
# Who writes and who answers, by the place the bulletin belongs to.
STAFF = {CITY: ("lan", "binh"), HAI_CHAU: ("mai", "hung"), "20320": ("tam", "son")}


class HeardCity:
    """The city of the cast, and what is done in it."""

    def __init__(self, devices: int = 12) -> None:
        self._keys: dict[str, SigningKey] = {}
        self._seqs: dict[str, count[int]] = {}
        keys = [SigningKey.from_seed(bytes([number]) * 32) for number in range(1, devices + 1)]
        self.people = seated([key.public_hex for key in keys], Path(settings.LOA_KEYS))
        with scopes_disabled():
            agree_everywhere()
        for number, key in enumerate(keys, start=1):
            code = device_code(number)
            self._keys[code], self._seqs[code] = key, count(1)

    def write(
        self, title: str = TITLE, body: str = BODY, *, place: str = HAI_CHAU, **fields: Any
    ) -> Bulletin:
        targets = places_by_code(fields.pop("targets", [place]))
        with scopes_disabled():
            return write_bulletin(
                place=place_by_code(place),
                by=person_by_username(STAFF[place][0]),
                title=title,
                body=body,
                targets=targets,
                **fields,
            )

    def submit(self, bulletin: Bulletin) -> Submission:
        with scopes_disabled():
            speak_queued()
            return submit_bulletin(bulletin, by=bulletin.author)

    def approve(self, title: str = TITLE, body: str = BODY, **fields: Any) -> Edition:
        return self.approve_written(self.write(title, body, **fields))

    def approve_written(self, bulletin: Bulletin) -> Edition:
        submission = self.submit(bulletin)
        with scopes_disabled():
            try:
                return self._answered(submission, STAFF[bulletin.place_id][1])
            except SecondPersonAwaited:
                return self._answered(submission, "yen")

    def _answered(self, submission: Submission, who: str) -> Edition:
        approver, seen = person_by_username(who), submission.content_hash
        return approve_bulletin(submission, approver=approver, content_hash=seen).edition

    def correct_draft(self, edition: Edition, **fields: Any) -> Bulletin:
        """Write the bulletin anew, for nobody yet."""
        if "targets" in fields:
            fields["targets"] = places_by_code(fields["targets"])
        with scopes_disabled():
            return edit_bulletin(edition.bulletin, by=edition.bulletin.author, **fields)

    def correct(self, edition: Edition, **fields: Any) -> Edition:
        """Write the bulletin anew and have it approved: a correction is a new edition."""
        return self.approve_written(self.correct_draft(edition, **fields))

    def place(
        self,
        edition: Edition,
        *,
        start_at: datetime | None = None,
        places: Collection[str] | None = None,
    ) -> Placement:
        """Give it its time; where a second person must answer, that person does."""
        chosen = places_by_code(places) if places is not None else None
        editor, second = (person_by_username(name) for name in (STAFF[edition.place_id][0], "yen"))
        with scopes_disabled():
            placement = place_edition(edition, by=editor, start_at=start_at, places=chosen)
            if placement.is_waiting:
                confirm_placement(placement, by=second)
        return placement

    def dispatch(self) -> None:
        """Order what is due, an emergency by its own lane."""
        with scopes_disabled():
            raise_alarms()
            dispatch_due()

    def recall(self, placement: Placement, reason: str = "Đổi lịch") -> Recall:
        leader = person_by_username(STAFF[placement.place_id][1])
        with scopes_disabled():
            return recall_placement(placement, by=leader, reason=reason)

    def start(self, placement: Placement) -> list[PlayOrder]:
        """Dispatch, and let every ordered device say that it began."""
        self.dispatch()
        return self.tell(placement, Event.STARTED)

    def finish(self, placement: Placement) -> list[PlayOrder]:
        return self.tell(placement, Event.FINISHED)

    def sound(self, edition: Edition, **when: Any) -> Placement:
        """Place an edition and let every device that was ordered sound it to the end."""
        placement = self.place(edition, **when)
        self.start(placement)
        self.finish(placement)
        return placement

    def hear(self, title: str = TITLE, body: str = BODY, **fields: Any) -> Edition:
        """Bring a text all the way onto the air."""
        edition = self.approve(title, body, **fields)
        self.sound(edition)
        return edition

    def tell(self, placement: Placement, event: Event) -> list[PlayOrder]:
        """Take in what each ordered device signs: that it did this, now."""
        orders = list(PlayOrder.objects.filter(occurrence__placement=placement).order_by("device"))
        public = {code: key.public_hex for code, key in self._keys.items()}
        sealed = [(order.device_id, self._signed(order, event)) for order in orders]
        record_receipts([open_log_batch(data, device, public) for device, data in sealed])
        return orders

    def _signed(self, order: PlayOrder, event: Event) -> bytes:
        device, seq = order.device_id, next(self._seqs[order.device_id])
        row = messages.LogRow(
            seq=seq,
            at=clock.now(),
            monotonic_ms=seq,
            clock=messages.Clock.GOOD,
            event=event,
            order=str(order.pk),
            detail={"duration_ms": 1000} if event == Event.FINISHED else {},
        )
        batch = messages.LogBatch(device=device, log="log-1", boot="boot-1", rows=(row,))
        return envelope.seal(messages.LOG, canonical.encode(batch), self._keys[device])
