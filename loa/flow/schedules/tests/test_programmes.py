"""A programme recurs: saved once, placed ahead, changed one by one, ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from loa.flow.schedules import errors
from loa.flow.schedules.actions import call_off_placement, confirm_placement, place_edition
from loa.flow.schedules.models import Occurrence, Omission, Override, Placement, Rule
from loa.flow.schedules.programmes import (
    Policies,
    end_rule,
    expand_rules,
    name_daypart,
    override_occurrence,
    save_rule,
)
from loa.flow.schedules.rules import SKIP_WINDOW
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HOA_VANG
from loa.project.tests.way import MORNING, meet
from loa.registry.ledger.models import Fact
from loa.registry.people.errors import MandateMissing
from loa.registry.people.queries import person_by_username
from loa.registry.places.queries import place_by_code

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FOREVER = MORNING + 400 * DAY
DAILY = "RRULE:FREQ=DAILY"


def text(*lines: str, start: str = "20261125T170000") -> str:
    return "\n".join([f"DTSTART;TZID=Asia/Ho_Chi_Minh:{start}", *lines])


def wall(day: date, hour: int = 17) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=clock.CITY_ZONE).astimezone(UTC)


FIRST = wall(date(2026, 11, 25))


@pytest.fixture
def edition(way, morning):
    return way.edition(valid_until=FOREVER)


def save(edition, recurrence: str = text(DAILY), who: str = "mai", **fields) -> Rule:
    given = {"valid_from": date(2026, 11, 24), "valid_until": date(2027, 6, 30), **fields}
    return save_rule(edition, by=person_by_username(who), recurrence=recurrence, **given)


def starts(rule: Rule) -> list[datetime]:
    live = Occurrence.objects.filter(placement__rule=rule, called_off_at=None)
    return list(live.order_by("start_at").values_list("start_at", flat=True))


def test_a_daily_programme_stands_fourteen_days_ahead_with_one_fact(edition) -> None:
    rule = save(edition)
    assert starts(rule) == [FIRST + n * DAY for n in range(13)]
    assert {o.place_id for o in Occurrence.objects.all()} == {HAI_CHAU}
    fact = Fact.objects.get(kind="rule_saved")
    assert fact.body["recurrence"] == text(DAILY)
    assert not Fact.objects.filter(kind="edition_placed").exists()
    again = save(edition, text("RRULE:INTERVAL=1;FREQ=daily"))
    assert (again, Fact.objects.filter(kind="rule_saved").count()) == (rule, 1)


def test_days_pass_and_nothing_is_placed_twice(edition) -> None:
    rule = save(edition)
    assert expand_rules(MORNING) == 0
    for hours in (3, 25, 25, 49, 50, 24 * 30):
        with clock.at(MORNING + hours * HOUR):
            expand_rules(MORNING + hours * HOUR)
            expand_rules(MORNING + hours * HOUR)
    found = starts(rule)
    assert len(found) == len(set(found)) == 13 + 2 + 14
    assert max(found) == wall(date(2027, 1, 6))


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_place_each_occurrence_once(way) -> None:
    with clock.at(MORNING):
        rule = save(way.edition(valid_until=FOREVER))
    later = MORNING + 3 * DAY
    with clock.at(later):
        mine, rival = meet(lambda: expand_rules(later), lambda: expand_rules(later))
        assert mine + rival.outcome() >= 1
    assert starts(rule) == [FIRST + n * DAY for n in range(16)]


def test_what_clashes_in_the_coming_year_is_refused_and_listed(way, edition) -> None:
    other = way.edition(title="Họp tổ dân phố", valid_until=FOREVER)
    far = wall(date(2027, 3, 1))
    place_edition(other, by=person_by_username("mai"), start_at=far)
    place_edition(other, by=person_by_username("mai"), start_at=FIRST + DAY)
    with pytest.raises(errors.Clash) as caught:
        save(edition)
    assert {o.start_at for o in caught.value.details["occurrences"]} == {far, FIRST + DAY}
    assert not Rule.objects.exists()
    assert save(edition, text(DAILY, "EXDATE;VALUE=DATE:20261126,20270301"))


def test_rules_that_meet_only_months_ahead_are_refused(way, edition) -> None:
    save(edition, text("RRULE:FREQ=MONTHLY;BYMONTHDAY=1"))
    other = way.edition(title="Họp tổ dân phố", valid_until=FOREVER)
    with pytest.raises(errors.Clash) as caught:
        save(other, text("RRULE:FREQ=WEEKLY;BYDAY=MO", start="20261221T170000"))
    met = {clock.local(o.start_at).date() for o in caught.value.details["occurrences"]}
    assert met == {date(2027, 2, 1), date(2027, 3, 1)}
    assert other.title not in str(caught.value)
    assert edition.title in str(caught.value)


def test_a_single_sound_cannot_take_the_time_of_a_rule_near_or_far(way, edition) -> None:
    save(edition)
    other = way.edition(title="Họp tổ dân phố", valid_until=FOREVER)
    for start_at in (FIRST, wall(date(2027, 2, 1))):
        with pytest.raises(errors.Clash):
            way.place(other, at=start_at)
    assert way.place(other, at=FIRST + HOUR).occurrences.exists()
    assert way.place(other, at=wall(date(2027, 7, 1))).occurrences.exists()


def test_a_programme_of_the_city_meets_that_of_a_commune(way, agreed, edition) -> None:
    save(edition)
    whole = way.edition(by="lan", approver="binh", place=CITY, valid_until=FOREVER)
    with pytest.raises(errors.Clash):
        save(whole, who="lan")
    rule = save(whole, who="lan", places=[place_by_code(HOA_VANG)])
    assert len(starts(rule)) == 13


def test_the_full_moon_is_found_by_the_lunar_calendar(edition) -> None:
    rule = save(edition, text("X-LOA-LUNAR:1,15"))
    assert starts(rule) == []
    for days in (10, 20):
        with clock.at(MORNING + days * DAY):
            expand_rules(clock.now())
    # The first and the fifteenth of the eleventh month.
    assert starts(rule) == [wall(date(2026, 12, 9)), wall(date(2026, 12, 23))]


def test_only_who_places_there_saves_ends_or_changes(way, edition) -> None:
    for who in ("tam", "son", "thuy", "duc", "nga", "la"):
        with pytest.raises(MandateMissing):
            save(edition, who=who)
    with pytest.raises(errors.NotATarget):
        save(edition, who="lan", places=[place_by_code(HOA_VANG)])
    rule = save(edition)
    for who in ("tam", "la"):
        person = person_by_username(who)
        with pytest.raises(MandateMissing):
            end_rule(rule, by=person, reason="x")
        with pytest.raises(MandateMissing):
            override_occurrence(rule, FIRST, by=person, reason="x")
    assert len(starts(rule)) == 13


@pytest.mark.parametrize(
    ("recurrence", "fields", "refusal"),
    [
        ("nonsense", {}, errors.RuleUnreadable),
        (text("RRULE:FREQ=HOURLY"), {}, errors.RuleUnreadable),
        (text(DAILY), {"valid_until": date(2026, 11, 1)}, errors.DatesReversed),
        (text("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), {}, errors.RuleEmpty),
        (text(DAILY, "RDATE:20261126T170001"), {}, errors.RuleOverlapsItself),
        (text(DAILY), {"policies": Policies(rank_class="priority")}, errors.RankUnfit),
        (text(DAILY), {"policies": Policies(start="at once")}, errors.PolicyUnknown),
        (text(DAILY), {"policies": Policies(late_seconds_max=0)}, errors.PolicyUnknown),
    ],
)
def test_a_wrong_rule_is_refused_in_words(edition, recurrence, fields, refusal) -> None:
    with pytest.raises(refusal) as caught:
        save(edition, recurrence, **fields)
    assert "%(" not in str(caught.value)
    assert not Rule.objects.exists()


def test_nothing_recurs_outside_the_validity_of_rule_or_edition(way, morning) -> None:
    edition = way.edition(valid_until=MORNING + 5 * DAY)
    assert len(starts(save(edition))) == 4
    with pytest.raises(errors.RuleEmpty):
        save(edition, valid_from=date(2026, 12, 10))


def test_in_quiet_hours_each_occurrence_waits_for_a_second_person(edition) -> None:
    rule = save(edition, text("RRULE:FREQ=DAILY;COUNT=2", start="20261125T044500"))
    first, second = Placement.objects.order_by("start_at")
    assert (first.grounds, first.is_waiting, starts(rule)) == (["quiet_hours"], True, [])
    with pytest.raises((errors.SamePerson, MandateMissing)):
        confirm_placement(first, by=person_by_username("mai"))
    with pytest.raises(errors.SamePerson):
        confirm_placement(first, by=person_by_username("hung"))  # he approved it
    confirm_placement(first, by=person_by_username("binh"))
    assert starts(rule) == [first.start_at]
    second.refresh_from_db()
    assert second.is_waiting


def test_a_dropped_occurrence_is_silent_and_says_by_whom_and_why(edition) -> None:
    rule, mai = save(edition), person_by_username("mai")
    override = override_occurrence(rule, FIRST, by=mai, reason=" Lễ  tang ")
    assert override_occurrence(rule, FIRST, by=mai, reason="khác") == override
    far = wall(date(2026, 12, 20))
    override_occurrence(rule, far, by=mai, reason="Nghỉ")
    assert (override.reason, override.decided_by, override.moved_to) == ("Lễ tang", mai, None)
    with clock.at(MORNING + 12 * DAY):
        expand_rules(clock.now())
    found = starts(rule)
    assert FIRST not in found
    assert far not in found
    assert far - DAY in found
    assert Fact.objects.filter(kind="occurrence_overridden").count() == 2


def test_a_moved_occurrence_sounds_once_at_its_new_time(edition) -> None:
    rule, mai = save(edition), person_by_username("mai")
    override_occurrence(rule, FIRST, by=mai, reason="Mưa", moved_to=FIRST + HOUR)
    override_occurrence(rule, FIRST, by=mai, reason="Mưa to", moved_to=FIRST + 2 * HOUR)
    far = wall(date(2026, 12, 20))
    override_occurrence(rule, far, by=mai, reason="Sớm hơn", moved_to=FIRST + 3 * HOUR)
    with clock.at(MORNING + 12 * DAY):
        expand_rules(clock.now())
    found = starts(rule)
    assert found[:3] == [FIRST + 2 * HOUR, FIRST + 3 * HOUR, FIRST + DAY]
    assert far not in found
    assert Override.objects.count() == 3


def test_an_occurrence_is_not_moved_onto_another_nor_into_the_past(way, edition) -> None:
    rule, mai = save(edition), person_by_username("mai")
    wrong = {
        FIRST + DAY: errors.Clash,
        wall(date(2027, 1, 20)): errors.Clash,
        MORNING - HOUR: errors.StartInPast,
        FOREVER + DAY: errors.OutsideValidity,
    }
    for moved_to, refusal in wrong.items():
        with pytest.raises(refusal):
            override_occurrence(rule, FIRST, by=mai, reason="x", moved_to=moved_to)
    with pytest.raises(errors.NotAnOccurrence):
        override_occurrence(rule, FIRST + HOUR, by=mai, reason="x")
    with pytest.raises(errors.ReasonMissing):
        override_occurrence(rule, FIRST, by=mai, reason=" ")
    with clock.at(FIRST + HOUR), pytest.raises(errors.StartInPast):
        override_occurrence(rule, FIRST, by=mai, reason="x")
    assert starts(rule) == [FIRST + n * DAY for n in range(13)]
    assert not Override.objects.exists()


def test_an_ended_rule_brings_nothing_more_and_frees_its_times(way, edition) -> None:
    rule, mai = save(edition), person_by_username("mai")
    with clock.at(FIRST + HOUR):
        end_rule(rule, by=mai, reason="Hết đợt")
        end_rule(rule, by=mai, reason="Hết đợt")
    assert starts(rule) == [FIRST]
    assert Fact.objects.get(kind="rule_ended").body["called_off"] == 12
    with clock.at(FIRST + 20 * DAY):
        assert expand_rules(clock.now()) == 0
        with pytest.raises(errors.RuleEnded):
            override_occurrence(rule, FIRST + 21 * DAY, by=mai, reason="x")
    with clock.at(FIRST + 2 * HOUR):
        other = way.edition(title="Họp tổ dân phố", valid_until=FOREVER)
        assert starts(save(other, text(DAILY, start="20261126T170000")))


def test_what_a_person_stopped_is_not_placed_again(edition) -> None:
    rule = save(edition)
    call_off_placement(Placement.objects.get(start_at=FIRST + 2 * DAY))
    with clock.at(MORNING + 30 * HOUR):
        expand_rules(clock.now())
    assert FIRST + 2 * DAY not in starts(rule)


def test_a_time_taken_in_spite_of_all_is_noted_as_left_out(way, edition) -> None:
    rule = save(edition)
    # A commune given over from elsewhere brings what it had planned.
    taken = MORNING + 14 * DAY + 8 * HOUR + 30 * timedelta(minutes=1)
    assert taken == wall(date(2026, 12, 8))
    single = way.place(way.edition(title="Khác", valid_until=FOREVER), at=taken + HOUR)
    single.occurrences.update(start_at=taken, end_at=taken + timedelta(minutes=1))
    with clock.at(MORNING + 30 * HOUR):
        expand_rules(clock.now())
    assert [(o.recurs_at, o.reason) for o in Omission.objects.all()] == [(taken, "clash")]
    assert taken not in starts(rule)


def test_a_daypart_holds_its_programmes_inside(edition) -> None:
    hung = person_by_username("hung")
    evening = name_daypart(
        place_by_code(HAI_CHAU), by=hung, name="Chiều", start=time(16, 45), end=time(17, 30)
    )
    assert save(edition, daypart=evening).daypart == evening
    with pytest.raises(errors.OutsideDaypart):
        save(edition, text(DAILY, start="20261125T173000"), daypart=evening)
    with pytest.raises(errors.DaypartWrong):
        name_daypart(place_by_code(HAI_CHAU), by=hung, name="x", start=time(9), end=time(9))
    with pytest.raises(MandateMissing):
        name_daypart(
            place_by_code(HAI_CHAU),
            by=person_by_username("la"),
            name="x",
            start=time(9),
            end=time(10),
        )
    assert Fact.objects.filter(kind="daypart_named").count() == 1


def test_how_late_a_device_may_begin_is_the_choice_of_the_rule(edition) -> None:
    save(edition, policies=Policies(late_seconds_max=90))
    some = Occurrence.objects.first()
    assert some.latest_start_at - some.start_at == timedelta(seconds=90)
    strict = save(edition, text(DAILY, start="20261125T100000"), policies=Policies(late="skip"))
    some = Occurrence.objects.filter(placement__rule=strict).first()
    assert some.latest_start_at - some.start_at == SKIP_WINDOW
