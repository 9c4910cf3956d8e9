"""What editors write: one revision after the other, and nothing written over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django_scopes import scope

from loa.flow.newsroom import errors
from loa.flow.newsroom.actions import edit_bulletin, withdraw_submission, write_bulletin
from loa.flow.newsroom.models import TITLE_CHARACTERS_MAX, Bulletin, Priority
from loa.flow.newsroom.queries import bulletin_by_code, bulletins_in_scope, open_submissions
from loa.flow.newsroom.rules import BODY_CHARACTERS_MAX, script_of, title_and_body
from loa.project.cast import CITY, HAI_CHAU, HOA_VANG
from loa.project.tests.way import BODY, MORNING, TITLE, meet
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.registry.places.queries import place_by_code

pytestmark = pytest.mark.usefixtures("morning")


def facts_of(bulletin: Bulletin) -> list[str]:
    return [fact.kind for fact in Fact.objects.filter(subject=bulletin.code)]


def test_a_bulletin_begins_with_the_usual_values_and_one_fact(way) -> None:
    first, second = way.write(), way.write(info_class="2a")
    assert [first.code, second.code] == ["20242-261124-01", "20242-261124-02"]
    assert (first.revision, first.priority) == (1, Priority.NORMAL)
    assert (first.valid_from, first.valid_until) == (MORNING, MORNING + timedelta(days=3))
    assert [place.code for place in first.targets.all()] == [HAI_CHAU]
    assert facts_of(first) == ["bulletin_written"]


def test_every_change_is_a_new_revision_and_the_same_values_again_are_none(way) -> None:
    bulletin, mai = way.write(), way.people["mai"]
    edited = edit_bulletin(bulletin, by=mai, title="Tiêm chủng mở rộng")
    assert (edited.revision, edited.body) == (2, BODY)
    same = edit_bulletin(bulletin, by=mai, title=" Tiêm  chủng mở rộng", body=f"{BODY}\n")
    assert (same.revision, same.edited_at) == (2, edited.edited_at)
    village = place_by_code(f"{HAI_CHAU}-01")
    assert edit_bulletin(bulletin, by=mai, targets=[village]).revision == 3
    assert facts_of(bulletin) == ["bulletin_written", "bulletin_edited", "bulletin_edited"]


def test_who_edits_an_older_revision_is_told_the_present_one_and_changes_nothing(way) -> None:
    bulletin = way.write()
    edit_bulletin(bulletin, by=way.people["mai"], revision=1, title="Của Mai")
    with pytest.raises(errors.EditedMeanwhile) as caught:
        edit_bulletin(
            bulletin,
            by=way.people["lan"],
            revision=1,
            title="Của Lan",
            targets=[place_by_code(f"{HAI_CHAU}-01")],
        )
    assert caught.value.details == {"revision": 2}
    bulletin = Bulletin.objects.get(pk=bulletin.pk)
    assert (bulletin.title, bulletin.revision) == ("Của Mai", 2)
    assert [place.code for place in bulletin.targets.all()] == [HAI_CHAU]
    # The same words as are there already hurt nobody.
    assert edit_bulletin(bulletin, by=way.people["lan"], revision=1, title="Của Mai").revision == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_edit_at_once_the_second_is_told(way) -> None:
    bulletin = way.write()

    def edit(who: str) -> Bulletin:
        with transaction.atomic():
            return edit_bulletin(bulletin, by=way.people[who], revision=1, title=f"Của {who}")

    mine, rival = meet(lambda: edit("mai"), lambda: edit("lan"))
    assert mine.revision == 2
    with pytest.raises(errors.EditedMeanwhile):
        rival.outcome()
    assert Bulletin.objects.get(pk=bulletin.pk).title == "Của mai"


@pytest.mark.django_db(transaction=True)
def test_two_who_begin_at_once_get_two_codes(way) -> None:
    mine, rival = meet(way.write, lambda: way.write(by="lan"))
    assert {mine.code, rival.outcome().code} == {"20242-261124-01", "20242-261124-02"}


def test_what_is_being_approved_is_not_edited_until_it_is_taken_back(way) -> None:
    submission, mai = way.submit(), way.people["mai"]
    bulletin = submission.bulletin
    with pytest.raises(errors.BeingApproved):
        edit_bulletin(bulletin, by=mai, title="Khác")
    with pytest.raises(MandateMissing):
        withdraw_submission(submission, by=way.people["hung"])
    for _ in range(2):
        withdraw_submission(submission, by=mai)
    assert facts_of(bulletin).count("submission_withdrawn") == 1
    assert edit_bulletin(bulletin, by=mai, title="Khác").revision == 2


def test_values_that_make_no_bulletin_are_refused_by_name(way) -> None:
    wrong = {
        errors.TitleMissing: {"title": " \n"},
        errors.TitleTooLong: {"title": "ở" * (TITLE_CHARACTERS_MAX + 1)},
        errors.BodyTooLong: {"body": "a" * (BODY_CHARACTERS_MAX + 1)},
        errors.ValidityReversed: {"valid_until": MORNING},
        errors.SpeedOutside: {"speed_percent": 151},
        errors.VoiceUnknown: {"voice": "espeak-ng:martian"},
        errors.TargetOutside: {"targets": [place_by_code(HOA_VANG)]},
    }
    bulletin = way.write()
    for refusal, fields in wrong.items():
        with pytest.raises(refusal):
            way.write(**fields)
        with pytest.raises(refusal):
            edit_bulletin(bulletin, by=way.people["mai"], **fields)
    assert Bulletin.objects.count() == 1
    assert edit_bulletin(bulletin, by=way.people["mai"], title="ở" * 300).title == "ở" * 300


def test_only_who_writes_there_begins_or_changes_a_bulletin(way) -> None:
    bulletin = way.write()
    for who in ("hung", "tam", "thuy", "duc", "nga", "la"):
        with pytest.raises(MandateMissing):
            write_bulletin(place=place_by_code(HAI_CHAU), by=way.people[who], title=TITLE)
        with pytest.raises(MandateMissing):
            edit_bulletin(bulletin, by=way.people[who], title="Khác")


def test_a_bulletin_is_seen_from_its_place_only(way) -> None:
    bulletin = way.write()
    submission = way.submit(bulletin)
    with scope(place=[HAI_CHAU]):
        assert bulletin_by_code(bulletin.code) == bulletin
        assert list(open_submissions()) == [submission]
    for elsewhere in ([HOA_VANG], [CITY], []):
        with scope(place=elsewhere):
            assert not bulletins_in_scope().exists()
            assert not open_submissions().exists()
            with pytest.raises(Bulletin.DoesNotExist):
                bulletin_by_code(bulletin.code)


def test_the_title_is_a_sentence_of_its_own() -> None:
    assert script_of("Tiêm chủng", "Mời bà con.") == "Tiêm chủng.\nMời bà con."
    assert script_of("Tiêm chủng!", "") == "Tiêm chủng!"
    assert script_of("", "Mời bà con.") == "Mời bà con."
    assert title_and_body("Tiêm chủng\n\nMời bà con.") == ("Tiêm chủng", "Mời bà con.")
    long = "mời " * 60
    assert title_and_body(long) == (("mời " * 12).strip() + "…", long.strip())


def test_the_database_itself_keeps_one_open_submission(way) -> None:
    submission = way.submit()
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'one_open_submission'")
        assert "UNIQUE" in cursor.fetchone()[0]
    assert way.submit(submission.bulletin) == submission
