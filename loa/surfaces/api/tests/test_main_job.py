"""The whole way of a bulletin by HTTP, with the real voice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from loa.lib import clock
from loa.project.tests.way import speak_queued
from loa.surfaces.api.tests.conftest import HAI_CHAU, Program

pytestmark = pytest.mark.django_db

NOTICE = "Thứ bảy ngày 28/11/2026, phường tổ chức tiêm vắc xin từ 7h30 tại trạm y tế."
MORNING = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # 08:30 on the wall
NIGHT = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # 22:30


def write(program: Program, **fields: Any) -> dict[str, Any]:
    wanted = {"place": HAI_CHAU, "title": "Lịch tiêm chủng", "body": NOTICE, **fields}
    answer = program.post("/bulletins", wanted)
    assert answer.status_code == 201, answer.content
    return answer.json()


def approve(editor: Program, leader: Program, code: str) -> dict[str, Any]:
    speak_queued()
    submission = editor.post(f"/bulletins/{code}/submission").json()
    hashed = {"content_hash": submission["content_hash"]}
    answer = leader.post(f"/submissions/{submission['id']}/approval", hashed)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_text_becomes_a_placed_edition_with_evidence(programs) -> None:
    mai, hung = programs["mai"], programs["hung"]
    with clock.at(MORNING):
        mai, hung = Program(mai.person), Program(hung.person)
        source = mai.upload(NOTICE.encode(), place=HAI_CHAU, filename="tiem.txt").json()
        assert (source["encoding"], source["text"]) == ("utf-8", NOTICE)
        written = mai.post(
            "/bulletins", {"place": HAI_CHAU, "title": "Lịch tiêm chủng", "source": source["id"]}
        ).json()
        code = written["code"]
        assert (written["body"], written["standing"], written["sound"]) == (NOTICE, "draft", None)

        spoken = mai.get(f"/bulletins/{code}/spoken").json()
        assert any(one["source"] == "7h30" for one in spoken["replacements"])
        assert spoken["unknown"] == []

        early = mai.post(f"/bulletins/{code}/submission")
        assert (early.status_code, early.json()["code"]) == (409, "sound_not_ready")
        speak_queued()
        sound = mai.get(f"/bulletins/{code}").json()["sound"]
        assert sound["duration_ms"] > 2000
        heard = Client().get(sound["opus"])
        assert (heard.status_code, heard["Content-Type"]) == (200, "audio/ogg")
        assert heard.getvalue().startswith(b"OggS")

        handed_in = mai.post(f"/bulletins/{code}/submission").json()
        assert mai.post(f"/bulletins/{code}/submission").json() == handed_in
        waiting = hung.get("/submissions").json()
        assert [one["id"] for one in waiting] == [handed_in["id"]]
        path = f"/submissions/{handed_in['id']}/approval"
        content_hash = {"content_hash": handed_in["content_hash"]}
        assert hung.post(path, {"content_hash": "0" * 64}).json()["code"] == "changed_since_read"
        approval = hung.post(path, content_hash)
        assert approval.status_code == 200, approval.content
        assert hung.post(path, content_hash).json() == approval.json()
        assert hung.get("/submissions").json() == []

        edition = approval.json()["edition"]
        placed = mai.post(f"/editions/{edition}/placements")
        assert placed.status_code == 201, placed.content
        assert (placed.json()["waits_for"], placed.json()["places"]) == ([], [HAI_CHAU])
        assert mai.get(f"/bulletins/{code}").json()["standing"] == "planned"
        for text in (written["title"] + "\n\n" + NOTICE, spoken["text"]):
            assert text_of_edition(text) == text

        proof = mai.get(f"/bulletins/{code}/evidence").json()
        assert [link["kind"] for link in proof["links"]].count("approval") == 1
        assert all(link["holds"] for link in proof["links"]), proof["links"]

        recall = f"/placements/{placed.json()['id']}/recall"
        assert mai.post(recall, {"reason": " "}).json()["code"] == "reason_missing"
        stopped = mai.post(recall, {"reason": "Đổi ngày tiêm"})
        assert stopped.status_code == 200, stopped.content
        assert mai.post(recall, {"reason": "Lý do khác"}).json() == stopped.json()
        assert mai.get(f"/bulletins/{code}").json()["standing"] == "stopped"


def text_of_edition(text: str) -> str:
    """Fetch the frozen text by its hash, as a board or an auditor would."""
    from loa.wire.canonical import content_hash

    answer = Client().get(f"/media/{content_hash(text.encode())}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    return answer.getvalue().decode()


def test_in_quiet_hours_a_second_person_must_answer(programs) -> None:
    with clock.at(NIGHT):
        mai, hung = Program(programs["mai"].person), Program(programs["hung"].person)
        binh = Program(programs["binh"].person)
        code = write(mai)["code"]
        edition = approve(mai, hung, code)["edition"]
        placed = mai.post(f"/editions/{edition}/placements").json()
        assert placed["waits_for"] == ["quiet_hours"]
        assert [one["id"] for one in binh.get("/placements").json()] == [placed["id"]]
        path = f"/placements/{placed['id']}/confirmation"
        assert mai.post(path).status_code == 403
        # Who approved it does not answer for the night as well.
        assert hung.post(path).json()["code"] == "same_person"
        confirmed = binh.post(path)
        assert confirmed.status_code == 200, confirmed.content
        assert binh.post(path).json() == confirmed.json()
        assert binh.get("/placements").json() == []


def test_one_village_alone_is_spoken_to(programs) -> None:
    with clock.at(MORNING):
        mai, hung = Program(programs["mai"].person), Program(programs["hung"].person)
        village = next(one["village"] for one in mai.get("/devices").json())
        written = write(mai, targets=[village])
        assert written["targets"] == [village]
        edition = approve(mai, hung, written["code"])["edition"]
        placed = mai.post(f"/editions/{edition}/placements", {"places": [village]})
        assert (placed.status_code, placed.json()["places"]) == (201, [village])


def test_nobody_approves_his_own_work(programs) -> None:
    code = write(programs["mai"])["code"]
    speak_queued()
    submission = programs["mai"].post(f"/bulletins/{code}/submission").json()
    answer = programs["mai"].post(
        f"/submissions/{submission['id']}/approval", {"content_hash": submission["content_hash"]}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "mandate_missing")


def test_a_return_says_why_and_a_withdrawal_opens_the_bulletin(programs) -> None:
    mai, hung = programs["mai"], programs["hung"]
    code = write(mai)["code"]
    speak_queued()
    submission = mai.post(f"/bulletins/{code}/submission").json()
    path = f"/submissions/{submission['id']}/return"
    assert hung.post(path, {"reason": ""}).json()["code"] == "reason_missing"
    returned = hung.post(path, {"reason": "Thiếu giờ kết thúc"}).json()
    assert returned["reason"] == "Thiếu giờ kết thúc"
    assert mai.get(f"/bulletins/{code}").json()["standing"] == "returned"
    mai.post(f"/bulletins/{code}/submission")
    change = {"revision": 2, "title": "Lịch tiêm chủng mới"}
    assert mai.patch(f"/bulletins/{code}", change).json()["code"] == "being_approved"
    for _ in range(2):
        assert mai.ask("DELETE", f"/bulletins/{code}/submission").status_code == 204
    assert mai.patch(f"/bulletins/{code}", change).status_code == 200


def test_an_edit_of_an_older_revision_is_refused_with_the_present_one(programs) -> None:
    mai = programs["mai"]
    code = write(mai)["code"]
    first = mai.patch(f"/bulletins/{code}", {"revision": 1, "title": "Tiêm chủng"})
    assert (first.status_code, first.json()["revision"]) == (200, 2)
    late = mai.patch(f"/bulletins/{code}", {"revision": 1, "title": "Tiêm chủng trẻ em"})
    assert (late.status_code, late.json()["code"]) == (409, "edited_meanwhile")
    assert late.json()["details"] == {"revision": 2}
    assert mai.patch(f"/bulletins/{code}", {"title": "Không có số"}).status_code == 422


def test_two_items_at_one_time_clash(programs) -> None:
    with clock.at(MORNING):
        mai, hung = Program(programs["mai"].person), Program(programs["hung"].person)
        when = {"start_at": clock.iso(MORNING + timedelta(hours=3))}
        editions = [
            approve(mai, hung, write(mai, title=title)["code"])["edition"]
            for title in ("Lịch tiêm chủng", "Lịch họp tổ dân phố")
        ]
        assert mai.post(f"/editions/{editions[0]}/placements", when).status_code == 201
        answer = mai.post(f"/editions/{editions[1]}/placements", when)
        assert (answer.status_code, answer.json()["code"]) == (409, "clash")
        assert answer.json()["details"]["occurrences"][0]["place"] == HAI_CHAU


def test_an_unknown_abbreviation_waits_for_its_reading(programs) -> None:
    mai = programs["mai"]
    code = write(mai, body="Trạm XQZT mở cửa cả ngày.")["code"]
    assert mai.get(f"/bulletins/{code}/spoken").json()["unknown"] == ["XQZT"]
    refused = mai.post(f"/bulletins/{code}/submission").json()
    assert (refused["code"], refused["details"]) == ("readings_unanswered", {"written": ["XQZT"]})
    reading = {"place": HAI_CHAU, "written": "XQZT", "spoken": "xê quy dét tê"}
    assert mai.post("/readings", reading).status_code == 200
    assert mai.get(f"/bulletins/{code}/spoken").json()["unknown"] == []
    assert mai.post(f"/bulletins/{code}/submission").json()["code"] == "sound_not_ready"
    speak_queued()
    assert mai.post(f"/bulletins/{code}/submission").status_code == 200
    bad = {"place": HAI_CHAU, "written": "XQZT", "spoken": "số 5"}
    assert mai.post("/readings", bad).json()["code"] == "reading_unusable"
