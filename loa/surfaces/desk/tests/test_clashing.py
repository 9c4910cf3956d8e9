"""Placing from the calendar: the time pointed at is filled in, a clash shows both and the ways out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django_scopes import scopes_disabled

from loa.flow.schedules.models import Occurrence, Placement
from loa.lib import clock
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import MORNING
from loa.surfaces.desk.tests.fleet import minutes

pytestmark = pytest.mark.django_db
LATER = MORNING + minutes(90)  # 10:00


def url(edition, name: str = "placement") -> str:
    return reverse(f"desk:{name}", args=[edition.bulletin.code])


def at_ten(**fields: Any) -> dict[str, Any]:
    return {"when": "at", "start_at": "2026-11-24T10:00", "places": [HAI_CHAU], **fields}


def placements(edition) -> list[Placement]:
    with scopes_disabled():
        return list(Placement.objects.filter(edition=edition))


def test_the_tray_leads_to_the_page_with_its_time_filled_in(desk, morning, approved) -> None:
    edition = approved("Lịch tiêm chủng")
    browser = desk("mai")
    day = browser.get(reverse("desk:schedule")).content.decode()
    assert f'data-place-url="{url(edition)}"' in day
    assert f'data-drop-place="{HAI_CHAU}"' in day
    page = browser.get(url(edition), {"luc": "2026-11-24T10:35", "noi": HAI_CHAU}).content.decode()
    assert 'value="2026-11-24T10:35"' in page
    assert (
        "data-drop-place"
        not in browser.get(reverse("desk:schedule"), {"ngay": "2026-11-20"}).content.decode()
    )
    assert browser.get(url(edition), {"luc": "sáng mai"}).status_code == 200


def test_a_taken_time_is_shown_before_anything_is_pressed(desk, morning, approved, place) -> None:
    place(approved("Họp tổ dân phố"), start_at=LATER)
    edition = approved("Lịch tiêm chủng")
    page = desk("mai").get(url(edition), {"luc": "2026-11-24T10:00"}).content.decode()
    assert "“Lịch tiêm chủng” gặp lượt đã có" in page
    assert "Họp tổ dân phố" in page


def test_a_clash_shows_both_and_either_way_out_is_one_press(desk, morning, approved, place) -> None:
    other = place(approved("Họp tổ dân phố"), start_at=LATER)
    edition = approved("Lịch tiêm chủng")
    browser = desk("mai")
    answer = browser.post(url(edition), at_ten())
    text = " ".join(answer.content.decode().split())
    assert answer.status_code == 422
    assert "Xếp lúc 10:05, giờ trống đầu tiên sau đó" in text
    assert reverse("desk:recall", args=[other.pk]) in text
    assert 'value="2026-11-24T10:00"' in text
    given = {"start_at": "2026-11-24T10:00", "places": [HAI_CHAU], "free": "2026-11-24T10:05"}
    assert browser.post(url(edition), given).status_code == 302
    (placement,) = placements(edition)
    assert clock.local(placement.start_at).strftime("%H:%M") == "10:05"


def test_a_sound_may_come_several_times_in_a_row(desk, morning, approved) -> None:
    edition = approved("Lịch tiêm chủng")
    answer = desk("mai").post(url(edition), at_ten(times="3", pause_minutes="5"))
    assert answer.status_code == 302
    with scopes_disabled():
        starts = list(
            Occurrence.objects.filter(edition=edition)
            .order_by("start_at")
            .values_list("start_at", flat=True)
        )
    every = timedelta(seconds=300 + -(-edition.duration // timedelta(seconds=1)))
    assert starts == [LATER + n * every for n in range(3)]
    assert desk("mai").post(url(edition), at_ten(times="11")).status_code == 422


def test_playing_now_is_one_press_on_the_bulletin_and_says_how_far(desk, morning, approved) -> None:
    edition = approved("Lịch tiêm chủng")
    browser = desk("mai")
    page = " ".join(browser.get(url(edition, "bulletin")).content.decode().split())
    assert "Phát ngay tới 2 cụm loa ở Phường Hải Châu" in page
    answer = browser.post(url(edition), {"when": "now", "places": [HAI_CHAU]}, follow=True)
    assert "Đã ra lệnh phát ngay" in answer.content.decode()
    assert placements(edition)[0].is_now
    assert "Phát ngay tới" not in desk("hung").get(reverse("desk:schedule")).content.decode()
