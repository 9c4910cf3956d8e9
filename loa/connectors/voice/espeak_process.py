"""A program of its own that turns text into samples with libespeak-ng.

The library is under the GPL, so it is loaded here and nowhere else; the rest of the system only
talks to this process. It reads requests from standard input and answers on standard output
until its input ends:

    request   length (4 bytes, big endian) + JSON {"text", "voice", "rate_wpm"}; a rate of 0 asks
              for the phonemes of one clause instead of its sound
    answer    length (4 bytes, big endian) + JSON {"rate_hz", "size"}, then `size` bytes of
              mono s16le samples, or of phonemes in UTF-8; or JSON {"error"} with nothing behind it
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any, BinaryIO

import espeakng_loader

AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
PARAMETER_RATE = 1
CHARS_UTF8 = 1
PHONEMES_IPA = 0x02
POSITION_CHARACTER = 1
BUFFER_MS = 60
REQUEST_BYTES_MAX = 64 * 1024

SynthCallback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Espeak:
    """The loaded library; one for the life of the process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        folder = os.fsencode(espeakng_loader.get_data_path())
        self.rate_hz: int = self._library.espeak_Initialize(
            AUDIO_OUTPUT_SYNCHRONOUS, BUFFER_MS, folder, INITIALIZE_DONT_EXIT
        )
        if self.rate_hz <= 0:
            raise RuntimeError("libespeak-ng did not start")
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._samples = bytearray()
        # The library keeps only the address, so the object must outlive every call.
        self._callback = SynthCallback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, *, voice: str, rate_wpm: int) -> bytes:
        """Return the samples of one text."""
        self._samples.clear()
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"no voice named {voice}")
        self._library.espeak_SetParameter(PARAMETER_RATE, rate_wpm, 0)
        data = ctypes.create_string_buffer(text.encode())
        failed = self._library.espeak_Synth(
            data, ctypes.c_size_t(len(data)), 0, POSITION_CHARACTER, 0, CHARS_UTF8, None, None
        )
        if failed or self._library.espeak_Synchronize():
            raise RuntimeError("libespeak-ng refused the text")
        return bytes(self._samples)

    def phonemes(self, text: str, *, voice: str) -> bytes:
        """Return how one clause is pronounced, in IPA; neural voices are trained on these."""
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"no voice named {voice}")
        rest, said = ctypes.c_char_p(text.encode()), []
        while rest.value:
            piece = self._library.espeak_TextToPhonemes(
                ctypes.byref(rest), CHARS_UTF8, PHONEMES_IPA
            )
            said.append(piece or b"")
        return b" ".join(said)

    def _take(self, samples: Any, count: int, _events: object) -> int:
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, 2 * count)
        return 0


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the input ends."""
    espeak = Espeak()
    while len(prefix := source.read(4)) == 4:
        size = int.from_bytes(prefix, "big")
        if size > REQUEST_BYTES_MAX:
            raise SystemExit("request too large")
        header, samples = _answer(espeak, source.read(size))
        line = json.dumps(header).encode()
        sink.write(len(line).to_bytes(4, "big") + line + samples)
        sink.flush()


def _answer(espeak: Espeak, request: bytes) -> tuple[dict[str, object], bytes]:
    try:
        asked = json.loads(request)
        if not asked["rate_wpm"]:
            said = espeak.phonemes(asked["text"], voice=asked["voice"])
            return {"rate_hz": espeak.rate_hz, "size": len(said)}, said
        samples = espeak.speak(asked["text"], voice=asked["voice"], rate_wpm=asked["rate_wpm"])
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        return {"error": str(error)}, b""
    return {"rate_hz": espeak.rate_hz, "size": len(samples)}, samples


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
