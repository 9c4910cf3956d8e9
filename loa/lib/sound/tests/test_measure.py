import struct

import pytest

from loa.lib.sound.errors import UndecodableSound
from loa.lib.sound.measure import measure
from loa.lib.sound.pcm import join, silence
from loa.lib.sound.speech import WINDOW_MS, spoken_windows


def test_tone_of_known_level_is_measured_right(unspoken, wav):
    heard = measure(wav(unspoken["tone"]))
    # A sine of 0.3 peaks at −10.5 dB; R 128 hears it 3.7 dB lower (rms 3.01, weight −0.69).
    assert heard.peak_dbtp == pytest.approx(-10.46, abs=0.1)
    assert heard.loudness_lufs == pytest.approx(-14.2, abs=0.5)
    assert heard.duration_ms == 3_000


@pytest.mark.parametrize("name", ["noise", "brown noise", "siren", "fast siren", "tone", "silence"])
def test_what_is_no_speech_has_no_speech_share(unspoken, wav, name):
    assert measure(wav(unspoken[name])).speech_share == 0


def test_silence_has_floor_figures(unspoken, wav):
    heard = measure(wav(unspoken["silence"]))
    assert (heard.loudness_lufs, heard.peak_dbtp) == (-70.0, -100.0)


def test_silence_around_the_words_lowers_the_share(spoken, wav):
    gap = silence(spoken.duration_ms, rate_hz=spoken.rate_hz)
    heard = measure(wav(join([gap, spoken])))
    assert heard.speech_share == pytest.approx(0.5, abs=0.05)


def test_measure_reads_a_path_like_its_bytes(mastered, tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(mastered.mp3)
    assert measure(path) == measure(mastered.mp3)


def test_pause_inside_speech_counts_and_a_long_one_does_not():
    speech, short, long = [True] * 20, [False] * (640 // WINDOW_MS), [False] * (704 // WINDOW_MS)
    assert spoken_windows(speech + short + speech) == 60
    assert spoken_windows(speech + long + speech) == 40


def test_blip_is_no_speech():
    assert spoken_windows([False] * 5 + [True] * (224 // WINDOW_MS) + [False] * 5) == 0


def test_sound_above_full_scale_is_not_hidden():
    levels = struct.pack("<48000f", *([1.5, 1.5, -1.5, -1.5] * 12_000))
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + len(levels), b"WAVE", b"fmt ", 16, 3, 1, 48_000, 192_000, 4, 32),
        *(b"data", len(levels)),
    )
    assert measure(header + levels).peak_dbtp > 3.0


def test_garbage_cannot_be_measured():
    with pytest.raises(UndecodableSound):
        measure(b"no sound at all" * 100)
