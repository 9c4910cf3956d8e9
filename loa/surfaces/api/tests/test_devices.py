from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client
from django_scopes import scopes_disabled

from loa.flow.deliveries.actions import write_documents
from loa.flow.deliveries.queries import document_for
from loa.project.cast import seat_cast, stand_device
from loa.registry.library import store
from loa.registry.library.actions import keep_medium
from loa.registry.people.queries import present_roster
from loa.surfaces.api import devices

pytestmark = pytest.mark.django_db

SOUND = bytes(range(256)) * 1000


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def sha256(settings, tmp_path: Path) -> str:
    settings.LOA_MEDIA = tmp_path / "media"
    return keep_medium(SOUND, codec="opus", duration_ms=1000).sha256


def body_of(answer) -> bytes:
    return answer.getvalue()


def test_a_medium_is_sent_whole_with_its_name_as_tag(client: Client, sha256: str) -> None:
    answer = client.get(f"/media/{sha256}")
    assert (answer.status_code, body_of(answer)) == (200, SOUND)
    assert answer["Content-Type"] == "audio/ogg"
    assert answer["ETag"] == f'"{sha256}"'
    assert answer["Content-Length"] == str(len(SOUND))
    assert answer["Accept-Ranges"] == "bytes"
    assert "immutable" in answer["Cache-Control"]


def test_a_medium_is_sent_in_small_pieces(client: Client, sha256: str) -> None:
    pieces = list(client.get(f"/media/{sha256}").streaming_content)
    assert len(pieces) > 1
    assert max(map(len, pieces)) <= devices.CHUNK_BYTES


def test_a_broken_download_goes_on_where_it_stopped(client: Client, sha256: str) -> None:
    first = body_of(client.get(f"/media/{sha256}", HTTP_RANGE="bytes=0-99999"))
    rest = client.get(f"/media/{sha256}", HTTP_RANGE="bytes=100000-", HTTP_IF_RANGE=f'"{sha256}"')
    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes 100000-{len(SOUND) - 1}/{len(SOUND)}"
    assert rest["Content-Length"] == str(len(SOUND) - 100000)
    assert first + body_of(rest) == SOUND


def test_a_part_of_other_bytes_is_answered_with_the_whole(client: Client, sha256: str) -> None:
    answer = client.get(f"/media/{sha256}", HTTP_RANGE="bytes=5-", HTTP_IF_RANGE='"other"')
    assert (answer.status_code, len(body_of(answer))) == (200, len(SOUND))


def test_a_range_behind_the_end_is_refused_with_the_size(client: Client, sha256: str) -> None:
    answer = client.get(f"/media/{sha256}", HTTP_RANGE=f"bytes={len(SOUND)}-")
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(SOUND)}"
    assert answer["Cache-Control"] == "no-store"


def test_two_ranges_are_answered_with_the_whole(client: Client, sha256: str) -> None:
    answer = client.get(f"/media/{sha256}", HTTP_RANGE="bytes=0-1,5-6")
    assert (answer.status_code, body_of(answer)) == (200, SOUND)


def test_head_tells_the_size_and_sends_nothing(client: Client, sha256: str) -> None:
    answer = client.head(f"/media/{sha256}", HTTP_RANGE="bytes=0-1")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["Content-Length"] == str(len(SOUND))


def test_who_holds_the_bytes_is_not_sent_them_again(client: Client, sha256: str) -> None:
    answer = client.get(f"/media/{sha256}", HTTP_IF_NONE_MATCH=f'"{sha256}"')
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer["ETag"] == f'"{sha256}"'


def test_a_damaged_file_is_not_sent_and_a_repaired_one_is(client: Client, sha256: str) -> None:
    path = store.path_of(sha256)
    path.write_bytes(SOUND[:-1] + b"x")
    assert client.get(f"/media/{sha256}").status_code == 404
    path.write_bytes(SOUND[:-1])
    assert client.get(f"/media/{sha256}").status_code == 404
    path.write_bytes(SOUND)
    assert client.get(f"/media/{sha256}").status_code == 200


@pytest.mark.parametrize(
    "name", ["0" * 64, "x", "A" * 64, "..%2f..%2fkeys%2froot.key", "%00", "0" * 64 + "%0a"]
)
def test_what_is_no_known_medium_is_not_there(client: Client, sha256: str, name: str) -> None:
    assert client.get(f"/media/{name}").status_code == 404


def test_a_file_of_the_store_that_is_no_medium_is_not_sent(client: Client, sha256: str) -> None:
    stray = store.write("bản nháp chưa ai duyệt".encode())
    assert client.get(f"/media/{stray}").status_code == 404


def test_a_medium_is_only_read(client: Client, sha256: str) -> None:
    assert client.post(f"/media/{sha256}").status_code == 405


def test_the_roster_and_the_orders_are_sent_as_they_were_signed(client: Client) -> None:
    with scopes_disabled():
        seat_cast(password=None)
        device = stand_device(1, "ab" * 32)
        write_documents([device])
    roster, orders = client.get("/device/roster"), client.get(f"/device/{device.code}/desired")
    assert roster.content == bytes(present_roster().envelope)
    assert orders.content == document_for(device.code)
    assert orders["Content-Type"] == "application/json"
    assert {"payload", "payloadType", "signatures"} <= set(json.loads(orders.content))
    again = client.get(f"/device/{device.code}/desired", HTTP_IF_NONE_MATCH=orders["ETag"])
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/device/roster", "/device/DN-0009/desired", "/device/%00/desired"]
)
def test_without_a_document_there_is_nothing(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_live_needs_nothing_and_ready_needs_the_database(client: Client) -> None:
    assert client.get("/health/live").json() == {"live": True}
    assert client.get("/health/ready").json() == {"ready": True, "faults": []}


def test_metrics_count_the_city_and_name_nobody(client: Client) -> None:
    with scopes_disabled():
        seat_cast(password=None)
        write_documents([stand_device(1, "ab" * 32), stand_device(2, "cd" * 32)])
    lines = client.get("/metrics").content.decode().splitlines()
    assert 'loa_devices{condition="silent"} 2' in lines
    assert "loa_documents_unpushed 2" in lines
    assert "loa_submissions_open 0" in lines
    assert "loa_orders_today 0" in lines
    assert "loa_receipts_lag_seconds 0" in lines
