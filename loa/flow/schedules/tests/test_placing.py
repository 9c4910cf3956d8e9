"""An edition gets its time, and a second person answers where one is not enough."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loa.flow.approvals.models import Edition
from loa.flow.schedules import errors
from loa.flow.schedules.actions import call_off_placement, confirm_placement, place_edition
from loa.flow.schedules.models import Confirmation, DailyLimit, Occurrence, Placement
from loa.flow.schedules.queries import placements_awaiting_confirmation
from loa.flow.schedules.rules import START_WINDOW
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HAI_VAN, HOA_VANG
from loa.project.tests.way import MORNING, NIGHT, meet
from loa.registry.ledger.models import Fact
from loa.registry.people.actions import grant_mandate
from loa.registry.people.errors import MandateMissing
from loa.registry.people.queries import opened_roster, person_by_username, present_roster
from loa.registry.places.queries import place_by_code
from loa.wire import rules

HOUR = timedelta(hours=1)


def place(edition: Edition, who: str = "mai", **fields) -> Placement:
    return place_edition(edition, by=person_by_username(who), **fields)


def confirm(placement: Placement, who: str) -> Confirmation:
    return confirm_placement(placement, by=person_by_username(who))


def sounding(placement: Placement) -> list[str]:
    return sorted(placement.occurrences.values_list("place", flat=True))


def test_now_by_day_sounds_at_once_in_the_place(way, morning) -> None:
    edition = way.edition()
    placement = place(edition)
    occurrence = Occurrence.objects.get(placement=placement)
    assert (placement.is_waiting, placement.grounds, placement.start_at) == (False, [], MORNING)
    assert (occurrence.start_at, occurrence.latest_start_at) == (MORNING, MORNING + START_WINDOW)
    assert occurrence.end_at == MORNING + edition.duration
    fact = Fact.objects.get(kind="edition_placed")
    assert fact.body["places"] == [HAI_CHAU]
    assert fact.body["edition"] == edition.sha256


def test_a_time_that_passed_or_lies_outside_validity_is_refused(way, morning) -> None:
    edition = way.edition()
    second = timedelta(seconds=1)
    wrong = {
        MORNING - timedelta(minutes=1) - second: errors.StartInPast,
        edition.valid_until: errors.OutsideValidity,
        edition.valid_until + HOUR: errors.OutsideValidity,
    }
    for start_at, refusal in wrong.items():
        with pytest.raises(refusal):
            place(edition, start_at=start_at)
    with clock.at(edition.valid_until), pytest.raises(errors.OutsideValidity):
        place(edition)
    later = way.edition(valid_from=MORNING + HOUR, valid_until=MORNING + 9 * HOUR)
    for start_at in (None, MORNING + HOUR - second):
        with pytest.raises(errors.OutsideValidity):
            place(later, start_at=start_at)
    assert place(later, start_at=MORNING + HOUR).start_at == MORNING + HOUR
    assert Placement.objects.count() == 1


def test_only_where_it_was_approved_for_and_only_by_who_places_there(way, morning) -> None:
    edition = way.edition()
    with pytest.raises(errors.NotATarget):
        place(edition, "lan", places=[place_by_code(HOA_VANG)])
    with pytest.raises(errors.NotATarget):
        place(edition, "lan", places=[place_by_code(CITY)])
    with pytest.raises(errors.PlacesMissing):
        place(edition, places=[])
    for who in ("tam", "son", "thuy", "duc", "nga", "la"):
        with pytest.raises(MandateMissing):
            place(edition, who)
    assert not Placement.objects.exists()
    assert sounding(place(edition, places=[place_by_code(f"{HAI_CHAU}-02")])) == [f"{HAI_CHAU}-02"]


def test_a_commune_places_what_the_city_approved_in_its_own_place_only(
    way, agreed, morning
) -> None:
    edition = way.edition(by="lan", approver="binh", place=CITY)
    for places in (None, [place_by_code(CITY)], [place_by_code(HAI_CHAU), place_by_code(HAI_VAN)]):
        with pytest.raises(MandateMissing):
            place(edition, "mai", places=places)
    assert sounding(place(edition, "mai", places=[place_by_code(HAI_CHAU)])) == [HAI_CHAU]
    assert len(sounding(place(edition, "lan", start_at=MORNING + HOUR))) == 94


def test_a_village_named_beside_its_commune_sounds_once(way, morning) -> None:
    both = [place_by_code(HAI_CHAU), place_by_code(f"{HAI_CHAU}-01")]
    assert sounding(place(way.edition(targets=both))) == [HAI_CHAU]


def test_two_editions_cannot_have_one_time_and_the_refusal_says_whose_it_is(way, morning) -> None:
    first, second = way.edition(), way.edition(title="Họp tổ dân phố")
    begin = MORNING + HOUR
    place(first, start_at=begin)
    for start_at in (
        begin,
        begin + first.duration - timedelta(milliseconds=1),
        begin - second.duration + timedelta(milliseconds=1),
    ):
        with pytest.raises(errors.Clash) as caught:
            place(second, start_at=start_at)
        assert [o.edition for o in caught.value.details["occurrences"]] == [first]
        assert first.title in str(caught.value)
    assert place(second, start_at=begin + first.duration).start_at
    assert place(second, start_at=begin - second.duration).start_at


def test_a_sound_for_the_whole_city_clashes_with_a_commune_and_a_village(
    way, agreed, morning
) -> None:
    whole = way.edition(by="lan", approver="binh", place=CITY)
    village = way.edition(targets=[place_by_code(f"{HAI_CHAU}-01")])
    place(village, start_at=MORNING + HOUR)
    with pytest.raises(errors.Clash):
        place(whole, "lan", start_at=MORNING + HOUR)
    place(whole, "lan", start_at=MORNING + 2 * HOUR)
    with pytest.raises(errors.Clash):
        place(village, start_at=MORNING + 2 * HOUR)


def test_an_emergency_passes_the_night_the_limit_and_whatever_is_planned(way) -> None:
    with clock.at(NIGHT):
        DailyLimit.objects.create(place=place_by_code(HAI_CHAU), minutes=0)
        storm = way.edition(priority="emergency")
        assert place(storm).grounds == []
        assert place(storm, start_at=NIGHT + HOUR).occurrences.exists()
        tsunami = way.edition(priority="emergency", title="Sóng thần")
        assert place(tsunami, start_at=NIGHT + HOUR).grounds == []


def test_emergencies_do_not_use_up_the_day(way, morning) -> None:
    storm, usual = way.edition(priority="emergency"), way.edition()
    for number in range(3):
        place(storm, start_at=MORNING + number * HOUR)
    DailyLimit.objects.create(place=place_by_code(HAI_CHAU), minutes=1)
    assert place(usual, start_at=MORNING + 5 * HOUR).grounds == []


def test_above_the_days_limit_a_second_person_answers(way, morning) -> None:
    edition = way.edition()
    DailyLimit.objects.create(place=place_by_code(HAI_CHAU), minutes=0)
    placement = place(edition, start_at=MORNING + HOUR)
    assert (placement.grounds, placement.is_waiting) == (["daily_limit"], True)
    assert not placement.occurrences.exists()
    confirm(placement, "binh")
    assert sounding(placement) == [HAI_CHAU]


def test_in_the_night_another_person_confirms_and_nobody_confirms_himself(way) -> None:
    with clock.at(NIGHT):
        edition = way.edition()
        placement = place(edition, "yen")
        assert placement.grounds == ["quiet_hours"]
        assert placements_awaiting_confirmation(person_by_username("binh")) == [placement]
        for who in ("hung", "yen"):  # one approved it, one placed it
            assert placements_awaiting_confirmation(person_by_username(who)) == []
            with pytest.raises(errors.SamePerson):
                confirm(placement, who)
        for who in ("mai", "son", "thuy", "la"):
            with pytest.raises(MandateMissing):
                confirm(placement, who)
        assert not Occurrence.objects.exists()
    later = NIGHT + timedelta(minutes=20)
    with clock.at(later):
        confirmation = confirm(placement, "binh")
        assert confirm(placement, "binh") == confirmation
    occurrence = Occurrence.objects.get(placement=placement)
    assert (occurrence.start_at, occurrence.latest_start_at) == (later, later + START_WINDOW)
    roster = opened_roster(present_roster())
    said, key = rules.open_confirmation(bytes(confirmation.envelope), roster)
    assert (key.holder, said.confirmer, said.places) == ("binh", "binh", (HAI_CHAU,))
    assert (said.edition_sha256, said.start_at) == (edition.sha256, later)
    assert Fact.objects.filter(kind="placement_confirmed").count() == 1


def test_who_may_do_both_still_needs_another(way) -> None:
    with clock.at(NIGHT):
        edition = way.edition()
        grant_mandate(
            way.people["mai"],
            "city_leader",
            place_by_code(CITY),
            decision_number="9",
            valid_from=NIGHT,
        )
        placement = place(edition, "mai")
        with pytest.raises(errors.SamePerson):
            confirm(placement, "mai")


def test_by_day_there_is_nothing_to_confirm(way, morning) -> None:
    with pytest.raises(errors.NothingToConfirm):
        confirm(way.place(), "binh")


def test_a_confirmation_comes_in_time_or_not_at_all(way, morning) -> None:
    edition = way.edition(valid_until=NIGHT + HOUR)
    timed = place(edition, start_at=NIGHT)
    with clock.at(NIGHT):
        now = place(edition)
    with clock.at(NIGHT + timedelta(seconds=1)), pytest.raises(errors.TooLateToConfirm):
        confirm(timed, "binh")
    with clock.at(NIGHT + HOUR), pytest.raises(errors.OutsideValidity):
        confirm(now, "binh")
    assert not Occurrence.objects.exists()
    with clock.at(NIGHT):
        assert confirm(timed, "binh")


def test_of_two_that_wait_for_one_time_only_one_is_confirmed(way, morning) -> None:
    first, second = way.edition(), way.edition(title="Họp tổ dân phố")
    waiting = [place(edition, start_at=NIGHT) for edition in (first, second)]
    confirm(waiting[0], "binh")
    with pytest.raises(errors.Clash):
        confirm(waiting[1], "binh")
    assert Occurrence.objects.count() == 1


def test_what_was_called_off_while_it_waited_is_not_confirmed_any_more(way, morning) -> None:
    placement = place(way.edition(), start_at=NIGHT)
    call_off_placement(placement)
    assert not placement.is_waiting
    assert placements_awaiting_confirmation(person_by_username("binh")) == []
    with pytest.raises(errors.CalledOff):
        confirm(placement, "binh")
    assert not Occurrence.objects.exists()


def test_a_called_off_sound_frees_its_time_and_its_minutes(way, morning) -> None:
    edition, other = way.edition(), way.edition(title="Họp tổ dân phố")
    begin = MORNING + HOUR
    first = place(edition, start_at=begin)
    assert [o.place_id for o in call_off_placement(first)] == [HAI_CHAU]
    assert call_off_placement(first) == []
    assert place(other, start_at=begin).occurrences.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_take_the_same_free_time_at_once_do_not_both_get_it(way, agreed) -> None:
    with clock.at(MORNING):
        commune, city = way.edition(), way.edition(by="lan", approver="binh", place=CITY)
        begin = MORNING + HOUR
        _, rival = meet(
            lambda: place(commune, "mai", start_at=begin),
            lambda: place(city, "lan", start_at=begin),
        )
        with pytest.raises(errors.Clash):
            rival.outcome()
    assert Occurrence.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_at_once_confirm_once(way) -> None:
    with clock.at(NIGHT):
        placement = place(way.edition(), "mai")
        mine, rival = meet(lambda: confirm(placement, "yen"), lambda: confirm(placement, "binh"))
        assert rival.outcome() == mine
    assert (Confirmation.objects.count(), Occurrence.objects.count()) == (1, 1)
