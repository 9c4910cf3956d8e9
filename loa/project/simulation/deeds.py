"""What people do while everything happens: announce, recall, warn, and leave one thing unapproved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from loa.flow.approvals.actions import approve_bulletin
from loa.flow.deliveries.actions import recall_placement
from loa.flow.deliveries.models import PlayOrder
from loa.flow.newsroom.actions import submit_bulletin, write_bulletin
from loa.flow.newsroom.models import Bulletin, Priority, Submission
from loa.flow.schedules.actions import confirm_placement, place_edition
from loa.flow.schedules.models import Placement
from loa.lib import clock
from loa.project.supervisor.process_table import wait_until
from loa.registry.devices.models import Device
from loa.registry.people.queries import person_by_username
from loa.registry.places.models import Place
from loa.registry.places.queries import city

SPOKEN_SECONDS_MAX = 60.0
FAR = timedelta(minutes=30)


class DeedFailed(RuntimeError):
    """A deed could not be done; the message says why."""


class Newsroom:
    """Does one deed after another, each of another kind."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self._editor = person_by_username("lan")
        self._leader = person_by_username("binh")
        self._kinds: tuple[tuple[str, Callable[[Submission], None]], ...] = (
            ("announced", self._announce),
            ("recalled while it sounds", self._announce_and_recall),
            ("emergency", self._announce),
            ("recalled before its hour", self._plan_and_recall),
            ("left unapproved", self._leave),
        )
        self._unsaid: list[Placement] = []

    def write_all(self, count: int, mark: str) -> list[tuple[str, Submission]]:
        """Write and hand in so many texts; all are spoken before anything goes wrong."""
        written = [self._write(number, mark) for number in range(count)]
        return [(kind, self._submit(bulletin)) for kind, bulletin in written]

    def do(self, kind: str, submission: Submission) -> None:
        dict(self._kinds)[kind](submission)
        self.done[kind] += 1

    def _write(self, number: int, mark: str) -> tuple[str, Bulletin]:
        kind = self._kinds[number % len(self._kinds)][0]
        at = Device.objects.filter(retired_at=None).values("place")
        bulletin = write_bulletin(
            place=city(),
            by=self._editor,
            title="Diễn tập truyền thanh",
            body=f"Đây là bản tin diễn tập số {number + 1}, {mark}.",
            targets=list(Place.objects.filter(pk__in=at)),
            priority=Priority.EMERGENCY if kind == "emergency" else Priority.NORMAL,
        )
        return kind, bulletin

    def _submit(self, bulletin: Bulletin) -> Submission:
        def is_spoken() -> bool:
            bulletin.refresh_from_db()
            return bulletin.rendition is not None

        if not wait_until(is_spoken, seconds_max=SPOKEN_SECONDS_MAX):
            raise DeedFailed(f"No sound: {bulletin.voice_fault or 'the worker is silent'}")
        return submit_bulletin(bulletin, by=self._editor)

    def _announce(self, submission: Submission) -> None:
        self._place(submission)

    def _announce_and_recall(self, submission: Submission) -> None:
        self._unsaid.append(self._place(submission))

    def _plan_and_recall(self, submission: Submission) -> None:
        self._unsaid.append(self._place(submission, ahead=FAR))

    def _leave(self, submission: Submission) -> None:
        pass

    def _place(self, submission: Submission, *, ahead: timedelta | None = None) -> Placement:
        edition = approve_bulletin(
            submission, approver=self._leader, content_hash=submission.content_hash
        ).edition
        start_at = clock.now() + ahead if ahead else None
        placement = place_edition(edition, by=self._editor, start_at=start_at)
        if placement.is_waiting:
            confirm_placement(placement, by=person_by_username("yen"))
        return placement

    def recall_what_left(self) -> None:
        """Recall what is to be unsaid, once some device may know of it."""
        for placement in list(self._unsaid):
            if PlayOrder.objects.filter(occurrence__placement=placement).exists():
                recall_placement(placement, by=self._leader, reason="Diễn tập: dừng phát")
                self._unsaid.remove(placement)


def orders_open() -> int:
    """Return how many orders have begun their hour, were not recalled and have not ended."""
    return PlayOrder.objects.filter(
        ended_at=None,
        occurrence__called_off_at=None,
        occurrence__start_at__lte=clock.now(),
        device__retired_at=None,
    ).count()
