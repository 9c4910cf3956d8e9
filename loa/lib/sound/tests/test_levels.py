from array import array

from hypothesis import given
from hypothesis import strategies as st

from loa.lib.sound.levels import (
    FULL_SCALE,
    bytes_of,
    gain_of,
    is_silent,
    mixed,
    peak,
    ramped,
    samples_from,
    scaled,
)

SAMPLES = st.lists(st.integers(-FULL_SCALE - 1, FULL_SCALE), max_size=50).map(
    lambda values: array("h", values)
)


@given(SAMPLES)
def test_bytes_and_samples_say_the_same(samples):
    assert samples_from(bytes_of(samples)) == samples


@given(SAMPLES, SAMPLES)
def test_what_is_mixed_never_turns_over(one, other):
    both = mixed(one, other)
    assert both == mixed(other, one)
    assert len(both) == max(len(one), len(other))
    for n, value in enumerate(both):
        whole = (one[n] if n < len(one) else 0) + (other[n] if n < len(other) else 0)
        assert value == max(-FULL_SCALE - 1, min(FULL_SCALE, whole))


def test_half_the_volume_is_ten_decibels_less():
    assert gain_of(100) == 1.0
    assert round(20 * __import__("math").log10(gain_of(50)), 6) == -10.0
    assert gain_of(0) == 0.0
    assert gain_of(-5) == 0.0


def test_a_louder_sound_is_clipped_and_does_not_turn_over():
    assert scaled(array("h", [30_000, -30_000]), 2.0).tolist() == [FULL_SCALE, -FULL_SCALE - 1]


def test_a_fade_goes_evenly_to_nothing():
    faded = ramped(array("h", [1000] * 100), 1.0, 0.0)
    assert faded[0] == 1000
    assert faded[50] == 500
    assert faded[99] == 10


def test_silence_is_what_no_ear_hears():
    assert is_silent(array("h"))
    assert is_silent(array("h", [30, -30]))
    assert not is_silent(array("h", [0, -200]))
    assert peak(array("h", [5, -FULL_SCALE - 1])) == FULL_SCALE + 1
