"""What a person brought, read once: how long it is, how it looks, a copy that every browser plays."""

from __future__ import annotations

from loa.lib import clock
from loa.lib.sound.chain import MP3
from loa.lib.sound.coding import encode
from loa.lib.sound.errors import SoundTooLong, UndecodableSound
from loa.lib.sound.filters import frames_of
from loa.lib.sound.foreign import read_foreign
from loa.lib.sound.levels import is_silent, samples_from
from loa.lib.sound.pcm import Pcm
from loa.lib.sound.waveform import peaks
from loa.registry.library import store
from loa.registry.library.actions import keep_medium
from loa.registry.library.models import Recording

RECORDING_MINUTES_MAX = 30
WAVEFORM_BUCKETS = 160


SECONDS_MAX = RECORDING_MINUTES_MAX * 60


def sound_of(sha256: str, *, seconds_max: float = SECONDS_MAX) -> Pcm:
    """Return the samples of an original; raises UndecodableSound, SoundTooLong."""
    return read_foreign(store.path_of(sha256), seconds_max=seconds_max)


def read_recording(recording: Recording, *, seconds_max: float = SECONDS_MAX) -> Recording:
    """Find out what was brought; reading again changes nothing."""
    if recording.read_at is not None:
        return recording
    try:
        _describe(recording, sound_of(recording.original_id, seconds_max=seconds_max))
    except SoundTooLong:
        recording.fault = Recording.Fault.TOO_LONG
    except UndecodableSound:
        recording.fault = Recording.Fault.UNDECODABLE
    recording.read_at = clock.now()
    recording.save()
    return recording


def _describe(recording: Recording, pcm: Pcm) -> None:
    recording.duration_ms = pcm.duration_ms
    if is_silent(samples_from(pcm.samples)):
        recording.fault = Recording.Fault.SILENT
        return
    recording.waveform = peaks(pcm, WAVEFORM_BUCKETS)
    copy = encode(frames_of(pcm), MP3)
    recording.listening = keep_medium(copy, codec="mp3", duration_ms=pcm.duration_ms)
