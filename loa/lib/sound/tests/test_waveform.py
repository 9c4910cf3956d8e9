from array import array

import pytest

from loa.lib.sound.pcm import Pcm
from loa.lib.sound.waveform import peaks


def test_drawing_follows_the_levels():
    levels = [0] * 8_000 + [16_384, -16_384] * 4_000 + [-32_768, 32_767] * 4_000
    drawn = peaks(Pcm(array("h", levels).tobytes(), 8_000), 6)
    assert drawn[:2] == [0, 0]
    assert drawn[2:] == pytest.approx([50, 50, 100, 100], abs=1)


def test_file_and_its_samples_draw_alike(unspoken, wav):
    sound = unspoken["brown noise"]
    assert peaks(wav(sound), 50) == peaks(sound, 50)


def test_spoken_text_has_words_and_gaps(mastered):
    drawn = peaks(mastered.mp3, 200)
    assert len(drawn) == 200
    assert min(drawn) < 10
    assert 50 < max(drawn) <= 100


def test_more_buckets_than_sound_still_draws():
    assert len(peaks(Pcm(bytes(16), 8_000), 40)) == 40
    assert peaks(Pcm(b"", 8_000), 3) == [0, 0, 0]


def test_no_bucket_is_refused():
    with pytest.raises(ValueError, match="bucket"):
        peaks(Pcm(b"", 8_000), 0)
