"""What somebody brings is decoded in a process of its own, and refused in one word."""

import io
import sys

import av
import pytest

from loa.lib.sound.coding import Coding, encode
from loa.lib.sound.errors import SoundTooLong, UndecodableSound
from loa.lib.sound.filters import frames_of
from loa.lib.sound.foreign import read_foreign
from loa.lib.sound.tests.conftest import tone

AAC = Coding("aac", "mp4", "fltp", 24_000, 64_000, ())


def test_an_honest_file_comes_back_as_samples_at_the_rate_of_the_chain(mastered, tmp_path) -> None:
    path = tmp_path / "named.doc"
    path.write_bytes(mastered.mp3)
    sound = read_foreign(path, seconds_max=60)
    assert sound.rate_hz == 24_000
    assert sound.duration_ms == pytest.approx(mastered.measure.duration_ms, abs=60)


def test_the_sound_of_a_film_is_taken_though_its_pictures_last_longer(tmp_path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(film(sound_seconds=1.0, picture_seconds=3.0))
    assert read_foreign(path, seconds_max=60).duration_ms == pytest.approx(1_000, abs=100)


def test_too_much_and_garbage_are_told_apart(mastered, tmp_path) -> None:
    path = tmp_path / "sound"
    path.write_bytes(mastered.opus)
    with pytest.raises(SoundTooLong):
        read_foreign(path, seconds_max=2)
    path.write_bytes(mastered.opus[:20_000])
    with pytest.raises(UndecodableSound, match="cut short"):
        read_foreign(path, seconds_max=60)


def test_a_decoder_that_hangs_or_dies_is_a_refusal(tmp_path) -> None:
    hangs = (sys.executable, "-c", "import signal; signal.pause()")
    with pytest.raises(UndecodableSound):
        read_foreign(tmp_path, seconds_max=1, command=hangs, wall_seconds_max=0.2)
    dies = (sys.executable, "-c", "import os; os.abort()")
    with pytest.raises(UndecodableSound):
        read_foreign(tmp_path, seconds_max=1, command=dies)


def film(*, sound_seconds: float, picture_seconds: float) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width = pictures.height = 16
        sound = container.add_stream("aac", rate=24_000)
        sound.layout = "mono"
        for number in range(int(picture_seconds * 10)):
            frame = av.VideoFrame(16, 16, "yuv420p")
            frame.pts = number
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        with av.open(io.BytesIO(encode(frames_of(tone(sound_seconds)), AAC))) as coded:
            for frame in coded.decode(audio=0):
                container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return file.getvalue()
