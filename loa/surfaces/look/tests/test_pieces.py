import re
from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.translation import override

from loa.lib import clock
from loa.surfaces.look.frame import Frame, Me, OnAir, Room

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
FRAME = Frame(
    rooms=(Room("Việc của tôi", "/ban/", "tasks", is_here=True, waiting_count=3),),
    me=Me("Lê Thị Lan", "Biên tập"),
    on_air_url="/ban/dang-phat",
    on_air=(OnAir("7", "Lịch <cắt> điện", "3 phường", NOW + timedelta(seconds=134)),),
)


class Note(forms.Form):
    title = forms.CharField(label="Tiêu đề", help_text="Một dòng.")


def render(text, **values):
    source = "{% load look %}" + text
    return engines["django"].from_string(source).render(values)


def test_the_frame_shows_what_is_on_air_and_how_long_it_lasts():
    request = RequestFactory().get("/ban/")
    with clock.at(NOW), override("vi"):
        page = render_to_string("look/desk.html", {"frame": FRAME}, request=request)
    assert "Đang phát" in page
    assert ">2:14<" in page
    assert "Lịch &lt;cắt&gt; điện" in page
    assert 'aria-current="page"' in page


def test_pages_hold_no_inline_script_or_style():
    request = RequestFactory().get("/ban/")
    page = render_to_string("look/desk.html", {"frame": FRAME}, request=request)
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_need_no_request(name):
    assert "<h1>" in render_to_string(f"{name}.html")


def test_an_error_stands_beside_its_field_and_in_the_summary():
    form = Note({"title": ""})
    page = render("{% error_summary form %}{% field form.title %}", form=form)
    assert 'href="#id_title"' in page
    assert 'id="id_title_error"' in page
    assert 'aria-describedby="id_title_helptext id_title_error"' in page


def test_a_state_says_who_and_when():
    with clock.at(NOW), override("vi"):
        page = render('{% state "waiting" "Chờ duyệt" who="chị Lan gửi" when=at %}', at=NOW)
    assert "Chờ duyệt" in page
    assert "chị Lan gửi" in page
    assert "07:00" in page


def test_the_player_is_a_plain_audio_element_without_script():
    page = render('{% player "nghe" sources %}', sources=[("/m/a.mp3", "audio/mpeg")])
    assert re.search(r"<audio[^>]* controls", page)
    assert "data-player-deck hidden" in page


def test_a_meter_over_its_limit_says_so():
    with override("vi"):
        assert "quá mức" in render('{% meter 75 60 "phút" %}')
        assert "quá mức" not in render('{% meter 32 60 "phút" %}')
