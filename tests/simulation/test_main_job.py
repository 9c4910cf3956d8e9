"""The main job in a whole city: written, approved, sounded and proved, and what was sounded is heard."""

from __future__ import annotations

import pytest

from loa.lib.sound.measure import measure
from loa.project.running import FAST
from tests.city import City

pytestmark = pytest.mark.city

TITLE = "Lịch tiêm chủng"
NOTICE = "Thứ bảy, phường tiêm vắc xin cho trẻ em từ 7h30 tại trạm y tế."


def sound_one(city: City, title: str, notice: str) -> str:
    """Write, approve and place a text for the whole city; return the bulletin's code."""
    lan, binh = city.person("lan"), city.person("binh")
    code = lan.write(title, notice, source=lan.take_source(notice))
    city.person("yen").confirm(lan.place(binh.approve(lan.submit(code))))
    return code


def test_what_the_full_players_sounded_is_the_approved_sound(city: City) -> None:
    code = sound_one(city, TITLE, NOTICE)
    city.wait_proved(code)
    rendition = city.person("lan").wait_sound(code)
    files = city.sounded_files(code)
    assert len(files) == 2
    for path in files.values():
        heard = measure(path)
        assert abs(heard.duration_ms - rendition["duration_ms"]) <= 500
        assert heard.speech_share > 0.8
        assert heard.peak_dbtp < -1


def test_the_proof_tells_at_what_pace_it_sounded(city: City) -> None:
    code = sound_one(city, "Họp dân", "Mời bà con họp lúc 19h30 tại nhà văn hóa.")
    proof = city.wait_proved(code)
    assert {horn["rate_percent"] for horn in proof["devices"]} == {FAST * 100}


def test_the_command_line_shows_the_same_proof(city: City) -> None:
    code = sound_one(city, "Cúp điện", "Ngày mai, cúp điện từ 8h đến 11h để sửa đường dây.")
    city.wait_proved(code)
    shown = city.run_command("evidence", code)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    verified = city.run_command("ledger", "verify")
    assert (verified.returncode, "The ledger holds" in verified.stdout) == (0, True), verified
