"""Cutting, trimming, fading, and tunes: on plain samples."""

from array import array

import pytest

from loa.lib.sound import tones
from loa.lib.sound.levels import peak, samples_from
from loa.lib.sound.pcm import Pcm, join
from loa.lib.sound.tests.conftest import RATE_HZ, nothing, tone
from loa.lib.sound.trim import KEPT_AFTER_MS, KEPT_BEFORE_MS, cut, faded, without_silence


def test_a_cut_keeps_what_lies_between_and_asks_no_more_than_there_is() -> None:
    sound = join([tone(1.0), nothing(1.0), tone(1.0)])
    assert cut(sound, 500, 2_500).duration_ms == 2_000
    assert cut(sound, 1_000, 2_000).samples == nothing(1.0).samples
    assert cut(sound) == sound
    assert cut(sound, 2_000, 99_000).duration_ms == 1_000
    assert cut(sound, 5_000).samples == b""


def test_silence_goes_from_both_ends_and_stays_between_words() -> None:
    sound = join([nothing(2.0), tone(1.0), nothing(1.5), tone(1.0), nothing(3.0)])
    trimmed = without_silence(sound)
    assert trimmed.duration_ms == pytest.approx(3_500 + KEPT_BEFORE_MS + KEPT_AFTER_MS, abs=20)


def test_the_hum_of_a_room_is_silence_beside_a_voice() -> None:
    sound = join([tone(2.0, hz=100, level=0.003), tone(1.0), tone(2.0, hz=100, level=0.003)])
    assert without_silence(sound).duration_ms == pytest.approx(1_400, abs=20)


def test_what_is_silent_throughout_stays_for_others_to_refuse() -> None:
    assert without_silence(nothing(1.0)) == nothing(1.0)
    assert without_silence(Pcm(b"", RATE_HZ)).samples == b""


def test_a_faded_sound_begins_and_ends_at_nothing() -> None:
    flat = Pcm(array("h", [10_000] * RATE_HZ).tobytes(), RATE_HZ)
    samples = samples_from(faded(flat).samples)
    assert samples[0] == 0
    assert abs(samples[-1]) < 100
    assert samples[RATE_HZ // 2] == 10_000
    assert faded(Pcm(b"", RATE_HZ)).samples == b""


@pytest.mark.parametrize("name", sorted(tones.TUNES))
def test_every_tune_is_short_heard_and_the_same_each_time(name) -> None:
    tune = tones.play(name)
    assert 1_000 < tune.duration_ms < 4_000
    assert peak(samples_from(tune.samples)) == pytest.approx(16_383, abs=200)
    assert tones.play(name) == tune
