"""An ordinary item of the city is offered; the commune decides whether and when it sounds."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from loa.flow.approvals.models import Edition
from loa.flow.newsroom.actions import submit_bulletin
from loa.flow.schedules import errors
from loa.flow.schedules.actions import confirm_placement, place_edition
from loa.flow.schedules.adoptions import place_adopted, take_offer, unapproved_words, words_around
from loa.flow.schedules.inbox import (
    adoptions_to_place,
    answers_of_communes,
    editions_awaiting_communes,
    offers_awaiting,
)
from loa.flow.schedules.models import Occurrence, Omission
from loa.flow.schedules.offered import Agreement, Offer
from loa.flow.schedules.offers import (
    adopt_edition,
    agree_to_city_items,
    decline_offer,
    end_agreement,
    move_deadline,
    send_offers,
)
from loa.flow.schedules.programmes import expand_rules, save_rule
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HAI_VAN, HOA_VANG
from loa.project.tests.way import MORNING, NIGHT, meet, speak_queued
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code, places_by_code

HOUR = timedelta(hours=1)
WAY = (HAI_CHAU, HOA_VANG)


def who(name: str):
    return person_by_username(name)


@pytest.fixture
def item(way, morning) -> Edition:
    """An ordinary item of the city for two communes, in their inboxes."""
    return offered(way)


def offered(way, **fields) -> Edition:
    fields.setdefault("targets", places_by_code(WAY))
    edition = way.edition(by="lan", approver="binh", place=CITY, **fields)
    send_offers(clock.now())
    return edition


def offer_to(edition: Edition, code: str = HAI_CHAU) -> Offer:
    return Offer.objects.get(edition=edition, place=code)


def by_city(edition: Edition, **fields):
    return place_edition(edition, by=who("lan"), **fields)


def test_an_approved_item_arrives_once_in_each_inbox_with_a_deadline(item) -> None:
    assert send_offers(clock.now()) == 0
    assert {offer.place_id for offer in Offer.objects.filter(edition=item)} == set(WAY)
    assert [offer.answer_until for offer in Offer.objects.all()] == [MORNING + 48 * HOUR] * 2
    assert [offer.edition for offer in offers_awaiting(who("mai"))] == [item]
    assert offers_awaiting(who("lan")) == offers_awaiting(who("thuy")) == []
    fact = Fact.objects.get(kind="edition_offered")
    assert (fact.place, fact.body["communes"]) == (CITY, sorted(WAY))


def test_an_emergency_and_what_a_commune_wrote_are_never_offered(way, morning) -> None:
    way.edition()
    offered(way, priority="emergency")
    assert not Offer.objects.exists()


def test_the_city_alone_places_nothing_ordinary_and_hears_whom_it_waits_for(item) -> None:
    with pytest.raises(errors.NotAdopted) as refused:
        by_city(item)
    assert "Phường Hải Châu" in str(refused.value)
    assert "Xã Hòa Vang" in str(refused.value)
    adopt_edition(offer_to(item), by=who("mai"))
    # Taken to be placed by the commune: the hour is not the city's.
    with pytest.raises(errors.NotAdopted):
        by_city(item, places=[place_by_code(HAI_CHAU)])
    assert not Occurrence.objects.exists()


def test_a_commune_that_leaves_the_hour_to_the_city_is_placed_by_it(item) -> None:
    adopt_edition(offer_to(item), by=who("mai"), lets_city_place=True)
    placement = by_city(item, places=[place_by_code(HAI_CHAU)])
    assert [o.place_id for o in placement.occurrences.all()] == [HAI_CHAU]
    assert placement.place_id == CITY


def test_a_commune_places_what_it_took_and_the_placement_is_its_own(item) -> None:
    offer = offer_to(item)
    with pytest.raises(errors.NotAdopted):
        place_adopted(offer, by=who("mai"))
    adopt_edition(offer, by=who("mai"))
    assert adoptions_to_place(who("mai")) == [offer]
    placement = place_adopted(offer, by=who("mai"), start_at=MORNING + HOUR)
    assert (placement.place_id, placement.edition) == (HAI_CHAU, item)
    assert Fact.objects.get(kind="edition_placed").place == HAI_CHAU
    assert adoptions_to_place(who("mai")) == []


def test_quiet_hours_ask_the_chair_of_the_commune_also_for_an_item_of_the_city(way) -> None:
    with clock.at(NIGHT):
        edition = offered(way)
        adopt_edition(offer_to(edition), by=who("mai"))
        placement = place_adopted(offer_to(edition), by=who("mai"))
        assert placement.is_waiting
        confirm_placement(placement, by=who("hung"))
    assert Occurrence.objects.get().place_id == HAI_CHAU


def test_only_who_speaks_for_the_commune_answers(item) -> None:
    offer = offer_to(item)
    for name in ("lan", "binh", "tam", "thuy", "duc", "nga", "la"):
        for deed in (
            lambda p: adopt_edition(offer, by=p),
            lambda p: decline_offer(offer, by=p, reason="Không"),
            lambda p: place_adopted(offer, by=p),
        ):
            with pytest.raises(MandateMissing):
                deed(who(name))
    assert answers_of_communes(item).adopted == []


def test_the_city_sees_who_took_who_declined_and_who_is_silent(way, morning) -> None:
    edition = offered(way, targets=places_by_code([*WAY, HAI_VAN]))
    adopt_edition(offer_to(edition), by=who("mai"))
    decline_offer(offer_to(edition, HOA_VANG), by=who("tam"), reason="Đã phát tuần trước")
    said = answers_of_communes(edition)
    names = [[o.place_id for o in rows] for rows in (said.adopted, said.declined, said.silent)]
    assert names == [[HAI_CHAU], [HOA_VANG], [HAI_VAN]]
    assert [row for row, _ in editions_awaiting_communes(who("lan"))] == [edition]
    assert editions_awaiting_communes(who("mai")) == []


def test_an_answer_stands_and_asking_again_changes_nothing(item) -> None:
    offer = offer_to(item)
    with pytest.raises(errors.ReasonMissing):
        decline_offer(offer, by=who("mai"), reason="  ")
    no = decline_offer(offer, by=who("mai"), reason="Không hợp")
    assert decline_offer(offer, by=who("hung"), reason="Khác") == no
    # Who changes their mind may still take it, not the other way round.
    yes = adopt_edition(offer, by=who("hung"))
    assert adopt_edition(offer, by=who("mai"), lets_city_place=True) == yes
    other = offer_to(item, HOA_VANG)
    adopt_edition(other, by=who("tam"))
    with pytest.raises(errors.AdoptedAlready):
        decline_offer(other, by=who("tam"), reason="Thôi")


def test_what_is_over_is_neither_taken_nor_declined(item) -> None:
    with clock.at(item.valid_until):
        assert offers_awaiting(who("mai")) == []
        for deed in (
            lambda: adopt_edition(offer_to(item), by=who("mai")),
            lambda: decline_offer(offer_to(item), by=who("mai"), reason="x"),
        ):
            with pytest.raises(errors.OfferOver):
                deed()


def test_the_city_moves_the_deadline_within_the_validity(item) -> None:
    later = MORNING + 60 * HOUR
    for wrong in (MORNING, item.valid_until + HOUR):
        with pytest.raises(errors.DeadlineOutside):
            move_deadline(item, by=who("lan"), answer_until=wrong)
    with pytest.raises(MandateMissing):
        move_deadline(item, by=who("mai"), answer_until=later)
    for _ in range(2):
        move_deadline(item, by=who("lan"), answer_until=later)
    assert {offer.answer_until for offer in Offer.objects.all()} == {later}
    assert Fact.objects.filter(kind="answer_deadline_moved").count() == 1


def test_under_an_agreement_the_city_places_within_its_hours_only(way, morning) -> None:
    here = place_by_code(HAI_CHAU)
    agree_to_city_items(here, by=who("hung"), start=time(17), end=time(18))
    edition = offered(way, targets=[here])
    assert [o.adoption.agreement.place_id for o in answers_of_communes(edition).adopted] == [
        HAI_CHAU
    ]
    evening = MORNING + 8.5 * HOUR  # 17:00 on the wall
    with pytest.raises(errors.NotAdopted):
        by_city(edition, start_at=evening - timedelta(minutes=1))
    with pytest.raises(errors.NotAdopted):
        by_city(edition, start_at=evening + HOUR - edition.duration / 2)
    assert by_city(edition, start_at=evening).occurrences.exists()


def test_only_the_commune_agrees_and_may_end_it_at_any_time(way, morning) -> None:
    here = place_by_code(HAI_CHAU)
    for name in ("binh", "mai", "son", "la"):
        with pytest.raises(MandateMissing):
            agree_to_city_items(here, by=who(name), start=time(0), end=time(0))
    with pytest.raises(errors.HoursReversed):
        agree_to_city_items(here, by=who("hung"), start=time(18), end=time(17))
    first = agree_to_city_items(here, by=who("hung"), start=time(0), end=time(0))
    assert agree_to_city_items(here, by=who("hung"), start=time(0), end=time(0)) == first
    agree_to_city_items(here, by=who("hung"), start=time(17), end=time(0))
    end_agreement(here, by=who("hung"))
    end_agreement(here, by=who("hung"))
    assert Agreement.objects.filter(ended_at=None).count() == 0
    assert Fact.objects.filter(kind="city_items_agreement_ended").count() == 1
    with pytest.raises(errors.NotAdopted):
        by_city(offered(way, targets=[here]))


def test_a_programme_of_the_city_leaves_out_what_is_no_longer_agreed(way, morning) -> None:
    here = place_by_code(HAI_CHAU)
    agree_to_city_items(here, by=who("hung"), start=time(0), end=time(0))
    edition = offered(way, targets=[here], valid_until=MORNING + 40 * 24 * HOUR)
    rule = save_rule(
        edition,
        by=who("lan"),
        recurrence="DTSTART;TZID=Asia/Ho_Chi_Minh:20261124T170000\nRRULE:FREQ=DAILY",
        valid_from=MORNING.date(),
        valid_until=(MORNING + 30 * 24 * HOUR).date(),
    )
    placed = rule.placements.count()
    end_agreement(here, by=who("hung"))
    with clock.at(MORNING + 48 * HOUR):
        expand_rules(clock.now())
    assert placed == rule.placements.count() == 14
    assert set(Omission.objects.values_list("reason", flat=True)) == {"not_adopted"}


def test_words_of_the_commune_are_approved_there_and_sound_around_the_item(way, item) -> None:
    offer = offer_to(item)
    adoption = take_offer(
        offer, by=who("mai"), opening="Mời bà con nghe tin của thành phố", closing="  "
    )
    assert adoption.closing is None
    assert unapproved_words(adoption) == [adoption.opening]
    with pytest.raises(errors.WordsAwaited):
        place_adopted(offer, by=who("mai"), start_at=MORNING + HOUR)
    speak_queued()
    way.approve(submit_bulletin(adoption.opening, by=who("mai")))
    placement = place_adopted(offer, by=who("mai"), start_at=MORNING + HOUR)
    first, second = Occurrence.objects.order_by("start_at")
    assert (first.edition.bulletin, second.edition) == (adoption.opening, item)
    assert first.start_at == MORNING + HOUR
    assert timedelta(0) < second.start_at - first.end_at < timedelta(seconds=2)
    assert placement.edition == item
    assert words_around(offer.place)["opening"] == ["Mời bà con nghe tin của thành phố"]


def test_words_said_before_need_no_second_approval(way, item) -> None:
    line = "Mời bà con nghe tin của thành phố"
    opening = take_offer(offer_to(item), by=who("mai"), opening=line).opening
    speak_queued()
    way.approve(submit_bulletin(opening, by=who("mai")))
    again = offered(way, title="Tin khác")
    adoption = take_offer(offer_to(again), by=who("mai"), opening=f" {line} ")
    assert (adoption.opening, unapproved_words(adoption)) == (opening, [])
    with pytest.raises(errors.WordsNeedOwnHour):
        take_offer(offer_to(item, HOA_VANG), by=who("tam"), opening="x", lets_city_place=True)


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_and_two_officers_answer_once(way) -> None:
    with clock.at(MORNING):
        way.edition(by="lan", approver="binh", place=CITY, targets=places_by_code(WAY))
        one, rival = meet(lambda: send_offers(MORNING), lambda: send_offers(MORNING))
        assert (one, rival.outcome()) == (1, 0)
        offer = Offer.objects.get(place=HAI_CHAU)
        mine, rival = meet(
            lambda: adopt_edition(offer, by=who("mai")),
            lambda: adopt_edition(offer, by=who("hung"), lets_city_place=True),
        )
        assert rival.outcome() == mine
