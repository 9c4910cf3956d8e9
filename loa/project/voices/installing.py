"""Hear a voice before it is entered: silent, cut or endless ones are refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

from loa.flow.newsroom.ports import Voice
from loa.lib.sound.levels import is_silent, samples_from
from loa.project import wiring
from loa.registry.library.models import InstalledVoice
from loa.registry.library.voices import VoiceCard, enter_voice, folder_of, keep_files

TEST_SENTENCES = {
    "vi": "Xin chào bà con. Từ bảy giờ ba mươi phút, trạm y tế phường tiêm chủng cho trẻ em.",
    "en": "Good morning. The health station opens at half past seven.",
}
# A reader takes 40 to 130 milliseconds for a letter; what lies far outside is no reading.
LETTER_MS_MIN, LETTER_MS_MAX = 25, 250


class VoiceRefused(RuntimeError):
    """Its test sentence cannot be a reading; the reason is for the operator."""


def hear(voice: Voice, language: str) -> int:
    """Have the voice say a sentence and return its length (ms); raises VoiceRefused, VoiceFailed."""
    sentence = TEST_SENTENCES.get(language[:2].lower(), TEST_SENTENCES["vi"])
    sound = voice.speak(sentence, speed=1.0)
    if is_silent(samples_from(sound.samples)):
        raise VoiceRefused("its test sentence is silent")
    if not LETTER_MS_MIN <= sound.duration_ms / len(sentence) <= LETTER_MS_MAX:
        raise VoiceRefused(f"its test sentence lasts {sound.duration_ms / 1000:.1f} s")
    return sound.duration_ms


def install_folder(folder: Path, card: VoiceCard, *, by: str) -> tuple[InstalledVoice, int]:
    """Keep, hear and enter a voice in Piper's layout; returns it and the length it was heard (ms)."""
    sha256 = keep_files(folder)
    kept = folder_of(sha256)
    layout, voice = wiring.layout_in(kept), wiring.neural_voice_in(kept)
    language = card.language or layout.language
    heard_ms = hear(voice, language)
    missing = voice.symbols_missing(TEST_SENTENCES.get(language[:2].lower(), TEST_SENTENCES["vi"]))
    card = VoiceCard(
        title=card.title,
        language=language,
        licence=card.licence,
        region=card.region,
        gender=card.gender,
        phonemiser=wiring.PHONEMISER,
        symbols_missing=" ".join(missing),
    )
    return enter_voice(InstalledVoice.Kind.NEURAL, card, sha256=sha256, by=by), heard_ms


def install_server(address: str, card: VoiceCard, *, by: str) -> tuple[InstalledVoice, int]:
    """Hear and enter a voice behind an address; returns it and the length it was heard (ms)."""
    heard_ms = hear(wiring.server_voice_at(address), card.language)
    sha256 = hashlib.sha256(address.encode()).hexdigest()
    kind = InstalledVoice.Kind.SERVER
    return enter_voice(kind, card, sha256=sha256, by=by, address=address), heard_ms
