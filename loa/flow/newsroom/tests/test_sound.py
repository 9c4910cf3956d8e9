"""How a bulletin sounds: spoken once, by the real voice, and the very words that stand there."""

from __future__ import annotations

import errno
import os

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from loa.flow.newsroom import errors
from loa.flow.newsroom.actions import edit_bulletin, request_rendition, submit_bulletin
from loa.flow.newsroom.jobs import render_speech
from loa.flow.newsroom.making import make_rendition
from loa.flow.newsroom.models import Bulletin, Rendition
from loa.flow.newsroom.ports import voices
from loa.flow.newsroom.queries import speech_of_bulletin
from loa.lib.sound.pcm import Pcm
from loa.project.cast import CITY, HAI_CHAU
from loa.project.tests.way import BODY
from loa.registry.library import store
from loa.registry.library.actions import StoreFull, add_reading
from loa.registry.people.errors import MandateMissing
from loa.registry.places.queries import place_by_code

pytestmark = pytest.mark.usefixtures("morning")


class CountedVoices:
    """The real voices, and how often they spoke."""

    def __init__(self) -> None:
        self._real = voices()
        self.spoken: list[str] = []

    def all(self):
        return [self._counted(voice) for voice in self._real.all()]

    def by_id(self, voice_id: str):
        return self._counted(self._real.by_id(voice_id))

    def _counted(self, voice):
        outer = self

        class Counted:
            id, title, fingerprint = voice.id, voice.title, voice.fingerprint

            def speak(self, text: str, *, speed: float) -> Pcm:
                outer.spoken.append(text)
                return voice.speak(text, speed=speed)

        return Counted()


@pytest.fixture
def counted():
    counting = CountedVoices()
    with voices.replaced(counting):
        yield counting


def jobs() -> list[dict]:
    rows = ProcrastinateJob.objects.filter(task_name="newsroom.render_speech")
    return [row.args for row in rows.order_by("id")]


def test_the_same_words_in_the_same_voice_are_spoken_once(way, counted) -> None:
    first, second = way.write(), way.write(info_class="2a")
    for one in (first, second, first):
        way.speak(one)
    assert len(counted.spoken) == 1
    assert first.rendition == second.rendition
    assert Rendition.objects.count() == 1
    queued = len(jobs())
    edit_bulletin(first, by=way.people["mai"], title="Khác")
    edit_bulletin(first, by=way.people["mai"], title="Tiêm chủng")
    assert len(jobs()) == queued + 1  # only the other title is new


def test_other_words_another_voice_or_speed_are_another_sound(way, counted) -> None:
    bulletin, mai = way.write(), way.people["mai"]
    keys = {way.speak(bulletin).cache_key}
    for change in (
        {"body": f"{BODY} Xin cảm ơn."},
        {"speed_percent": 120},
        {"voice": "espeak-ng:vi"},
    ):
        keys.add(way.speak(edit_bulletin(bulletin, by=mai, **change)).cache_key)
    assert len(keys) == len(counted.spoken) == Rendition.objects.count() == 4


def test_a_sound_is_measured_and_kept_in_two_forms(way) -> None:
    rendition = way.speak(way.write()).rendition
    assert rendition.is_whole
    assert store.read(rendition.opus_id).startswith(b"OggS")
    assert rendition.mp3.duration_ms == rendition.opus.duration_ms == rendition.duration_ms
    assert rendition.duration_ms > 1000
    assert rendition.peak_dbtp < -1
    assert rendition.speech_share > 0.5
    assert len(rendition.waveform) > 50


def test_an_unknown_abbreviation_stops_what_is_routine_until_it_is_answered(way) -> None:
    bulletin, mai = way.write(body="Trạm XQZT mở cửa cả ngày."), way.people["mai"]
    with pytest.raises(errors.ReadingsUnanswered) as caught:
        way.submit(bulletin)
    assert caught.value.details == {"written": ["XQZT"]}
    assert "XQZT" in str(caught.value)
    add_reading("XQZT", "xê quy", place=place_by_code(HAI_CHAU), by=mai)
    with pytest.raises(errors.SoundNotReady):  # what was spoken before was other words
        submit_bulletin(bulletin, by=mai)
    submission = way.submit(bulletin)
    assert "xê quy" in submission.rendition.spoken_text


def test_in_an_emergency_an_unknown_abbreviation_is_spelled(way) -> None:
    bulletin = way.write(body="Đội XQZT sơ tán dân ngay.", priority="emergency")
    spoken = speech_of_bulletin(bulletin).text
    assert "XQZT" not in spoken
    submission = way.submit(bulletin)
    assert submission.rendition.spoken_text == spoken


def test_a_reading_of_the_city_speaks_in_every_commune(way) -> None:
    bulletin = way.write(body="Trạm XQZT mở cửa.")
    add_reading("XQZT", "xê quy", place=place_by_code(CITY), by=way.people["lan"])
    with pytest.raises(errors.SoundNotReady):
        way.submit(bulletin)
    assert "xê quy" in way.submit(bulletin).rendition.spoken_text


def test_what_is_handed_in_is_the_sound_of_the_very_words(way) -> None:
    old = way.speak(way.write())
    way.speak(edit_bulletin(old, by=way.people["mai"], body="Hoãn tiêm."))
    assert old.body == BODY  # a page opened before the edit
    submission = submit_bulletin(old, by=way.people["mai"])
    assert submission.bulletin.body == "Hoãn tiêm."
    assert "Hoãn tiêm" in submission.rendition.spoken_text


def test_a_sound_ordered_for_other_words_is_not_handed_in(way) -> None:
    old = way.speak(way.write())
    edit_bulletin(old, by=way.people["mai"], body="Hoãn tiêm.")
    request_rendition(old)  # somebody's page, a moment late
    with pytest.raises(errors.SoundNotReady):
        submit_bulletin(old, by=way.people["mai"])
    assert "Hoãn tiêm" in way.submit(old).rendition.spoken_text


def test_handing_in_again_changes_nothing_and_only_writers_do(way) -> None:
    submission = way.submit()
    assert way.submit(submission.bulletin) == submission
    for who in ("hung", "tam", "la"):
        with pytest.raises(MandateMissing):
            submit_bulletin(submission.bulletin, by=way.people[who])


def test_a_bulletin_without_words_or_after_its_time_is_not_handed_in(way, morning) -> None:
    silent = way.write(title="…", body="…")
    with pytest.raises(errors.NothingToRead):
        submit_bulletin(silent, by=way.people["mai"])
    assert silent.cache_key == ""
    over = way.write()
    Bulletin.objects.filter(pk=over.pk).update(
        valid_from=over.written_at.replace(year=2025), valid_until=morning
    )
    with pytest.raises(errors.AlreadyOver):
        way.submit(over)


def test_a_full_disk_is_told_in_words_loses_nothing_and_heals(way, monkeypatch, settings) -> None:
    bulletin, mai = way.write(), way.people["mai"]

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(store.NoSpaceLeft):
            way.speak(bulletin)
        assert not Rendition.objects.exists()
        assert [path for path in settings.LOA_MEDIA.rglob("*") if path.is_file()] == []
        with pytest.raises(StoreFull) as caught:
            submit_bulletin(bulletin, by=mai)
        assert "quản trị" in str(caught.value)
    bulletin.refresh_from_db()
    assert (bulletin.body, bulletin.revision) == (BODY, 1)
    assert way.submit(bulletin).rendition.is_whole
    bulletin.refresh_from_db()
    assert bulletin.voice_fault == ""


def test_a_voice_that_fails_is_told_in_words_and_tried_again(way) -> None:
    class Mute(CountedVoices):
        def _counted(self, voice):
            class Broken:
                id, title, fingerprint = voice.id, voice.title, voice.fingerprint

                def speak(self, text: str, *, speed: float) -> Pcm:
                    raise RuntimeError("no voice today")

            return Broken()

    bulletin, mai = way.write(), way.people["mai"]
    with voices.replaced(Mute()), pytest.raises(RuntimeError):
        way.speak(bulletin)
    bulletin.refresh_from_db()
    assert "no voice today" in bulletin.voice_fault
    with pytest.raises(errors.VoiceBroken):
        submit_bulletin(bulletin, by=mai)
    bulletin.refresh_from_db()
    assert bulletin.voice_fault == ""  # it was ordered anew
    assert way.submit(bulletin).rendition.is_whole


def test_a_lost_sound_is_made_anew_byte_for_byte(way, counted) -> None:
    bulletin = way.speak(way.write())
    rendition = bulletin.rendition
    for damage in (lambda path: path.unlink(), lambda path: path.write_bytes(b"OggS cut short")):
        damage(store.path_of(rendition.opus_id))
        with pytest.raises(errors.SoundNotReady):
            submit_bulletin(bulletin, by=way.people["mai"])
        render_speech(**jobs()[-1])
        assert rendition.is_whole
    assert len(counted.spoken) == 3
    assert Rendition.objects.get() == rendition
    assert way.submit(bulletin).rendition == rendition


def test_making_a_sound_twice_makes_it_once(way, counted) -> None:
    way.write()
    args = jobs()[-1]
    first = make_rendition(**args)
    assert make_rendition(**args) == first
    assert len(counted.spoken) == 1
