"""When a stream counts as silent, told by arrivals and not by waiting."""

from array import array

from loa.player.audio.relay import BACK_SECONDS, FLOW_SECONDS, SILENT_SECONDS, Ear
from loa.player.audio.sinks import RATE_HZ

STEP = 0.1
SOUND = array("h", [3000] * int(RATE_HZ * STEP))
NOTHING = array("h", [0] * int(RATE_HZ * STEP))


class Listening:
    def __init__(self) -> None:
        self.now = 100.0
        self.ear = Ear(self.now)
        self.changes: list[tuple[float, bool]] = []

    def hear(self, seconds: float, samples: array | None, share: float = 1.0) -> None:
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            if samples is not None:
                self.ear.hear(samples[: int(len(samples) * share)], self.now)
            if self.ear.look(self.now):
                self.changes.append((round(self.now - 100.0, 1), self.ear.is_silent))


def test_a_stream_that_sounds_is_not_silent():
    one = Listening()
    one.hear(60, SOUND)
    assert one.changes == []


def test_two_seconds_of_nothing_are_silence():
    one = Listening()
    one.hear(10, SOUND)
    one.hear(10, NOTHING)
    assert one.changes == [(10 + SILENT_SECONDS + STEP, True)]


def test_a_pause_between_two_sentences_is_no_silence():
    one = Listening()
    for _ in range(10):
        one.hear(3, SOUND)
        one.hear(1.5, NOTHING)
    assert one.changes == []


def test_an_address_that_never_answers_is_silent_after_two_seconds():
    one = Listening()
    one.hear(5, None)
    assert one.changes == [(SILENT_SECONDS + STEP, True)]


def test_it_is_back_only_after_ten_seconds_of_sound():
    one = Listening()
    one.hear(4, None)
    one.hear(BACK_SECONDS - 1, SOUND)
    one.hear(4, NOTHING)
    one.hear(BACK_SECONDS + 1, SOUND)
    silent, back = one.changes
    assert silent[1] is True
    assert back[1] is False
    assert back[0] >= 4 + BACK_SECONDS - 1 + 4 + BACK_SECONDS - STEP


def test_a_stream_that_broke_off_is_silent_at_once():
    one = Listening()
    one.hear(10, SOUND)
    one.ear.end()
    assert one.ear.look(one.now + 0.01)
    assert one.ear.is_silent


def test_a_slow_drip_is_silence_though_each_drop_sounds():
    one = Listening()
    one.hear(10, SOUND)
    one.hear(10, SOUND, share=0.5)
    assert [is_silent for _, is_silent in one.changes] == [True]
    assert 10 < one.changes[0][0] <= 10 + FLOW_SECONDS


def test_a_drip_does_not_bring_it_back():
    one = Listening()
    one.hear(4, None)
    one.hear(30, SOUND, share=0.5)
    assert [is_silent for _, is_silent in one.changes] == [True]
