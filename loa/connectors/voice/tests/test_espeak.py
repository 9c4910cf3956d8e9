import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from loa.connectors.voice.espeak import CENTRAL, NORTHERN, SOUTHERN, EspeakVoice, VoiceFailed

SENTENCE = "Tổ dân phố số năm mời bà con dọn vệ sinh đường làng vào sáng chủ nhật."


def test_sentence_is_spoken_at_a_calm_pace():
    sound = EspeakVoice().speak(SENTENCE, speed=1.0)
    syllables_a_minute = len(SENTENCE.split()) * 60_000 / sound.duration_ms
    assert sound.rate_hz == 22_050
    assert 170 < syllables_a_minute < 240


def test_speed_changes_the_duration():
    voice = EspeakVoice()
    slow, fast = (voice.speak(SENTENCE, speed=speed).duration_ms for speed in (0.7, 1.5))
    assert slow / fast == pytest.approx(1.5 / 0.7, rel=0.15)


def test_three_accents_sound_different_and_have_their_own_fingerprint():
    voices = [EspeakVoice(accent) for accent in (NORTHERN, CENTRAL, SOUTHERN)]
    assert len({voice.speak(SENTENCE, speed=1.0).samples for voice in voices}) == 3
    assert len({voice.fingerprint for voice in voices}) == 3
    assert [voice.id for voice in voices][1] == "espeak-ng:vi-vn-x-central"


def test_equal_text_gives_equal_samples():
    text = SENTENCE + "\n" + SENTENCE
    assert EspeakVoice().speak(text, speed=1.0) == EspeakVoice().speak(text, speed=1.0)


def test_paragraph_pause_is_longer_than_sentence_pause():
    voice = EspeakVoice()
    apart, together = (voice.speak(f"Xin chào.{gap}Xin mời.", speed=1.0) for gap in "\n ")
    assert apart.duration_ms - together.duration_ms == pytest.approx(200, abs=2)


@pytest.mark.parametrize("text", ["", " \n\t ", "… – !", "\x00"])
def test_text_without_a_word_fails(text):
    with pytest.raises(VoiceFailed):
        EspeakVoice().speak(text, speed=1.0)


def test_markup_and_control_signs_are_only_text():
    assert EspeakVoice().speak("Một\x00 <audio src='x'/> [[ hai", speed=1.0).duration_ms > 500


def test_very_long_text_is_spoken_whole():
    text = (SENTENCE + " ") * (20_000 // len(SENTENCE))
    one = EspeakVoice().speak(SENTENCE, speed=1.0).duration_ms
    whole = EspeakVoice().speak(text, speed=1.0).duration_ms
    assert whole == pytest.approx((one + 150) * (20_000 // len(SENTENCE)), rel=0.02)


def test_killed_process_is_a_failure():
    murder = "import os, sys; sys.stdin.buffer.read(4); os.kill(os.getpid(), 9)"
    with pytest.raises(VoiceFailed, match="broke off"):
        EspeakVoice(command=(sys.executable, "-c", murder)).speak(SENTENCE, speed=1.0)


def test_process_killed_from_outside_while_speaking_is_a_failure():
    before = _children()
    failed: list[BaseException] = []

    def speak() -> None:
        try:
            EspeakVoice().speak((SENTENCE + "\n") * 20_000, speed=1.0)
        except VoiceFailed as error:
            failed.append(error)

    thread = threading.Thread(target=speak)
    thread.start()
    while thread.is_alive() and not (born := _children() - before):
        thread.join(0.01)
    for process in born:
        os.kill(process, signal.SIGKILL)
    thread.join(20)
    assert len(failed) == 1


def test_hanging_process_is_killed_in_time():
    voice = EspeakVoice(command=("sleep", "60"), start_seconds_max=0.2)
    with pytest.raises(VoiceFailed, match="no answer"):
        voice.speak("Chào", speed=1.0)
    assert not _children()


def test_program_that_writes_nonsense_is_a_failure():
    with pytest.raises(VoiceFailed):
        EspeakVoice(command=("printf", r"\000\000\000\003abc")).speak(SENTENCE, speed=1.0)


def test_missing_program_is_a_failure():
    with pytest.raises(VoiceFailed, match="does not start"):
        EspeakVoice(command=("/no/such/program",)).speak(SENTENCE, speed=1.0)


@pytest.mark.parametrize("speed", [0.5, 2.0, float("nan")])
def test_speed_outside_the_range_is_refused(speed):
    with pytest.raises(ValueError, match="outside"):
        EspeakVoice().speak(SENTENCE, speed=speed)


def test_adapter_never_loads_the_engine():
    probe = (
        "import sys; from loa.connectors.voice.espeak import EspeakVoice as V;"
        "V().fingerprint; V().speak('Chào', speed=1.0);"
        "maps = open('/proc/self/maps').read();"
        "sys.exit('espeakng_loader' in sys.modules or 'libespeak' in maps)"
    )
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


def _children() -> set[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}
