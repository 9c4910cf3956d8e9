import io
import random
import tracemalloc

import av
import pytest

from loa.lib.sound.decode import decode, probe
from loa.lib.sound.errors import UndecodableSound


def test_decoding_gives_samples_at_the_rate_asked(mastered):
    for file in (mastered.mp3, mastered.opus):
        for rate_hz in (8_000, 22_050, 48_000):
            size = sum(len(chunk) for chunk in decode(file, rate_hz=rate_hz))
            heard_ms = size / 2 / rate_hz * 1000
            assert heard_ms == pytest.approx(mastered.measure.duration_ms, abs=50)


def test_probe_reads_the_header(mastered, unspoken, wav):
    assert probe(wav(unspoken["tone"])).duration_ms == 3_000
    assert probe(mastered.mp3).duration_ms == pytest.approx(mastered.measure.duration_ms, abs=50)


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.3, 0.9])
@pytest.mark.parametrize("kind", ["mp3", "opus", "wav"])
def test_file_cut_short_is_refused(mastered, unspoken, wav, kind, kept):
    whole = {"mp3": mastered.mp3, "opus": mastered.opus, "wav": wav(unspoken["tone"])}[kind]
    with pytest.raises(UndecodableSound):
        list(decode(whole[: int(len(whole) * kept)]))


def test_mp3_without_an_index_is_decoded_by_what_it_holds(mastered):
    """Its length is only guessed from its size, and a guess must refuse nothing."""
    frame = mastered.mp3.index(b"\xff\xf3", 1_000)
    assert sum(len(chunk) for chunk in decode(mastered.mp3[frame:])) > 100_000


def test_garbage_is_refused():
    dice = random.Random(3)
    for size in (0, 1, 100, 5_000, 200_000):
        with pytest.raises(UndecodableSound):
            list(decode(dice.randbytes(size)))
        with pytest.raises(UndecodableSound):
            probe(dice.randbytes(size))


def test_header_with_garbage_behind_it_is_refused(mastered):
    with pytest.raises(UndecodableSound):
        list(decode(mastered.mp3[:1_000] + random.Random(4).randbytes(50_000)))


def test_picture_is_no_sound():
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 16
        frame = av.VideoFrame(16, 16, "yuv420p")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(UndecodableSound, match="no sound"):
        probe(file.getvalue())


def test_play_list_that_names_another_file_is_refused(mastered, tmp_path):
    (tmp_path / "secret.mp3").write_bytes(mastered.mp3)
    for text in (
        f"ffconcat version 1.0\nfile '{tmp_path}/secret.mp3'\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{tmp_path}/secret.mp3\n#EXT-X-ENDLIST\n",
    ):
        path = tmp_path / "list.mp3"
        path.write_text(text)
        with pytest.raises(UndecodableSound):
            list(decode(path))


def test_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "none.mp3")


def test_stereo_is_mixed_to_one_channel(tmp_path):
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=8_000, layout="stereo")
        frame = av.AudioFrame(format="s16", layout="stereo", samples=8_000)
        frame.sample_rate = 8_000
        frame.planes[0].update(b"\x00\x10\x00\x10" * 8_000)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    samples = b"".join(decode(file.getvalue(), rate_hz=8_000))
    assert len(samples) == 16_000
    assert samples[8_000:8_002] == b"\x00\x10"


def test_decoding_streams_and_never_holds_the_sound(unspoken, wav, tmp_path):
    path = tmp_path / "long.wav"
    path.write_bytes(wav(type(unspoken["noise"])(unspoken["noise"].samples * 40, 16_000)))
    tracemalloc.start()
    size = sum(len(chunk) for chunk in decode(path, rate_hz=48_000))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 200 * 48_000 * 2
    assert peak_bytes < 2_000_000
