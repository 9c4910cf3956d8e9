"""An approver answers with his own passkey; for an emergency of the whole city two people answer."""

from __future__ import annotations

import uuid
from datetime import timedelta

import msgspec
import pytest
from django.db import DatabaseError, connection, transaction

from loa.flow.approvals import errors
from loa.flow.approvals.actions import (
    answer_for_bulletin,
    approve_bulletin,
    prepare_edition,
    return_bulletin,
)
from loa.flow.approvals.models import Approval, Edition, EditionSignature, PreparedEdition
from loa.flow.approvals.queries import answers_so_far, answers_to, submissions_awaiting_approval
from loa.flow.approvals.statements import PasskeyAnswer
from loa.flow.newsroom.models import Submission
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU
from loa.project.tests.way import MORNING, meet
from loa.registry.ledger.models import Fact
from loa.registry.people import passkeys
from loa.registry.people.models import ApprovalKey, Person
from loa.registry.people.queries import opened_roster, present_roster
from loa.registry.people.rosters import issue_roster
from loa.registry.places.queries import place_by_code
from loa.wire import canonical, envelope, rules
from loa.wire.authenticator import Authenticator
from loa.wire.messages import EDITION
from loa.wire.passkeys import ES256

pytestmark = pytest.mark.usefixtures("morning")
SITE = {"rp_id": "loa.example", "origins": ["https://loa.example"]}


def own(person: Person, seed: bytes = b"own") -> Authenticator:
    """Give a person a passkey, as it stands once it was registered."""
    key = Authenticator(seed + person.username.encode())
    ApprovalKey.objects.create(
        key_id=key.key_id,
        person=person,
        public_hex=key.public_hex,
        kind=ES256,
        custody="passkey",
        credential_id=f"credential of {key.key_id}",
        valid_from=clock.now(),
        **SITE,
    )
    return key


def signed(prepared: PreparedEdition, key: Authenticator, **odd) -> PasskeyAnswer:
    message = envelope.pre_authentication(EDITION, bytes(prepared.payload))
    assertion = key.assertion(message, **odd)
    return PasskeyAnswer(prepared.pk, f"credential of {key.key_id}", assertion)


def answer(submission: Submission, who: Person, given: PasskeyAnswer | None = None):
    return answer_for_bulletin(
        submission, approver=who, content_hash=submission.content_hash, given=given
    )


def prepare(submission: Submission, who: Person) -> PreparedEdition:
    return prepare_edition(submission, approver=who, content_hash=submission.content_hash)


def kinds() -> list[str]:
    return list(Fact.objects.order_by("seq").values_list("kind", flat=True))


# -- by passkey


def test_what_a_passkey_signed_becomes_an_edition_that_devices_believe(way) -> None:
    hung, submission = way.people["hung"], way.submit()
    key = own(hung)
    prepared = prepare(submission, hung)
    assert not Edition.objects.exists()
    approval = answer(submission, hung, signed(prepared, key))
    edition = approval.edition
    statement, sha256, row = rules.open_edition(
        bytes(edition.envelope), opened_roster(present_roster())
    )
    assert (row.kind, row.custody, row.key_id) == (ES256, "passkey", approval.key_id)
    assert sha256 == edition.sha256 == canonical.content_hash(bytes(prepared.payload))
    assert (statement.approver, statement.approved_at) == ("hung", approval.approved_at)
    assert answer(submission, hung) == approval  # asking again changes nothing
    assert kinds().count("edition_approved") == 1


def test_who_has_a_passkey_is_asked_for_it(way) -> None:
    hung, submission = way.people["hung"], way.submit()
    key = own(hung)
    with pytest.raises(errors.PasskeyAsked):
        answer(submission, hung)
    with clock.at(MORNING + timedelta(seconds=1)):
        passkeys.end_passkey(ApprovalKey.objects.get(key_id=key.key_id), by=hung)
        assert answer(submission, hung).approver == hung


@pytest.mark.parametrize(
    "odd",
    [
        {"challenge": b"\0" * 32},
        {"origin": "https://loa.example.evil"},
        {"rp_id": "loa.example.evil"},
        {"flags": 0x01},
        {"type": "webauthn.create"},
        {"crossOrigin": True},
    ],
)
def test_an_odd_assertion_approves_nothing(way, odd) -> None:
    hung, submission = way.people["hung"], way.submit()
    key = own(hung)
    with pytest.raises(errors.AssertionRefused):
        answer(submission, hung, signed(prepare(submission, hung), key, **odd))
    assert not EditionSignature.objects.exists()
    assert Submission.objects.get().closed_at is None


def test_another_persons_passkey_does_not_answer_for_him(way) -> None:
    hung, binh, submission = way.people["hung"], way.people["binh"], way.submit()
    own(hung)
    of_binh = own(binh)
    with pytest.raises(errors.AssertionRefused):
        answer(submission, hung, signed(prepare(submission, hung), of_binh))


def test_an_ended_passkey_and_one_the_roster_lacks_approve_nothing(way, monkeypatch) -> None:
    hung, submission = way.people["hung"], way.submit()
    key = own(hung)
    given = signed(prepare(submission, hung), key)
    row = ApprovalKey.objects.get(key_id=key.key_id)
    with monkeypatch.context() as offline:  # as if officers had not signed yet
        offline.setattr("loa.flow.approvals.actions.issue_roster", lambda: None)
        unlisted = own(hung, b"new")
        with pytest.raises(errors.KeyNotListed):
            answer(submission, hung, signed(prepare(submission, hung), unlisted))
    passkeys.end_passkey(row, by=hung)
    with pytest.raises(errors.AssertionRefused):
        answer(submission, hung, given)


def test_what_was_prepared_is_for_one_person_and_five_minutes(way) -> None:
    hung, binh, submission = way.people["hung"], way.people["binh"], way.submit()
    key, of_binh = own(hung), own(binh)
    prepared = prepare(submission, hung)
    with pytest.raises(errors.PreparedTooOld):
        answer(submission, binh, signed(prepared, of_binh))
    with (
        clock.at(MORNING + timedelta(minutes=5, seconds=1)),
        pytest.raises(errors.PreparedTooOld),
    ):
        answer(submission, hung, signed(prepared, key))
    stray = signed(prepared, key)
    with pytest.raises(errors.PreparedTooOld):
        answer(
            submission, hung, PasskeyAnswer(uuid.UUID(int=7), stray.credential_id, stray.assertion)
        )
    other = way.submit(way.write(title="Tin khác"))
    with pytest.raises(errors.PreparedTooOld):
        answer(other, hung, stray)


def test_a_bulletin_that_changed_after_it_was_prepared_is_not_approved(way) -> None:
    hung, submission = way.people["hung"], way.submit()
    key = own(hung)
    given = signed(prepare(submission, hung), key)
    type(submission.bulletin).objects.filter(pk=submission.bulletin_id).update(body="Lời khác.")
    with pytest.raises(errors.ChangedSinceRead):
        answer(submission, hung, given)


# -- a place that demands passkeys


def test_a_place_that_believes_passkeys_only_is_not_approved_with_a_servers_key(way) -> None:
    hung, submission = way.people["hung"], way.submit()
    passkeys.demand_passkeys(place_by_code(HAI_CHAU), "all", decision_number="5/QĐ")
    with pytest.raises(errors.PasskeyDemanded):
        answer(submission, hung)
    key = own(hung)
    assert answer(submission, hung, signed(prepare(submission, hung), key)).approver == hung
    roster = opened_roster(present_roster())
    assert roster.passkey_only == {HAI_CHAU: "all"}


def test_a_demand_is_signed_into_the_roster_once_and_can_be_taken_back(way) -> None:
    place = place_by_code(HAI_CHAU)
    for _ in range(2):
        passkeys.demand_passkeys(place, "emergency", decision_number="5/QĐ", by="nga")
    assert kinds().count("passkeys_demanded") == 1
    with pytest.raises(ValueError, match="sometimes"):
        passkeys.demand_passkeys(place, "sometimes", decision_number="6/QĐ")
    passkeys.demand_passkeys(place, "", decision_number="6/QĐ")
    assert opened_roster(issue_roster()).passkey_only == {}


# -- two people


@pytest.fixture
def alarm(way) -> Submission:
    fields = {"priority": "emergency", "targets": [place_by_code(CITY)]}
    return way.submit(way.write(by="lan", place=CITY, **fields), by="lan")


def test_an_alarm_for_the_whole_city_waits_for_a_second_person(way, alarm) -> None:
    binh, yen = way.people["binh"], way.people["yen"]
    assert answer(alarm, binh) is None
    assert answer(alarm, binh) is None  # asking again changes nothing
    assert not Edition.objects.exists()
    assert submissions_awaiting_approval(binh) == []
    assert submissions_awaiting_approval(yen) == [alarm]
    assert [one.person for one in answers_so_far(alarm)] == [binh]
    with clock.at(MORNING + timedelta(minutes=20)):
        approval = answer(alarm, yen)
    assert (approval.approver, approval.approved_at) == (binh, MORNING)
    roster = opened_roster(present_roster())
    _, sha256, rows = rules.approvers_of(bytes(approval.edition.envelope), roster)
    assert {row.holder for row in rows} == {"binh", "yen"}
    assert rules.open_edition(bytes(approval.edition.envelope), roster)[1] == sha256
    assert [a.who for a in answers_to(alarm.bulletin)] == [yen, binh]
    assert [kind for kind in kinds() if kind.startswith("edition")] == [
        "edition_answered_first",
        "edition_approved",
    ]
    assert Fact.objects.get(kind="edition_approved").actor == "yen"


def test_both_sign_the_same_bytes_one_by_passkey(way, alarm) -> None:
    binh, yen = way.people["binh"], way.people["yen"]
    key = own(yen)
    answer(alarm, binh)
    prepared = prepare(alarm, yen)
    assert prepared.prepared_for == binh
    with clock.at(MORNING + timedelta(hours=1)):  # the second may come later
        approval = answer(alarm, yen, signed(prepared, key))
    sealed = envelope.read(bytes(approval.edition.envelope))
    assert sealed.payload_bytes == bytes(prepared.payload)
    assert [bool(one.client_data) for one in sealed.signatures] == [False, True]


def test_two_keys_of_one_person_are_one_person(way, alarm) -> None:
    binh = way.people["binh"]
    answer(alarm, binh)
    own(binh)
    assert prepare(alarm, binh) is None
    assert answer(alarm, binh) is None
    assert EditionSignature.objects.count() == 1


def test_who_expects_an_edition_is_told_that_a_second_person_is_needed(way, alarm) -> None:
    with pytest.raises(errors.SecondPersonAwaited):
        approve_bulletin(alarm, approver=way.people["binh"], content_hash=alarm.content_hash)
    assert EditionSignature.objects.count() == 1


def test_the_second_person_may_send_it_back(way, alarm) -> None:
    answer(alarm, way.people["binh"])
    return_bulletin(alarm, by=way.people["yen"], reason="Sai tên bão")
    with pytest.raises(errors.AlreadyAnswered):
        answer(alarm, way.people["binh"])
    assert not Edition.objects.exists()


def test_a_first_answer_whose_key_was_taken_away_counts_no_more(way, alarm) -> None:
    binh, yen = way.people["binh"], way.people["yen"]
    answer(alarm, binh)
    ApprovalKey.objects.filter(person=binh).update(revoked_at=MORNING, valid_until=MORNING)
    issue_roster()
    assert answers_so_far(alarm) == []
    assert answer(alarm, yen) is None  # yen is the first now
    assert [one.person for one in answers_so_far(alarm)] == [yen]


def test_an_alarm_for_one_commune_needs_one_person(way) -> None:
    assert way.edition(priority="emergency").approval.approver.username == "hung"


@pytest.mark.django_db(transaction=True)
def test_two_first_answers_at_once_become_one_edition_of_both(way, alarm) -> None:
    binh, yen = way.people["binh"], way.people["yen"]
    mine, rival = meet(lambda: answer(alarm, binh), lambda: answer(alarm, yen))
    assert mine is None
    assert rival.outcome().approver == binh
    assert (Edition.objects.count(), Approval.objects.count()) == (1, 1)


def test_the_database_refuses_to_change_what_was_signed(way, alarm) -> None:
    answer(alarm, way.people["binh"])
    for change in (
        "UPDATE approvals_editionsignature SET person_id = person_id + 1",
        "DELETE FROM approvals_editionsignature",
        "UPDATE approvals_preparededition SET payload = ''",
    ):
        with (
            pytest.raises(DatabaseError, match="stand as they are"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)
    assert msgspec.json.decode(bytes(PreparedEdition.objects.get().payload))["approver"] == "binh"
