from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_scopes import scopes_disabled

from loa.flow.approvals.actions import approve_bulletin
from loa.flow.approvals.models import Edition
from loa.flow.newsroom.actions import submit_bulletin, write_bulletin
from loa.flow.newsroom.models import Bulletin, Submission
from loa.flow.schedules.actions import place_edition
from loa.flow.schedules.models import Placement
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import seated, speak_queued
from loa.registry.people.models import Person
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code
from loa.surfaces.desk.tests.fleet import Fleet, device_key

Desk = Callable[[str], Client]
Write = Callable[..., Bulletin]


@pytest.fixture
def cast(db, settings) -> dict[str, Person]:
    return seated([device_key(number).public_hex for number in range(1, 4)], settings.LOA_KEYS)


@pytest.fixture
def fleet(cast) -> Fleet:
    return Fleet()


@pytest.fixture
def place(cast) -> Callable[..., Placement]:
    """Give an edition its time, as its editor would."""

    def placed(edition: Edition, *, by: str = "mai", **fields: Any) -> Placement:
        with scopes_disabled():
            return place_edition(edition, by=person_by_username(by), **fields)

    return placed


@pytest.fixture
def desk(cast) -> Desk:
    """A browser of one person, signed in."""

    def signed_in(username: str) -> Client:
        client = Client()
        client.force_login(cast[username])
        return client

    return signed_in


@pytest.fixture
def write(cast) -> Write:
    """Write a bulletin as its editor would, its sound made."""

    def written(
        title: str = "Lịch tiêm chủng", *, by: str = "mai", place: str = HAI_CHAU, **fields: Any
    ) -> Bulletin:
        fields.setdefault("body", "Mời bà con đưa trẻ đi tiêm từ 7h30 tại trạm y tế.")
        with scopes_disabled():
            bulletin = write_bulletin(
                place=place_by_code(place), by=person_by_username(by), title=title, **fields
            )
            speak_queued()
        return bulletin

    return written


@pytest.fixture
def submit(write: Write) -> Callable[..., Submission]:
    def submitted(title: str = "Lịch tiêm chủng", *, by: str = "mai", **fields: Any) -> Submission:
        bulletin = write(title, by=by, **fields)
        with scopes_disabled():
            return submit_bulletin(bulletin, by=person_by_username(by))

    return submitted


@pytest.fixture
def approved(submit) -> Callable[..., Edition]:
    def edition(
        title: str = "Lịch tiêm chủng", *, approver: str = "hung", **fields: Any
    ) -> Edition:
        submission = submit(title, **fields)
        with scopes_disabled():
            return approve_bulletin(
                submission,
                approver=person_by_username(approver),
                content_hash=submission.content_hash,
            ).edition

    return edition
