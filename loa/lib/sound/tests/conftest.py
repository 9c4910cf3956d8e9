"""Sounds for the tests: one real announcement, and sounds that are no speech."""

import math
import random
from array import array

import pytest

from loa.lib.sound.chain import Mastered, master
from loa.lib.sound.pcm import Pcm

RATE_HZ = 16_000
ANNOUNCEMENT = """Ủy ban nhân dân phường thông báo lịch tiêm chủng tháng mười.
Từ bảy giờ ba mươi phút sáng thứ bảy, trạm y tế tiêm vắc xin cho trẻ dưới mười tám tháng tuổi. \
Bà con nhớ mang theo sổ tiêm chủng và thẻ bảo hiểm y tế.
Trẻ đang sốt thì chưa tiêm, gia đình gọi cho trạm y tế để được hẹn lại ngày khác."""


@pytest.fixture(scope="session")
def spoken() -> Pcm:
    # A test of the lowest floor may use the real voice: the product's code never does.
    from loa.connectors.voice.espeak import EspeakVoice

    return EspeakVoice().speak(ANNOUNCEMENT, speed=1.0)


@pytest.fixture(scope="session")
def mastered(spoken) -> Mastered:
    return master(spoken)


def tone(seconds: float, hz: float = 440, level: float = 0.3) -> Pcm:
    return _pcm(level * math.sin(2 * math.pi * hz * i / RATE_HZ) for i in _steps(seconds))


def noise(seconds: float) -> Pcm:
    dice = random.Random(1)
    return _pcm(dice.uniform(-0.3, 0.3) for _ in _steps(seconds))


def brown_noise(seconds: float) -> Pcm:
    dice, level, levels = random.Random(2), 0.0, []
    for _ in _steps(seconds):
        level = 0.98 * level + dice.uniform(-0.05, 0.05)
        levels.append(level)
    return _pcm(levels)


def siren(seconds: float, period_seconds: float = 4.0) -> Pcm:
    phase, levels = 0.0, []
    for i in _steps(seconds):
        hz = 800 + 400 * math.sin(2 * math.pi * i / RATE_HZ / period_seconds)
        phase += 2 * math.pi * hz / RATE_HZ
        levels.append(0.3 * math.sin(phase) + 0.1 * math.sin(2 * phase))
    return _pcm(levels)


def nothing(seconds: float) -> Pcm:
    return Pcm(bytes(2 * int(seconds * RATE_HZ)), RATE_HZ)


def wav_bytes(pcm: Pcm, folder) -> bytes:
    from loa.lib.sound.wave import WaveWriter

    with WaveWriter(folder / "sound.wav", rate_hz=pcm.rate_hz) as writer:
        writer.append(pcm.samples)
        return writer.finish().read_bytes()


def _steps(seconds: float) -> range:
    return range(int(seconds * RATE_HZ))


def _pcm(levels) -> Pcm:
    return Pcm(array("h", (int(32_767 * level) for level in levels)).tobytes(), RATE_HZ)


@pytest.fixture(scope="session")
def unspoken() -> dict[str, Pcm]:
    """Sounds without a word in them, by name."""
    return {
        "noise": noise(5),
        "brown noise": brown_noise(5),
        "siren": siren(8),
        "fast siren": siren(8, period_seconds=0.5),
        "tone": tone(3),
        "silence": nothing(3),
    }


@pytest.fixture
def wav(tmp_path):
    """Return the bytes of a WAV file that holds the sound."""
    return lambda pcm: wav_bytes(pcm, tmp_path)
