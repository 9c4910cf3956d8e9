"""The cast at work: fixtures that the tests of every stage share.

They stand with the project because they know every stage; `conftest.py` at the root loads them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django_scopes import scopes_disabled
from procrastinate.contrib.django.models import ProcrastinateJob

from loa.flow.approvals.actions import approve_bulletin
from loa.flow.approvals.models import Edition
from loa.flow.newsroom.actions import submit_bulletin, write_bulletin
from loa.flow.newsroom.jobs import render_parts, render_speech
from loa.flow.newsroom.models import Bulletin, Rendition, Submission
from loa.flow.receipts.actions import open_log_batch
from loa.flow.schedules.actions import place_edition
from loa.flow.schedules.models import Placement
from loa.flow.schedules.offered import Agreement
from loa.lib import clock
from loa.project.cast import HAI_CHAU, seat_cast, stand_device
from loa.registry.library import store
from loa.registry.library.actions import keep_medium
from loa.registry.library.models import Medium
from loa.registry.people.models import Person
from loa.registry.places.models import Place
from loa.registry.places.queries import place_by_code
from loa.wire import canonical, envelope, messages
from loa.wire.keys import SigningKey
from loa.wire.messages import Event, LogBatch, LogRow

MORNING = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # 08:30 on the wall
NIGHT = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # 22:30
TITLE = "Tiêm chủng"
BODY = "Mời bà con đưa trẻ đi tiêm."


@pytest.fixture
def own_folders(settings, tmp_path: Path) -> None:
    settings.LOA_MEDIA = tmp_path / "media"
    settings.LOA_KEYS = tmp_path / "keys"


@pytest.fixture
def whole_city() -> Iterator[None]:
    """Nobody is signed in: rows of every place are seen."""
    with scopes_disabled():
        yield


@pytest.fixture
def keys() -> list[SigningKey]:
    """The keys of the cast's first devices: one in Hải Châu, one in Hòa Vang, one in Hải Châu."""
    return [SigningKey.from_seed(bytes([number]) * 32) for number in range(1, 4)]


# What seating writes, in the order of its foreign keys.
SEATED_TABLES = (
    "places_place",
    "places_placealias",
    "places_placealias_places",
    "people_person",
    "people_mandate",
    "people_approvalkey",
    "people_rootissue",
    "people_rosterissue",
    "devices_device",
    "ledger_fact",
)


class Seating:
    """The cast and its devices as rows and key files, kept to be copied in again."""

    def __init__(self, public_keys: Sequence[str], folder: Path) -> None:
        self._rows: dict[str, bytes] = {}
        self._keys: dict[Path, bytes] = {}
        seat_cast(password=None)
        for number, public_hex in enumerate(public_keys, start=1):
            stand_device(number, public_hex)
        self._copy_out(folder)

    def _copy_out(self, folder: Path) -> None:
        with connection.cursor() as cursor:
            for table in SEATED_TABLES:
                with cursor.copy(f"COPY {table} TO STDOUT") as rows:
                    self._rows[table] = b"".join(rows)
        files = [path for path in folder.rglob("*") if path.is_file()]
        self._keys = {path.relative_to(folder): path.read_bytes() for path in files}

    def copy_in(self, folder: Path) -> None:
        with connection.cursor() as cursor:
            for table, data in self._rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN") as rows:
                    rows.write(data)
        for path, data in self._keys.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / path).touch(mode=0o600)
            (folder / path).write_bytes(data)


_seatings: dict[tuple[str, ...], Seating] = {}


def seated(public_keys: Sequence[str], folder: Path) -> dict[str, Person]:
    """Seat the cast with devices of these keys; done once a process, copied for later tests."""
    devices = tuple(public_keys)
    with scopes_disabled():
        if devices in _seatings:
            _seatings[devices].copy_in(folder)
        else:
            _seatings[devices] = Seating(devices, folder)
        return {person.username: person for person in Person.objects.all()}


@pytest.fixture
def cast(db, own_folders, whole_city, keys, settings) -> dict[str, Person]:
    return seated([key.public_hex for key in keys], settings.LOA_KEYS)


def agree_everywhere() -> None:
    """Let every commune take every ordinary item of the city around the clock."""
    known = Agreement._base_manager.filter(ended_at=None).values("place")
    chair = Person.objects.get(username="hung")
    Agreement._base_manager.bulk_create(
        Agreement(place=place, start=time(0), end=time(0), agreed_by=chair, agreed_at=MORNING)
        for place in Place.objects.filter(parent__kind=Place.Kind.CITY).exclude(pk__in=known)
    )


@pytest.fixture
def agreed(cast) -> None:
    """Every commune agreed to take the ordinary items of the city."""
    agree_everywhere()


RENDERING = {"newsroom.render_speech": render_speech, "newsroom.render_parts": render_parts}
_sounds: dict[str, tuple[Rendition, list[tuple[Medium, bytes]]]] = {}


def speak_queued() -> None:
    """Do what a worker would with every sound asked for.

    The real voice speaks each text once a process; later tests keep the bytes it made.
    """
    with scopes_disabled():
        for job in ProcrastinateJob.objects.filter(task_name__in=RENDERING):
            key = job.args["cache_key"]
            if Rendition.objects.filter(pk=key).exists():
                continue
            if key in _sounds:
                _keep_again(*_sounds[key])
            else:
                RENDERING[job.task_name](**job.args)
                _remember(Rendition.objects.get(pk=key))


def _remember(made: Rendition) -> None:
    media = [(one, store.read(one.pk) or b"") for one in (made.mp3, made.opus)]
    _sounds[made.pk] = made, media


def _keep_again(made: Rendition, media: list[tuple[Medium, bytes]]) -> None:
    for one, data in media:
        keep_medium(data, codec=one.codec, duration_ms=one.duration_ms)
    # A row of another test's transaction: here it is new.
    made._state.adding = True
    made.save(force_insert=True)


class Way:
    """The way of information, walked by the cast of Hải Châu: Mai writes, Hùng answers."""

    def __init__(self, people: dict[str, Person]) -> None:
        self.people = people

    def write(self, *, by: str = "mai", place: str = HAI_CHAU, **fields: Any) -> Bulletin:
        wanted = {"title": TITLE, "body": BODY, **fields}
        return write_bulletin(place=place_by_code(place), by=self.people[by], **wanted)

    def speak(self, bulletin: Bulletin) -> Bulletin:
        """Do what a worker would for this bulletin."""
        bulletin.refresh_from_db()
        for job in ProcrastinateJob.objects.filter(task_name="newsroom.render_speech"):
            if job.args["cache_key"] == bulletin.cache_key:
                render_speech(**job.args)
                break
        return bulletin

    def submit(self, bulletin: Bulletin | None = None, *, by: str = "mai") -> Submission:
        bulletin = bulletin or self.write(by=by)
        return submit_bulletin(self._spoken(bulletin), by=self.people[by])

    def _spoken(self, bulletin: Bulletin) -> Bulletin:
        speak_queued()
        bulletin.refresh_from_db()
        return bulletin

    def approve(self, submission: Submission | None = None, *, by: str = "hung") -> Edition:
        submission = submission or self.submit()
        approval = approve_bulletin(
            submission, approver=self.people[by], content_hash=submission.content_hash
        )
        return approval.edition

    def edition(self, *, by: str = "mai", approver: str = "hung", **fields: Any) -> Edition:
        return self.approve(self.submit(self.write(by=by, **fields), by=by), by=approver)

    def place(
        self, edition: Edition | None = None, *, by: str = "mai", at: datetime | None = None
    ) -> Placement:
        return place_edition(edition or self.edition(), by=self.people[by], start_at=at)


@pytest.fixture
def way(cast) -> Way:
    return Way(cast)


@pytest.fixture
def morning() -> Iterator[datetime]:
    with clock.at(MORNING):
        yield MORNING


@pytest.fixture
def night() -> Iterator[datetime]:
    with clock.at(NIGHT):
        yield NIGHT


def log_batch(
    key: SigningKey,
    device: str,
    said: Sequence[tuple[int, Event, str]],
    *,
    log: str = "log-1",
    at: datetime = MORNING,
    detail: dict[str, str | int] | None = None,
    **fields: Any,
) -> bytes:
    """Seal what a device says: (seq, event, order) a row, a second apart."""
    rows = tuple(
        LogRow(
            seq=seq,
            at=at + timedelta(seconds=min(seq, 1000)),
            monotonic_ms=min(seq, 1000) * 1000,
            clock=messages.Clock.GOOD,
            event=event,
            order=order,
            detail=detail or {},
            **fields,
        )
        for seq, event, order in said
    )
    batch = LogBatch(device=device, log=log, boot="boot-1", rows=rows)
    return envelope.seal(messages.LOG, canonical.encode(batch), key)


def arrival(key: SigningKey, device: str, said: Any, **fields: Any) -> Any:
    sealed = log_batch(key, device, said, **fields)
    return open_log_batch(sealed, device, {device: key.public_hex})


class Rival:
    """A second person or process at the same moment: a thread with a connection of its own."""

    def __init__(self, deed: Callable[[], Any]) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self._pid: int | None = None
        self._has_pid = threading.Event()
        self._deed = deed
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self._pid = cursor.fetchone()[0]
            self._has_pid.set()
            with scopes_disabled():
                self.result = self._deed()
        except BaseException as error:
            self.error = error
        finally:
            self._has_pid.set()
            connections.close_all()

    def wait_until_held(self, seconds_max: float = 10.0) -> None:
        """Return once the rival waits for a lock we hold, or has ended without waiting."""
        self._has_pid.wait(seconds_max)
        until = clock.monotonic() + seconds_max
        while self._thread.is_alive() and clock.monotonic() < until:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s",
                    [self._pid],
                )
                row = cursor.fetchone()
            if row and row[0]:
                return
            self._thread.join(0.01)

    def outcome(self) -> Any:
        """Return what the deed returned, or raise what it raised."""
        self._thread.join(20)
        assert not self._thread.is_alive(), "the rival still waits"
        if self.error is not None:
            raise self.error
        return self.result


def meet(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Rival]:
    """Do the first deed, let the second begin before the first commits; return both outcomes."""
    with transaction.atomic():
        mine = first()
        rival = Rival(second)
        rival.wait_until_held()
    rival._thread.join(20)
    return mine, rival
