import pytest

from loa.lib.sound.pcm import Pcm, join, silence


def test_joined_sounds_last_as_long_as_their_parts():
    sound = join([silence(250, rate_hz=8_000), silence(750, rate_hz=8_000)])
    assert (sound.duration_ms, len(sound.samples)) == (1_000, 16_000)


def test_sounds_of_different_rates_are_not_joined():
    with pytest.raises(ValueError, match="rates"):
        join([silence(10, rate_hz=8_000), silence(10, rate_hz=16_000)])


@pytest.mark.parametrize(("samples", "rate_hz"), [(b"\x00", 8_000), (b"", 0), (b"", -1)])
def test_impossible_samples_are_refused(samples, rate_hz):
    with pytest.raises(ValueError, match=r"rate|half"):
        Pcm(samples, rate_hz)
