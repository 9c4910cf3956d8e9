"""Make sounds: speak, put together, master, measure, keep. The same sound is made once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction

from loa.flow.newsroom.models import Bulletin, Making, Rendition
from loa.flow.newsroom.ports import voices
from loa.flow.newsroom.sounding import Part
from loa.lib import clock
from loa.lib.sound import tones
from loa.lib.sound.chain import MASTER_RATE_HZ, Mastered, coded, levelled, master
from loa.lib.sound.pcm import Pcm, join, silence
from loa.lib.sound.trim import cut, faded, without_silence
from loa.lib.sound.waveform import peaks
from loa.registry.library.actions import keep_medium
from loa.registry.library.recordings import sound_of

WAVEFORM_BUCKETS = 160
PARTS_PERCENT = 80


@dataclass(frozen=True)
class Wanted:
    """A sound to be made: its name, the words in it, who is said to read, how fast."""

    cache_key: str
    spoken_text: str
    voice: str
    speed_percent: int


class SoundDiffers(RuntimeError):
    """A lost sound made anew came out otherwise: what was heard cannot be had again."""


def make_rendition(
    cache_key: str, spoken_text: str, *, voice: str, speed_percent: int
) -> Rendition:
    """Speak a text and keep the sound; the same words in the same voice are made once.

    When the disk lost or changed its files they are made anew: the same words in the same voice
    and chain give the same bytes, so what was approved of them stands.
    """
    found = _whole(cache_key)
    if found is not None:
        return found
    began = clock.monotonic()
    pcm = voices().by_id(voice).speak(spoken_text, speed=speed_percent / 100)
    spoke = clock.monotonic()
    wanted = Wanted(cache_key, spoken_text, voice, speed_percent)
    return _kept(wanted, master(pcm), began, spoke)


def make_from_parts(wanted: Wanted, parts: Sequence[Part]) -> Rendition:
    """Put a sound together from its parts, each brought to the same loudness; made once."""
    found = _whole(wanted.cache_key)
    if found is not None:
        return found
    began = clock.monotonic()
    sounds = []
    for number, part in enumerate(parts):
        _say(wanted.cache_key, PARTS_PERCENT * number // len(parts))
        sounds.append(_sound_of(part))
    _say(wanted.cache_key, PARTS_PERCENT)
    joined = join(sounds)
    spoke = clock.monotonic()
    return _kept(wanted, coded(joined), began, spoke)


def _sound_of(part: Part) -> Pcm:
    if part.gap_ms or not (part.text or part.sha256 or part.tune):
        return silence(part.gap_ms, rate_hz=MASTER_RATE_HZ)
    return faded(levelled(_raw(part)))


def _raw(part: Part) -> Pcm:
    if part.text:
        speed = part.speed_percent / 100
        return voices().by_id(part.voice).speak(part.text, speed=speed)
    if part.tune:
        return tones.play(part.tune)
    sound = cut(sound_of(part.sha256), part.start_ms, part.end_ms)
    has_set_ends = part.start_ms > 0 or part.end_ms is not None
    return sound if has_set_ends else without_silence(sound)


def _whole(cache_key: str) -> Rendition | None:
    found = Rendition.objects.filter(pk=cache_key).first()
    return found if found is not None and found.is_whole else None


def _kept(wanted: Wanted, mastered: Mastered, began: float, spoke: float) -> Rendition:
    measure, ended = mastered.measure, clock.monotonic()
    with transaction.atomic():
        mp3 = keep_medium(mastered.mp3, codec="mp3", duration_ms=measure.duration_ms)
        opus = keep_medium(mastered.opus, codec="opus", duration_ms=measure.duration_ms)
        rendition, _ = Rendition.objects.get_or_create(
            cache_key=wanted.cache_key,
            defaults={
                "spoken_text": wanted.spoken_text,
                "voice": wanted.voice,
                "speed_percent": wanted.speed_percent,
                "mp3": mp3,
                "opus": opus,
                "duration_ms": measure.duration_ms,
                "loudness_lufs": round(measure.loudness_lufs, 2),
                "peak_dbtp": round(measure.peak_dbtp, 2),
                "speech_share": round(measure.speech_share, 3),
                "waveform": peaks(mastered.opus, WAVEFORM_BUCKETS),
                "synthesis_ms": int((spoke - began) * 1000),
                "mastering_ms": int((ended - spoke) * 1000),
                "made_at": clock.now(),
            },
        )
    if (rendition.mp3, rendition.opus) != (mp3, opus):
        raise SoundDiffers(wanted.cache_key)
    return rendition


# -- what the editors who wait are told


@contextmanager
def told_to_editors(cache_key: str) -> Iterator[None]:
    """Show who waits for this sound that it could not be made, or that it was."""
    try:
        yield
    except Exception as error:
        _note_fault(cache_key, f"{type(error).__name__}: {error}")
        raise
    finally:
        Making.objects.filter(pk=cache_key).delete()
    _note_fault(cache_key, "")


def _say(cache_key: str, percent: int) -> None:
    said = {"percent": percent, "told_at": clock.now()}
    Making.objects.update_or_create(cache_key=cache_key, defaults=said)


def _note_fault(cache_key: str, fault: str) -> None:
    Bulletin._base_manager.filter(cache_key=cache_key).update(voice_fault=fault[:200])  # noqa: SLF001
