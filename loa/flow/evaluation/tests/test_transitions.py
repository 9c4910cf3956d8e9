"""Every deed in every state of a bulletin does what the table says, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django_scopes import scopes_disabled

from loa.flow.approvals.actions import approve_bulletin, return_bulletin
from loa.flow.approvals.models import Approval, Edition, Return
from loa.flow.deliveries.actions import recall_placement
from loa.flow.evaluation.standings import standing_of
from loa.flow.evaluation.tests.heard import MORNING
from loa.flow.evaluation.transitions import (
    DOCUMENT,
    TRANSITIONS,
    Mover,
    Standing,
    as_markdown,
    moves_from,
)
from loa.flow.newsroom.actions import edit_bulletin, submit_bulletin, withdraw_submission
from loa.flow.newsroom.models import Bulletin, Submission
from loa.flow.schedules.actions import confirm_placement, place_edition
from loa.flow.schedules.models import Confirmation, Occurrence, Placement
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU
from loa.project.tests.way import speak_queued
from loa.registry.people.errors import DeedRefused
from loa.registry.people.queries import person_by_username

LATER = timedelta(hours=14)  # 22:30 on the wall, quiet
BODY = "Một bản tin khác."


def who(name: str):
    return person_by_username(name)


def bulletin_in(city, standing: Standing) -> Bulletin:
    """Bring a bulletin of Hải Châu (of the city, where communes are asked) into this state."""
    build: dict[Standing, Callable[[], Bulletin]] = {
        Standing.DRAFT: city.write,
        Standing.WAITING: lambda: city.submit(city.write()).bulletin,
        Standing.RETURNED: lambda: returned(city),
        Standing.APPROVED: lambda: city.approve().bulletin,
        Standing.OFFERED: lambda: city.approve(place=CITY, targets=[HAI_CHAU]).bulletin,
        Standing.TO_CONFIRM: lambda: placed(city.approve(), start_at=MORNING + LATER),
        Standing.PLANNED: lambda: placed(city.approve()),
        Standing.SOUNDING: lambda: told(city, "start"),
        Standing.SOUNDED: lambda: city.hear().bulletin,
        Standing.STOPPED: lambda: stopped(city),
        Standing.MISSED: lambda: placed(city.approve()),
        Standing.EXPIRED: lambda: city.approve().bulletin,
    }
    return build[standing]()


def returned(city) -> Bulletin:
    submission = city.submit(city.write())
    return_bulletin(submission, by=who("hung"), reason="Sửa")
    return submission.bulletin


def placed(edition: Edition, **when) -> Bulletin:
    place_edition(edition, by=who("mai"), **when)
    return edition.bulletin


def told(city, event: str) -> Bulletin:
    edition = city.approve()
    getattr(city, event)(city.place(edition))
    return edition.bulletin


def stopped(city) -> Bulletin:
    edition = city.approve()
    recall_placement(city.place(edition), by=who("hung"), reason="Thôi")
    return edition.bulletin


WHEN = {Standing.MISSED: timedelta(minutes=20), Standing.EXPIRED: timedelta(days=4)}


def submit(bulletin: Bulletin) -> None:
    with suppress(DeedRefused):
        submit_bulletin(bulletin, by=author(bulletin))
    speak_queued()
    submit_bulletin(bulletin, by=author(bulletin))


def author(bulletin: Bulletin):
    return bulletin.author


def approver(bulletin: Bulletin):
    return who("binh" if bulletin.place.is_city else "hung")


def last_submission(bulletin: Bulletin) -> Submission:
    return bulletin.submissions.order_by("-revision").first()


def last_placement(bulletin: Bulletin) -> Placement:
    return Placement.objects.filter(edition__bulletin=bulletin).latest("placed_at")


def approve(bulletin: Bulletin) -> None:
    handed = last_submission(bulletin)
    approve_bulletin(handed, approver=approver(bulletin), content_hash=handed.content_hash)


def place(bulletin: Bulletin) -> None:
    edition = bulletin.editions.latest("frozen_at")
    place_edition(edition, by=author(bulletin), start_at=clock.now() + timedelta(hours=1))


DEEDS: dict[str, Callable[[Bulletin], object]] = {
    "edit_bulletin": lambda b: edit_bulletin(b, by=author(b), body=BODY),
    "submit_bulletin": submit,
    "withdraw_submission": lambda b: withdraw_submission(last_submission(b), by=author(b)),
    "return_bulletin": lambda b: return_bulletin(
        last_submission(b), by=approver(b), reason="Xem lại"
    ),
    "approve_bulletin": approve,
    "place_edition": place,
    "confirm_placement": lambda b: confirm_placement(last_placement(b), by=who("yen")),
    "recall_placement": lambda b: recall_placement(
        last_placement(b), by=approver(b), reason="Thôi"
    ),
}


class Undone(Exception):
    """Takes a deed back, so that the next begins from the same state."""


def after(bulletin: Bulletin, deed: Callable[[Bulletin], object]) -> Standing:
    """Return the state a deed leads to; what it refuses, or has nothing to do on, changes none."""
    found: list[Standing] = []
    with suppress(Undone), transaction.atomic():
        fresh = Bulletin.objects.get(pk=bulletin.pk)
        with suppress(
            DeedRefused, Submission.DoesNotExist, Edition.DoesNotExist, Placement.DoesNotExist,
            AttributeError,
        ):  # fmt: skip
            deed(fresh)
        found.append(standing_of(Bulletin.objects.get(pk=bulletin.pk)))
        raise Undone
    return found[0]


@pytest.mark.parametrize("standing", list(Standing))
def test_each_deed_in_each_state_leads_where_the_table_says(city, standing) -> None:
    with scopes_disabled():
        bulletin = bulletin_in(city, standing)
        with clock.at(MORNING + WHEN.get(standing, timedelta(minutes=1))):
            assert standing_of(bulletin) is standing
            for name, deed in DEEDS.items():
                assert after(bulletin, deed) in (moves_from(standing, name) or {standing}), name


def test_every_state_is_reached_and_every_deed_is_tried() -> None:
    reached = set().union(*(way.ends for way in TRANSITIONS))
    assert reached == set(Standing)
    deeds = {way.moved_by for way in TRANSITIONS if not isinstance(way.who, Mover)}
    assert deeds - {"write_bulletin"} == set(DEEDS)


def test_the_document_says_what_the_table_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == as_markdown()


@pytest.mark.django_db
def test_the_database_has_every_guard_the_table_names() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        known = {name for (name,) in cursor.fetchall()}
    assert {guard for way in TRANSITIONS for guard in way.guards} <= known


def refuses(write: Callable[[], object], words: str) -> None:
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        write()


def test_the_database_refuses_whoever_goes_around_the_deeds(city) -> None:
    now = clock.now()
    with scopes_disabled():
        edition = city.approve()
        handed, mai = edition.submission, who("mai")
        other = city.write("Tin khác", "Bản tin thứ hai.")
        waiting = city.submit(other)
        copy = {
            field.attname: getattr(edition, field.attname)
            for field in Edition._meta.concrete_fields
            if field.attname not in {"id", "sha256", "submission_id"}
        }
        refuses(
            lambda: Edition.objects.create(**copy, submission=handed, sha256="0" * 64),
            "open submission",
        )
        forged = Edition.objects.create(**copy, submission=waiting, sha256="0" * 64)
        refuses(
            lambda: Approval.objects.create(
                edition=forged, approver=mai, approved_at=now, key_id="k"
            ),
            "own work",
        )
        refuses(
            lambda: Return.objects.create(
                submission=handed, returned_by=who("hung"), returned_at=now, reason="x"
            ),
            "only an open submission",
        )
        refuses(
            lambda: Submission.objects.filter(pk=handed.pk).update(closed_at=None), "closed once"
        )
        refuses(
            lambda: Submission.objects.filter(pk=waiting.pk).update(content_hash="0" * 64),
            "closed once",
        )
        night = place_edition(edition, by=mai, start_at=MORNING + LATER)
        row = {"edition": edition, "place": edition.place, "start_at": now}
        row |= {"latest_start_at": now, "end_at": now + timedelta(minutes=1)}
        refuses(lambda: Occurrence.objects.create(placement=night, **row), "second person")
        refuses(
            lambda: Confirmation.objects.create(
                placement=night, confirmer=mai, confirmed_at=now, envelope=b""
            ),
            "their own placement",
        )
        row["edition"] = forged
        refuses(lambda: Occurrence.objects.create(placement=night, **row), "nobody approved")
