"""A station is entered and heard, a relay proposed with its fallback, answered for, ended."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.urls import reverse
from django_scopes import scopes_disabled
from procrastinate.contrib.django.models import ProcrastinateJob

from loa.flow.schedules.models import Standing
from loa.flow.sources.jobs import listen_to_relay
from loa.flow.sources.models import RelaySource
from loa.project.cast import HAI_CHAU
from loa.project.tests.way import MORNING
from loa.registry.ledger.models import Fact

pytestmark = pytest.mark.django_db
RATE = 24_000
STATION = {
    "noi": HAI_CHAU, "kind": "vov", "name": "VOV1", "primary": "http://127.0.0.1:9/vov1",
    "secondary": "", "rights": "Thỏa thuận 12/VOV-ĐN", "rights_until": "2026-12-31",
}  # fmt: skip


def wave(level: int, seconds: int = 5) -> bytes:
    """Return a WAV file of a square tone."""
    samples = struct.pack("<h", level) * 30 + struct.pack("<h", -level) * 30
    data = samples * (RATE * seconds // 60)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1,
                       RATE, RATE * 2, 2, 16, b"data", len(data))  # fmt: skip
    return head + data


class Mast(BaseHTTPRequestHandler):
    """A station that sends one sound by every address but one."""

    def __init__(self, sounds: dict[str, bytes], *args: Any) -> None:
        self._sounds = sounds
        super().__init__(*args)

    def do_GET(self) -> None:
        body = self._sounds.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def mast() -> Iterator[str]:
    sounds = {"/tone": wave(6000), "/still": wave(0), "/words": b"<html>no sound here</html>"}
    server = HTTPServer(("127.0.0.1", 0), partial(Mast, sounds))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def heard(desk, **station: str) -> RelaySource:
    answer = desk("mai").post(reverse("desk:relay_new"), {**STATION, **station})
    assert answer.status_code == 302
    with scopes_disabled():
        for job in ProcrastinateJob.objects.filter(task_name="sources.listen_to_relay"):
            listen_to_relay(**job.args)
        return RelaySource.objects.latest("pk")


def test_both_streams_of_a_new_station_are_really_heard(desk, morning, mast) -> None:
    relay = heard(desk, primary=f"{mast}/tone", secondary=f"{mast}/still")
    assert (relay.primary_health, relay.secondary_health) == ("sounding", "silent")
    assert relay.heard_at == MORNING
    text = desk("mai").get(reverse("desk:relay_source", args=[relay.pk])).content.decode()
    assert "nghe được" in text
    assert "có luồng nhưng im lặng" in text
    assert "Thỏa thuận 12/VOV-ĐN" in text
    assert Fact.objects.filter(kind="relay_source_entered").count() == 1


@pytest.mark.parametrize("path", ["/gone", "/words"])
def test_a_stream_that_sends_no_sound_is_said_to_be_out_of_reach(desk, morning, mast, path) -> None:
    relay = heard(desk, primary=f"{mast}{path}")
    assert relay.primary_health == "unreachable"
    assert "không kết nối được" in desk("mai").get(reverse("desk:standings")).content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"primary": "file:///etc/passwd"}, "phải bắt đầu bằng http"),
        ({"primary": "vov1"}, "phải bắt đầu bằng http"),
        ({"secondary": STATION["primary"]}, "hai luồng phải khác nhau"),
        ({"rights": " "}, "Hãy điền ô này"),
        ({"rights_until": "hôm nao"}, "Ngày không hợp lệ"),
    ],
)
def test_a_station_without_right_or_stream_is_refused_beside_its_field(
    desk, morning, wrong, words
) -> None:
    answer = desk("mai").post(reverse("desk:relay_new"), {**STATION, **wrong})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'value="VOV1"' in answer.content.decode()


def proposed(desk, relay: RelaySource, **fields: Any) -> Any:
    given = {
        "source": str(relay.pk), "title": "Thời sự sáng", "weekdays": ["0", "1", "2", "3", "4"],
        "hour_from": "05:00", "hour_until": "06:00", "valid_from": "2026-11-24",
        "valid_until": "2026-12-31", "fallback": "", "noi": [HAI_CHAU], **fields,
    }  # fmt: skip
    return desk("mai").post(reverse("desk:standing_new") + "?loai=relay", given)


@pytest.fixture
def relay(desk, morning) -> RelaySource:
    desk("mai").post(reverse("desk:relay_new"), STATION)
    with scopes_disabled():
        return RelaySource.objects.get()


def test_a_relay_with_its_fallback_waits_for_a_second_person_and_then_stands(
    desk, relay, approved
) -> None:
    filler = approved("Nhạc hiệu phường", valid_until=MORNING + timedelta(days=60))
    answer = proposed(desk, relay, fallback=filler.sha256)
    assert answer.status_code == 302
    own = desk("mai").get(answer.url).content.decode()
    assert "thứ 2–thứ 6, 05:00–06:00" in own
    assert "Một phần rơi vào giờ yên tĩnh ở Phường Hải Châu" in own
    assert "Duyệt, phát" not in own
    home = desk("hung").get(reverse("desk:home")).content.decode()
    assert "Thời sự sáng" in home
    assert "Dự phòng: Thời sự sáng" in home
    chair = desk("hung")
    assert "Duyệt, phát thứ 2–thứ 6" in chair.get(answer.url).content.decode()
    assert chair.post(answer.url).status_code == 302
    with scopes_disabled():
        standing = Standing.objects.get(kind="relay")
        assert standing.approved_by is not None
        assert standing.sources == [STATION["primary"]]
        assert Standing.objects.get(kind="fallback").windows == standing.windows
    end = reverse("desk:standing_end", args=[standing.pk])
    assert chair.post(end, {"reason": ""}).status_code == 422
    assert chair.post(end, {"reason": "Hết thỏa thuận"}).status_code == 302
    assert "“Hết thỏa thuận”" in chair.get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"source": ""}, "Hãy chọn một đài trong danh mục"),
        ({"weekdays": []}, "Hãy chọn ít nhất một ngày trong tuần"),
        ({"hour_until": "05:00"}, "Giờ kết thúc phải khác giờ bắt đầu"),
        ({"valid_until": "2027-01-01"}, "chỉ được phép tiếp âm đến hết 31-12-2026"),
        ({"valid_until": "2026-11-01"}, "Ngày kết thúc phải sau ngày bắt đầu"),
    ],
)
def test_what_is_wrong_with_a_relay_is_said_beside_its_field(desk, relay, wrong, words) -> None:
    answer = proposed(desk, relay, **wrong)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'value="Thời sự sáng"' in answer.content.decode()


def test_a_loop_plays_approved_items_in_turn(desk, morning, approved) -> None:
    filler = approved("Nhạc hiệu phường", valid_until=MORNING + timedelta(days=60))
    given = {
        "editions": [filler.sha256], "title": "Vòng phát trưa", "weekdays": ["5", "6"],
        "hour_from": "11:00", "hour_until": "11:30", "valid_from": "2026-11-24",
        "valid_until": "2026-12-31", "noi": [HAI_CHAU],
    }  # fmt: skip
    answer = desk("mai").post(reverse("desk:standing_new") + "?loai=evergreen", given)
    assert answer.status_code == 302
    text = desk("hung").get(answer.url).content.decode()
    assert "thứ 7, Chủ nhật, 11:00–11:30" in text
    assert "Nhạc hiệu phường" in text


def test_a_station_is_retired_with_a_reason_and_offered_no_more(desk, relay) -> None:
    browser = desk("mai")
    answer = browser.post(
        reverse("desk:relay_retire", args=[relay.pk]), {"reason": "Đài đổi luồng"}
    )
    assert answer.status_code == 302
    text = browser.get(reverse("desk:relay_source", args=[relay.pk])).content.decode()
    assert "“Đài đổi luồng”" in text
    offered = browser.get(reverse("desk:standing_new")).content.decode()
    assert f'<option value="{relay.pk}"' not in offered
