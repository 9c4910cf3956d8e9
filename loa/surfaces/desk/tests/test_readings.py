"""The page of readings: who said it, for whom, and the way back."""

from __future__ import annotations

import pytest
from django_scopes import scopes_disabled

from loa.project.cast import CITY, HAI_CHAU
from loa.registry.library.models import Reading
from loa.registry.library.queries import lexicon_for
from loa.registry.places.queries import place_by_code

pytestmark = pytest.mark.django_db


def answer(browser, bulletin, spoken: str, **more: str):
    given = {"written": "XQZT", "spoken": spoken, **more}
    return browser.post(f"/ban/ban-tin/{bulletin.code}/cach-doc/", given)


def read(place: str) -> str | None:
    return lexicon_for(place_by_code(place)).reading("XQZT")


def test_a_commune_wins_over_the_city_and_the_city_over_everywhere(desk, write, morning) -> None:
    mine = write(body="Theo XQZT.")
    with scopes_disabled():
        citys = write(body="Theo XQZT.", by="lan", place=CITY)
    answer(desk("lan"), citys, "trạm chung", where="everywhere")
    assert read(HAI_CHAU) == "trạm chung"
    answer(desk("lan"), citys, "trạm thành phố", where=CITY)
    assert read(HAI_CHAU) == "trạm thành phố"
    answer(desk("mai"), mine, "trạm phường")
    assert (read(HAI_CHAU), read(CITY)) == ("trạm phường", "trạm thành phố")


def test_a_commune_answers_for_itself_only(desk, write, morning) -> None:
    bulletin, browser = write(body="Theo XQZT."), desk("mai")
    for where in ("everywhere", CITY):
        answer(browser, bulletin, "trạm", where=where)
    assert not Reading.objects.exists()
    page = browser.get(f"/ban/ban-tin/{bulletin.code}/").content.decode()
    assert "Dùng cho" not in page


def test_an_answer_is_listed_with_its_drafts_and_taken_back_step_by_step(
    desk, write, morning
) -> None:
    bulletin, browser = write(body="Theo XQZT."), desk("mai")
    answer(browser, bulletin, "trạm một")
    answer(browser, bulletin, "trạm hai")
    page = browser.get("/ban/cach-doc/").content.decode()
    for words in ("Lê Thị Mai", "trước đó đọc là “trạm một”", "1 bản nháp dùng chữ này"):
        assert words in page
    (row,) = Reading.objects.all()
    browser.post(f"/ban/cach-doc/{row.pk}/bo/")
    assert read(HAI_CHAU) == "trạm một"
    browser.post(f"/ban/cach-doc/{row.pk}/bo/")
    assert read(HAI_CHAU) is None
    assert browser.post(f"/ban/cach-doc/{row.pk}/bo/").status_code == 404


def test_others_see_no_readings_of_a_commune_and_take_none_back(desk, write, morning) -> None:
    answer(desk("mai"), write(body="Theo XQZT."), "trạm phường")
    (row,) = Reading.objects.all()
    assert "trạm phường" not in desk("tam").get("/ban/cach-doc/").content.decode()
    assert desk("tam").post(f"/ban/cach-doc/{row.pk}/bo/").status_code == 404
    assert desk("hung").get("/ban/cach-doc/").status_code == 403
