"""Using again what was approved: by whom, where, until when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from loa.flow.approvals.reuse import NotShared, edition_in_library, library_of, reuse_edition
from loa.flow.newsroom.actions import submit_bulletin
from loa.flow.newsroom.licensing import (
    LicensorMissing,
    RightsOver,
    last_day_of_rights,
    set_rights,
)
from loa.flow.newsroom.rights import Reuse, UsageRights
from loa.lib import clock
from loa.project.cast import HAI_CHAU, HOA_VANG
from loa.project.tests.way import MORNING
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("whole_city", "morning")]
TODAY = date(2026, 11, 24)


def who(username: str):
    return person_by_username(username)


@pytest.fixture
def shared(way):
    """An edition of Hải Châu that everybody may use again."""

    def edition(reach: str = "all", **fields):
        made = way.edition()
        set_rights(made.bulletin, by=who("mai"), reach=reach, **fields)
        return made

    return edition


def reuse(edition, place: str = HOA_VANG, by: str = "tam") -> Reuse:
    return reuse_edition(edition, place=place_by_code(place), by=who(by))


def test_another_commune_begins_a_bulletin_that_names_its_origin(shared) -> None:
    edition = shared()
    made = reuse(edition)
    assert made.bulletin is not None
    assert made.bulletin.place_id == HOA_VANG
    assert (made.bulletin.title, made.bulletin.body) == (edition.title, edition.body)
    assert (made.origin, made.edition_sha256) == (edition.bulletin, edition.sha256)


def test_at_its_own_place_it_is_used_as_it_is(way) -> None:
    edition = way.edition()
    made = reuse(edition, HAI_CHAU, "mai")
    assert made.bulletin is None
    assert reuse(edition, HAI_CHAU, "mai") == made
    assert Fact.objects.filter(kind="edition_reused").count() == 1


def test_one_that_is_over_begins_anew_at_its_own_place(way) -> None:
    edition = way.edition()
    with clock.at(edition.valid_until + timedelta(hours=1)):
        assert reuse(edition, HAI_CHAU, "mai").bulletin is not None


def test_asking_again_begins_no_second_bulletin(shared) -> None:
    edition = shared()
    assert reuse(edition) == reuse(edition)
    assert Reuse.objects.count() == 1


@pytest.mark.parametrize("reach", [None, "own", "city"])
def test_what_is_not_shared_is_refused_and_not_shown(way, reach) -> None:
    edition = way.edition()
    if reach:
        set_rights(edition.bulletin, by=who("mai"), reach=reach)
    with pytest.raises(NotShared):
        reuse(edition)
    assert library_of(who("tam")) == []
    assert edition_in_library(who("tam"), edition.bulletin.code) is None


def test_who_only_reads_uses_nothing_again(shared) -> None:
    with pytest.raises(MandateMissing):
        reuse(shared(), by="son")


def test_the_library_is_searched_without_marks_and_over_communes(shared) -> None:
    edition = shared()
    assert library_of(who("tam"), "tiem chung") == [edition]
    assert library_of(who("tam"), "khong co") == []


def test_only_the_owner_writes_rights_down(way) -> None:
    with pytest.raises(MandateMissing):
        set_rights(way.edition().bulletin, by=who("tam"), reach="all")


def test_the_same_rights_again_change_nothing(way) -> None:
    bulletin = way.edition().bulletin
    for _time in range(2):
        set_rights(bulletin, by=who("mai"), reach="all", licensor="VOV", valid_until=TODAY)
    assert Fact.objects.filter(kind="rights_set").count() == 1
    assert UsageRights.objects.count() == 1


def test_a_licence_names_who_gave_it(way) -> None:
    with pytest.raises(LicensorMissing):
        set_rights(way.edition().bulletin, by=who("mai"), reach="own", valid_until=TODAY)


def test_after_its_last_day_it_is_neither_shown_nor_used_nor_placed(shared, way) -> None:
    edition = shared(licensor="VOV", valid_until=TODAY)
    way.place(edition, at=MORNING + timedelta(hours=2))
    with pytest.raises(RightsOver):
        way.place(edition, at=MORNING + timedelta(days=1))
    with clock.at(MORNING + timedelta(days=1)):
        assert library_of(who("tam")) == []
        with pytest.raises(RightsOver):
            reuse(edition, HAI_CHAU, "mai")


def test_the_rights_of_the_origin_hold_for_what_is_made_of_it(shared) -> None:
    made = reuse(shared(licensor="VOV", valid_until=TODAY)).bulletin
    assert last_day_of_rights(made) == TODAY
    with clock.at(MORNING + timedelta(days=1)), pytest.raises(RightsOver):
        submit_bulletin(made, by=who("tam"))
