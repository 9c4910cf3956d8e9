"""A voice behind an address, asked by the tiny protocol; a fake server of the same protocol answers."""

from __future__ import annotations

import io
import json
import wave

import httpx
import pytest

from loa.connectors.voice.espeak import VoiceFailed
from loa.connectors.voice.server import ServerVoice


def wav(seconds: float, *, channels: int = 1, rate_hz: int = 16_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(b"\x10\x20" * int(seconds * rate_hz) * channels)
    return file.getvalue()


def voice(answer) -> ServerVoice:
    transport = httpx.MockTransport(answer)
    return ServerVoice("server:x", "X", "1", "http://voice.example/speak", transport=transport)


def test_a_text_is_asked_in_pieces_and_put_together_with_pauses() -> None:
    asked: list[dict] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        return httpx.Response(200, content=wav(1.0))

    sound = voice(answer).speak("Câu một. Câu hai.", speed=1.2)
    assert [one["text"] for one in asked] == ["Câu một.", "Câu hai."]
    assert {one["speed"] for one in asked} == {1.2}
    assert sound.duration_ms == 2_150


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503, text="busy"),
        httpx.Response(200, content=b"RIFF no sound"),
        httpx.Response(200, content=wav(0.1, channels=2)),
    ],
)
def test_a_server_that_answers_otherwise_has_failed(answer) -> None:
    with pytest.raises(VoiceFailed):
        voice(lambda _request: answer).speak("Xin chào.")


def test_a_server_that_is_away_has_failed() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(VoiceFailed, match="did not answer"):
        voice(away).speak("Xin chào.")
