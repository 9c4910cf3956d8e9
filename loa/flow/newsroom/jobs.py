"""Work that takes longer than a click. A job is a thin shell around one action."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app

from loa.flow.newsroom.models import Bulletin, Rendition
from loa.flow.newsroom.ports import voices
from loa.lib import clock
from loa.lib.sound.chain import master
from loa.lib.sound.waveform import peaks
from loa.registry.library.actions import keep_medium

WAVEFORM_BUCKETS = 160


def defer_rendition(*, cache_key: str, spoken_text: str, voice: str, speed_percent: int) -> None:
    """Queue the making of a sound in the caller's transaction."""
    render_speech.configure(lock=cache_key).defer(
        cache_key=cache_key, spoken_text=spoken_text, voice=voice, speed_percent=speed_percent
    )


@app.task(name="newsroom.render_speech", queue="speech", retry=2)
def render_speech(cache_key: str, spoken_text: str, voice: str, speed_percent: int) -> None:
    """Speak and master a text unless it is already there."""
    try:
        make_rendition(cache_key, spoken_text, voice=voice, speed_percent=speed_percent)
    except Exception as error:
        note_voice_fault(cache_key, f"{type(error).__name__}: {error}")
        raise
    note_voice_fault(cache_key, "")


def make_rendition(
    cache_key: str, spoken_text: str, *, voice: str, speed_percent: int
) -> Rendition:
    """Make, measure and keep the sound; the same words in the same voice are made once.

    When the disk lost or changed its files they are made anew: the same words in the same voice
    and chain give the same bytes, so what was approved of them stands.
    """
    found = Rendition.objects.filter(pk=cache_key).first()
    if found is not None and found.is_whole:
        return found
    began = clock.monotonic()
    pcm = voices().by_id(voice).speak(spoken_text, speed=speed_percent / 100)
    spoke = clock.monotonic()
    mastered = master(pcm)
    ended = clock.monotonic()
    measure = mastered.measure
    with transaction.atomic():
        mp3 = keep_medium(mastered.mp3, codec="mp3", duration_ms=measure.duration_ms)
        opus = keep_medium(mastered.opus, codec="opus", duration_ms=measure.duration_ms)
        rendition, _ = Rendition.objects.get_or_create(
            cache_key=cache_key,
            defaults={
                "spoken_text": spoken_text,
                "voice": voice,
                "speed_percent": speed_percent,
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
        raise SoundDiffers(cache_key)
    return rendition


class SoundDiffers(RuntimeError):
    """A lost sound made anew came out otherwise: what was heard cannot be had again."""


def note_voice_fault(cache_key: str, fault: str) -> None:
    """Show the editors who wait for this sound that it could not be made, or, if empty, that it was."""
    Bulletin._base_manager.filter(cache_key=cache_key).update(voice_fault=fault[:200])  # noqa: SLF001
