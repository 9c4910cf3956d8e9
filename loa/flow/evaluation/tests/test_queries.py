"""What the public may know, asked of a city whose texts really came onto the air."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loa.flow.evaluation.queries import (
    editions_showing,
    emergencies_in_force,
    planned_today,
    sounded_at,
    sounding_at,
    story_of,
    which_sounded,
)
from loa.lib import clock
from loa.project.cast import CITY, HAI_CHAU, HAI_VAN, HOA_VANG
from loa.registry.places.queries import place_by_code

pytestmark = pytest.mark.django_db

VILLAGE = f"{HAI_CHAU}-01"
HOUR = timedelta(hours=1)


def titles(found) -> list[str]:
    return [getattr(one, "edition", one).title for one in found]


def codes(places) -> list[str]:
    return [place.code for place in places]


def test_what_sounded_is_told_where_and_on_how_many_clusters(city) -> None:
    edition = city.hear(place=CITY, targets=[HAI_CHAU, HOA_VANG])
    (there,) = sounded_at(place_by_code(HAI_CHAU))
    assert (there.edition, there.horns, codes(there.places)) == (edition, 5, [HAI_CHAU])
    (whole,) = sounded_at(place_by_code(CITY))
    assert (whole.horns, codes(whole.places)) == (9, [HAI_CHAU, HOA_VANG])
    assert sounded_at(place_by_code(HAI_VAN)) == []


def test_what_sounded_in_a_village_is_told_at_its_commune(city) -> None:
    city.hear(targets=[VILLAGE])
    (there,) = sounded_at(place_by_code(HAI_CHAU))
    assert (codes(there.places), there.horns) == ([VILLAGE], 1)


def test_what_nobody_placed_or_no_horn_began_did_not_sound(city) -> None:
    city.write("Bản nháp")
    city.submit(city.write("Chờ duyệt"))
    waiting = city.approve("Đã duyệt, chưa phát")
    city.place(waiting)
    city.dispatch()
    assert sounded_at(place_by_code(HAI_CHAU)) == []
    assert sounding_at(place_by_code(CITY)) == []
    assert story_of(waiting.bulletin.code) is None
    assert which_sounded([waiting]) == set()


def test_the_last_time_is_told_first(city, morning) -> None:
    early = city.approve("Tin sớm")
    city.sound(early)
    with clock.at(morning + HOUR):
        city.hear("Tin muộn")
    assert titles(sounded_at(place_by_code(HAI_CHAU))) == ["Tin muộn", "Tin sớm"]
    assert titles(sounded_at(place_by_code(HAI_CHAU), limit=1, offset=1)) == ["Tin sớm"]
    with clock.at(morning + 2 * HOUR):
        city.sound(early)
        assert titles(sounded_at(place_by_code(HAI_CHAU))) == ["Tin sớm", "Tin muộn"]
        story = story_of(early.bulletin.code)
    assert (story.times, story.first_at) == (2, morning)
    assert [one.started_at for one in story.heard] == [morning + 2 * HOUR]


def test_of_a_corrected_bulletin_only_the_newest_heard_is_told(city, morning) -> None:
    first = city.hear(body="Tiêm vào thứ bảy.")
    with clock.at(morning + HOUR):
        second = city.correct(first, body="Tiêm vào chủ nhật.")
        assert story_of(first.bulletin.code).edition == first
        city.sound(second)
        assert [s.edition for s in sounded_at(place_by_code(HAI_CHAU))] == [second]
        assert story_of(first.bulletin.code).edition == second


def test_what_sounds_now_is_told_until_it_ends(city, morning) -> None:
    placement = city.place(city.approve())
    city.start(placement)
    (now,) = sounding_at(place_by_code(HAI_CHAU))
    assert (now.horns, now.started_at) == (5, morning)
    assert titles(sounding_at(place_by_code(CITY))) == titles([now])
    assert sounding_at(place_by_code(HOA_VANG)) == []
    city.finish(placement)
    assert sounding_at(place_by_code(HAI_CHAU)) == []


def test_today_holds_what_is_still_to_sound(city, morning) -> None:
    evening = city.place(city.approve("Tin chiều"), start_at=morning + 8 * HOUR)
    city.place(city.approve("Tin mai"), start_at=morning + 25 * HOUR)
    city.hear("Tin đã phát")
    here = place_by_code(HAI_CHAU)
    (planned,) = planned_today(here)
    assert (planned.edition.title, planned.start_at) == ("Tin chiều", evening.start_at)
    assert planned_today(place_by_code(HOA_VANG)) == []
    with clock.at(morning + 9 * HOUR):
        assert planned_today(here) == []
    city.recall(evening)
    assert planned_today(here) == []


def test_a_plan_for_several_places_is_one(city, morning) -> None:
    edition = city.approve("Tin chiều", place=CITY, targets=[CITY])
    city.place(edition, start_at=morning + 8 * HOUR)
    (planned,) = planned_today(place_by_code(CITY))
    assert len(planned.places) == 94


def test_a_board_shows_what_holds_for_its_place(city) -> None:
    city.approve("Cho phường")
    city.approve("Cho tổ dân phố", targets=[VILLAGE])
    city.approve("Cho thành phố", place=CITY, targets=[CITY])
    city.write("Bản nháp")
    shown = {
        code: set(titles(editions_showing(place_by_code(code))))
        for code in (HAI_CHAU, VILLAGE, HOA_VANG, CITY)
    }
    assert shown == {
        HAI_CHAU: {"Cho phường", "Cho thành phố"},
        VILLAGE: {"Cho phường", "Cho tổ dân phố", "Cho thành phố"},
        HOA_VANG: {"Cho thành phố"},
        CITY: {"Cho thành phố"},
    }


def test_a_board_shows_nothing_before_or_after_its_time(city, morning) -> None:
    city.approve(valid_from=morning + HOUR, valid_until=morning + 2 * HOUR)
    board = place_by_code(HAI_CHAU)
    assert editions_showing(board) == []
    with clock.at(morning + HOUR):
        assert len(editions_showing(board)) == 1
    with clock.at(morning + 2 * HOUR):
        assert editions_showing(board) == []


def test_a_correction_takes_the_place_of_what_it_corrects(city, morning) -> None:
    first = city.approve("Lịch cũ", place=CITY, targets=[HAI_CHAU, HOA_VANG])
    with clock.at(morning + HOUR):
        second = city.correct(first, title="Lịch mới", targets=[HAI_CHAU])
        assert editions_showing(place_by_code(HAI_CHAU)) == [second]
        assert editions_showing(place_by_code(HOA_VANG)) == []


def test_what_was_recalled_is_shown_no_more(city, morning) -> None:
    edition = city.approve()
    board = place_by_code(HAI_CHAU)
    placement = city.sound(edition)
    assert editions_showing(board) == [edition]
    with clock.at(morning + HOUR):
        city.recall(placement)
        assert editions_showing(board) == []
        (told,) = sounded_at(board)
        assert told.recalled_at == morning + HOUR
        assert story_of(edition.bulletin.code).recalled_at == morning + HOUR
        city.sound(edition)
        assert editions_showing(board) == [edition]
        assert story_of(edition.bulletin.code).recalled_at is None


def test_a_recall_counts_only_where_it_reaches(city, morning) -> None:
    edition = city.approve(place=CITY, targets=[HAI_CHAU, HOA_VANG])
    city.place(edition, places=[HAI_CHAU])
    with clock.at(morning + HOUR):
        city.recall(city.place(edition, places=[HOA_VANG]))
        assert editions_showing(place_by_code(HAI_CHAU)) == [edition]
        assert editions_showing(place_by_code(HOA_VANG)) == []


def test_emergencies_come_first_and_are_told_at_the_place_above(city, morning) -> None:
    city.approve("Báo bão", priority="emergency", targets=[VILLAGE])
    with clock.at(morning + HOUR):
        city.approve("Tin thường", targets=[VILLAGE])
        assert titles(editions_showing(place_by_code(VILLAGE))) == ["Báo bão", "Tin thường"]
        for code in (VILLAGE, HAI_CHAU, CITY):
            assert titles(emergencies_in_force(place_by_code(code))) == ["Báo bão"]
        assert emergencies_in_force(place_by_code(HOA_VANG)) == []


def test_the_public_questions_cost_the_same_however_much_there_is(
    city, morning, django_assert_max_num_queries
) -> None:
    for number in range(6):
        with clock.at(morning + number * HOUR):
            city.hear(f"Tin {number}", place=CITY, targets=[HAI_CHAU, HOA_VANG])
    with clock.at(morning + 6 * HOUR):
        place = place_by_code(HAI_CHAU)
        with django_assert_max_num_queries(4):
            assert len(sounded_at(place)) == 6
        with django_assert_max_num_queries(6):
            assert len(editions_showing(place)) == 6
        with django_assert_max_num_queries(6):
            assert emergencies_in_force(place) == []
        with django_assert_max_num_queries(4):
            assert sounding_at(place) == []
        with django_assert_max_num_queries(2):
            assert planned_today(place) == []
