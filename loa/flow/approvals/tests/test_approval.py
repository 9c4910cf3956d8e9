"""Somebody answers for what he read and heard, once, and it stands."""

from __future__ import annotations

import errno
import os
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django_scopes import scope

from loa.flow.approvals import errors
from loa.flow.approvals.actions import approve_bulletin, return_bulletin
from loa.flow.approvals.models import Approval, Edition, Return
from loa.flow.approvals.queries import (
    editions_in_scope,
    is_text_of_edition,
    returns_to,
    submissions_awaiting_approval,
)
from loa.flow.newsroom.actions import edit_bulletin, withdraw_submission
from loa.flow.newsroom.errors import BeingApproved
from loa.flow.newsroom.models import Bulletin, Submission
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HAI_VAN, HOA_VANG
from loa.project.tests.way import BODY, MORNING, TITLE, meet
from loa.registry.ledger.models import Fact
from loa.registry.library import store
from loa.registry.library.actions import StoreFull
from loa.registry.people.actions import end_mandate, grant_mandate
from loa.registry.people.errors import MandateMissing
from loa.registry.people.models import ApprovalKey, Mandate
from loa.registry.people.queries import opened_roster, person_by_username, present_roster
from loa.registry.places.queries import place_by_code
from loa.wire import canonical, rules

pytestmark = pytest.mark.usefixtures("morning")


def answer(submission: Submission, who: str, content_hash: str | None = None) -> Approval:
    return approve_bulletin(
        submission,
        approver=person_by_username(who),
        content_hash=content_hash or submission.content_hash,
    )


def kinds() -> list[str]:
    return list(Fact.objects.order_by("seq").values_list("kind", flat=True))


def test_an_approval_freezes_an_edition_that_anybody_can_verify(way) -> None:
    submission = way.submit()
    approval = answer(submission, "hung")
    edition = Edition.objects.get(pk=approval.edition_id)
    roster = opened_roster(present_roster())
    statement, sha256, key = rules.open_edition(bytes(edition.envelope), roster)
    assert (sha256, key.holder, key.key_id) == (edition.sha256, "hung", approval.key_id)
    assert (statement.author, statement.approver) == ("mai", "hung")
    assert (statement.title, statement.place, statement.targets) == (TITLE, HAI_CHAU, (HAI_CHAU,))
    assert statement.text_sha256 == canonical.content_hash(f"{TITLE}\n\n{BODY}".encode())
    assert {m.sha256 for m in statement.media} == {
        submission.rendition.opus_id,
        submission.rendition.mp3_id,
    }
    assert store.read(statement.text_sha256).decode() == f"{TITLE}\n\n{BODY}"
    assert is_text_of_edition(statement.text_sha256)
    assert is_text_of_edition(statement.spoken_sha256)
    assert not is_text_of_edition("0" * 64)
    fact = Fact.objects.get(kind="edition_approved")
    assert (fact.actor, fact.subject) == ("hung", edition.bulletin.code)
    assert fact.body == {"edition": sha256, "key": key.key_id, "revision": 1}


def test_a_second_approval_changes_nothing(way) -> None:
    submission = way.submit()
    first = answer(submission, "hung")
    before = kinds()
    with clock.at(MORNING + timedelta(minutes=5)):
        assert answer(submission, "hung") == first
        assert answer(submission, "binh", content_hash="0" * 64) == first
    assert (Edition.objects.count(), kinds()) == (1, before)
    assert Approval.objects.get().approver.username == "hung"


def test_nobody_approves_what_he_wrote_or_handed_in(way) -> None:
    chair = {"place": place_by_code(CITY), "decision_number": "9", "valid_from": MORNING}
    for who in ("mai", "lan"):
        grant_mandate(way.people[who], "city_leader", **chair)
    written_by_mai = way.submit(way.write(by="mai"), by="lan")
    for who in ("mai", "lan"):
        with pytest.raises(errors.OwnWork):
            answer(written_by_mai, who)
        assert submissions_awaiting_approval(person_by_username(who)) == []
    assert not Edition.objects.exists()
    assert submissions_awaiting_approval(person_by_username("hung")) == [written_by_mai]
    assert answer(written_by_mai, "hung").approver.username == "hung"


def test_only_who_answers_for_every_place_approves(way) -> None:
    here = way.submit()
    for who in ("mai", "son", "thuy", "duc", "nga", "la"):
        with pytest.raises(MandateMissing):
            answer(here, who)
    wide = way.submit(
        way.write(by="lan", targets=[place_by_code(HAI_CHAU), place_by_code(HOA_VANG)]), by="lan"
    )
    for who in ("hung", "son"):
        with pytest.raises(MandateMissing):
            answer(wide, who)
    assert submissions_awaiting_approval(person_by_username("hung")) == [here]
    assert set(submissions_awaiting_approval(person_by_username("binh"))) == {here, wide}
    assert answer(wide, "binh").edition.targets == sorted([HAI_CHAU, HOA_VANG])


def test_a_mandate_that_ended_or_has_not_begun_approves_nothing(way) -> None:
    submission = way.submit()
    end_mandate(Mandate.objects.get(person__username="hung"))
    with pytest.raises(MandateMissing):
        answer(submission, "hung")
    later = MORNING + timedelta(hours=1)
    grant_mandate(
        way.people["la"],
        "commune_chair",
        place_by_code(HAI_CHAU),
        decision_number="9",
        valid_from=later,
    )
    with pytest.raises(MandateMissing):
        answer(submission, "la")
    with clock.at(later):
        assert answer(submission, "la").approver.username == "la"


def test_what_changed_since_it_was_read_is_not_approved(way) -> None:
    submission = way.submit()
    with pytest.raises(errors.ChangedSinceRead):
        answer(submission, "hung", content_hash="0" * 64)
    Bulletin.objects.filter(pk=submission.bulletin_id).update(body="Lời khác hẳn.")
    with pytest.raises(errors.ChangedSinceRead):
        answer(submission, "hung")
    assert not Edition.objects.exists()


def test_a_lost_or_flipped_sound_is_not_approved_and_a_mended_one_is(way) -> None:
    submission = way.submit()
    for sha256 in (submission.rendition.opus_id, submission.rendition.mp3_id):
        path = store.path_of(sha256)
        whole = path.read_bytes()
        for damaged in (whole[:-1], whole[:-1] + b"?"):
            path.write_bytes(damaged)
            with pytest.raises(errors.SoundLost):
                answer(submission, "hung")
        path.unlink()
        with pytest.raises(errors.SoundLost):
            answer(submission, "hung")
        path.write_bytes(whole)
    assert answer(submission, "hung").edition.submission == submission


def test_a_return_says_why_and_opens_the_bulletin_again(way) -> None:
    submission = way.submit()
    for empty in ("", " \n "):
        with pytest.raises(errors.ReasonMissing):
            return_bulletin(submission, by=way.people["hung"], reason=empty)
    with pytest.raises(MandateMissing):
        return_bulletin(submission, by=way.people["son"], reason="Sai")
    returned = return_bulletin(submission, by=way.people["hung"], reason=" Thiếu  giờ ")
    assert (returned.reason, returned.returned_at) == ("Thiếu giờ", MORNING)
    assert return_bulletin(submission, by=way.people["binh"], reason="Khác") == returned
    assert kinds().count("bulletin_returned") == 1
    with pytest.raises(errors.AlreadyAnswered):
        answer(submission, "hung")
    assert returns_to(way.people["mai"]) == [returned]
    edited = edit_bulletin(submission.bulletin, by=way.people["mai"], body="Lúc 7 giờ.")
    with clock.at(MORNING - timedelta(hours=1)):  # the clock was set back meanwhile
        again = way.submit(edited)
    assert (again.revision, returns_to(way.people["mai"])) == (2, [])
    assert answer(again, "hung").edition.submission.revision == 2


def test_the_same_words_handed_in_again_are_a_new_revision(way) -> None:
    submission = way.submit()
    return_bulletin(submission, by=way.people["hung"], reason="Chờ đã")
    again = way.submit(submission.bulletin)
    assert (again.revision, again.content_hash) == (2, submission.content_hash)


def test_what_is_approved_is_not_returned_and_a_correction_is_a_new_edition(way) -> None:
    first = way.edition()
    with pytest.raises(errors.AlreadyAnswered):
        return_bulletin(first.submission, by=way.people["hung"], reason="Muộn rồi")
    withdraw_submission(first.submission, by=way.people["mai"])
    assert Edition.objects.get() == first
    corrected = edit_bulletin(first.bulletin, by=way.people["mai"], body="Hoãn tiêm.")
    second = way.approve(way.submit(corrected))
    assert second.sha256 != first.sha256
    assert Edition.objects.get(pk=first.pk).body == BODY


def test_two_editions_of_the_same_words_differ(way) -> None:
    assert way.edition().sha256 != way.edition().sha256


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_once_make_one_edition(way) -> None:
    submission = way.submit()
    mine, rival = meet(lambda: answer(submission, "hung"), lambda: answer(submission, "binh"))
    assert rival.outcome() == mine
    assert (Edition.objects.count(), Approval.objects.get().approver.username) == (1, "hung")
    assert kinds().count("edition_approved") == 1


@pytest.mark.django_db(transaction=True)
def test_of_an_approval_a_return_and_a_withdrawal_at_once_one_holds(way) -> None:
    submission = way.submit()
    _, rival = meet(
        lambda: return_bulletin(submission, by=way.people["binh"], reason="Sai"),
        lambda: answer(submission, "hung"),
    )
    with pytest.raises(errors.AlreadyAnswered):
        rival.outcome()
    again = way.submit(submission.bulletin)
    _, rival = meet(
        lambda: answer(again, "hung"), lambda: withdraw_submission(again, by=way.people["mai"])
    )
    assert rival.outcome() is None
    assert (Edition.objects.count(), Return.objects.count()) == (1, 1)
    assert "submission_withdrawn" not in kinds()


@pytest.mark.django_db(transaction=True)
def test_who_edits_while_another_approves_waits_and_finds_it_closed(way) -> None:
    submission = way.submit()
    edit = {"by": way.people["mai"], "body": "Lời khác hẳn."}
    with pytest.raises(BeingApproved):
        edit_bulletin(submission.bulletin, **edit)
    mine, rival = meet(
        lambda: answer(submission, "hung"),
        lambda: edit_bulletin(submission.bulletin, **edit),
    )
    with pytest.raises(BeingApproved):
        rival.outcome()  # it looked before the approval was there
    assert Edition.objects.get() == mine.edition
    assert Edition.objects.get().body == BODY


CHANGES = [
    "UPDATE approvals_edition SET body = 'khác'",
    "DELETE FROM approvals_edition",
    "UPDATE approvals_approval SET approver_id = approver_id + 1",
    "DELETE FROM approvals_approval",
    "TRUNCATE approvals_approval",
    "TRUNCATE approvals_edition CASCADE",
]


def test_the_database_refuses_to_change_or_remove_what_was_approved(way) -> None:
    edition = way.edition()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE approvals_edition ENABLE TRIGGER edition_stays")
        cursor.execute("ALTER TABLE approvals_approval ENABLE TRIGGER approval_stays")
        for change in CHANGES:
            with pytest.raises(DatabaseError, match="stand as they are"), transaction.atomic():
                cursor.execute(change)
    assert Edition.objects.get().body == edition.body
    assert Approval.objects.get().approver.username == "hung"


def test_without_a_key_of_his_own_nobody_approves(way, settings) -> None:
    submission = way.submit()
    settings.LOA_KEYS = settings.LOA_KEYS.with_name("lost")
    with pytest.raises(errors.KeyMissing):
        answer(submission, "hung")
    ApprovalKey.objects.filter(person__username="hung").update(valid_until=MORNING)
    with pytest.raises(errors.KeyMissing):
        answer(submission, "hung")
    assert not Edition.objects.exists()


def test_on_a_full_disk_an_approval_is_refused_in_words_and_works_later(way, monkeypatch) -> None:
    submission = way.submit()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(StoreFull):
            answer(submission, "hung")
    submission.refresh_from_db()
    assert (submission.closed_at, Edition.objects.count()) == (None, 0)
    assert answer(submission, "hung").edition.submission == submission


def test_an_edition_is_seen_from_its_place_only(way) -> None:
    edition = way.edition()
    with scope(place=[HAI_CHAU]):
        assert list(editions_in_scope()) == [edition]
    with scope(place=[HAI_VAN, CITY]):
        assert list(editions_in_scope()) == []
