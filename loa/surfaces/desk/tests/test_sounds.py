"""The page of a bulletin's sound: a person's recording comes in, is cut, is swapped for the machine."""

from __future__ import annotations

import io
import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from procrastinate.contrib.django.models import ProcrastinateJob

from loa.flow.newsroom.jobs import take_up
from loa.flow.newsroom.models import Bulletin, Take
from loa.flow.newsroom.tests.voices_of_people import spoken_file
from loa.project.tests.way import speak_queued

pytestmark = pytest.mark.django_db


def page_of(bulletin: Bulletin, *more: str) -> str:
    return "/".join(["/ban/ban-tin", bulletin.code, "tieng", *more, ""])


def fresh(bulletin: Bulletin) -> Bulletin:
    return Bulletin._base_manager.get(pk=bulletin.pk)


def work() -> None:
    """Do what the worker would: read what was brought, then make the sounds."""
    for job in ProcrastinateJob.objects.filter(task_name="newsroom.take_up"):
        take_up(**job.args)
    speak_queued()


def parts_sent(browser, bulletin: Bulletin, data: bytes, name: uuid.UUID, offsets) -> list[dict]:
    answers = []
    for start, end in offsets:
        given = {
            "bulletin": bulletin.code,
            "size": len(data),
            "offset": start,
            "part": io.BytesIO(data[start:end]),
        }
        answers.append(json.loads(browser.post(f"/ban/tai-len/{name}/", given).content))
    return answers


def test_a_recording_in_parts_becomes_the_sound_that_will_be_heard(desk, write, morning) -> None:
    bulletin, browser, name = write(), desk("mai"), uuid.uuid4()
    data = spoken_file(2.0)
    # The middle comes twice, and once too early, as over a line that breaks.
    half = len(data) // 2
    answers = parts_sent(
        browser,
        bulletin,
        data,
        name,
        [(0, half), (half + 10, len(data)), (0, half), (half, len(data))],
    )
    assert [answer["received"] for answer in answers] == [half, half, half, len(data)]
    assert [answer["is_whole"] for answer in answers] == [False, False, False, True]
    waiting = browser.get(page_of(bulletin, "trang-thai")).content.decode()
    assert "Đang đọc tệp" in waiting
    assert "every 1s" in waiting
    work()
    page = browser.get(page_of(bulletin)).content.decode()
    assert "Tiếng: Lê Thị Mai thu lúc" in page
    assert "every 1s" not in page
    rendition = fresh(bulletin).rendition
    assert rendition.voice == "person:mai"
    assert f"/media/{rendition.opus_id}" in page
    again = parts_sent(browser, bulletin, data, name, [(0, half)])
    assert again == [{"received": len(data), "is_whole": True}]
    assert Take.objects.count() == 1


def test_the_machine_reads_again_and_the_recording_may_come_back(desk, recorded, morning) -> None:
    bulletin, browser = recorded(), desk("mai")
    machine = browser.post(page_of(bulletin), {"deed": "machine"}, follow=True).content.decode()
    assert "Bản thu vẫn được giữ" in machine
    assert fresh(bulletin).rendition.is_by_machine
    take = Take.objects.get()
    browser.post(page_of(bulletin), {"deed": "use", "take": take.pk})
    assert fresh(bulletin).take == take
    assert browser.post(page_of(bulletin), {"deed": "use", "take": 99}).status_code == 404


def test_both_ends_can_be_cut_and_never_crossed(desk, recorded, morning) -> None:
    bulletin, browser = recorded(), desk("mai")
    take = Take.objects.get()
    cut = {"deed": "trim", "take": take.pk, "start_ms": "500", "end_ms": "1500"}
    browser.post(page_of(bulletin), cut)
    work()
    assert fresh(bulletin).rendition.duration_ms == pytest.approx(1000, abs=80)
    crossed = browser.post(page_of(bulletin), {**cut, "end_ms": "600"})
    assert crossed.status_code == 422
    assert "Điểm kết thúc phải sau điểm bắt đầu" in crossed.content.decode()


def test_a_file_that_is_no_sound_is_refused_in_words_and_the_machine_still_reads(
    desk, write, morning
) -> None:
    bulletin, browser = write(), desk("mai")
    before = bulletin.cache_key
    file = SimpleUploadedFile("bai-hat.mp3", b"MZ\x90" + bytes(5_000))
    said = browser.post(page_of(bulletin), {"deed": "file", "file": file}, follow=True)
    assert "Đã nhận tệp" in said.content.decode()
    work()
    page = browser.get(page_of(bulletin)).content.decode()
    assert "không phải tệp âm thanh" in page
    assert "Tiếng: Giọng máy" in page
    assert fresh(bulletin).cache_key == before
    empty = browser.post(page_of(bulletin), {"deed": "file"})
    assert empty.status_code == 422
    assert "Hãy chọn một tệp" in empty.content.decode()


def test_an_edit_after_recording_is_told_and_a_submitted_sound_stays(
    desk, recorded, morning
) -> None:
    bulletin, browser = recorded(), desk("mai")
    draft = {
        "title": bulletin.title,
        "body": "Lời đã khác hẳn.",
        "targets": [bulletin.place_id],
        "priority": "normal",
        "info_class": "1",
        "valid_from": "2026-11-24T08:00",
        "valid_until": "2026-11-27T08:00",
        "voice": bulletin.voice,
        "speed_percent": "100",
        "revision": fresh(bulletin).revision,
    }
    browser.post(f"/ban/ban-tin/{bulletin.code}/", {**draft, "deed": "save"})
    work()
    assert "Lời đã sửa sau khi thu" in browser.get(page_of(bulletin)).content.decode()
    sent = browser.post(
        f"/ban/ban-tin/{bulletin.code}/",
        {**draft, "revision": fresh(bulletin).revision, "deed": "submit"},
        follow=True,
    )
    assert "Đã gửi duyệt" in sent.content.decode()
    refused = browser.post(page_of(bulletin), {"deed": "machine"})
    assert refused.status_code == 422
    assert "đang chờ duyệt" in refused.content.decode()
    assert fresh(bulletin).open_submission.rendition.voice == "person:mai"


@pytest.fixture
def recorded(desk, write):
    def with_take(seconds: float = 2.0) -> Bulletin:
        bulletin, data = write(), spoken_file(seconds)
        parts_sent(desk("mai"), bulletin, data, uuid.uuid4(), [(0, len(data))])
        work()
        return fresh(bulletin)

    return with_take
