"""A voice behind an address: a server in the house or a bought service, asked by one request.

POST <address>   {"text": "…", "speed": 1.0}     JSON, UTF-8
200              audio/wav: one channel, 16 bit, any rate
anything else    the voice failed; the body may say why in plain text
"""

from __future__ import annotations

import io
import wave

import httpx

from loa.connectors.voice.espeak import VoiceFailed
from loa.connectors.voice.pieces import cut_text
from loa.lib.sound.pcm import Pcm, join, silence

SECONDS_MAX = 60.0
ANSWER_BYTES_MAX = 64 * 2**20


class ServerVoice:
    """Speaks by asking a server, a piece of the text at a time."""

    def __init__(
        self,
        voice_id: str,
        title: str,
        fingerprint: str,
        address: str,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.id = voice_id
        self.title = title
        self.fingerprint = fingerprint
        self._address = address
        self._transport = transport

    def speak(self, text: str, *, speed: float = 1.0) -> Pcm:
        """Return the spoken text; raises VoiceFailed."""
        pieces = cut_text(text)
        if not pieces:
            raise VoiceFailed("the text holds no word to say")
        sounds: list[Pcm] = []
        with httpx.Client(transport=self._transport, timeout=SECONDS_MAX) as client:
            for piece in pieces:
                sound = self._ask(client, piece.text, speed)
                sounds += [sound, silence(piece.pause_ms, rate_hz=sound.rate_hz)]
        try:
            return join(sounds)
        except ValueError as error:
            raise VoiceFailed(f"the voice server changed its rate: {error}") from error

    def _ask(self, client: httpx.Client, text: str, speed: float) -> Pcm:
        try:
            answer = client.post(self._address, json={"text": text, "speed": speed})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise VoiceFailed(f"the voice server did not answer: {error}") from error
        return _pcm_of(answer.content)


def _pcm_of(data: bytes) -> Pcm:
    if len(data) > ANSWER_BYTES_MAX:
        raise VoiceFailed("the voice server answered too much")
    try:
        with wave.open(io.BytesIO(data)) as sound:
            if (sound.getnchannels(), sound.getsampwidth()) != (1, 2):
                raise VoiceFailed("the voice server must answer one channel of 16 bit")
            return Pcm(sound.readframes(sound.getnframes()), sound.getframerate())
    except (wave.Error, EOFError, ValueError) as error:
        raise VoiceFailed(f"the voice server answered no WAV: {error}") from error
