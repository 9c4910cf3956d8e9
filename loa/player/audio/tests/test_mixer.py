from array import array
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loa.player.audio.mixer import Mixer, Voice
from loa.player.audio.sinks import RATE_HZ
from loa.wire.reasons import Reason, Refused

CHUNK = RATE_HZ // 50


class Steady:
    """So many samples of one loudness."""

    def __init__(self, level: int, samples: int) -> None:
        self.level, self.left = level, samples

    def read(self, count: int) -> array:
        count = min(count, self.left)
        self.left -= count
        return array("h", [self.level] * count)


class Broken:
    def read(self, count: int) -> array:
        raise Refused(Reason.MEDIA_UNREADABLE, "torn")


def listened(mixer: Mixer, chunks: int, at: float = 0.0) -> array:
    heard = array("h")
    for number in range(chunks):
        heard += mixer.read(CHUNK, at + number * CHUNK / RATE_HZ)
    return heard


@given(st.integers(0, 5 * CHUNK))
def test_a_voice_begins_at_the_very_sample_it_was_asked_for(offset):
    mixer = Mixer()
    mixer.add(Voice("a", Steady(1000, 50), at=offset / RATE_HZ), fade_ms=20)
    heard = listened(mixer, 7)
    assert [n for n, value in enumerate(heard) if value] == list(range(offset, offset + 50))
    assert [voice.id for voice in mixer.take_ended()] == ["a"]
    assert mixer.present is None


def test_what_is_late_begins_at_once():
    mixer = Mixer()
    voice = Voice("a", Steady(1000, 50), at=1.0)
    mixer.add(voice, fade_ms=20)
    assert listened(mixer, 1, at=3.0)[0] == 1000
    assert voice.started_at == 3.0


def test_who_sounded_fades_while_the_new_one_begins_and_nothing_is_silent_between():
    mixer = Mixer()
    mixer.add(Voice("old", Steady(1000, RATE_HZ)), fade_ms=20)
    listened(mixer, 3)
    mixer.add(Voice("new", Steady(500, RATE_HZ)), fade_ms=20)
    heard = listened(mixer, 3)
    assert min(heard[:CHUNK]) >= 500
    assert heard[0] == 1500
    assert set(heard[CHUNK:]) == {500}
    ended = mixer.take_ended()
    assert [(voice.id, voice.is_cut) for voice in ended] == [("old", True)]
    assert mixer.present is not None
    assert mixer.present.id == "new"


def test_volume_is_heard_and_a_broken_source_ends_with_its_reason():
    mixer = Mixer()
    mixer.add(Voice("a", Steady(1000, 10), volume_percent=50), fade_ms=20)
    assert listened(mixer, 1)[0] == 316
    mixer.add(Voice("b", Broken()), fade_ms=20)
    listened(mixer, 1)
    trouble = {voice.id: voice.trouble for voice in mixer.take_ended()}
    assert trouble["a"] is None
    assert trouble["b"] is not None
    assert trouble["b"].reason is Reason.MEDIA_UNREADABLE


def test_a_voice_goes_on_at_another_volume_without_a_click():
    mixer = Mixer()
    voice = Voice("a", Steady(1000, 10 * CHUNK))
    mixer.add(voice, fade_ms=20)
    assert set(listened(mixer, 2)) == {1000}
    voice.set_volume(0)
    falling = listened(mixer, 1)
    assert max(abs(a - b) for a, b in pairwise(falling)) <= 1000 // CHUNK + 2
    assert set(listened(mixer, 2)) == {0}
    voice.set_volume(50)
    listened(mixer, 1)
    assert set(listened(mixer, 1)) == {int(1000 * 10**-0.5)}
