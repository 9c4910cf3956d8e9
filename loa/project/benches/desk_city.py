"""The city of `bench desk` and `bench search`: its people, bulletins and play logs, by COPY.

Rows are as the deeds would leave them, but nothing in them was signed: it measures reading.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from psycopg.sql import SQL, Identifier, Literal
from rich.console import Console

from loa.flow.newsroom.words import exact_words, vectors_from
from loa.lib import clock
from loa.project.benches.desk_way import LOGS, STEPS, UNPLACED, WAITING, WRITING
from loa.project.benches.desk_words import Composed, Corpus
from loa.project.cast import SINCE, seat_cast
from loa.registry.ledger.actions import read_whole_ledger
from loa.registry.ledger.models import Fact
from loa.registry.ledger.rules import GENESIS, hash_of
from loa.registry.people.actions import enter_person, grant_mandate
from loa.registry.people.models import Mandate, Person
from loa.registry.places.models import Place
from loa.registry.places.queries import communes

OFFICERS = 100
EDITOR = "commune_editor"
RENDITIONS = 500
YEARS = 3
TABLES = (
    "newsroom_bulletinwords newsroom_bulletin newsroom_bulletin_targets newsroom_submission "
    "newsroom_rendition approvals_edition approvals_approval schedules_placement "
    "schedules_placement_places schedules_occurrence deliveries_playorder receipts_playlog "
    "devices_device devices_devicestate library_medium ledger_fact"
).split()
console = Console(highlight=False)


@dataclass(frozen=True)
class Size:
    """How much stands in the database."""

    bulletins: int
    play_logs: int
    facts: int

    @property
    def horns_each(self) -> int:
        """How many loudspeakers sound each bulletin, so that the logs come out."""
        return max(
            1, -(-self.play_logs * 100 // (self.bulletins * (100 - WRITING - WAITING - UNPLACED)))
        )


@dataclass(frozen=True)
class Officer:
    """Somebody who is signed in: his cookie."""

    username: str
    place: str
    session: str


def build(size: Size, corpus: Corpus) -> None:
    """Fill the database, unless it holds this city already."""
    if _stands(size, corpus):
        return
    seat_cast()
    places = [place.code for place in communes()]
    _enter_officers(communes())
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '256MB'")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        _give_defaults(cursor)
        _drop_indexes(cursor)
        _Filling(cursor, size, places).fill(corpus)
        _timed("indexes", lambda: _make_indexes(cursor))
        cursor.execute("RESET session_replication_role")
        cursor.execute("ANALYZE")
        _timed("the ledger read once", lambda: read_whole_ledger({}))
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_city (said text)")
        cursor.execute("TRUNCATE bench_city")
        cursor.execute("INSERT INTO bench_city VALUES (%s)", [_said(size, corpus)])
    connection.close()


def _give_defaults(cursor: Any) -> None:
    """Have the database fill in what Django would, so that rows need to name only what matters."""
    filled = [model for model in apps.get_models() if model._meta.db_table in TABLES]  # noqa: SLF001
    for model in filled:
        for field in model._meta.concrete_fields:  # noqa: SLF001
            value = field.get_db_prep_save(field.get_default(), connection)
            if value is not None and not field.primary_key and not field.is_relation:
                cursor.execute(
                    SQL("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}").format(
                        Identifier(model._meta.db_table),  # noqa: SLF001
                        Identifier(str(field.column)),
                        Literal(value),
                    )
                )


def _said(size: Size, corpus: Corpus) -> str:
    return f"{size} of {corpus.name}, third shape"


def _stands(size: Size, corpus: Corpus) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('bench_city')")
        if cursor.fetchone() == (None,):
            return False
        cursor.execute("SELECT said FROM bench_city")
        return bool(cursor.fetchone() == (_said(size, corpus),))


def _drop_indexes(cursor: Any) -> None:
    """Drop what is cheaper to build at the end; how each is made is kept, should this be killed."""
    cursor.execute("CREATE TABLE IF NOT EXISTS bench_index (name text PRIMARY KEY, made text)")
    cursor.execute(
        "INSERT INTO bench_index SELECT indexname, indexdef FROM pg_indexes WHERE"
        " schemaname = 'public' AND tablename = ANY(%s) AND NOT EXISTS"
        " (SELECT 1 FROM pg_constraint WHERE conname = indexname) ON CONFLICT DO NOTHING",
        [list(TABLES)],
    )
    cursor.execute("SELECT name FROM bench_index")
    for (name,) in cursor.fetchall():
        cursor.execute(SQL("DROP INDEX IF EXISTS {}").format(Identifier(name)))


def _make_indexes(cursor: Any) -> None:
    cursor.execute("SELECT made FROM bench_index WHERE to_regclass(quote_ident(name)) IS NULL")
    for (made,) in cursor.fetchall():
        cursor.execute(made)


def _timed(what: str, work: Callable[[], Any]) -> None:
    began = clock.monotonic()
    work()
    console.print(f"  {what}: {clock.monotonic() - began:.0f} s")


def _enter_officers(places: list[Place]) -> None:
    for number in range(OFFICERS):
        place = places[number % len(places)]
        person = enter_person(
            f"canbo{number:03d}",
            full_name=f"Cán bộ {number}",
            title=place.full_name,
            password=None,
        )
        grant_mandate(person, EDITOR, place, decision_number="1/QĐ", valid_from=SINCE)


def signed_in() -> list[Officer]:
    """Sign every officer in, without his password."""
    found = []
    for person in Person.objects.filter(username__startswith="canbo").order_by("username"):
        session = SessionStore()
        session["_auth_user_id"] = str(person.pk)
        session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
        session["_auth_user_hash"] = person.get_session_auth_hash()
        session.save()
        place = person.mandates.values_list("place", flat=True)[0]
        found.append(Officer(person.username, place, str(session.session_key)))
    return found


def numbered(kind: int, number: int) -> uuid.UUID:
    """Return an id that comes in order, so that indexes grow at their end."""
    return uuid.UUID(int=(kind << 96) | number, version=4)


@cache
def _words(piece: str) -> tuple[str, ...]:
    return tuple(exact_words(piece))


def _vectors(code: str, composed: Composed) -> tuple[str, str]:
    title = [word for piece in composed.title_pieces for word in _words(piece)]
    body = [word for piece in composed.body_pieces for word in _words(piece)]
    return vectors_from(title, exact_words(code), body)


@dataclass(frozen=True)
class _Filling:
    """The tables, one after the other; bulletin n stands at place n modulo the communes."""

    cursor: Any
    size: Size
    places: list[str]

    def fill(self, corpus: Corpus) -> None:
        self._renditions()
        _timed("bulletins", lambda: self._bulletins(corpus))
        self._devices()
        _timed("the way of each", self._way)
        _timed("play orders and logs", self._logs)
        _timed("facts", self._facts)

    def _copy(self, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with self.cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def _renditions(self) -> None:
        now = clock.now()
        media = ((f"{n:064x}", "opus", 90_000, 45_000, now) for n in range(RENDITIONS))
        self._copy("library_medium", "sha256, codec, bytes, duration_ms, kept_at", media)
        self._copy(
            "newsroom_rendition",
            "cache_key, spoken_text, voice, speed_percent, mp3_id, opus_id, duration_ms,"
            " loudness_lufs, peak_dbtp, speech_share, waveform, synthesis_ms, mastering_ms, made_at",
            (
                (
                    *(f"{n:064x}", "lời đọc " * 120, "espeak", 100, f"{n:064x}", f"{n:064x}"),
                    *(45_000, -16.0, -3.0, 0.9, "[1,5,9,5,1]", 1, 1, now),
                )
                for n in range(RENDITIONS)
            ),
        )

    def _bulletins(self, corpus: Corpus) -> None:
        authors = self._authors()
        classes, now = ["1", "2a", "2b", "2c", "2d", "2e", "2f", "2g"], clock.now()
        self._copy(
            "newsroom_bulletin",
            "id, code, place_id, author_id, title, body, priority, info_class, valid_from,"
            " valid_until, voice, speed_percent, revision, cache_key, voice_fault, written_at,"
            " edited_at",
            (
                (
                    *(numbered(1, n), self._code(n), place, authors[place], *one.text, "normal"),
                    *(classes[n % 8], at, at + timedelta(days=30), "espeak", 100, 1),
                    *(f"{n % RENDITIONS:064x}", "", at, at),
                )
                for n, one in enumerate(corpus.composed(self.size.bulletins))
                for place, at in [(self.places[n % len(self.places)], self._at(n, now))]
            ),
        )
        self._copy(
            "newsroom_bulletinwords",
            "bulletin_id, exact, folded",
            (
                (numbered(1, n), *_vectors(self._code(n), one))
                for n, one in enumerate(corpus.composed(self.size.bulletins))
            ),
        )

    def _code(self, number: int) -> str:
        return f"{self.places[number % len(self.places)]}-26-{number}"

    def _authors(self) -> dict[str, int]:
        mandates = Mandate.objects.filter(person__username__startswith="canbo")
        return dict(mandates.filter(role=EDITOR).values_list("place", "person"))

    def _at(self, number: int, now: datetime) -> datetime:
        """Return when a bulletin was written: the last ones just now, the first years ago."""
        left = 1 - number / self.size.bulletins
        return now - timedelta(days=365 * YEARS * left)

    def _devices(self) -> None:
        now = clock.now()
        codes = [
            (f"TB-{place}-{n:02d}", place, p * 1000 + n)
            for p, place in enumerate(self.places)
            for n in range(self.size.horns_each)
        ]
        self._copy(
            "devices_device",
            "code, kind, name, place_id, maker, model, horns, watts, address, pole, owner,"
            " provider, funding, serial, power, power_contract, sim_number, sim_plan, note,"
            " photo_sha256, public_hex, entered_at",
            (
                (
                    *(code, "loudspeaker", f"Cụm loa {number}", place, "", "", 2, 50),
                    *(*[""] * 12, f"{number:064x}", now),
                )
                for code, place, number in codes
            ),
        )
        self.cursor.execute(
            "INSERT INTO devices_devicestate (device_id, seen_at, boot, uptime_s, left_boots,"
            " desired_seq, playing, clock, volume_percent, is_muted, bytes_in, bytes_out, free_mb,"
            " player, roster, root, noted_behind) SELECT code, now(), 'b', 1, '{}', 1, '', 'good',"
            " 80, false, 0, 0, 100, 'loa', 1, 1, 0 FROM devices_device"
        )

    def _way(self) -> None:
        given = {
            "writing": WRITING,
            "waiting": WAITING,
            "unplaced": UNPLACED,
            "approver": Person.objects.get(username="hung").pk,
        }
        for statement in STEPS:
            self.cursor.execute(statement, given)

    def _logs(self) -> None:
        for statement in LOGS:
            self.cursor.execute(statement)

    def _facts(self) -> None:
        columns = "seq, at, kind, actor, subject, place, body, previous, hash"
        self._copy("ledger_fact", columns, self._chain())

    def _chain(self) -> Iterator[tuple[Any, ...]]:
        previous, at = GENESIS, clock.iso(clock.now())
        for seq in range(1, self.size.facts + 1):
            number = seq * self.size.bulletins // (self.size.facts + 1)
            place = self.places[number % len(self.places)]
            fact = Fact(
                seq=seq,
                at=at,
                kind="bulletin_written",
                actor="",
                subject=f"{place}-26-{number}",
                place=place,
                body={},
                previous=previous,
            )
            digest = hash_of(fact)
            yield (seq, at, fact.kind, "", fact.subject, place, "{}", previous, digest)
            previous = digest
