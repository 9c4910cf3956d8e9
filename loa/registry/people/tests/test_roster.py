"""The list of keys that devices trust."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from loa.lib import clock
from loa.project.cast import HAI_CHAU, HAI_VAN, SINCE
from loa.project.tests.way import MORNING, Rival
from loa.registry.ledger.models import Fact
from loa.registry.people import keyring
from loa.registry.people.actions import end_mandate, grant_mandate
from loa.registry.people.models import Person, RosterIssue
from loa.registry.people.queries import live_approval_key, person_by_username, present_root
from loa.registry.people.rosters import issue_roster
from loa.registry.places.actions import add_village
from loa.registry.places.models import Place
from loa.registry.places.queries import place_by_code
from loa.wire import canonical, roots, rules
from loa.wire.cast import Cast
from loa.wire.messages import KeyRole, Roster
from loa.wire.reasons import Reason, Refused


def opened(issue: RosterIssue) -> Roster:
    return rules.open_roster(bytes(issue.envelope), present_root())


def rows_of(roster: Roster, holder: str) -> list[tuple[tuple[str, ...], bool]]:
    return [(key.places, key.emergency) for key in roster.keys if key.holder == holder]


def test_the_roster_names_who_answers_for_which_places(cast, morning) -> None:
    roster = opened(issue_roster())
    assert rows_of(roster, "hung") == [((HAI_CHAU,), True)]
    assert rows_of(roster, "mai") == rows_of(roster, "la") == rows_of(roster, "nga") == []
    directors = [key for key in roster.keys if key.role is KeyRole.DIRECTOR]
    assert [key.public for key in directors] == [keyring.director_key().public_hex]
    assert roster.parents[f"{HAI_CHAU}-01"] == HAI_CHAU


def test_without_news_the_roster_stays_and_any_news_makes_a_new_one(cast, morning) -> None:
    first = issue_roster()
    assert issue_roster().version == first.version
    end_mandate(cast["hung"].mandates.get())
    ended = opened(issue_roster())
    key = next(key for key in ended.keys if key.holder == "hung")
    assert (ended.version, key.valid_from, key.valid_until) == (
        first.version + 1,
        SINCE,
        MORNING,
    )
    add_village(place_by_code(HAI_VAN), number=9, name="Thôn mới")
    assert issue_roster().version == first.version + 2
    assert Fact.objects.filter(kind="roster_issued").count() == first.version + 2


def test_a_second_mandate_adds_a_row_for_the_same_key(cast, morning) -> None:
    grant_mandate(
        cast["hung"],
        "commune_chair",
        place_by_code(HAI_VAN),
        decision_number="44",
        valid_from=MORNING + timedelta(days=1),
    )
    keys = [key for key in opened(issue_roster()).keys if key.holder == "hung"]
    assert [key.places for key in keys] == [(HAI_CHAU,), (HAI_VAN,)]
    assert len({key.key_id for key in keys}) == 1
    assert keys[1].valid_from == MORNING + timedelta(days=1)


def test_another_root_or_an_older_roster_is_refused(cast, morning) -> None:
    issue = issue_roster()
    with pytest.raises(Refused) as stranger:
        rules.open_roster(bytes(issue.envelope), roots.open_own(Cast().root()))
    with pytest.raises(Refused) as old:
        rules.open_roster(bytes(issue.envelope), present_root(), known_version=issue.version + 1)
    assert (stranger.value.reason, old.value.reason) == (Reason.UNKNOWN_KEY, Reason.ROLLED_BACK)


def test_private_halves_are_read_by_their_owner_only_and_a_lost_one_is_named(
    cast, settings
) -> None:
    files = [path for path in settings.LOA_KEYS.rglob("*") if path.is_file()]
    assert {"root.key", "director.key", "hung.key"} <= {path.name for path in files}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    settings.LOA_KEYS = settings.LOA_KEYS.with_name("elsewhere")
    with pytest.raises(keyring.KeyNotHere):
        keyring.private_half(live_approval_key(cast["hung"]))


@pytest.mark.django_db(transaction=True)
def test_a_deed_that_recorded_a_fact_and_another_roster_do_not_stop_each_other(cast) -> None:
    with clock.at(MORNING):
        before = issue_roster().version
        chair = {"role": "commune_chair", "place": place_by_code(HAI_VAN), "valid_from": MORNING}
        grant_mandate(person_by_username("mai"), decision_number="50", **chair)

        with transaction.atomic():
            grant_mandate(person_by_username("tam"), decision_number="51", **chair)
            rival = Rival(issue_roster)
            rival.wait_until_held()
            assert issue_roster().version == before + 1
        assert rival.outcome().version == before + 1
        roster = opened(issue_roster())
        assert rows_of(roster, "mai") == rows_of(roster, "tam") == [((HAI_VAN,), True)]


def test_the_roster_of_a_whole_city_is_taken_and_one_too_large_is_not_issued(
    cast, monkeypatch
) -> None:
    communes = Place.objects.filter(parent__kind=Place.Kind.CITY).order_by("code")
    villages = [
        Place(
            code=f"{commune.code}-{number:02}",
            kind=Place.Kind.VILLAGE,
            name=f"Thôn {number}",
            parent=commune,
            valid_from=SINCE.date(),
        )
        for commune in communes
        for number in range(50, 80)
    ]
    Place.objects.bulk_create(villages)
    for number, commune in enumerate(communes):
        person = Person.objects.create(username=f"chu-tich-{number}", full_name=f"Ông {number}")
        grant_mandate(
            person,
            "commune_chair",
            commune,
            decision_number=f"{number}/QĐ-UBND",
            valid_from=SINCE,
        )
    data = bytes(issue_roster().envelope)
    assert len(data) > canonical.MESSAGE_BYTES_MAX
    roster = rules.open_roster(data, present_root())
    assert len(roster.parents) > 2_800
    Place.objects.filter(pk=villages[0].pk).delete()
    monkeypatch.setattr(canonical, "ROSTER_BYTES_MAX", len(data) // 2)
    with pytest.raises(RuntimeError, match="too large for devices"):
        issue_roster()
