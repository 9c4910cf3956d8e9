"""The home page asks as many questions of a big city as of a small one."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scopes_disabled

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.models import Bulletin, Submission
from loa.lib import clock
from loa.project.cast import HAI_CHAU
from loa.registry.people.queries import person_by_username

pytestmark = pytest.mark.django_db


@pytest.fixture
def grown(approved):
    """Let so many more bulletins stand there, one of four a draft, the others waiting."""
    model = approved("Tin mẫu")

    def grow(count: int) -> None:
        with scopes_disabled():
            _grow(model, count)

    return grow


def _grow(model: Edition, count: int) -> None:
    now, mai = clock.now(), person_by_username("mai")
    stem = uuid.uuid4().hex[:6]
    bulletins = Bulletin._base_manager.bulk_create(
        Bulletin(
            code=f"{HAI_CHAU}-{stem}-{number}",
            place_id=HAI_CHAU,
            author=mai,
            title=f"Tin {number}",
            valid_from=now,
            valid_until=now + timedelta(days=3),
            voice="x",
            written_at=now,
            edited_at=now,
        )
        for number in range(count)
    )
    handed_in = [row for number, row in enumerate(bulletins) if number % 4]
    Submission.objects.bulk_create(
        Submission(
            bulletin=row,
            revision=1,
            rendition=model.rendition,
            content_hash="0" * 64,
            submitted_by=mai,
            submitted_at=now,
        )
        for row in handed_in
    )


def questions(browser) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get("/ban/").status_code == 200
    return len(asked)


@pytest.mark.parametrize("username", ["mai", "hung"])
def test_the_home_page_asks_no_more_at_a_thousand_than_at_ten(desk, grown, username) -> None:
    browser = desk(username)
    grown(10)
    few = questions(browser)
    grown(990)
    # One fewer where nothing that is shown was approved yet.
    assert few - 1 <= questions(browser) <= few
