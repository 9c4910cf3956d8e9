import hashlib
import subprocess
import sys

import pytest

from loa.lib.sound.chain import CHAIN_VERSION, MP3, OPUS, master
from loa.lib.sound.decode import probe
from loa.lib.sound.errors import SilentSound
from loa.lib.sound.measure import measure
from loa.lib.sound.pcm import Pcm


def test_announcement_lands_on_target_in_both_renditions(spoken, mastered):
    for heard in (measure(mastered.mp3), measure(mastered.opus)):
        assert -17.0 < heard.loudness_lufs < -15.0
        assert heard.peak_dbtp < -1.0
        assert heard.speech_share > 0.8
        assert abs(heard.duration_ms - spoken.duration_ms) < 100


def test_measure_given_is_the_one_of_the_mp3(mastered):
    assert measure(mastered.mp3) == mastered.measure


def test_renditions_are_what_network_horns_play(mastered):
    mp3, opus = probe(mastered.mp3), probe(mastered.opus)
    assert mp3.codec.startswith("mp3")
    assert (mp3.rate_hz, opus.codec) == (24_000, "opus")
    seconds = mastered.measure.duration_ms / 1000
    assert len(mastered.mp3) * 8 / seconds == pytest.approx(64_000, rel=0.03)
    assert len(mastered.opus) * 8 / seconds == pytest.approx(24_000, rel=0.06)


def test_equal_samples_give_equal_bytes(spoken, mastered):
    again = master(spoken)
    assert (again.mp3, again.opus) == (mastered.mp3, mastered.opus)


def test_another_process_gives_the_same_bytes(spoken, mastered, tmp_path):
    raw = tmp_path / "raw.pcm"
    raw.write_bytes(spoken.samples)
    program = (
        "import sys, hashlib; from pathlib import Path;"
        "from loa.lib.sound.chain import master; from loa.lib.sound.pcm import Pcm;"
        "m = master(Pcm(Path(sys.argv[1]).read_bytes(), int(sys.argv[2])));"
        "print(hashlib.sha256(m.mp3 + m.opus).hexdigest())"
    )
    command = [sys.executable, "-c", program, str(raw), str(spoken.rate_hz)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert said == hashlib.sha256(mastered.mp3 + mastered.opus).hexdigest()


@pytest.mark.parametrize("gain", [0.02, 0.2])
def test_soft_recording_is_lifted_to_the_target(spoken, gain):
    soft = memoryview(spoken.samples).cast("h")[: 8 * spoken.rate_hz]
    samples = b"".join(int(v * gain).to_bytes(2, "little", signed=True) for v in soft)
    heard = master(Pcm(samples, spoken.rate_hz)).measure
    assert -17.5 < heard.loudness_lufs < -14.5
    assert heard.peak_dbtp < -1.0


@pytest.mark.parametrize("name", ["noise", "siren", "tone"])
def test_sound_that_is_no_speech_is_mastered_and_stays_no_speech(unspoken, name):
    heard = master(unspoken[name]).measure
    assert -17.5 < heard.loudness_lufs < -14.5
    assert heard.peak_dbtp < -1.0
    assert heard.speech_share == 0


def test_one_short_word_is_mastered(spoken):
    word = Pcm(spoken.samples[: 2 * int(0.3 * spoken.rate_hz)], spoken.rate_hz)
    made = master(word)
    assert abs(made.measure.duration_ms - 300) < 100
    assert made.measure.peak_dbtp < -1.0


@pytest.mark.parametrize("sound", [Pcm(b"", 22_050), Pcm(bytes(44_100), 22_050)])
def test_silence_is_refused(sound):
    with pytest.raises(SilentSound):
        master(sound)


def test_version_of_the_chain_follows_its_settings():
    """Change this line with the settings: it makes a change of sound a decision."""
    assert CHAIN_VERSION == "1-2a0351b0b8"
    assert (MP3.bits_per_second, OPUS.bits_per_second) == (64_000, 24_000)
