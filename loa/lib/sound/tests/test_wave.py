import signal
import subprocess
import sys
import wave as standard

import pytest

from loa.lib.sound.wave import ForeignPart, WaveWriter, part_path_of

SOUND = bytes(range(200)) * 10


def test_finished_file_holds_the_samples_and_no_part_is_left(tmp_path):
    path = tmp_path / "out.wav"
    with WaveWriter(path, rate_hz=24_000) as writer:
        writer.append(SOUND)
        writer.append(SOUND)
        assert writer.samples_written == 2_000
        assert writer.finish() == path
    with standard.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        assert file.readframes(10_000) == SOUND * 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.wav"]


def test_nothing_stands_under_the_final_name_before_the_end(tmp_path):
    with WaveWriter(tmp_path / "out.wav", rate_hz=24_000) as writer:
        writer.append(SOUND)
    assert not (tmp_path / "out.wav").exists()


def test_killed_writer_is_continued_where_it_stopped(tmp_path):
    path = tmp_path / "out.wav"
    program = (
        "import os, sys; from pathlib import Path; from loa.lib.sound.wave import WaveWriter;"
        "w = WaveWriter(Path(sys.argv[1]), rate_hz=24000); w.append(bytes(range(200)) * 10);"
        "os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    with WaveWriter(path, rate_hz=24_000) as writer:
        assert writer.samples_written == 1_000
        writer.append(SOUND)
        writer.finish()
    with standard.open(str(path)) as file:
        assert file.readframes(10_000) == SOUND * 2


@pytest.mark.parametrize("size", [0, 1, 43])
def test_part_killed_before_its_header_starts_anew(tmp_path, size):
    path = tmp_path / "out.wav"
    part_path_of(path).write_bytes(b"R" * size)
    with WaveWriter(path, rate_hz=24_000) as writer:
        assert writer.samples_written == 0


def test_half_a_sample_at_the_end_of_a_part_is_dropped(tmp_path):
    path = tmp_path / "out.wav"
    with WaveWriter(path, rate_hz=24_000) as writer:
        writer.append(SOUND)
    with part_path_of(path).open("ab") as part:
        part.write(b"\x01")
    with WaveWriter(path, rate_hz=24_000) as writer:
        assert writer.samples_written == 1_000


def test_part_of_another_rate_or_kind_is_not_continued(tmp_path):
    path = tmp_path / "out.wav"
    WaveWriter(path, rate_hz=8_000).close()
    with pytest.raises(ForeignPart):
        WaveWriter(path, rate_hz=24_000)
    part_path_of(path).write_bytes(b"text" * 100)
    with pytest.raises(ForeignPart):
        WaveWriter(path, rate_hz=24_000)
    assert part_path_of(path).read_bytes() == b"text" * 100


def test_full_disk_leaves_what_was_whole(tmp_path):
    path = tmp_path / "out.wav"
    program = (
        "import resource, signal, sys; from pathlib import Path;"
        "from loa.lib.sound.wave import WaveWriter;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "w = WaveWriter(Path(sys.argv[1]), rate_hz=24000); w.append(bytes(range(200)) * 10);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3001, 3001));\n"
        "try: w.append(bytes(2000))\n"
        "except OSError: sys.exit(w.samples_written == 1000 and 7)"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert ended.returncode == 7
    assert part_path_of(path).stat().st_size == 44 + 2_000


def test_half_a_sample_is_refused(tmp_path):
    with (
        WaveWriter(tmp_path / "out.wav", rate_hz=8_000) as writer,
        pytest.raises(ValueError, match="half"),
    ):
        writer.append(b"\x00")


def test_discarded_part_is_gone(tmp_path):
    writer = WaveWriter(tmp_path / "out.wav", rate_hz=8_000)
    writer.discard()
    assert list(tmp_path.iterdir()) == []


def test_writing_needs_no_codec():
    program = (
        "import sys; import loa.lib.sound.wave, loa.lib.sound.pcm; sys.exit('av' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
